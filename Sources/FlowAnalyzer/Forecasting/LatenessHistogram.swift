/// How late after its close a connection's last segment came, over all connections that left a TIME_WAIT
/// at the server: what a shorter TIME_WAIT would no longer catch.
struct LatenessHistogram: Equatable {
  /// Upper ends of the classes, in nanoseconds, each a quarter longer than the one before, from 1 ms to
  /// some 10 minutes.
  static let classes: [Int64] = {
    var ends: [Int64] = [1_000_000]
    while let last = ends.last, last < 600_000_000_000 { ends.append(last + last / 4) }
    return ends
  }()

  private(set) var total = 0
  private(set) var maximum: Int64 = 0
  private var counts = [Int](repeating: 0, count: classes.count + 1)

  mutating func add(_ lateness: Int64) {
    total += 1
    maximum = max(maximum, lateness)
    counts[Self.classes.firstIndex { lateness < $0 } ?? Self.classes.count] += 1
  }

  mutating func add(_ other: LatenessHistogram) {
    total += other.total
    maximum = max(maximum, other.maximum)
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  /// The lateness that this share of connections does not exceed, to the end of its class.
  func percentile(_ share: Double) -> Int64 {
    let rank = Int((share * Double(total)).rounded(.up))
    var count = 0
    for (index, ofClass) in counts.enumerated() {
      count += ofClass
      if count >= rank, count > 0 {
        return index < Self.classes.count ? min(Self.classes[index], maximum) : maximum
      }
    }
    return maximum
  }

  /// How many connections had a segment later than this, at most.
  func count(laterThan lateness: Int64) -> Int {
    guard maximum > lateness else { return 0 }
    let first = Self.classes.firstIndex { $0 > lateness } ?? Self.classes.count
    return counts[first...].reduce(0, +)
  }
}

extension LatenessHistogram: Packed {
  func write(to writer: inout PackedWriter) {
    writer.write(count: total)
    writer.write(signed: maximum)
    writer.write(counts: counts)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    total = try reader.count()
    maximum = try reader.signed()
    counts = try reader.counts(counts.count)
  }
}
