/// A SYN arrives: what its receiver holds is noted, and the SYN waits for what follows.
///
/// Here and in what else SYNs and their answers need, functions are `mutating` also where they change
/// nothing: for others the compiler copies the whole tracker, 600 bytes a call (measured).
extension FlowTracker {
  mutating func observeSyn(
    _ segment: Segment, source: UInt32, destination: UInt32, _ position: Int, _ senderIsLow: Bool
  ) {
    let attemptsBefore = attempts.total
    let attempt = attempts.note(
      source: source, destination: destination, port: segment.destination.port,
      isn: segment.sequence, at: segment.time, from: segment.source.port, joined: joinedAttempt)
    lastAttempt = attempt
    if recordsTimeline, attempts.total != attemptsBefore {
      timeline.noteOpened(at: segment.time)
      sources.noteOpened(address: source, port: segment.source.port, at: segment.time)
      attempts[attempt].isLogged =
        arrivals?.begin(attempt, segment, source: source, destination: destination) ?? false
    }
    if attempts[attempt].openVerdicts == 0, !attempts[attempt].isRepeated {
      attempts[attempt].point = segment.point
    }
    attempts[attempt].record = UInt32(truncatingIfNeeded: position)
    attempts[attempt].openVerdicts &+= 1

    var exchange = Exchange(
      source: source, destination: destination, sourcePort: segment.source.port,
      destinationPort: segment.destination.port, attempt: attempt, time: segment.time,
      sequence: segment.sequence, options: segment.options, frame: segment.frame,
      capture: segment.capture, hasFIN: segment.flags.contains(.fin),
      payloadLength: segment.payloadLength, holder: holder(position, receiverIsLow: !senderIsLow))
    exchange.clientTime = joinedClientTime
    if learnsServers { servers.note(address: destination, port: segment.destination.port) }
    if observeAnsweredEarly(exchange, position, senderIsLow) { return }
    exchange.repetition = repetition(of: segment, position, senderIsLow)
    exchange.previous = occupant(of: position)
    exchange.sinceLimitedAnswer = sinceLimitedAnswer(at: segment.time, position)

    let last = newestPending(position)
    if last != TupleRecord.none { pending[Int(last)].exchange.nextSynAt = segment.time }
    let isAnswerUnderWay = isAnswerUnderWay(
      position, receiverIsLow: !senderIsLow, at: segment.time)
    if isAnswerUnderWay || records[position].hasRareFacts {
      noteRareFacts(of: position) {
        $0.oldSegmentsAwaitingAnswer = isAnswerUnderWay ? 1 : 0
        $0.isOldSegmentNew = isAnswerUnderWay
      }
    }
    records[position].heardHolderSinceSyn = false
    if mayBeReplaced(position) { exchange.holder.notes.insert(.mayBeReplaced) }
    restartTimerIfRefusedByPAWS(segment, position, receiverIsLow: !senderIsLow)
    append(exchange, position)
    if exchange.repetition == .ofOwnConnection, exchange.holder.state == .synReceived {
      // The SYN of a half-open connection again: whatever follows belongs to that connection.
      finish(through: newestPending(position), position)
    } else if hasLongChain(position) {
      finish(through: records[position].firstPending, position)
    }
  }

  /// The time since the server last answered what counts against its rate limit.
  mutating func sinceLimitedAnswer(at time: Timestamp, _ position: Int) -> Int64? {
    rareFacts(of: position).limitedAnswerAt.ifEver.map { time.nanoseconds(since: $0) }
  }

  /// The old connection's last segment was captured just now and has not been acknowledged yet: the
  /// next ACK may be for it.
  private mutating func isAnswerUnderWay(
    _ position: Int, receiverIsLow: Bool, at time: Timestamp
  ) -> Bool {
    guard records[position].hasConnection,
      time.nanoseconds(since: records[position].lastSegmentAt) < Self.roundTrip
    else { return false }
    let connection = records[position].current
    let receiver = connection.endpoint(isLow: receiverIsLow)
    return receiver.state != .closed
      && !receiver.hasAcknowledgedAll(of: connection.endpoint(isLow: !receiverIsLow))
  }

