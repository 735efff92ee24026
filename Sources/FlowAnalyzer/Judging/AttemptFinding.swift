/// How an attempt ended (contract, section 1).
public enum Outcome: String, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
  case connected
  case failed
  case undetermined
}

/// An attempt with at least one hit, complete; the hits themselves stand beside it.
struct AttemptFinding: Equatable {
  var outcome: Outcome
  /// Its client.
  var client: Party
  /// First SYN to the first SYN-ACK that acknowledges it, in nanoseconds; nil unless connected.
  var setup: Int64?
  /// What the hits cost: from each that was refused to the attempt's next SYN, in nanoseconds.
  var added: Int64
  var synCount: UInt32
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
    if let course, let first = course.syns.first, let answer = course.synAckAt {
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
      let (syns, time) =
        if let course, let time = hit.clientTime {
          (course.syns, time)
        } else {
          (serverSyns, hit.time)
        }
      return sum &+ (syns.first { $0 > time }?.nanoseconds(since: time) ?? 0)
    }
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
