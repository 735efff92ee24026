import Testing

@testable import FlowAnalyzer

/// A run that is interrupted takes in what was read ahead, and what waited for segments that stand late.
@Suite("Both sides, interrupted") struct InterruptedJoinTests {
  private let directory: TemporaryDirectory
  private let server: CaptureBuilder
  private let client: CaptureBuilder

  init() throws {
    directory = try TemporaryDirectory()
    server = try Self.long("server.pcap")
    client = try Self.long("client-any.pcap")
  }

  /// 45 times the collisions, each with other sequence numbers; two packets stand in each other's place.
  private static func long(_ file: String) throws -> CaptureBuilder {
    var capture = try CaptureBuilder(reading: Translations.file("l4-collide", file))
      .repeated(45, every: 80_000_000_000)
    capture.packets.swapAt(2, 3)
    return capture
  }

  @Test(arguments: [1, 2], [false, true])
  func `what was read is reported as if the captures ended there`(
    workers: Int, isAnonymous: Bool
  ) throws {
    try expectSame(
      [("server.pcap", server, .server), ("client.pcap", client, .client)], workers, isAnonymous)
  }

  @Test(arguments: [1, 2])
  func `so it is with the clients' side alone`(workers: Int) throws {
    try expectSame([("client.pcap", client, .client)], workers, true)
  }

  @Test(arguments: [1, 2])
  func `so it is with the servers' side alone`(workers: Int) throws {
    try expectSame([("server.pcap", server, .server)], workers, true)
  }

  private func expectSame(
    _ captures: [(name: String, capture: CaptureBuilder, role: CaptureRole)], _ workers: Int,
    _ isAnonymous: Bool
  ) throws {
    var configuration = AnalyzerConfiguration()
    configuration.workers = workers
    if isAnonymous { configuration.anonymizer = try AddressAnonymizer(key: Array(1...32)) }
    let analyzer = Analyzer(configuration: configuration)
    let whole = try captures.map { capture in
      CaptureInput(
        path: try directory.write(capture.capture, as: capture.name), role: capture.role)
    }
    let interrupted = analyzer.analyze(whole) { _ in false }.report
    #expect(interrupted.partial)
    let cut = try zip(captures, interrupted.captures).map { capture, read in
      #expect(read.packets > 30_000 && read.packets < capture.capture.packets.count)
      var beginning = capture.capture
      beginning.packets.removeSubrange(Int(read.packets)...)
      return CaptureInput(
        path: try directory.write(beginning, as: "cut-" + capture.name), role: capture.role)
    }
    let ended = analyzer.analyze(cut).report
    #expect(Self.counts(of: interrupted) == Self.counts(of: ended))
    #expect(interrupted.summary.syns == ended.summary.syns)
    #expect(
      interrupted.findings.map { "\($0.id) \($0.current)" }
        == ended.findings.map { "\($0.id) \($0.current)" })
  }

  private static func counts(of report: AnalysisReport) -> [String] {
    let summary = report.summary
    return report.captures.map { "\($0.packets), \($0.tcpSegments), \($0.duplicates)" } + [
      "\(summary.attempts)", "\(summary.pairs?.clientConnections, default: "")",
      "\(summary.pairs?.paired, default: "")", "\(summary.clientSyns, default: "")",
      "\(report.topology)",
    ]
  }
}
