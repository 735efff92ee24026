import Foundation
import Testing

@testable import FlowAnalyzer
@testable import ReportFormats

@Suite("Events")
struct NDJSONTests {
  @Test(.needs("python"))
  func `every event has the fields of ECS and ours, each of its type, and all are documented`()
    throws
  {
    let folder = try TemporaryFolder()
    let files = try SampleReports.write(to: folder, extension: "ndjson", \.ndjson)
    let page = Consumer.repository.appending(path: "docs/machine-formats.md").path
    try Consumer.required("python")
      .run([Consumer.script("validate-events"), "--docs", page] + files).expectSuccess()
  }

  @Test(.needs("jq"))
  func `jq counts the hits that the report counts`() throws {
    for (name, report) in SampleReports.all where report.findingsOmitted == 0 {
      let result = try Consumer.required("jq").run(
        "-s", "-c",
        """
        [(map(select(.snat_audit.hit.answer == "rejected")) | length),
         (map(select(.event.dataset == "snat_audit.hit")) | length),
         (.[-1].snat_audit.summary.syns | .time_wait.total + .established.total + .closing.total)]
        """, input: report.ndjson)
      result.expectSuccess()
      let syns = report.summary.syns
      let rejected = [syns.timeWait, syns.established, syns.closing].reduce(0) { $0 + $1.rejected }
      #expect(result.output == "[\(rejected),\(syns.hits),\(syns.hits)]\n", "\(name)")
    }
  }

  @Test(.needs("jq"))
  func `what a policy says stands in the last line`() throws {
    let report = try #require(SampleReports.all.first { $0.name == "checked" }).report
    let check = try #require(report.check)
    let result = try Consumer.required("jq").run(
      "-s", "-c", "map(.snat_audit.check) | [length - 1, .[-1].outcome, .[-1].broken, .[-1].rules]",
      input: report.ndjson)
    result.expectSuccess()
    let broken = check.rules.filter { $0.outcome == .failed }.map { "\"\($0.name)\"" }
    let hits = report.summary.syns.hits
    #expect(!broken.isEmpty)
    #expect(
      result.output
        == "[\(hits),\"failed\",[\(broken.joined(separator: ","))],\(check.rules.count)]\n")
  }

  @Test(.needs("jq"))
  func `each world of the forecast is an event`() throws {
    let report = try #require(SampleReports.all.first { $0.name == "brief" }).report
    let result = try Consumer.required("jq").run(
      "-c",
      """
      select(.event.action == "snat-audit-forecast") | .snat_audit.forecast
        | [.world, .value, .hit.median, .name]
      """, input: report.ndjson)
    result.expectSuccess()
    let lines = result.output.split(separator: "\n")
    let rows = try #require(report.forecast).rows
    #expect(lines.count == rows.count)
    // Of numbers without a fraction jq writes none, or ".0", by its version.
    #expect(lines.first?.hasPrefix("[\"recorded\",0") == true, "\(lines.first ?? "")")
    #expect(lines.contains { $0.hasSuffix("\"f5\"]") })
  }

  @Test func `without a finding there is one line, which says so`() throws {
    let report = try #require(SampleReports.all.first { $0.name == "empty" }).report
    let lines = report.ndjson.split(separator: "\n")
    #expect(lines.count == 1)
    let event = try Self.object(lines[0])
    #expect(event["@timestamp"] == nil)
    #expect((event["event"] as? [String: Any])?["outcome"] as? String == "unknown")
  }

  @Test func `a hit has the client before the load balancer and its address behind it`() throws {
    let report = try #require(SampleReports.all.first { $0.name == "l4-collide-any" }).report
    let line = try #require(report.ndjson.split(separator: "\n").first)
    let hit = report.findings[0].hits[0]
    let event = try Self.object(line)
    #expect(event["@timestamp"] as? String == hit.at.description)
    #expect(
      event["source"] as? NSDictionary == [
        "ip": "172.16.2.1", "port": 59413, "nat": ["ip": "10.10.1.1", "port": 4027],
      ])
    #expect(
      event["destination"] as? NSDictionary == [
        "ip": "172.20.1.1", "port": 80, "nat": ["ip": "192.168.1.1", "port": 80],
      ])
    let fields = try #require(event["event"] as? [String: Any])
    #expect(fields["id"] as? String == "\(report.findings[0].id)-1")
    #expect(fields["kind"] as? String == "alert")
    #expect(fields["duration"] as? Int == 17_000)
    #expect(fields["reason"] as? String == "timestamp-older")
  }

  @Test func `a client that nothing tells is not made up`() throws {
    let report = try #require(SampleReports.all.first { $0.name == "l4-collide-server" }).report
    let line = try #require(report.ndjson.split(separator: "\n").first)
    let event = try Self.object(line)
    #expect(event["source"] as? NSDictionary == ["nat": ["ip": "10.10.1.1", "port": 4027]])
    #expect(event["destination"] as? NSDictionary == ["ip": "192.168.1.1", "port": 80])
  }

  @Test(arguments: [
    (Answer.accepted, "event", "success", "start"), (.rejected, "alert", "failure", "denied"),
    (.reset, "alert", "failure", "denied"), (.unanswered, "alert", "failure", "info"),
    (.undetermined, "alert", "unknown", "info"),
  ])
  func `an answer decides kind, outcome and type`(
    answer: Answer, kind: String, outcome: String, type: String
  ) throws {
    var report = try #require(SampleReports.all.first { $0.name == "l4-v6-server" }).report
    var finding = try #require(report.findings.first)
    finding.hits[0].answer = answer
    let changed = finding
    report.findings = .init(count: 1) { _ in changed }
    let event = try Self.object(report.ndjson.split(separator: "\n")[0])
    let fields = try #require(event["event"] as? [String: Any])
    #expect(fields["kind"] as? String == kind)
    #expect(fields["outcome"] as? String == outcome)
    #expect(fields["type"] as? [String] == ["connection", type])
    #expect((event["network"] as? [String: Any])?["type"] as? String == "ipv6")
  }

  @Test func `what may have a fraction always has one`() throws {
    let report = try #require(SampleReports.all.first { $0.name == "l4-collide-any" }).report
    let last = try #require(report.ndjson.split(separator: "\n").last)
    #expect(last.contains(#""p50":0.0,"#))
    #expect(last.contains(#""assumed_seconds":60.0,"#))
  }

  @Test func `many findings are handed out in pieces`() throws {
    var report = try #require(SampleReports.all.first { $0.name == "l4-collide-any" }).report
    let finding = report.findings[0]
    report.findings = .init(count: 5_000) { _ in finding }
    var pieces = 0
    var longest = 0
    report.writeNDJSON { piece in
      pieces += 1
      longest = max(longest, piece.count)
    }
    #expect(longest < 1 << 17)
    #expect(pieces > 50)
  }

  private static func object(_ line: Substring) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }
}
