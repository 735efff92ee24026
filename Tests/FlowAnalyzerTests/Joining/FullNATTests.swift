import Testing

@testable import FlowAnalyzer

@Suite("LVS FULLNAT: ISNs shifted, timestamps gone")
struct FullNATTests {
  private func joined(_ scenario: String, _ translation: (CaptureBuilder) -> CaptureBuilder) throws
    -> Joined
  {
    let directory = try TemporaryDirectory()
    let server = try CaptureBuilder(reading: Translations.file(scenario, "server.pcap"))
    let path = try directory.write(translation(server), as: "server.pcap")
    return Joined([
      CaptureInput(path: Translations.file(scenario, "client-any.pcap"), role: .client),
      CaptureInput(path: path, role: .server),
    ])
  }

  @Test(arguments: ["l4-collide", "l4-clean", "l4-client-fin", "l4-rfc1337", "l4-v6"])
  func `pairs are found by the server's ISN`(scenario: String) throws {
    let joined = try joined(scenario) { FullNAT().translated($0) }
    let quality = joined.quality(try Translations.load(scenario))
    #expect(quality.precision >= 0.98)
    #expect(quality.recall >= 0.90)
    #expect(joined.methods[.isn] == nil)
    #expect(joined.report.topology.translation == .fullnat)
  }

  /// Of a SYN that was rejected and tried again from another port, only the rejection's number passes.
  @Test(arguments: ["l4-collide", "l4-rfc1337", "l4-v6"])
  func `rejected SYNs are found by the number of their rejection`(scenario: String) throws {
    let joined = try joined(scenario) { FullNAT(shiftsEachTuple: true).translated($0) }
    let truth = try Translations.load(scenario)
    let quality = joined.quality(truth)
    #expect(quality.precision == 1)
    #expect(quality.recall >= 0.98)
    #expect(joined.report.findings.allSatisfy { $0.current.client != nil })
  }

  @Test(arguments: ["l4-collide", "l4-clean", "l4-client-fin", "l4-rfc1337"])
  func `with TOA`(scenario: String) throws {
    let client = try CaptureBuilder(reading: Translations.file(scenario, "client-any.pcap"))
    let translation = FullNAT(hasTOA: true, clients: FullNAT.clients(in: client))
    let joined = try joined(scenario) { translation.translated($0) }
    let quality = joined.quality(try Translations.load(scenario))
    #expect(quality.precision >= 0.99)
    #expect(quality.recall >= 0.99)
  }

  @Test func `TOA names the clients where their side was not captured`() throws {
    let scenario = "l4-collide"
    let client = try CaptureBuilder(reading: Translations.file(scenario, "client-any.pcap"))
    let translation = FullNAT(hasTOA: true, clients: FullNAT.clients(in: client))
    let directory = try TemporaryDirectory()
    let server = try CaptureBuilder(reading: Translations.file(scenario, "server.pcap"))
    let path = try directory.write(translation.translated(server), as: "server.pcap")
    let report = Analyzer().analyze([CaptureInput(path: path, role: .server)]).report
    let named = report.findings.filter { $0.current.method == .toa }
    #expect(!report.findings.isEmpty)
    #expect(named.count == report.findings.count)
    #expect(report.findings.flatMap(\.hits).allSatisfy { $0.previous.method == .toa })
  }
}
