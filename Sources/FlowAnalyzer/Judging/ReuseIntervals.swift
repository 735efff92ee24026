/// How soon tuples were used again after the end of their last connection, in classes.
struct ReuseIntervals: Equatable {
  /// Upper ends of the classes, in nanoseconds: by factors of about three up to a second, then close
  /// together where the times of servers and load balancers lie (2 s to 2 min).
  static let classes: [Int64] = [
    1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000, 300_000_000,
    1_000_000_000, 2_000_000_000, 3_000_000_000, 5_000_000_000, 7_000_000_000, 10_000_000_000,
    15_000_000_000, 20_000_000_000, 30_000_000_000, 40_000_000_000, 50_000_000_000,
    60_000_000_000, 70_000_000_000, 80_000_000_000, 100_000_000_000, 120_000_000_000,
  ]

  private var hits = [Int](repeating: 0, count: classes.count + 1)
  private var others = [Int](repeating: 0, count: classes.count + 1)

  mutating func learn(from exchange: Exchange, _ verdict: Verdict) {
    guard let end = exchange.formerEnd else { return }
    let interval = exchange.time.nanoseconds(since: end)
    let place = Self.classes.firstIndex { interval < $0 } ?? Self.classes.count
    switch verdict {
    case .firstUse: break
    case .hit: hits[place] += 1
    case .reuse: others[place] += 1
    }
  }

  mutating func add(_ other: ReuseIntervals) {
    for place in hits.indices {
      hits[place] += other.hits[place]
      others[place] += other.others[place]
    }
  }

  var model: [AnalysisReport.ReuseInterval] {
    hits.indices.map { index in
      AnalysisReport.ReuseInterval(
        belowSeconds: Seconds(index < Self.classes.count ? Self.classes[index] : nil),
        hits: hits[index], others: others[index])
    }
  }
}

extension Exchange {
  /// When the tuple's former connection ended, where that is known and the SYN is none of its own.
  var formerEnd: Timestamp? {
    guard repetition == .none, holder.notes.contains(.known),
      holder.notes.isDisjoint(with: [.inferred, .onlyUnanswered, .unknownTimes]),
      holder.state == .timeWait || holder.state == .closed
    else { return nil }
    return holder.since
  }
}

extension ReuseIntervals: Packed, Codable {
  func write(to writer: inout PackedWriter) {
    writer.write(counts: hits)
    writer.write(counts: others)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    hits = try reader.counts(hits.count)
    others = try reader.counts(others.count)
  }
}
