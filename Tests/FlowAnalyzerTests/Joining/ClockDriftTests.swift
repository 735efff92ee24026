import Testing

@testable import FlowAnalyzer

@Suite("A clock that runs fast")
struct ClockDriftTests {
  /// 400 s of traffic, the client side under a clock that gains so many parts per million.
  private func joined(driftPpm: Double, workers: Int = 2) throws -> Joined {
    let directory = try TemporaryDirectory()
    let scenario = "l4-client-fin"
    let client = try CaptureBuilder(reading: Translations.file(scenario, "client-any.pcap"))
      .repeated(80, every: 5_000_000_000).delayed(by: 30_000_000_000, driftPpm: driftPpm)
    let server = try CaptureBuilder(reading: Translations.file(scenario, "server.pcap"))
      .repeated(80, every: 5_000_000_000)
    var configuration = AnalyzerConfiguration()
    configuration.workers = workers
    return Joined(
      [
        CaptureInput(path: try directory.write(server, as: "server.pcap"), role: .server),
        CaptureInput(path: try directory.write(client, as: "client.pcap"), role: .client),
      ], configuration)
  }

  /// Looked at by two tests.
  private static let fast = Result { try ClockDriftTests().joined(driftPpm: 200, workers: 2) }

  /// Clocks are shifted at the same segments, whether or not somebody reads ahead.
  @Test func `it is followed at the same places by one worker and by two`() throws {
    let one = try joined(driftPpm: 200, workers: 1)
    let two = try Self.fast.get()
    #expect(one.connections.map(\.start) == two.connections.map(\.start))
    #expect(one.report.clock.map(\.driftPpm) == two.report.clock.map(\.driftPpm))
  }

  @Test(arguments: [200, -50, 0] as [Double])
  func `the drift is measured, and pairs are found all the same`(ppm: Double) throws {
    let joined = ppm == 200 ? try Self.fast.get() : try joined(driftPpm: ppm)
    let clock = try #require(joined.report.clock.last)
    let drift = try #require(clock.driftPpm)
    #expect(abs(drift - ppm) < 2)
    #expect(joined.report.summary.pairs?.clientConnections == 80 * 120)
    #expect(joined.report.summary.pairs?.paired == 80 * 120)
    #expect(joined.methods == [.isn: 80 * 120])
  }
}
