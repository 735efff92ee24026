import Foundation
import Testing

@Suite("Exit codes")
struct ExitStatusTests {
  @Test func `a readable capture is 0, whatever it shows`() throws {
    let result = try Tool.run("analyze", "--server", Captures.collide)
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("VERDICT  73 of 140 connection attempts"))
    #expect(result.errors.isEmpty)
  }

  @Test(arguments: ["--version", "--help", "--generate-completion-script=bash"])
  func `what was asked for is 0`(flag: String) throws {
    let result = try Tool.run(flag)
    #expect(result.status == 0)
    #expect(!result.output.isEmpty)
    #expect(result.errors.isEmpty)
  }

  // MARK: - Usage

  @Test(arguments: [
    (["analyze"], "no capture is named"),
    (["frobnicate"], "there is no command 'frobnicate' (see"),
    (["analyze", "--frobnicate"], "Unknown option '--frobnicate'"),
    (["analyze", "--server", "a", "--report", "pdf"], "'pdf' is invalid"),
    (["analyze", "--server", "a", "--report", "json="], "'json=' is invalid"),
    (["analyze", "--server", "a", "--report", "text", "--report", "json"], "standard output"),
    (["analyze", "--server", "a", "--time-wait", "0"], "'0' is invalid"),
    (["analyze", "--server", "a", "--time-wait", "nan"], "'nan' is invalid"),
    (["analyze", "--server", "a", "--time-wait", "soon"], "'soon' is invalid"),
    (["analyze", "--server", "a", "--server-stack", "minix"], "'minix' is invalid"),
    (["analyze", "--server", "a", "--rfc1337", "maybe"], "'maybe' is invalid"),
    (["analyze", "--server", "a", "--max-findings=-1"], "at least 0"),
    (["analyze", "--server", "name="], "'name=' is invalid"),
    (["analyze", "--server", "name@=a"], "'name@=a' is invalid"),
    (["extract-records"], "name one capture"),
    (["extract-records", "--server", "a", "b"], "name one capture"),
    (["extract-records", "--number=-1", "a"], "from 0"),
    (["extract-records", "--server", "l4-clean"], "l4-clean is a directory"),
    (["judge", "--max-findings=-1"], "at least 0"),
    (["analyze", Captures.clean, "--report", "json=\(Captures.clean)"], "not overwritten"),
    (["analyze", "--client", Captures.clean, "--server", Captures.clean], "for both sides"),
    (["connections", "--client", "l4-clean", "--server", "./l4-clean"], "for both sides"),
    (["whatif", Captures.clean, "--report", "json=\(Captures.clean)"], "not overwritten"),
  ])
  func `a usage error is 2 and one line`(arguments: [String], says text: String) throws {
    try expectUsageError(arguments, says: text)
  }

  private static let refusedValues: [([String], String)] = [
    (
      ["--report", "pdf"],
      "text, json, ndjson, html, markdown, junit or prometheus, alone or with a"
    ),
    (["--report", "JSON"], "text, json, ndjson"), (["--report", "json="], "text, json, ndjson"),
    (["--time-wait", "0"], "seconds, from 0.001 to 86400"),
    (["--time-wait", "1e9"], "seconds, from 0.001 to 86400"),
    (["--time-zone", "Mars"], "such as Asia/Tokyo, UTC, or an offset"),
    (["--time-zone", "+25:00"], "from -14:59 to +14:59"),
    (["--max-findings", "x"], "a whole number, at least 0"),
    (["--workers", "0"], "a whole number, at least 1"),
    (
      ["--max-hits", "foo=1"], "Kinds: established, closing, time-wait. Answers: accepted, rejected"
    ),
    (["--max-hit-share", "60"], "from 0% to 100%, with the sign"),
    (["--max-hit-share", "200%"], "from 0% to 100%, with the sign"),
    (["--max-added-delay", "p99=1"], "Units: us, ms, s, min"),
    (["--max-added-delay", "1s"], "as in p99=100ms"),
    (["--max-added-delay", "p42=1s"], "Figures: p50, p90, p95, p99, p999, maximum"),
    (["--max-killed", "x"], "a whole number, at least 0"),
    (["--min-coverage", "total"], "full, limited or inconclusive"),
    (["--server", "@=f"], "before it NAME=, @LB= or NAME@LB="),
  ]

  @Test(arguments: refusedValues)
  func `a value that is not taken is told what would be`(option: [String], says text: String) throws
  {
    try expectUsageError(["check", Captures.clean] + option, says: text)
  }

  private static let refusedLists: [([String], String)] = [
    (
      ["--addresses", "1-4"], "whole numbers from 1 to 65535, with commas between them, at most 64"
    ),
    (["--addresses", "1,2,x"], "whole numbers from 1 to 65535"),
    (["--addresses", "0"], "whole numbers from 1 to 65535"),
    (["--addresses", "70000"], "whole numbers from 1 to 65535"),
    (["--addresses", "1.5"], "whole numbers from 1 to 65535"),
    (["--addresses", String(repeating: "1,", count: 64) + "1"], "at most 64"),
    (["--split", "1"], "whole numbers from 2 to 1000"),
    (["--load", "nan"], "expected numbers from 1 to 1000"),
    (["--server-time-wait", "0"], "expected numbers from 0.001 to 86400"),
    (["--seed", "x"], "a whole number, at least 0"),
    (["--report", "markdown"], "expected text, html or json, alone or with a path"),
  ]

  @Test(arguments: refusedLists)
  func `a value that whatif does not take is told what would be`(
    option: [String], says text: String
  ) throws {
    try expectUsageError(["whatif", Captures.clean] + option, says: text)
  }

  /// The parser takes `-3` for an option, and says that there is no value.
  private static let negativeNumbers: [([String], String)] = [
    (
      ["analyze", "--time-wait", "-3", "a"],
      "'-3' is invalid for '--time-wait <seconds>': expected seconds, from"
    ),
    (["analyze", "a", "--workers", "-3"], "a whole number, at least 1"),
    (["analyze", "a", "--max-findings", "-1"], "a whole number, at least 0"),
    (["whatif", "a", "--hold", "-1"], "numbers from 0 to 86400"),
    (["extract-records", "a", "--number", "-1"], "a whole number from 0 to 4294967295"),
    // What is no number stays what it was.
    (["analyze", "a", "--workers", "-x"], "Missing value for '--workers <number>'"),
    (["analyze", "a", "--", "--workers", "-3", "--report"], "no such file"),
  ]

  @Test(arguments: negativeNumbers)
  func `a negative number is no missing value`(arguments: [String], says text: String) throws {
    let result = try Tool.run(arguments)
    #expect(result.status == 2)
    #expect(result.errors.lowercased().contains(text.lowercased()), "\(result.errors)")
  }

  private static let missingCommands: [([String], String)] = [
    (["lb.pcap"], "did you mean 'snat-audit analyze lb.pcap'?"),
    (["l4-clean"], "did you mean 'snat-audit analyze l4-clean'?"),
    (["-"], "did you mean 'snat-audit analyze -'?"),
    (["analyse", "lb.pcap"], "there is no command 'analyse'; did you mean 'snat-audit analyze'?"),
    (["chek", "lb.pcap"], "did you mean 'snat-audit check'?"),
    (["help", "nosuch"], "there is no command 'nosuch' (see"),
    (["help", "analyse"], "did you mean 'snat-audit help analyze'?"),
    (["--server", "a.pcap"], "'--server' stands behind a command"),
  ]

  @Test(arguments: missingCommands)
  func `who names no command is told which was meant`(arguments: [String], says text: String) throws
  {
    try expectUsageError(arguments, says: text)
  }

  @Test(arguments: [["help"], ["help", "analyze"], ["help", "help"], ["-h"]])
  func `help that exists is given`(arguments: [String]) throws {
    let result = try Tool.run(arguments)
    #expect(result.status == 0)
    #expect(result.output.contains("USAGE: snat-audit"))
  }

  private func expectUsageError(
    _ arguments: [String], says text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let run = try Run(arguments)
    run.feed(Data(), isLast: true)
    let result = run.result()
    #expect(result.status == 2, sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    #expect(result.messages.count == 1, "\(result.errors)", sourceLocation: sourceLocation)
    #expect(result.errors.contains(text), "\(result.errors)", sourceLocation: sourceLocation)
    #expect(result.errors.hasPrefix("snat-audit: error: "), sourceLocation: sourceLocation)
  }

  // MARK: - Interruption

  @Test func `an interrupted run reports what it read and is 130`() throws {
    let run = try Run(["analyze", "--server", "-", "--report", "json"])
    run.feed(try Captures.data(Captures.collide), isLast: false)
    try run.waitUntilIdle()
    run.interrupt()
    let result = run.result()
    #expect(result.status == 130)
    #expect(result.errors.isEmpty, "\(result.errors)")
    let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    #expect(report?["partial"] as? Bool == true)
    let summary = report?["summary"] as? [String: Any]
    #expect((summary?["syns"] as? [String: Any])?["total"] as? Int == 196)
  }

  @Test func `an interruption before the first packet is 130 as well`() throws {
    let run = try Run(["analyze", "--server", "-"])
    try run.waitUntilIdle()
    run.interrupt()
    let result = run.result()
    #expect(result.status == 130)
    #expect(result.output.contains("The run was interrupted."))
  }

  // MARK: - Pipes

  @Test func `a reader that closes the pipe is no error`() throws {
    let run = try Run(["analyze", "--server", Captures.collide, "--report", "json"])
    try run.stopReading()
    run.feed(Data(), isLast: true)
    let result = run.result(readingOutput: false)
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
  }
}
