import Testing

@testable import FlowAnalyzer

@Suite("Entries of a load balancer")
struct EntryLoadTests {
  private static let log = MadeTraffic(rate: 100, span: 300).log()
  private static let load = EntryLoad(Traffic(log, seed: 1), of: log)

  @Test(arguments: [0, 2, 65, 120])
  func `they are what was counted, and in the long run rate x (lifetime + hold)`(seconds: Int64) {
    let hold = seconds * 1_000_000_000
    let entries = Self.load.entries(hold: hold)
    // 100 a second, 0.1 s: the Poisson noise of the rate, and of the number at any time.
    #expect(abs(entries.expected / (100 * (0.1 + Double(seconds))) - 1) < 0.02)
    #expect(Double(entries.peak) > entries.expected * 0.98)
    #expect(Double(entries.peak) < entries.expected + 5 * entries.expected.squareRoot())
    // Slowly, at each arrival.
    let items = Traffic(Self.log, seed: 1).items
    let counted = stride(from: 0, to: items.count, by: 97).map { position in
      items[...position].count { $0.time + $0.lifetime + hold > items[position].time }
    }
    #expect(counted.allSatisfy { $0 <= entries.peak })
    #expect((counted.max() ?? 0) > entries.peak * 8 / 10)
  }

  @Test func `the rate is that of the traffic`() {
    let rate = Self.load.rate
    #expect(abs(rate.newPerSecond - 100) < 2)
    #expect(rate.peakPerSecond > 110 && rate.peakPerSecond < 170)
    #expect(abs(rate.meanLifetimeSeconds.value - 0.1) < 0.001)
  }

  @Test func `what lasts less than a second has no rate`() {
    let log = MadeTraffic(rate: 100, span: 0.5).log()
    let load = EntryLoad(Traffic(log, seed: 1), of: log)
    #expect(load.rate.newPerSecond == 0)
    #expect(load.entries(hold: 60_000_000_000).expected == 0)
    #expect(load.entries(hold: 60_000_000_000).peak > 20)
    let empty = ArrivalLog(limit: 0)
    let none = EntryLoad(Traffic(empty, seed: 1), of: empty)
    #expect(none.rate.peakPerSecond == 0 && none.entries(hold: 0).peak == 0)
  }
}
