/// Recognises the segments that several capture points of one side have all seen.
///
/// The first copy of a segment to come goes through; a copy of it from another point is told by
/// `Segment.digest` if it comes at most `window` later. Each copy stands for one captured packet
/// and is matched once: where a point has seen two packets that hash alike (a retransmission, to
/// the bit), two copies from another point match one each.
///
/// The clocks of the points are taken as they are.
struct PointMerger {
  /// How far apart the captured times of copies may lie, in nanoseconds: 50 ms covers the way
  /// between the points and clocks that NTP keeps, and stays below the 200 ms after which TCP
  /// sends anything again.
  static let window: Int64 = 50_000_000
  /// How many segments are remembered; a power of two. Enough for 1.3 million a second.
  static let capacity = 1 << 16

  /// Copies at one point that lie no further apart are duplicates by definition, in nanoseconds.
  private static let duplicateWindow: Int64 = 1_000_000

  private struct Entry {
    var digest: UInt64 = 0
    var time = Timestamp(nanoseconds: 0)
    /// The points that have shown a copy, one bit each.
    var points: UInt64 = 0
    var latestCopy = Timestamp(nanoseconds: 0)
    var latestPoint: UInt32 = 0
    /// The number of the entry before it in the same bucket, counted from 1; 0 for none.
    var previous: UInt64 = 0
  }

  /// A ring: entry `n` lies at `n % capacity`.
  private var entries = [Entry](repeating: Entry(), count: Self.capacity)
  /// The number of the latest entry of each bucket.
  private var latest = [UInt64](repeating: 0, count: Self.capacity)
  private var count: UInt64 = 0

  /// Whether the segment is a copy of one that came before; if not, it is remembered.
  ///
  /// - Complexity: O(1) on average, O(`capacity`) if all digests were alike.
  mutating func isCopy(_ segment: Segment) -> Bool {
    let bucket = Int(truncatingIfNeeded: segment.digest) & (Self.capacity - 1)
    let bit: UInt64 = 1 << UInt64(segment.point % 64)
    if let index = indexOfOriginal(of: segment, bucket: bucket, bit: bit) {
      entries[index].points |= bit
      entries[index].latestCopy = segment.time
      entries[index].latestPoint = segment.point
      return true
    }
    count += 1
    entries[Int(count) & (Self.capacity - 1)] = Entry(
      digest: segment.digest, time: segment.time, points: bit, previous: latest[bucket])
    latest[bucket] = count
    return false
  }

  /// The oldest remembered segment that this one can be a copy of.
  private func indexOfOriginal(of segment: Segment, bucket: Int, bit: UInt64) -> Int? {
    var found: Int?
    var duplicate: Int?
    var number = latest[bucket]
    // Entries that the ring has overwritten end the chain.
    while number > 0, count - number < UInt64(Self.capacity) {
      let index = Int(number) & (Self.capacity - 1)
      let entry = entries[index]
      guard segment.time.nanoseconds(since: entry.time) <= Self.window else { break }
      if entry.digest == segment.digest {
        if entry.points & bit == 0 {
          found = index
        } else if entry.latestPoint == segment.point, entry.latestCopy > entry.time,
          segment.time.nanoseconds(since: entry.latestCopy) <= Self.duplicateWindow
        {
          // This point has shown it twice. Its first copy never left here, so nobody else can
          // recognise the second.
          duplicate = index
        }
      }
      number = entry.previous
    }
    return found ?? duplicate
  }
}

/// One merger for each side, at work only while several captures of that side are open.
struct PointMergers {
  private struct OfSide {
    var openCaptures = 0
    /// The time up to which several captures were open.
    var overlapEnd: Timestamp?
    /// Made when it is first needed: it takes memory.
    var merger: PointMerger?
  }

  /// One for each side of the load balancer. A capture of both counts for each of them.
  private var sides = [OfSide(), OfSide()]
  /// False as long as no segment can have a copy.
  private(set) var areAtWork = false

  mutating func captureDidOpen(role: CaptureRole) {
    for side in role.sides {
      sides[Int(side.rawValue)].openCaptures += 1
      if sides[Int(side.rawValue)].openCaptures > 1 { areAtWork = true }
    }
  }

  /// - Parameter time: that of the capture's last packet.
  mutating func captureDidClose(role: CaptureRole, at time: Timestamp) {
    for side in role.sides {
      let index = Int(side.rawValue)
      if sides[index].openCaptures > 1 { sides[index].overlapEnd = time }
      sides[index].openCaptures -= 1
    }
  }

  mutating func isCopy(_ segment: Segment, side: Side) -> Bool {
    let index = Int(side.rawValue)
    if sides[index].openCaptures < 2 {
      // The last packets of a capture may have copies in one that goes on.
      guard let end = sides[index].overlapEnd,
        segment.time.nanoseconds(since: end) <= PointMerger.window
      else { return false }
    }
    if sides[index].merger == nil { sides[index].merger = PointMerger() }
    return sides[index].merger?.isCopy(segment) ?? false
  }
}
