/// How an attempt ended (contract, section 1).
public enum Outcome: String, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
  case connected
  case failed
  case undetermined
}

/// An attempt with at least one hit, complete; the hits themselves stand beside it.
struct AttemptFinding: Equatable {
  // In an order that leaves no gaps.
  /// First SYN to the first SYN-ACK that acknowledges it, in nanoseconds; nil unless connected.
  var setup: Int64?
  var outcome: Outcome
  var synCount: UInt32
  /// What the hits cost: from each that was refused to the attempt's next SYN, in nanoseconds.
  var added: Int64
  /// Its client.
  var client: Party
}

extension AttemptFinding {
  /// An attempt has failed after twice its last gap without a SYN, and not before 3 s.
  static let shortestSilence: Int64 = 3_000_000_000

  /// - Parameters:
  ///   - hits: in time order.
  ///   - course: the attempt as the client side saw it, where the two are joined.
  init(_ finished: FinishedAttempt, hits: [Hit], end: Timestamp, course: ClientCourse?) {
    let attempt = finished.attempt
    client = finished.client.party
    synCount = UInt32(clamping: finished.syns.count)
    let silence = finished.syns.last.map { end.nanoseconds(since: $0.time) } ?? 0
    if attempt.isConnected {
      outcome = .connected
    } else if attempt.wasReset || silence >= max(2 * finished.lastGap, Self.shortestSilence) {
      outcome = .failed
    } else {
      outcome = .undetermined
    }
    setup = attempt.isConnected ? Self.setup(attempt, course) : nil
    added = Self.wait(after: hits, finished, course)
  }

  private static func setup(_ attempt: AttemptTable.Attempt, _ course: ClientCourse?) -> Int64? {
    if let course, let first = course.syns.first, let answer = course.synAckAt, answer >= first {
      return answer.nanoseconds(since: first)
    }
    return attempt.firstSynAckAt?.nanoseconds(since: attempt.firstSynAt)
  }

  /// From each SYN that was not let in to the attempt's next SYN, where the client side shows them
  /// there: what followed it is then not charged with the wait for a SYN that the load balancer lost.
  private static func wait(
    after hits: [Hit], _ finished: FinishedAttempt, _ course: ClientCourse?
  ) -> Int64 {
    let serverSyns = finished.synTimes
    return hits.filter(\.verdict.isCharged).reduce(0) { sum, hit in
      let behind = gap(after: hit.time, in: serverSyns)
      let inFront = course.flatMap { course in
        hit.clientTime.flatMap { gap(after: $0, in: course.syns) }
      }
      return sum &+ max(wait(inFront: inFront, behind: behind, hit, course), 0)
    }
  }

  /// The wait by the clock in front of the load balancer, unless that was set meanwhile: a client sends
  /// nothing before it has sent the SYN before, and nothing comes out of a load balancer that has not gone
  /// in before.
  private static func wait(
    inFront: Int64?, behind: Int64?, _ hit: Hit, _ course: ClientCourse?
  ) -> Int64 {
    guard course != nil, hit.clientTime != nil else { return behind ?? 0 }
    guard let inFront else { return 0 }
    guard let behind else { return inFront }
    return inFront < 0 || inFront > behind &+ Joiner.clockSlack ? behind : inFront
  }

  /// The time from one SYN of an attempt to the next; nil where that was the last.
  private static func gap(after time: Timestamp, in syns: [Timestamp]) -> Int64? {
    let next = syns.lastIndex(of: time).map { $0 + 1 } ?? syns.firstIndex { $0 > time }
    guard let next, next < syns.count else { return nil }
    return syns[next].nanoseconds(since: time)
  }
}

extension AttemptFinding: Packed {
  func write(to writer: inout PackedWriter) {
    writer.write(outcome)
    client.write(to: &writer)
    writer.writeOptional(signed: setup)
    writer.write(signed: added)
    writer.write(synCount)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    outcome = try reader.value()
    client = try Party(from: &reader)
    setup = try reader.optionalSigned()
    added = try reader.signed()
    synCount = try reader.number()
  }
}
