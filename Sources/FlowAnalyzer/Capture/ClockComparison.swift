/// Finds capture points of one side whose clocks differ so much that copies are not recognised.
///
/// Such points count every packet twice, and each copy of a SYN looks like a SYN on a used tuple.
/// A SYN as good as never hashes like another one, so points that share SYNs have seen the same
/// packets; where most of those lie further apart than `PointMerger.window`, the clocks differ.
///
/// Each point keeps a sample of its SYNs that is chosen by their digests alone, so that two points
/// choose the same ones, however far apart they saw them.
struct ClockComparison {
  /// A point whose clock differs from that of an earlier one.
  struct Difference: Equatable {
    var point: Int
    var reference: Int
    /// What the point's clock is ahead, in nanoseconds.
    var offset: Int64
  }

  private struct Sample {
    let side: CaptureRole
    /// When the point first saw the SYN of a digest.
    var times: [UInt64: Timestamp] = [:]
    /// Digests with fewer zero bits at their end are not in the sample.
    var leastZeroBits = 0

    mutating func add(_ digest: UInt64, at time: Timestamp) {
      guard digest.trailingZeroBitCount >= leastZeroBits, times[digest] == nil else { return }
      times[digest] = time
      while times.count > ClockComparison.capacity {
        leastZeroBits += 1
        times = times.filter { $0.key.trailingZeroBitCount >= leastZeroBits }
      }
    }
  }

  /// How many SYNs of a point are kept.
  static let capacity = 1024
  /// How many SYNs two points must share before anything is said: one that was lost on the way to
  /// one of them, and sent again to the bit, proves nothing.
  static let leastShared = 2

  private var samples: [Sample?] = []

  /// How many SYNs each point has in its sample.
  var sampleSizes: [Int] { samples.map { $0?.times.count ?? 0 } }

  /// - Complexity: O(1) on average; it allocates only where the sample grows.
  mutating func observe(_ segment: Segment, side: CaptureRole) {
    guard segment.flags.contains(.syn) else { return }
    let point = Int(segment.point)
    while samples.count <= point { samples.append(nil) }
    if samples[point] == nil { samples[point] = Sample(side: side) }
    samples[point]?.add(segment.digest, at: segment.time)
  }

  /// The points that do not agree with an earlier one of their side. Each SYN is compared with what
  /// the first point saw that has it.
  ///
  /// - Complexity: O(p) in the number of points.
  var differences: [Difference] {
    var firstSeen: [CaptureRole: [UInt64: (point: Int, time: Timestamp)]] = [:]
    var differences: [Difference] = []
    for (point, sample) in samples.enumerated() {
      guard let sample else { continue }
      var offsets: [Int: [Int64]] = [:]
      for (digest, time) in sample.times {
        if let first = firstSeen[sample.side]?[digest] {
          offsets[first.point, default: []].append(time.nanoseconds(since: first.time))
        } else {
          firstSeen[sample.side, default: [:]][digest] = (point, time)
        }
      }
      for (reference, offsets) in offsets.sorted(by: { $0.key < $1.key }) {
        guard let offset = Self.offset(offsets) else { continue }
        differences.append(Difference(point: point, reference: reference, offset: offset))
        break
      }
    }
    return differences
  }

  /// The median, if most of them are too large for copies to be recognised.
  private static func offset(_ offsets: [Int64]) -> Int64? {
    let apart = offsets.count { $0.magnitude > UInt64(PointMerger.window) }
    guard offsets.count >= leastShared, apart > offsets.count / 2 else { return nil }
    return offsets.sorted()[offsets.count / 2]
  }
}
