import Fixtures
import Foundation
import Schemas
import Testing

@testable import FlowAnalyzer

@Suite("JSON Schema")
struct SchemaTests {
  private static let report = Consumer.repository.appending(path: "Schemas/report-1.schema.json")
  private static let connection = Consumer.repository
    .appending(path: "Schemas/connection-1.schema.json")

  @Test(.needs("python"))
  func `every kind of report is valid, and has no field that the schema does not know`() throws {
    let folder = try TemporaryFolder()
    let files = try SampleReports.write(to: folder, extension: "json", \.json)
    #expect(files.count > 30)
    try Consumer.required("python")
      .run([Consumer.script("validate-json"), Self.report.path] + files).expectSuccess()
  }

  @Test(.needs("python"))
  func `a report that lacks a field, has one more or one of another type is not valid`() throws {
    let folder = try TemporaryFolder()
    var files: [String] = []
    for name in ["limited", "rich", "checked", "forecast", "brief", "anonymous"] {
      var report = try #require(SampleReports.all.first { $0.name == name }).report
      let findings = Array(report.findings.prefix(2))
      report.findings = .init(count: findings.count) { findings[$0] }
      files.append(try folder.file("\(name).json", Data(report.json.utf8)).path)
    }
    let result = try Consumer.required("python")
      .run([Consumer.script("validate-json"), "--tamper", Self.report.path] + files)
    result.expectSuccess()
    let changes = result.output.split(separator: " ").compactMap { Int($0) }
    #expect(changes.count == 3 && changes[1] > 300, "\(result.output)")
  }

