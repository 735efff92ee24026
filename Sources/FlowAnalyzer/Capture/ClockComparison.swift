/// Finds capture points of one side whose clocks differ so much that copies are not recognised.
///
/// Such points count every packet twice, and each copy of a SYN looks like a SYN on a used tuple.
/// A SYN as good as never hashes like another one, so points that share SYNs have seen the same
/// packets; where most of those lie further apart than `PointMerger.window`, the clocks differ.
///
/// Each point keeps a sample of its SYNs that is chosen by their digests alone, so that two points
/// choose the same ones, however far apart they saw them.
///
/// What it finds comes after the last packet, and costs the hot path next to nothing; a second reading by
/// one clock can follow.
struct ClockComparison {
  /// A point whose clock differs from that of an earlier one.
  struct Difference: Equatable {
    var point: Int
    var reference: Int
    /// What the point's clock is ahead, in nanoseconds.
    var offset: Int64
  }

  /// A SYN or a SYN-ACK as one point saw it first.
  private struct Sighting {
    var time: Timestamp
    /// It went from the server to the opener.
    var isAnswer: Bool
  }

  private struct Sample {
    let side: CaptureRole
    /// By digest.
    var sightings: [UInt64: Sighting] = [:]
    /// Digests with fewer zero bits at their end are not in the sample.
    var leastZeroBits = 0

    mutating func add(_ digest: UInt64, _ sighting: Sighting) {
      guard digest.trailingZeroBitCount >= leastZeroBits, sightings[digest] == nil else { return }
      sightings[digest] = sighting
      while sightings.count > ClockComparison.capacity {
        leastZeroBits += 1
        sightings = sightings.filter { $0.key.trailingZeroBitCount >= leastZeroBits }
      }
    }
  }

  /// How much later one point saw what it shares with another one, in nanoseconds.
  private struct Relation {
    var forth: [Int64] = []
    var back: [Int64] = []

    var all: [Int64] { forth + back }

    /// Most of them are too large for copies to be recognised, and they are enough to prove something.
    var isApart: Bool {
      let all = all
      let apart = all.count { $0.magnitude > UInt64(PointMerger.window) }
      return all.count >= leastShared && apart > all.count / 2
    }

    var median: Int64 { all.sorted()[all.count / 2] }

    /// What brings nearly all copies together: nil where the clocks drift too much, or one was set.
    var offset: ClockOffset? {
      guard let offset = ClockOffset(forth: forth, back: back, least: leastShared) else {
        return nil
      }
      let all = all
      let together = all.count {
        $0.subtractingReportingOverflow(offset.offset).partialValue.magnitude
          <= UInt64(PointMerger.window)
      }
      return together * 10 >= all.count * 9 ? offset : nil
    }
  }

  /// How many SYNs of a point are kept.
  static let capacity = 1024
  /// How many SYNs two points must share before anything is said: one that was lost on the way to
  /// one of them, and sent again to the bit, proves nothing.
  static let leastShared = 2

  private var samples: [Sample?] = []

  /// How many SYNs each point has in its sample.
  var sampleSizes: [Int] { samples.map { $0?.sightings.count ?? 0 } }

  /// - Complexity: O(1) on average; it allocates only where the sample grows.
  mutating func observe(_ segment: Segment, side: CaptureRole) {
    guard segment.flags.contains(.syn) else { return }
    let point = Int(segment.point)
    while samples.count <= point { samples.append(nil) }
    if samples[point] == nil { samples[point] = Sample(side: side) }
    samples[point]?.add(
      segment.digest, Sighting(time: segment.time, isAnswer: segment.flags.contains(.ack)))
  }

  /// The points that do not agree with an earlier one of their side. Each SYN is compared with what
  /// the first point saw that has it.
  ///
  /// - Complexity: O(p) in the number of points.
  var differences: [Difference] {
    relations.enumerated().compactMap { point, relations in
      relations.sorted { $0.key < $1.key }.first { $0.value.isApart }.map { reference, relation in
        Difference(point: point, reference: reference, offset: relation.median)
      }
    }
  }

  /// A point whose clock is known against that of an earlier one of its side, over others where need be.
  struct PointOffset {
    var point: Int
    /// It is this point's clock that all others are held against.
    var reference: Int
    var offset: ClockOffset
  }

  /// What would bring the copies together that were not recognised: empty where all were, or where no
  /// one number for each point does.
  ///
  /// - Complexity: O(p) in the number of points.
  var offsets: [PointOffset] {
    let relations = relations
    guard relations.contains(where: { $0.values.contains(where: \.isApart) }) else { return [] }
    var offsets: [Int: PointOffset] = [:]
    var isMended = false
    for (point, relations) in relations.enumerated() {
      // The one that rests on most.
      let best = relations.max { ($0.value.all.count, $1.key) < ($1.value.all.count, $0.key) }
      guard let best, let step = best.value.offset else { continue }
      let base =
        offsets[best.key]
        ?? PointOffset(point: best.key, reference: best.key, offset: .same)
      offsets[best.key] = base
      offsets[point] = PointOffset(
        point: point, reference: base.reference, offset: base.offset.followed(by: step))
      isMended = isMended || best.value.isApart
    }
    return isMended ? offsets.values.sorted { $0.point < $1.point } : []
  }

  /// Of each point, how it relates to earlier ones of its side.
  private var relations: [[Int: Relation]] {
    var firstSeen: [CaptureRole: [UInt64: (point: Int, time: Timestamp)]] = [:]
    return samples.enumerated().map { point, sample in
      var relations: [Int: Relation] = [:]
      guard let sample else { return relations }
      for (digest, sighting) in sample.sightings {
        guard let first = firstSeen[sample.side]?[digest] else {
          firstSeen[sample.side, default: [:]][digest] = (point, sighting.time)
          continue
        }
        let later = sighting.time.nanoseconds(since: first.time)
        if sighting.isAnswer {
          relations[first.point, default: Relation()].back.append(later)
        } else {
          relations[first.point, default: Relation()].forth.append(later)
        }
      }
      return relations
    }
  }
}
