/// What hits cost their attempts, over all findings, listed or not.
struct DelayStatistics {
  /// Upper ends of the classes, in nanoseconds: nothing; the quick second SYN of Linux 5.6 and
  /// later; a SYN repeated after 1 s, after 3 s; minutes.
  static let classes: [Int64] = [
    1, 100_000_000, 900_000_000, 2_000_000_000, 5_000_000_000, 60_000_000_000,
  ]

  private(set) var total: Int64 = 0
  private(set) var maximum: Int64 = 0
  private(set) var bins = [Int](repeating: 0, count: classes.count + 1)

  mutating func add(_ delay: Int64) {
    total &+= delay
    maximum = max(maximum, delay)
    bins[Self.classes.firstIndex { delay < $0 } ?? Self.classes.count] += 1
  }

  var model: AnalysisReport.AddedDelay {
    var histogram: [AnalysisReport.AddedDelay.Bin] = []
    for (index, attempts) in bins.enumerated() {
      let end = index < Self.classes.count ? Self.classes[index] : nil
      histogram.append(.init(belowSeconds: Seconds(end), attempts: attempts))
    }
    return AnalysisReport.AddedDelay(
      total: Seconds(nanoseconds: total), maximum: Seconds(nanoseconds: maximum),
      histogram: histogram,
      percentiles: .init(
        p50: Seconds(nanoseconds: 0), p90: Seconds(nanoseconds: 0), p95: Seconds(nanoseconds: 0),
        p99: Seconds(nanoseconds: 0), p999: Seconds(nanoseconds: 0)))
  }
}