  @Test(.needs("python"))
  func `lines of connections are valid, of one side and of both`() throws {
    let folder = try TemporaryFolder()
    let inputs = [
      ["l4-collide/lb-any.pcap"], ["l7-http/lb-any.pcap"], ["l7-proxyv2/server.pcap"],
      ["l4-v6/client-any.pcap"], ["half-open/server.pcap"],
    ]
    let lines = inputs.map { paths in
      String { bytes in
        let inputs = paths.map { CaptureInput(path: Fixtures.captures.appending(path: $0).path) }
        _ = Analyzer().connections(inputs) { text in
          bytes.append(text)
          return true
        }
      }
    }
    let several = #"""
      {"client":null,"join":{"confidence":0.95,"method":"forwarded","reason":"not-covered"},
       "named":{"ip":"192.0.2.1","port":null},"server":null,"start":null,"syns":1}
      """#.split(separator: "\n").joined()
    let file = try folder.file("lines.ndjson", Data((lines + [several + "\n"]).joined().utf8))
    let result = try Consumer.required("python")
      .run(Consumer.script("validate-json"), "--tamper", Self.connection.path, file.path)
    result.expectSuccess()
    #expect(!result.output.hasPrefix("0 ") && !result.output.contains(" 0 changes"))
  }

  @Test func `the program has the very files that are committed`() throws {
    #expect(try Data(Schemas.report) == Data(contentsOf: Self.report))
    #expect(try Data(Schemas.connection) == Data(contentsOf: Self.connection))
  }

  /// The closed lists of the model, by their names in the schema.
  private static let lists: [String: [String]] = [
    "answer": Answer.allCases.map(\.rawValue),
    "checkOutcome": PolicyVerdict.Outcome.allCases.map(\.rawValue),
    "coverageGrade": Coverage.Grade.allCases.map(\.rawValue),
    "coverageReason": Coverage.Reason.allCases.map(\.rawValue),
    "evidence": Evidence.allCases.map(\.rawValue),
    "findingKind": AnalysisReport.Finding.Kind.allCases.map(\.rawValue),
    "balancerPreset": LoadBalancerPreset.allCases.map(\.rawValue),
    "forecastAbsence": Forecast.Absence.allCases.map(\.rawValue),
    "forecastGroup": Forecast.Row.Group.allCases.map(\.rawValue),
    "forecastLimit": Forecast.Basis.Limit.allCases.map(\.rawValue),
    "linkPolicy": LinkPolicy.allCases.map(\.rawValue),
    "measure": Forecast.Recommendation.Measure.allCases.map(\.rawValue),
    "portChoice": PortChoice.allCases.map(\.rawValue),
    "heldEnd": HeldEnd.allCases.map(\.rawValue),
    "heldState": HeldKind.allCases.map(\.rawValue),
    "hitReason": HitReason.allCases.map(\.rawValue),
    "joinGap": JoinGap.allCases.map(\.rawValue),
    "joinMethod": JoinMethod.allCases.map(\.rawValue),
    "outcome": Outcome.allCases.map(\.rawValue),
    "role": CaptureRole.allCases.map(\.rawValue),
    "serverStack": StackProfile.allCases.map(\.rawValue),
    "skipReason": DecodeError.allCases.map(\.rawValue),
    "translation": Translation.allCases.map(\.rawValue),
    // Of `Measure`.
    "checkUnit": ["count", "seconds", "share"],
    // Plain texts in the model, made in few places: `ServerSummary`, `ReportBuilder`.
    "rfc1337": ["on", "off", "mixed", "unknown"],
    "rfc1337Source": ["stack", "option", "evidence", "default"],
    "stackSource": ["option", "evidence", "default"],
    "timeWaitSource": ["default", "option", "config", "measured"],
  ]

  @Test(arguments: [report, connection])
  func `every closed list has the cases of its enum`(file: URL) throws {
    let schema = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    let definitions = try #require(schema["$defs"] as? [String: [String: Any]])
    var found = 0
    for (name, definition) in definitions {
      guard let values = definition["enum"] as? [String] else { continue }
      found += 1
      let cases = try #require(Self.lists[name], "\(name) is no enum of ours")
      #expect(Set(values) == Set(cases) && values.count == cases.count, "\(name)")
    }
    #expect(found == Self.enums(in: schema), "an enum stands outside of $defs")
    #expect(found > 0)
  }

  /// How many closed lists there are, wherever they stand.
  private static func enums(in value: Any) -> Int {
    if let list = value as? [Any] { return list.reduce(0) { $0 + enums(in: $1) } }
    guard let object = value as? [String: Any] else { return 0 }
    return object.values.reduce(object["enum"] is [Any] ? 1 : 0) { $0 + enums(in: $1) }
  }

  @Test func `counts by reason have a field for each reason`() throws {
    let schema = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: Self.report)) as? [String: Any])
    func required(_ definition: String, _ field: String) -> Set<String> {
      let definitions = schema["$defs"] as? [String: [String: Any]]
      let fields = definitions?[definition]?["properties"] as? [String: [String: Any]]
      return Set(fields?[field]?["required"] as? [String] ?? [])
    }
    #expect(required("syns", "reuses") == Set(ReuseReason.allCases.map(\.rawValue)))
    #expect(required("pairs", "unpaired") == Set(JoinGap.allCases.map(\.rawValue)))
  }

  /// The contract, section 4: what scripts and dashboards may rely on.
  private static let contract = """
    schemaVersion partial captures clock topology coverage analysis summary timeline findings
    findingsOmitted
    captures/path captures/point captures/role captures/packets captures/tcpSegments
    captures/duplicates captures/truncated captures/firstPacket captures/lastPacket captures/warnings
    clock/offsetSeconds clock/driftPpm clock/errorSeconds
    topology/translation topology/snatAddresses topology/virtualAddresses topology/servers
    coverage/grade coverage/reasons
    analysis/timeWait/assumedSeconds analysis/timeWait/source
    analysis/timeWait/measured/atLeastSeconds analysis/timeWait/measured/lessThanSeconds
    analysis/lbHold/atLeastSeconds analysis/lbHold/atMostSeconds
    summary/syns/total summary/syns/timeWait/total summary/syns/timeWait/accepted
    summary/syns/timeWait/rejected summary/syns/timeWait/reset summary/syns/timeWait/unanswered
    summary/syns/timeWait/undetermined summary/syns/established summary/syns/closing
    summary/syns/reuses
    summary/attempts/total summary/attempts/hit summary/attempts/connected summary/attempts/failed
    summary/attempts/undetermined summary/attempts/neverForwarded
    summary/timeWaits/server summary/timeWaits/peer summary/timeWaits/both
    summary/killedConnections summary/clientSyns/total summary/clientSyns/notForwarded
    summary/pairs/clientConnections summary/pairs/serverConnections summary/pairs/paired
    timeline/start timeline/stepSeconds timeline/newConnections timeline/timeWaitHeld timeline/hits
    timeline/snatPortsInUse
    findings/id findings/kind findings/current/client findings/outcome findings/setupSeconds
    findings/addedSeconds
    findings/hits/at findings/hits/capture findings/hits/frame
    findings/hits/tuple/source/ip findings/hits/tuple/source/port
    findings/hits/tuple/destination/ip findings/hits/tuple/destination/port
    findings/hits/held/state findings/hits/held/since findings/hits/held/restartedAt
    findings/hits/held/freeAt findings/hits/held/evidence findings/hits/held/end
    findings/hits/previous/client findings/hits/predicted findings/hits/answer findings/hits/reason
    """.split { $0.isWhitespace }.map { $0.split(separator: "/").map(String.init) }

  @Test func `the schema demands every field of the contract`() throws {
    let schema = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: Self.report)) as? [String: Any])
    let definitions = try #require(schema["$defs"] as? [String: [String: Any]])
    /// The object that a field holds, through references, lists and what may be null.
    func object(_ part: [String: Any]) -> [String: Any] {
      if let reference = part["$ref"] as? String,
        let name = reference.split(separator: "/").last
      {
        return object(definitions[String(name)] ?? [:])
      }
      if let items = part["items"] as? [String: Any] { return object(items) }
      if let choices = part["anyOf"] as? [[String: Any]], let first = choices.first {
        return object(first)
      }
      return part
    }
    for path in Self.contract {
      var part = schema
      for field in path {
        part = object(part)
        let required = part["required"] as? [String] ?? []
        #expect(required.contains(field), "\(path.joined(separator: "/"))")
        part = (part["properties"] as? [String: [String: Any]])?[field] ?? [:]
      }
    }
    #expect(Self.contract.count > 80)
  }
}
