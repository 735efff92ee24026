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
    (["frobnicate"], "Unexpected argument 'frobnicate'"),
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
    (["whatif", Captures.clean, "--report", "json=\(Captures.clean)"], "not overwritten"),
  ])
  func `a usage error is 2 and one line`(arguments: [String], says text: String) throws {
    try expectUsageError(arguments, says: text)
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
