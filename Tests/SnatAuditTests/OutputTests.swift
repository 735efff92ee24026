import FlowAnalyzer
import Foundation
import Testing

@testable import snat_audit

@Suite("Reports and where they go")
struct OutputTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `several reports come from one run`() throws {
    let path = folder.path("report.json")
    let result = try Tool.run(
      "analyze", "--server", Captures.collide, "--report", "text", "--report", "json=\(path)")
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("VERDICT"))
    let data = try Data(contentsOf: URL(filePath: path))
    let report = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    #expect(report?["schemaVersion"] as? String == "1.0")
    #expect(report?["partial"] as? Bool == false)
    #expect(try folder.names == ["report.json"])
  }

  @Test func `without a path JSON goes to standard output`() throws {
    let result = try Tool.run("analyze", "--server", Captures.clean, "--report", "json")
    #expect(throws: Never.self) {
      try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    }
  }

  /// A busy site has more findings than are listed, and the worst of them may come late.
  @Test(arguments: ["0", "3"])
  func `what is said does not depend on how many findings are listed`(limit: String) throws {
    func run(_ format: String, _ options: [String] = []) throws -> String {
      try Tool.run(
        ["analyze", "--server", Captures.collide, "--report", format] + options
      ).output
    }
    for format in ["text", "markdown", "junit"] {
      #expect(try run(format, ["--max-findings", limit]) == run(format), "\(format)")
    }
    let page = try run("html", ["--max-findings", limit])
    #expect(page.contains("73 attempts hit, 38 of them to their harm."))
    let ids = { (page: String) in page.matches(of: /id: <code>[0-9a-f]{16}/).map(\.output) }
    #expect(try ids(page) == ids(run("html")))
  }

  @Test(arguments: ["text", "json", "ndjson", "prometheus"])
  func `two runs give the same bytes`(format: String) throws {
    let first = try Tool.run("analyze", "--server", Captures.collide, "--report", format)
    let second = try Tool.run("analyze", "--server", Captures.collide, "--report", format)
    #expect(first.output == second.output)
  }

  @Test(arguments: [
    ["analyze", "--server", Captures.collide], ["analyze", "l4-collide/lb-any.pcap"],
    ["connections", "--client", "l7-http/client-any.pcap", "--server", "l7-http/server.pcap"],
  ])
  func `one worker and two give the same bytes`(arguments: [String]) throws {
    let one = try Tool.run(arguments + ["--workers", "1"])
    let two = try Tool.run(arguments + ["--workers", "2"])
    #expect(one.status == 0)
    #expect(!one.output.isEmpty)
    #expect(one.output == two.output)
  }

  @Test func `connections of one side are listed, without the other`() throws {
    let result = try Tool.run("connections", "--server", Captures.collide)
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 140)
    for line in lines {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["client"] is NSNull)
      #expect(object?["server"] is [String: Any])
    }
  }

  @Test func `a report that cannot be written is 2, and the others are written`() throws {
    let result = try Tool.run(
      "analyze", "--server", Captures.clean, "--report", "json=/nonexistent/report.json",
      "--report", "text=\(folder.url.path)", "--report", "text")
    #expect(result.status == 2)
    #expect(result.messages.count == 2, "\(result.errors)")
    #expect(
      result.errors.contains(
        "/nonexistent/report.json: the report cannot be written: there is no folder /nonexistent."))
    #expect(result.errors.contains("Is a directory"))
    #expect(result.output.hasPrefix("VERDICT"))
  }

  @Test func `a report replaces the old one as a whole, through a link too`() throws {
    let path = try folder.file("old.txt", Data(repeating: 0x78, count: 1_000_000))
    let link = folder.path("latest.txt")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    let result = try Tool.run("analyze", "--server", Captures.clean, "--report", "text=\(link)")
    #expect(result.status == 0)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.hasPrefix("VERDICT") && !text.contains("xxx"))
    #expect(try folder.names == ["latest.txt", "old.txt"])
  }

  @Test func `a report in many pieces is the same in a file and on standard output`() throws {
    let path = folder.path("report.json")
    let arguments = ["analyze", "--server", Captures.rfc1337, "--report"]
    let piped = try Tool.run(arguments + ["json"])
    _ = try Tool.run(arguments + ["json=\(path)"])
    #expect(piped.output.utf8.count > 1 << 16)
    #expect(try Data(contentsOf: URL(filePath: path)) == Data(piped.output.utf8))
    #expect(try folder.names == ["report.json"])
  }

  @Test(arguments: ["text", "json", "ndjson", "prometheus"])
  func `a full device is an error, not a report`(format: String) throws {
    let result = try Tool.run(
      "analyze", "--server", Captures.clean, "--report", "\(format)=/dev/full")
    #expect(result.status == 2)
    #expect(result.errors.contains("No space left on device"))
  }

  @Test func `findings beyond the limit are counted all the same`() throws {
    let result = try Tool.run(
      "analyze", "--server", Captures.collide, "--max-findings", "2", "--report", "json")
    let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    #expect((report?["findings"] as? [Any])?.count == 2)
    #expect(report?["findingsOmitted"] as? Int == 71)
  }

  @Test func `events end with one of all counts, and are as many as the hits`() throws {
    let result = try Tool.run("analyze", "--server", Captures.collide, "--report", "ndjson")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count { $0.contains(#""dataset":"snat_audit.hit""#) } == 111)
    #expect(lines.count { $0.contains(#""dataset":"snat_audit.summary""#) } == 1)
    #expect(lines.last?.contains(#""dataset":"snat_audit.summary""#) == true)
  }

  @Test(arguments: [
    ([], "report-1"), (["report"], "report-1"), (["connections"], "connection-1"),
  ])
  func `the schema that is printed is the one that is committed`(
    arguments: [String], name: String
  ) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Schemas/\(name).schema.json")
    let result = try Tool.run(["schema"] + arguments)
    #expect(result.status == 0)
    #expect(try Data(result.output.utf8) == Data(contentsOf: file))
  }

  @Test func `connections are one JSON object a line`() throws {
    let result = try Tool.run(
      "connections", "--client", "l7-http/client-any.pcap", "--server", "l7-http/server.pcap")
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 120)
    for line in lines {
      let connection = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect((connection?["join"] as? [String: Any])?["method"] as? String == "forwarded")
    }
  }
}

