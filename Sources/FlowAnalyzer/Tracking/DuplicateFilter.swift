import BasicContainers

/// Recognises copies of a packet that one capture point recorded more than once: a mirror port that
/// sees a packet enter and leave, a bridge, an `any` interface.
///
/// A copy is the same IP packet but for link layer, hop count and IP checksum, at the same point,
/// within 1 ms of the first copy, with no segment of the opposite direction of its tuple in between
/// (contract, section 1). Of that last condition the caller keeps count: `run` changes with each
/// change of direction on the tuple.
///
/// Memory is constant: 4,096 buckets of four. At a million packets per second a bucket holds one
/// packet of the last four milliseconds on average.
struct DuplicateFilter: ~Copyable {
  /// The longest time from the first copy to a later one, in nanoseconds.
  static let window: Int64 = 1_000_000

  struct Entry: BitwiseCopyable {
    var digest: UInt64
    var time: Timestamp
    var point: UInt32
    var run: UInt32
  }

  private static let ways = 4
  private static let buckets = 4096
  private var entries = UniqueArray<Entry>(
    repeating: Entry(digest: 0, time: Timestamp(nanoseconds: .min / 2), point: 0, run: 0),
    count: buckets * ways)

  /// Whether `segment` copies an earlier one; remembers it if not.
  mutating func isCopy(_ segment: Segment, run: UInt32) -> Bool {
    let first = Int(truncatingIfNeeded: segment.digest & UInt64(Self.buckets - 1)) &* Self.ways
    var oldest = first
    for position in first..<first &+ Self.ways {
      let entry = entries[position]
      if entry.digest == segment.digest, entry.point == segment.point, entry.run == run,
        segment.time.nanoseconds(since: entry.time).magnitude <= UInt64(Self.window)
      {
        return true
      }
      if entry.time < entries[oldest].time { oldest = position }
    }
    entries[oldest] = Entry(
      digest: segment.digest, time: segment.time, point: segment.point, run: run)
    return false
  }
}
