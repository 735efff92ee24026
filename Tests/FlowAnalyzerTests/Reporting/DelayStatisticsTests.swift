import Testing

@testable import FlowAnalyzer

/// Percentiles of what hits added, against the sorted list of all delays.
@Suite("Added delay")
struct DelayStatisticsTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `percentiles are right to within one per cent`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var statistics = DelayStatistics()
    let attempts = Int.random(in: 1...3000, using: &random)
    var delays = [Int64](repeating: 0, count: attempts)
    for index in 0..<Int.random(in: 0...attempts, using: &random) {
      delays[index] = Int64.random(
        in: 0...(1 << Int64.random(in: 1...40, using: &random)), using: &random)
      statistics.add(delays[index])
    }
    delays.sort()
    let model = statistics.model(ofAll: attempts).percentiles
    for (thousandths, value) in [
      (500, model.p50), (900, model.p90), (950, model.p95), (990, model.p99), (999, model.p999),
    ] {
      let exact = delays[(attempts * thousandths + 999) / 1000 - 1]
      #expect(value.nanoseconds >= exact)
      #expect(Double(value.nanoseconds) <= Double(exact) * 1.01)
    }
    #expect(statistics.model(ofAll: attempts).maximum.nanoseconds == delays.last)
  }

  @Test func `without attempts there is no delay`() {
    let model = DelayStatistics().model(ofAll: 0).percentiles
    #expect(model.p50.nanoseconds == 0 && model.p999.nanoseconds == 0)
  }
}
