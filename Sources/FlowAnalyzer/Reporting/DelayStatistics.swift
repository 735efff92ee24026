/// What hits cost their attempts, over all findings, listed or not.
struct DelayStatistics: Equatable {
  /// Upper ends of the classes, in nanoseconds: nothing; the quick second SYN of Linux 5.6 and
  /// later; a SYN repeated after 1 s, after 3 s; minutes.
  static let classes: [Int64] = [
    1, 100_000_000, 900_000_000, 2_000_000_000, 5_000_000_000, 60_000_000_000,
  ]

  private(set) var total: Int64 = 0
  private(set) var maximum: Int64 = 0
  private(set) var bins = [Int](repeating: 0, count: classes.count + 1)
  /// How many delays lie in each small class; those of nothing apart.
  private var distribution: [Int: Int] = [:]

  mutating func add(_ delay: Int64) {
    total &+= delay
    maximum = max(maximum, delay)
    bins[Self.classes.firstIndex { delay < $0 } ?? Self.classes.count] += 1
    if delay > 0 { distribution[Self.smallClass(of: delay), default: 0] += 1 }
  }

  mutating func add(_ other: DelayStatistics) {
    total &+= other.total
    maximum = max(maximum, other.maximum)
    for index in bins.indices { bins[index] += other.bins[index] }
    distribution.merge(other.distribution, uniquingKeysWith: +)
  }

  /// - Parameter attempts: how many there were, also those without a delay.
  func model(ofAll attempts: Int) -> AnalysisReport.AddedDelay {
    var histogram: [AnalysisReport.AddedDelay.Bin] = []
    for (index, attempts) in bins.enumerated() {
      let end = index < Self.classes.count ? Self.classes[index] : nil
      histogram.append(.init(belowSeconds: Seconds(end), attempts: attempts))
    }
    return AnalysisReport.AddedDelay(
      total: Seconds(nanoseconds: total), maximum: Seconds(nanoseconds: maximum),
      histogram: histogram,
      percentiles: .init(
        p50: percentile(500, ofAll: attempts), p90: percentile(900, ofAll: attempts),
        p95: percentile(950, ofAll: attempts), p99: percentile(990, ofAll: attempts),
        p999: percentile(999, ofAll: attempts)))
  }

  /// The delay that so many of a thousand attempts do not exceed (nearest rank), rounded up to the end
  /// of its small class.
  private func percentile(_ thousandths: Int, ofAll attempts: Int) -> Seconds {
    // In two parts, as summaries from elsewhere may say any number.
    let rank = attempts / 1000 * thousandths + (attempts % 1000 * thousandths + 999) / 1000
    var count = attempts - distribution.values.reduce(0, +)
    guard rank > count else { return Seconds(nanoseconds: 0) }
    for (smallClass, delays) in distribution.sorted(by: { $0.key < $1.key }) {
      count += delays
      if count >= rank {
        return Seconds(nanoseconds: min(Self.end(ofSmallClass: smallClass), maximum))
      }
    }
    return Seconds(nanoseconds: maximum)
  }

  // MARK: - Small classes

  /// Each power of two is divided into so many: they are less than 1 % wide.
  private static let parts = 128

  /// - Parameter delay: more than zero.
  private static func smallClass(of delay: Int64) -> Int {
    let power = max(0, 63 - delay.leadingZeroBitCount - parts.trailingZeroBitCount)
    return power * parts + Int(delay >> power)
  }

  /// The longest delay of a class.
  private static func end(ofSmallClass number: Int) -> Int64 {
    let power = max(0, number / parts - 1)
    return (Int64(number - power * parts + 1) << power) - 1
  }
}

extension DelayStatistics: Packed, Codable {
  func write(to writer: inout PackedWriter) {
    writer.write(signed: total)
    writer.write(signed: maximum)
    writer.write(counts: bins)
    writer.write(count: distribution.count)
    for (smallClass, delays) in distribution.sorted(by: { $0.key < $1.key }) {
      writer.write(count: smallClass)
      writer.write(count: delays)
    }
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    total = try reader.signed()
    maximum = try reader.signed()
    bins = try reader.counts(bins.count)
    let delays = try reader.array { reader throws(DecodingError) in
      (Int(try reader.number(as: UInt16.self)), try reader.count())
    }
    distribution = Dictionary(delays) { _, last in last }
  }
}
