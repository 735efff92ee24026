/// A SYN that hit, with its exchange.
struct Hit {
  var exchange: Exchange
  var verdict: HitVerdict
  /// TIME_WAIT as assumed, in nanoseconds.
  var timeWait: Int64

  init(_ exchange: Exchange, _ verdict: HitVerdict, _ timeWait: Int64) {
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
  /// First SYN to the first SYN-ACK that acknowledges it, in nanoseconds; nil unless connected.
  var setup: Int64?
  /// What the hits cost: from each that was refused to the attempt's next SYN, in nanoseconds.
  var added: Int64
  var firstSynAt: Timestamp
  var synCount: Int

  /// An attempt has failed after twice its last gap without a SYN, and not before 3 s.
  static let shortestSilence: Int64 = 3_000_000_000

  init(_ finished: FinishedAttempt, hits unordered: [Hit], end: Timestamp) {
    let attempt = finished.attempt
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
    setup =
      attempt.isConnected
      ? attempt.firstSynAckAt.map { $0.nanoseconds(since: attempt.firstSynAt) } : nil
    added = 0
    var next = 0
    for hit in hits where hit.verdict.isCharged {
      while next < finished.synTimes.count, finished.synTimes[next] <= hit.exchange.time {
        next += 1
      }
      guard next < finished.synTimes.count else { break }
      added &+= finished.synTimes[next].nanoseconds(since: hit.exchange.time)
    }
  }

  /// The gravest of what its hits met.
  var kind: HeldKind {
    HeldKind.allCases.first { kind in hits.contains { $0.verdict.held == kind } } ?? .timeWait
  }
}
