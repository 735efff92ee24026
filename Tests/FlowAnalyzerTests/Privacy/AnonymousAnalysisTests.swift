import Testing

@testable import FlowAnalyzer

@Suite("Analysis of encrypted addresses")
struct AnonymousAnalysisTests {
  private let anonymizer: AddressAnonymizer
  private let analyzer: Analyzer

  init() throws {
    anonymizer = try AddressAnonymizer(key: Array(1...32))
    var configuration = AnalyzerConfiguration()
    configuration.anonymizer = anonymizer
    analyzer = Analyzer(configuration: configuration)
  }

  /// Not only does nothing else come out: the address is that of the same client everywhere.
  @Test func `what a TCP option names is the client, encrypted`() throws {
    let scenario = "l4-collide"
    let client = try CaptureBuilder(reading: Translations.file(scenario, "client-any.pcap"))
    let translation = FullNAT(hasTOA: true, clients: FullNAT.clients(in: client))
    let directory = try TemporaryDirectory()
    let server = try CaptureBuilder(reading: Translations.file(scenario, "server.pcap"))
    let input = CaptureInput(
      path: try directory.write(translation.translated(server), as: "server.pcap"), role: .server)
    expectSameClients([input])
  }

  @Test(arguments: ["l7-proxyv2", "l7-http"])
  func `what PROXY headers and requests name is the client, encrypted`(scenario: String) {
    let server = CaptureInput(path: Translations.file(scenario, "server.pcap"), role: .server)
    let client = CaptureInput(path: Translations.file(scenario, "client-any.pcap"), role: .client)
    expectSameClients([server])
    expectSameClients([server, client])
  }

  private func expectSameClients(
    _ inputs: [CaptureInput], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var open: [JoinedConnection] = []
    var closed: [JoinedConnection] = []
    _ = Analyzer().join(inputs) { open.append($0) }
    _ = analyzer.join(inputs) { closed.append($0) }
    #expect(open.count == closed.count, sourceLocation: sourceLocation)
    #expect(
      open.contains { $0.named != nil || $0.client != nil }, sourceLocation: sourceLocation)
    for (one, other) in zip(open, closed) {
      #expect(
        one.named.map { anonymizer.encrypted($0) } == other.named, sourceLocation: sourceLocation)
      #expect(
        one.client.map { encrypted($0, by: anonymizer) } == other.client,
        sourceLocation: sourceLocation)
      #expect(
        one.servers.map { encrypted($0, by: anonymizer) } == other.servers,
        sourceLocation: sourceLocation)
      #expect(one.method == other.method, sourceLocation: sourceLocation)
    }
  }

  /// Addresses of class E take another way through the tables, and become others or come out as such.
  @Test func `findings are the same whatever their addresses become`() {
    let input = CaptureInput(path: Translations.file("l4-collide", "server.pcap"), role: .server)
    let real = Analyzer().analyze([input]).report
    var servers: Set<String> = []
    for seed in 0..<24 as Range<UInt8> {
      guard let other = try? AddressAnonymizer(key: (0..<32).map { $0 ^ (seed &* 37) }) else {
        continue
      }
      var configuration = AnalyzerConfiguration()
      configuration.anonymizer = other
      let report = Analyzer(configuration: configuration).analyze([input]).report
      #expect(report.summary.syns == real.summary.syns)
      #expect(report.findings.count == real.findings.count)
      for (one, another) in zip(report.findings, real.findings) {
        #expect(one.hits.map(\.frame) == another.hits.map(\.frame))
        #expect(one.hits.map(\.answer) == another.hits.map(\.answer))
        #expect(one.hits[0].tuple == encrypted(another.hits[0].tuple, by: other))
      }
      servers.insert(report.findings[0].hits[0].tuple.destination.description)
    }
    #expect(servers.count == 24)
  }

  private func encrypted(_ tuple: FourTuple, by anonymizer: AddressAnonymizer) -> FourTuple {
    FourTuple(
      source: anonymizer.encrypted(tuple.source),
      destination: anonymizer.encrypted(tuple.destination))
  }
}
