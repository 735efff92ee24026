/// What a tracker knows of the last segment's tuple, seen from the end that opened it.
extension FlowTracker {
  /// The connection that the tuple of the last segment carries now; nil where it carries none.
  ///
  /// - Parameter opener: the end whose SYNs are looked at.
  func lastConnection(openedBy opener: Endpoint) -> (
    incarnation: FrameLog.Incarnation, server: TracedFrame.ServerEnd
  )? {
    guard records[lastRecord].hasConnection else { return nil }
    let connection = records[lastRecord].current
    let key = records[lastRecord].key
    let openerIsLow =
      key.lowPort == opener.port && addresses[key.lowAddress] == opener.address
    let (client, server) = (
      connection.endpoint(isLow: openerIsLow), connection.endpoint(isLow: !openerIsLow)
    )
    return (
      FrameLog.Incarnation(
        openerBase: client.initialSequence, responderBase: server.initialSequence,
        beganUnseen: connection.beganUnseen),
      TracedFrame.ServerEnd(
        state: server.state, since: server.heldSince, timerStartedAt: server.timerStartedAt,
        isReset: server.isReset)
    )
  }
}

extension Encounter {
  /// - Parameter exchange: as the tracker hands it out, complete.
  init(_ exchange: Exchange) {
    let holder = exchange.holder
    let notes = holder.notes
    let hasTimes =
      notes.contains(.known)
      && notes.isDisjoint(with: [.inferred, .onlyUnanswered, .unknownTimes])
    let isKnown =
      (notes.contains(.known) && !notes.contains(.onlyUnanswered))
      || !notes.isDisjoint(with: [.inferred, .stateFromAnswer])
    self.init(
      state: holder.state, isKnown: isKnown,
      nextToSend: holder.nextToSend, nextExpected: holder.nextExpected,
      timestampRecent: notes.contains(.timestamps) ? holder.timestampRecent : nil,
      receiveWindow: holder.receiveWindow, since: hasTimes ? holder.since : nil,
      timerStartedAt: hasTimes ? holder.timerStartedAt : nil,
      sinceLimitedAnswer: exchange.sinceLimitedAnswer,
      answerIsSocketless: exchange.answerIsSocketless)
  }
}
