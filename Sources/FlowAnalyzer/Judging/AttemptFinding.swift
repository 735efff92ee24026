/// A SYN that hit, with its exchange.
struct Hit {
  var exchange: Exchange
  var verdict: HitVerdict
  /// TIME_WAIT as assumed, in nanoseconds.
  var timeWait: Int64
  /// The clients of what it met, where those were several.
  var formerUsers: ClientList?

  init(
    _ exchange: Exchange, _ verdict: HitVerdict, _ timeWait: Int64, formerUsers: ClientList? = nil
  ) {
    self.formerUsers = formerUsers
    self.exchange = exchange
    self.verdict = verdict
    self.timeWait = timeWait
  }

  /// Nothing of the holder but its answer was seen, so that its times are not known.
  var hasUnknownTimes: Bool {
    let notes = exchange.holder.notes
    return !notes.contains(.known)
      || !notes.isDisjoint(with: [.inferred, .onlyUnanswered, .unknownTimes])
  }

  /// When the holder's timer was last started, this SYN's own effect included: one that PAWS refuses
  /// starts it anew.
  var timerStartedAt: Timestamp {
    verdict.restartsTimer ? exchange.time : exchange.holder.timerStartedAt
  }

  /// When the holder would have let go by itself; nil for what has no timer.
  var freeAt: Timestamp? {
    guard verdict.held == .timeWait, !hasUnknownTimes else { return nil }
    return timerStartedAt.advanced(byNanoseconds: timeWait)
  }

  /// Age of the holder's timer when the SYN came, in nanoseconds.
  var age: Int64? {
    hasUnknownTimes ? nil : exchange.time.nanoseconds(since: exchange.holder.timerStartedAt)
  }
}

/// How an attempt ended (contract, section 1).
public enum Outcome: String, Sendable, CaseIterable, Codable {
  case connected
  case failed
  case undetermined
}

/// An attempt with at least one hit, complete.
struct AttemptFinding {
  /// In time order.
  var hits: [Hit]
  var outcome: Outcome
  /// Its client.
  var client: Party
  /// First SYN to the first SYN-ACK that acknowledges it, in nanoseconds; nil unless connected.
  var setup: Int64?
  /// What the hits cost: from each that was refused to the attempt's next SYN, in nanoseconds.
  var added: Int64
  var firstSynAt: Timestamp
  var synCount: Int

  /// An attempt has failed after twice its last gap without a SYN, and not before 3 s.
  static let shortestSilence: Int64 = 3_000_000_000

  /// - Parameter course: the attempt as the client side saw it, where the two are joined.
  init(
    _ finished: FinishedAttempt, hits unordered: [Hit], end: Timestamp, course: ClientCourse?
  ) {
    let attempt = finished.attempt
    client = attempt.party
    hits = unordered.sorted {
      ($0.exchange.time, $0.exchange.capture, $0.exchange.frame)
        < ($1.exchange.time, $1.exchange.capture, $1.exchange.frame)
    }
    firstSynAt = attempt.firstSynAt
    synCount = finished.synTimes.count
    let silence = end.nanoseconds(since: attempt.lastSynAt)
    if attempt.isConnected {
      outcome = .connected
    } else if attempt.wasReset || silence >= max(2 * attempt.lastGap, Self.shortestSilence) {
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
        if let course, let time = hit.exchange.clientTime {
          (course.syns, time)
        } else {
          (serverSyns, hit.exchange.time)
        }
      return sum &+ (syns.first { $0 > time }?.nanoseconds(since: time) ?? 0)
    }
  }

  /// The gravest of what its hits met.
  var kind: HeldKind {
    HeldKind.allCases.first { kind in hits.contains { $0.verdict.held == kind } } ?? .timeWait
  }
}
