/// What tuples carried and held, over time.
extension FlowTracker {
  /// Enters a tuple's connection into the timeline, once: when the tuple gets another, when it is
  /// forgotten, or at the end.
  ///
  /// - Parameter replacedAt: when the SYN came that made another connection of it.
  mutating func enterIntoTimeline(_ position: Int, replacedAt: Timestamp? = nil) {
    guard recordsTimeline, records[position].hasConnection else { return }
    let limit = replacedAt ?? Timestamp(nanoseconds: .max)
    let startedAt = records[position].current.startedAt
    let facts = rareFacts(of: position)
    let resetAt = facts.resetAt.ifEver ?? startedAt
    let isInferred = records[position].current.isInferred
    let server = records[position].current.responder

    let closedAt: Timestamp? =
      switch server.state {
      case .timeWait, .closed: server.heldSince
      case .synSent, .synReceived, .established, .finWait1, .finWait2, .closeWait, .closing,
        .lastAck:
        // The client has let go of it, though the server may have not.
        facts.resetAt.ifEver ?? replacedAt
      }
    if records[position].current.isLogged {
      let client = occupant(of: position)
      arrivals?.end(
        record: position, server, startedAt: startedAt, lateAt: facts.lateSegmentAt.ifEver,
        closedAt: closedAt, client: client)
    }
    if !isInferred {
      timeline.note(.open, from: startedAt, to: closedAt.map { min($0, limit) }, now: now)
    }
    guard server.state == .timeWait else { return }
    let killedAt = facts.killedAt >= server.heldSince ? facts.killedAt : limit
    let end = min(
      server.timerStartedAt.advanced(byNanoseconds: retention.timeWait), limit, killedAt)
    let orderlyEnd = server.isReset ? min(max(resetAt, server.heldSince), end) : end
    timeline.note(.held, from: server.heldSince, to: orderlyEnd, now: now)
    if server.isReset { timeline.note(.heldPastReset, from: orderlyEnd, to: end, now: now) }
  }

  /// A tuple's new connection belongs to an attempt, which a forecast replays.
  mutating func logArrival(of attempt: UInt32, _ position: Int) {
    guard attempts[attempt].isLogged else { return }
    let key = records[position].key
    let isLow = records[position].current.originatorIsLow
    let startedAt = records[position].current.startedAt
    let isKept = arrivals?.connect(
      attempt, record: position, at: startedAt,
      source: isLow ? (key.lowAddress, key.lowPort) : (key.highAddress, key.highPort))
    if isKept ?? false { records[position].noteLogged() }
  }
}