@Suite("The time of a place")
struct TimeZoneTests {
  @Test(arguments: [
    (
      "Asia/Tokyo", "13:37:34.332649 (22:37:34+09:00)",
      "(2026-11-22 22:37:32+09:00 to 2026-11-22 22:37:38+09:00)"
    ),
    ("+09:00", "13:37:34.332649 (22:37:34+09:00)", "(2026-11-22 22:37:32+09:00"),
    ("-03:30", "13:37:34.332649 (10:07:34-03:30)", "(2026-11-22 10:07:32-03:30"),
    ("Pacific/Kiritimati", "(03:37:34+14:00)", "(2026-11-23 03:37:32+14:00"),
    ("America/New_York", "(08:37:34-05:00)", "-05:00)"), ("UTC", "(13:37:34+00:00)", "+00:00)"),
  ])
  func `it stands beside UTC`(zone: String, time: String, period: String) throws {
    let result = try Tool.run("analyze", "--server", Captures.collide, "--time-zone=\(zone)")
    #expect(result.status == 0)
    #expect(result.output.contains("times are UTC, in brackets those of \(zone)"))
    #expect(result.output.contains(time), "\(result.output)")
    #expect(result.output.contains(period))
    for line in result.output.split(separator: "\n") {
      #expect(line.count <= 100 || line.contains("filter: "), "\(line)")
    }
  }

  @Test func `a check has it too, and machine formats have UTC alone`() throws {
    let check = try Tool.run("check", "--server", Captures.collide, "--time-zone", "Asia/Tokyo")
    #expect(check.output.contains("at 13:37:34.332649 (22:37:34+09:00)"))
    let local = try Tool.run(
      "analyze", "--server", Captures.collide, "--time-zone", "Asia/Tokyo", "--report", "json")
    let plain = try Tool.run("analyze", "--server", Captures.collide, "--report", "json")
    #expect(local.output == plain.output)
  }

  @Test(arguments: [
    "local", "JST", "EST", "Mars/Olympus", "+9", "+25:00", "9:00", "", "/etc/passwd",
  ])
  func `what is no zone is refused`(zone: String) throws {
    let result = try Tool.run("analyze", "--server", Captures.collide, "--time-zone=\(zone)")
    #expect(result.status == 2)
    #expect(result.messages.count == 1)
  }

  /// Clocks in New York went from 01:59:59-04:00 to 01:00:00-05:00 on 2026-11-01, at 06:00 UTC.
  @Test func `a change to winter time in a capture is followed`() throws {
    let clock = try #require(NamedTimeZone(argument: "America/New_York")).clock
    let change: Int64 = 1_793_512_800
    #expect(clock.offset(Timestamp(nanoseconds: (change - 1) * 1_000_000_000)) == -4 * 3600)
    #expect(clock.offset(Timestamp(nanoseconds: change * 1_000_000_000)) == -5 * 3600)
  }
}
