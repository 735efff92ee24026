import Foundation
import Testing

@testable import FlowAnalyzer

/// The writer names every field by hand. Here each report is read back and compared with what
/// reflection finds in the model: a field that was forgotten, or given another's value, shows.
@Suite("JSON of whole reports")
struct JSONReportTests {
  @Test(arguments: RealCaptureTests.scenarios)
  func `a report has all that the model has`(scenario: String) throws {
    try expectComplete(RealCaptureTests.report(scenario))
  }

  @Test(arguments: ["l4-collide", "l4-v6", "l7-http", "l7-proxyv2"])
  func `a report of both sides has all that the model has`(scenario: String) throws {
    try expectComplete(Joined.fixture(scenario).report)
  }

  @Test func `several clients of one connection are written out`() throws {
    var report = AnalysisReport.sample
    let client = AnalysisReport.Client(ip: IPAddress(v4: 1), port: nil)
    report.hit(.timeWait, .rejected)
    var finding = try #require(report.findings.first)
    finding.current = AnalysisReport.Party(
      client: client, method: .forwarded, confidence: 0.95, clients: [client], clientCount: 9)
    report.findings = .init([finding])
    try expectComplete(report)
    #expect(report.json.contains(#""clientCount":9,"clients":[{"ip":"0.0.0.1","port":null}],"#))
  }

  private func expectComplete(
    _ report: AnalysisReport, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let written = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? NSDictionary
    let expected = Self.value(of: report) as? NSDictionary
    #expect(expected != nil && written == expected, sourceLocation: sourceLocation)
  }

  /// What a value should look like, by reflection.
  private static func value(of value: Any) -> Any {
    switch value {
    case let time as Timestamp: return time.description
    case let seconds as Seconds: return seconds.value
    case let address as IPAddress: return address.description
    case let id as FindingIdentifier: return id.description
    case let end as Endpoint:
      return ["ip": end.address.description, "port": end.port] as [String: Any]
    case let findings as AnalysisReport.Findings: return findings.map { self.value(of: $0) }
    case let choice as any RawRepresentable: return choice.rawValue
    default: break
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.map { self.value(of: $0.value) } ?? NSNull()
    case .collection: return mirror.children.map { self.value(of: $0.value) }
    case .dictionary: return value
    case .struct where value is any Numeric || value is Bool || value is String: return value
    case .struct:
      var fields: [String: Any] = [:]
      for child in mirror.children { fields[child.label ?? ""] = self.value(of: child.value) }
      // What reports for people need besides: findings that are not listed, and a hint.
      if value is AnalysisReport {
        for name in ["worstOmitted", "servicePorts"] { fields[name] = nil }
      }
      if value is AnalysisReport.Party, fields["clients"] is NSNull {
        fields["clients"] = nil
        fields["clientCount"] = nil
      }
      return fields
    default: return value
    }
  }

  @Test func `names are in their order, and each finding is a line`() {
    let report = Joined.fixture("l7-http").report
    var json = JSONWriter(isPretty: true)
    report.findings[0].write(to: &json)
    var finding = ""
    json.handOut(isLast: true) { piece in finding = String { $0.append(piece) } }
    for text in [report.json, finding] {
      // The last name at each depth of what is open.
      var names: [(depth: Int, name: Substring)] = []
      for line in text.split(separator: "\n") {
        let depth = line.prefix { $0 == " " }.count
        names.removeAll { $0.depth > depth }
        let parts = line.dropFirst(depth).split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count > 2, parts[0].isEmpty, parts[2].hasPrefix(" : ") else { continue }
        if let last = names.last, last.depth == depth {
          #expect(last.name < parts[1])
          names.removeLast()
        }
        names.append((depth, parts[1]))
      }
    }
    let lines = report.json.split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("    {\"addedSeconds\":") } == report.findings.count)
    #expect(!report.findings.isEmpty)
  }

  // MARK: - Connections

  @Test(arguments: ["l4-collide", "l4-v6", "l7-http"])
  func `a line says what is known of a connection`(scenario: String) throws {
    let connections = Joined.fixture(scenario).connections
    var writer = ConnectionWriter(correction: 5)
    for connection in connections { writer.write(connection) }
    var text = ""
    _ = writer.handOut(isLast: true) { piece in
      text = String { $0.append(piece) }
      return true
    }
    let lines = text.split(separator: "\n")
    #expect(lines.count == connections.count && !lines.isEmpty)
    for (line, connection) in zip(lines, connections) {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      #expect(object as? NSDictionary == Self.line(connection, correction: 5) as NSDictionary)
    }
  }

  @Test func `a client that the load balancer names may lack its port`() {
    var writer = ConnectionWriter(correction: 0)
    writer.write(
      JoinedConnection(
        client: nil, named: Endpoint(address: IPAddress(v4: 1), port: 0), servers: [],
        method: .forwarded, confidence: 95, gap: .notCovered, start: nil, syns: 1))
    var text = ""
    _ = writer.handOut(isLast: true) { piece in
      text = String { $0.append(piece) }
      return true
    }
    #expect(
      text == #"{"client":null,"#
        + #""join":{"confidence":0.95,"method":"forwarded","reason":"not-covered"},"#
        + #""named":{"ip":"0.0.0.1","port":null},"server":null,"start":null,"syns":1}"# + "\n")
  }

  private static func line(
    _ connection: JoinedConnection, correction: Int64
  ) -> [String: Any] {
    let servers = connection.servers.map { value(of: $0) }
    var line: [String: Any] = [
      "client": connection.client.map { value(of: $0) } ?? NSNull(),
      "join": [
        "confidence": Double(connection.confidence) / 100, "method": connection.method.rawValue,
        "reason": connection.gap?.rawValue ?? NSNull(),
      ] as [String: Any],
      "server": servers.first ?? NSNull(),
      "start": connection.start?.advanced(byNanoseconds: -correction).description ?? NSNull(),
      "syns": connection.syns,
    ]
    if servers.count > 1 { line["servers"] = servers }
    return line
  }
}
