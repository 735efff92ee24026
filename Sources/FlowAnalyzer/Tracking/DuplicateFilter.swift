import CPrefetch

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
@safe
struct DuplicateFilter: ~Copyable {
  /// The longest time from the first copy to a later one, in nanoseconds.
  static let window: Int64 = 1_000_000

  struct Entry: BitwiseCopyable {
    var digest: UInt64
    var time: Timestamp
    var point: UInt32
    var run: UInt16
  }

  private static let ways = 4
  private static let buckets = 4096
  // SAFETY: all accesses are in the bucket of a digest, of which there are `buckets`.
  private let entries: UnsafeMutablePointer<Entry>

  init() {
    unsafe entries = .allocate(capacity: Self.buckets * Self.ways)
    unsafe entries.initialize(
      repeating: Entry(digest: 0, time: Timestamp(nanoseconds: .min / 2), point: 0, run: 0),
      count: Self.buckets * Self.ways)
  }

  deinit { unsafe entries.deallocate() }

  @inline(__always)
  private func bucket(of digest: UInt64) -> UnsafeMutablePointer<Entry> {
    unsafe entries + Int(truncatingIfNeeded: digest & UInt64(Self.buckets - 1)) &* Self.ways
  }

  /// Has the processor fetch where a packet that comes soon will be looked up.
  @inline(__always)
  func prefetch(_ digest: UInt64) {
    unsafe prefetch_line(bucket(of: digest))
    unsafe prefetch_line(bucket(of: digest) + Self.ways / 2)
  }

  /// Whether `segment` copies an earlier one; remembers it if not.
  mutating func isCopy(_ segment: Segment, run: UInt16) -> Bool {
    let bucket = unsafe bucket(of: segment.digest)
    var oldest = 0
    for way in 0..<Self.ways {
      let entry = unsafe bucket[way]
      if entry.digest == segment.digest, entry.point == segment.point, entry.run == run,
        segment.time.nanoseconds(since: entry.time).magnitude <= UInt64(Self.window)
      {
        return true
      }
      if unsafe entry.time < bucket[oldest].time { oldest = way }
    }
    unsafe bucket[oldest] = Entry(
      digest: segment.digest, time: segment.time, point: segment.point, run: run)
    return false
  }
}
