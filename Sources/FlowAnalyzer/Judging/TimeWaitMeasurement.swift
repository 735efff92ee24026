/// What the capture proves about the length of the server's TIME_WAIT.
struct TimeWaitMeasurement: Equatable, Codable {
  /// The longest age at which one was proven alive, in nanoseconds.
  private(set) var atLeast: Int64?
  /// The shortest age at which one was proven gone without a RST, in nanoseconds.
  private(set) var lessThan: Int64?

  mutating func learn(from exchange: Exchange, _ verdict: Verdict) {
    let holder = exchange.holder
    guard holder.state == .timeWait,
      holder.notes.isDisjoint(with: [.inferred, .ambiguous, .unknownTimes])
    else { return }
    let age = exchange.time.nanoseconds(since: holder.timerStartedAt)
    // Packets out of order, or a clock that was set back, measure nothing.
    guard age >= 0 else { return }
    switch verdict {
    case .hit(let hit):
      let isProven = exchange.acceptedOutOfTimeWait || hit.answer == .rejected
      if isProven { atLeast = max(atLeast ?? age, age) }
    case .reuse(.expired), .reuse(.gone):
      guard exchange.answer == .synAck || exchange.answer == .reset,
        // Else it may have gone with that SYN, for which there was no place in the accept queue.
        !holder.notes.contains(.mayBeReplaced)
      else { return }
      lessThan = min(lessThan ?? age, age)
    case .firstUse, .reuse: return
    }
  }
}

extension TimeWaitMeasurement {
  /// Adds what other tuples have proven.
  mutating func add(_ other: TimeWaitMeasurement) {
    atLeast = [atLeast, other.atLeast].compactMap(\.self).max()
    lessThan = [lessThan, other.lessThan].compactMap(\.self).min()
  }
}

/// How soon the LB gives a port away again after a connection has ended.
struct LoadBalancerHold: Equatable, Codable {
  /// The longest time after an end at which the LB still carried a segment of the old connection,
  /// so that it still held the port; in nanoseconds.
  private(set) var atLeast: Int64?
  /// The shortest time after an end at which the LB had given the port to another connection; in
  /// nanoseconds.
  private(set) var atMost: Int64?

  /// Adds what other tuples have shown.
  mutating func add(_ other: LoadBalancerHold) {
    atLeast = [atLeast, other.atLeast].compactMap(\.self).max()
    atMost = [atMost, other.atMost].compactMap(\.self).min()
  }

  /// - Parameter isFirstOfAttempt: the SYN begins its attempt, so that the port is given away by it.
  mutating func learn(from exchange: Exchange, isFirstOfAttempt: Bool) {
    let holder = exchange.holder
    guard holder.notes.contains(.known),
      holder.notes.isDisjoint(with: [.inferred, .onlyUnanswered, .unknownTimes]),
      holder.state == .timeWait || holder.state == .closed,
      !holder.notes.contains(.endedByReset)
    else { return }
    if holder.lateSegmentAge > 0 { atLeast = max(atLeast ?? 0, holder.lateSegmentAge) }
    if isFirstOfAttempt, exchange.repetition == .none {
      let gap = exchange.time.nanoseconds(since: holder.since)
      if gap >= 0 { atMost = min(atMost ?? gap, gap) }
    }
  }
}
