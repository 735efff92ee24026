import CPrefetch

/// Recognises copies of a packet that one capture point recorded more than once: a mirror port that
/// sees a packet enter and leave, a bridge, an `any` interface.
///
/// A copy is the same IP packet but for link layer, hop count and IP checksum, at the same point,
/// within 1 ms of the first copy, with no segment of the opposite direction of its tuple in between
/// (contract, section 1). Of that last condition the caller keeps count: `run` changes with each
/// change of direction on the tuple.
///
/// Memory is constant: 4,096 buckets of four as a rule. At a million packets per second a bucket holds one
/// packet of the last four milliseconds on average.
@safe
struct DuplicateFilter: ~Copyable {
  /// The longest time from the first copy to a later one, in nanoseconds.
  static let window: Int64 = 1_000_000

  struct Entry: BitwiseCopyable {
    /// What is equal in copies: the digest, the point and the run, mixed to 64 bits.
    var identity: UInt64
    var time: Timestamp
  }

  static let usualBuckets = 4096
  private static let ways = 4
  /// Buckets, less one: they are a power of two.
  private let mask: UInt64
  // SAFETY: all accesses are in the bucket of a digest ANDed with `mask`.
  private let entries: UnsafeMutablePointer<Entry>

  /// - Parameter buckets: a power of two.
  init(buckets: Int = Self.usualBuckets) {
    precondition(buckets.nonzeroBitCount == 1)
    mask = UInt64(buckets - 1)
    // A bucket is a cache line.
    let count = buckets * Self.ways
    unsafe entries = UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<Entry>.stride, alignment: 64
    ).bindMemory(to: Entry.self, capacity: count)
    unsafe entries.initialize(
      repeating: Entry(identity: 0, time: Timestamp(nanoseconds: .min / 2)), count: count)
  }

  deinit { unsafe entries.deallocate() }

  @inline(__always)
  private func bucket(of digest: UInt64) -> UnsafeMutablePointer<Entry> {
    unsafe entries + Int(truncatingIfNeeded: digest & mask) &* Self.ways
  }

  /// Has the processor fetch where a packet that comes soon will be looked up.
  @inline(__always)
  func prefetch(_ digest: UInt64) {
    unsafe prefetch_line(bucket(of: digest))
  }

  /// Whether `segment` copies an earlier one; remembers it if not.
  @inline(__always)
  mutating func isCopy(_ segment: Segment, run: UInt16) -> Bool {
    let bucket = unsafe bucket(of: segment.digest)
    let identity = segment.digest ^ (UInt64(segment.point) << 16 | UInt64(run)) &* Self.multiplier
    for way in 0..<Self.ways {
      let entry = unsafe bucket[way]
      if entry.identity == identity,
        segment.time.nanoseconds(since: entry.time).magnitude <= UInt64(Self.window)
      {
        return true
      }
    }
    // The latest sits first, and the first to come has to go.
    unsafe bucket[3] = bucket[2]
    unsafe bucket[2] = bucket[1]
    unsafe bucket[1] = bucket[0]
    unsafe bucket[0] = Entry(identity: identity, time: segment.time)
    return false
  }

  /// The golden ratio: it spreads small numbers over 64 bits.
  private static let multiplier: UInt64 = 0x9e37_79b9_7f4a_7c15
}

extension [UInt64] {
  /// Counts a copy, in a list of counts by capture.
  mutating func countDuplicate(of segment: borrowing Segment) {
    let capture = Int(segment.capture)
    while count <= capture { append(0) }
    self[capture] += 1
  }
}