  /// What the receiving end holds, as a SYN finds it.
  mutating func holder(_ position: Int, receiverIsLow: Bool) -> Holder {
    var holder = Holder.unknown
    if let clock = records[position].clockISNAt {
      holder.clockISN = records[position].clockISN
      holder.clockISNAt = clock
      holder.notes.insert(.clockISN)
    }
    guard records[position].hasConnection else {
      if records[position].hasPending || records[position].hadUnansweredSyn {
        holder.notes.formUnion([.known, .onlyUnanswered])
      }
      return holder
    }
    let connection = records[position].current
    let endpoint = connection.endpoint(isLow: receiverIsLow)
    holder.notes.insert(.known)
    holder.state = endpoint.state
    holder.since = endpoint.heldSince
    holder.timerStartedAt = endpoint.timerStartedAt
    holder.nextToSend = endpoint.nextToSend
    holder.nextExpected = endpoint.nextExpected
    holder.timestampRecent = endpoint.timestampRecent
    holder.receiveWindow = connection.receiveWindow(isLow: receiverIsLow)
    let facts = rareFacts(of: position)
    if let late = facts.lateSegmentAt.ifEver {
      holder.lateSegmentAge = max(0, late.nanoseconds(since: endpoint.heldSince))
    }
    switch facts.limitedAnswerIsSocketless {
    case true: holder.notes.insert(.orphan)
    // What answered before may have become an orphan since.
    case false where facts.limitedAnswerAt >= endpoint.heldSince: holder.notes.insert(.fullSocket)
    case false, nil: break
    }
    if connection.hasUnknownWindow { holder.notes.insert(.unknownWindow) }
    if connection.isInferred { holder.notes.insert(.inferred) }
    if connection.beganUnseen { holder.notes.insert(.beganUnseen) }
    if endpoint.isHolderAmbiguous || connection.endpoint(isLow: !receiverIsLow).mayHideFIN {
      holder.notes.insert(.ambiguous)
    }
    if endpoint.hasTimestampRecent { holder.notes.insert(.timestamps) }
    if endpoint.hasUnknownTimes { holder.notes.insert(.unknownTimes) }
    if endpoint.isReset { holder.notes.insert(.resetBefore) }
    if endpoint.isClosedByReset { holder.notes.insert(.endedByReset) }
    return holder
  }

  private mutating func repetition(
    of segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) -> Exchange.Repetition {
    if records[position].hasConnection, records[position].current.originatorIsLow == senderIsLow,
      records[position].current.originator.initialSequence == segment.sequence
    {
      return .ofOwnConnection
    }
    var node = records[position].firstPending
    while node != TupleRecord.none {
      if pending[Int(node)].exchange.sequence == segment.sequence { return .ofUnanswered }
      node = pending[Int(node)].next
    }
    return .none
  }

  /// Linux restarts the timer of a TIME_WAIT by a SYN that PAWS refuses, and only by such a SYN.
  mutating func restartTimerIfRefusedByPAWS(
    _ segment: Segment, _ position: Int, receiverIsLow: Bool
  ) {
    guard timer.isOfLinux, records[position].hasConnection else { return }
    let endpoint = records[position].current.endpoint(isLow: receiverIsLow)
    guard endpoint.state == .timeWait, endpoint.refusesByPAWS(segment.options),
      // Later it may be over, and has nothing to start anew but where an answer shows otherwise.
      segment.time.nanoseconds(since: endpoint.timerStartedAt) <= timer.certain
    else { return }
    amend(position, isLow: receiverIsLow) { $0.restartTimer(at: segment.time) }
  }

  /// A SYN that waits for an answer would have ended the TIME_WAIT it met.
  private mutating func mayBeReplaced(_ position: Int) -> Bool {
    guard timer.isOfLinux else { return false }
    var node = records[position].firstPending
    while node != TupleRecord.none {
      let exchange = pending[Int(node)].exchange
      if exchange.answer == .none, exchange.holder.state == .timeWait,
        SynFacts(exchange).endsTimeWait(of: exchange.holder)
      {
        return true
      }
      node = pending[Int(node)].next
    }
    return false
  }
}
