/// SYNs that await their verdict, and what follows them on their tuple.
extension FlowTracker {
  // MARK: - A SYN arrives

  mutating func observeSyn(
    _ segment: Segment, source: UInt32, destination: UInt32, _ position: Int, _ senderIsLow: Bool
  ) {
    let attempt = attempts.note(
      source: source, destination: destination, port: segment.destination.port,
      isn: segment.sequence, at: segment.time)
    attempts[attempt].openVerdicts &+= 1

    var exchange = Exchange(
      source: source, destination: destination, sourcePort: segment.source.port,
      destinationPort: segment.destination.port, attempt: attempt, time: segment.time,
      sequence: segment.sequence, options: segment.options, frame: segment.frame,
      capture: segment.capture, hasFIN: segment.flags.contains(.fin),
      payloadLength: segment.payloadLength, holder: holder(position, receiverIsLow: !senderIsLow))
    exchange.repetition = repetition(of: segment, position, senderIsLow)
    if let limited = records[position].limitedAnswerAt {
      exchange.sinceLimitedAnswer = segment.time.nanoseconds(since: limited)
    }

    let last = records[position].lastPending
    if last != TupleRecord.none { pending[Int(last)].exchange.nextSynAt = segment.time }
    records[position].oldSegmentsAwaitingAnswer = 0
    restartTimerIfRefusedByPAWS(segment, position, receiverIsLow: !senderIsLow)
    append(exchange, position)
    if exchange.repetition == .ofOwnConnection, exchange.holder.state == .synReceived {
      // The SYN of a half-open connection again: whatever follows belongs to that connection.
      finish(through: records[position].lastPending, position)
    } else if records[position].pendingCount > Self.longestChain {
      finish(through: records[position].firstPending, position)
    }
  }

  /// What the receiving end holds, as a SYN finds it.
  private func holder(_ position: Int, receiverIsLow: Bool) -> Holder {
    let record = records[position]
    var holder = Holder.unknown
    if let clock = record.clockISNAt {
      holder.clockISN = record.clockISN
      holder.clockISNAt = clock
      holder.notes.insert(.clockISN)
    }
    guard let connection = record.connection else {
      if record.hasPending || record.hadUnansweredSyn {
        holder.notes.formUnion([.known, .onlyUnanswered])
      }
      return holder
    }
    let endpoint = connection.endpoint(isLow: receiverIsLow)
    let peer = connection.endpoint(isLow: !receiverIsLow)
    holder.notes.insert(.known)
    holder.state = endpoint.state
    holder.since = endpoint.heldSince
    holder.timerStartedAt = endpoint.timerStartedAt
    holder.nextToSend = endpoint.nextToSend
    holder.nextExpected = endpoint.nextExpected
    holder.timestampRecent = endpoint.timestampRecent
    holder.receiveWindow = endpoint.receiveWindow
    holder.originatorISN = connection.originator.initialSequence
    holder.startedAt = connection.startedAt
    if let late = connection.lateOriginatorSegmentAt {
      holder.lateSegmentAge = max(0, late.nanoseconds(since: endpoint.heldSince))
    }
    if connection.isInferred { holder.notes.insert(.inferred) }
    if connection.beganUnseen { holder.notes.insert(.beganUnseen) }
    if endpoint.isHolderAmbiguous { holder.notes.insert(.ambiguous) }
    if endpoint.hasTimestampRecent { holder.notes.insert(.timestamps) }
    if endpoint.isReset { holder.notes.insert(.resetBefore) }
    if endpoint.isClosedByReset { holder.notes.insert(.endedByReset) }
    if peer.state == .timeWait { holder.notes.insert(.peerHeldTimeWait) }
    return holder
  }

  private func repetition(
    of segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) -> Exchange.Repetition {
    let record = records[position]
    if let connection = record.connection, connection.originatorIsLow == senderIsLow,
      connection.originator.initialSequence == segment.sequence
    {
      return .ofOwnConnection
    }
    var node = record.firstPending
    while node != TupleRecord.none {
      if pending[Int(node)].exchange.sequence == segment.sequence { return .ofUnanswered }
      node = pending[Int(node)].next
    }
    return .none
  }

  /// Linux restarts the timer of a TIME_WAIT by a SYN that PAWS refuses, and only by such a SYN.
  private mutating func restartTimerIfRefusedByPAWS(
    _ segment: Segment, _ position: Int, receiverIsLow: Bool
  ) {
    guard let endpoint = records[position].connection?.endpoint(isLow: receiverIsLow),
      endpoint.state == .timeWait, endpoint.hasTimestampRecent, endpoint.timestampRecent != 0,
      segment.options.hasTimestamps,
      Int32(bitPattern: endpoint.timestampRecent &- segment.options.timestampValue) > 0
    else { return }
    _ = records[position].connection?.amend(isLow: receiverIsLow) {
      $0.restartTimer(at: segment.time)
    }
  }

  // MARK: - Something follows it

  mutating func observeWhilePending(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    let newest = pending[Int(records[position].lastPending)].exchange
    let fromOpener =
      segment.source.port == newest.sourcePort
      && segment.destination.port == newest.destinationPort
      && addresses[newest.source] == segment.source.address
    if fromOpener {
      observeOpener(segment, position, senderIsLow)
    } else {
      observeHolder(segment, position, senderIsLow)
    }
  }

  private mutating func observeHolder(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    if segment.flags.contains([.syn, .ack]) {
      if let node = pendingSyn(acknowledgedBy: segment, position) {
        accept(node, segment, position, senderIsLow)
      } else {
        feed(segment, position, senderIsLow)
      }
      return
    }
    if segment.flags.contains(.rst) {
      observeReset(segment, position, senderIsLow)
      return
    }
    guard segment.flags.contains(.ack) else {
      feed(segment, position, senderIsLow)
      return
    }
    if hasNumbersOfHolder(segment, position, senderIsLow) {
      observeOldNumbers(segment, position, senderIsLow)
    } else if let node = pendingSyn(acknowledgedBy: segment, position) {
      // Data of the new connection: its SYN-ACK was not captured.
      acceptUnseen(
        node, serverISN: segment.sequence.retreated(by: 1), segment, position, senderIsLow)
    } else if segment.sequenceLength == 0 {
      observeOldNumbers(segment, position, senderIsLow)
    } else {
      feed(segment, position, senderIsLow)
    }
  }

  /// A pure ACK with exactly the numbers that the old connection left. It may seem to acknowledge a
  /// SYN whose ISN lies one before RCV.NXT.
  private func hasNumbersOfHolder(
    _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) -> Bool {
    guard segment.sequenceLength == 0,
      let holder = records[position].connection?.endpoint(isLow: senderIsLow)
    else { return false }
    return segment.sequence == holder.nextToSend && segment.acknowledgment == holder.nextExpected
  }

  /// The newest SYN that a segment acknowledges. Where its TSecr names an earlier copy of that SYN
  /// instead, it is that one that reached the server (Linux keeps the TSval of the first).
  private func pendingSyn(acknowledgedBy segment: Segment, _ position: Int) -> UInt32? {
    var node = records[position].firstPending
    var newest: UInt32?
    while node != TupleRecord.none {
      let exchange = pending[Int(node)].exchange
      if exchange.sequence.advanced(by: 1) == segment.acknowledgment {
        newest = node
        if segment.flags.contains(.syn), segment.options.hasTimestamps,
          exchange.options.hasTimestamps,
          segment.options.timestampEchoReply == exchange.options.timestampValue
        {
          return node
        }
      }
      node = pending[Int(node)].next
    }
    return newest
  }

  /// A pure ACK that acknowledges no open SYN: the old connection's numbers.
  private mutating func observeOldNumbers(
    _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) {
    let answersOldSegment = records[position].oldSegmentsAwaitingAnswer > 0
    let last = Int(records[position].lastPending)
    proveState(by: segment, position, holderIsLow: senderIsLow)
    feed(segment, position, senderIsLow)
    if answersOldSegment {
      records[position].oldSegmentsAwaitingAnswer &-= 1
    } else {
      records[position].limitedAnswerAt = segment.time
      if pending[last].exchange.answer == .none { reject(segment, position, senderIsLow) }
    }
    // Whatever it answers, the old connection is alive.
    proveHeld(position, holderIsLow: senderIsLow)
  }

  /// The newest SYN was answered with the old connection's numbers.
  private mutating func reject(_ segment: Segment, _ position: Int, _ holderIsLow: Bool) {
    let last = Int(records[position].lastPending)
    pending[last].exchange.answer = .oldNumbers
    pending[last].exchange.answeredAt = segment.time
    pending[last].exchange.answerSequence = segment.sequence
    pending[last].exchange.answerAcknowledgment = segment.acknowledgment
    pending[last].exchange.answerIsSocketless = segment.isSocketless
    guard let connection = records[position].connection else { return }
    if connection.isInferred, !pending[last].exchange.holder.notes.contains(.inferred) {
      // All that is known of the holder is in this answer.
      pending[last].exchange.holder = holder(position, receiverIsLow: holderIsLow)
      return
    }
    let state = connection.endpoint(isLow: holderIsLow).state
    if pending[last].exchange.holder.state != state {
      pending[last].exchange.holder.state = state
      pending[last].exchange.holder.notes.insert(.ambiguous)
    }
  }

  /// Corrects the holder's state by what its answer proves.
  private mutating func proveState(
    by segment: Segment, _ position: Int, holderIsLow: Bool
  ) {
    guard let connection = records[position].connection else {
      // A live socket numbers its packets; the answer out of TIME_WAIT has none to do so.
      let isLive = segment.isSocketless == false
      let first = pending[Int(records[position].firstPending)].exchange
      records[position].connection = Connection(
        inferredFrom: segment, state: isLive ? .established : .timeWait,
        originatorIsLow: !holderIsLow, firstSeenAt: first.time)
      return
    }
    let endpoint = connection.endpoint(isLow: holderIsLow)
    let peer = connection.endpoint(isLow: !holderIsLow)
    guard
      let proven = endpoint.state.proven(
        byAnswer: segment, beganUnseen: connection.beganUnseen,
        coversUnseen: segment.acknowledgment.follows(peer.nextToSend)
          || (peer.hasUnseenEnd && segment.acknowledgment == peer.nextToSend),
        coversFIN: peer.sentFIN.map { segment.acknowledgment.follows($0) } ?? false)
    else { return }
    let entered = records[position].connection?.amend(isLow: holderIsLow) {
      $0.prove(proven)
      if proven == .finWait2 { $0.proveFINLost(expecting: segment.acknowledgment) }
    }
    noteTimeWaits(entered ?? [], position)
  }

  /// The holder has just answered with the old numbers: RSTs before did not end it, and the SYNs
  /// before the newest met it too.
  private mutating func proveHeld(_ position: Int, holderIsLow: Bool) {
    if let connection = records[position].connection {
      let endpoint = connection.endpoint(isLow: holderIsLow)
      if endpoint.isReset, endpoint.state == .timeWait {
        knowledge[pending[Int(records[position].lastPending)].exchange.destination]
          .survivedResets += 1
      }
      _ = records[position].connection?.amend(isLow: holderIsLow) { $0.proveAlive() }
    }
    let last = records[position].lastPending
    setProof(.stillHeld, upTo: last, position)
    finish(before: last, position)
  }

  private mutating func observeReset(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    guard segment.flags.contains(.ack), let node = pendingSyn(refusedBy: segment, position) else {
      feed(segment, position, senderIsLow)
      return
    }
    pending[Int(node)].exchange.answer = .reset
    pending[Int(node)].exchange.answeredAt = segment.time
    attempts[pending[Int(node)].exchange.attempt].wasReset = true
    setProof(.gone, upTo: node, position)
    let held = pending[Int(node)].exchange.holder.state
    finish(through: node, position)
    if held != .timeWait {
      // A mini-socket in FIN_WAIT_2 goes with its RST; any other socket would not have sent one.
      _ = records[position].connection?.amend(isLow: senderIsLow) {
        $0.proveGone(byReset: true, at: segment.time)
      }
    }
  }

  /// The newest SYN that a RST refuses: its acknowledgment lies behind the SYN or its data.
  private func pendingSyn(refusedBy segment: Segment, _ position: Int) -> UInt32? {
    var node = records[position].firstPending
    var newest: UInt32?
    while node != TupleRecord.none {
      let exchange = pending[Int(node)].exchange
      let covered = segment.acknowledgment.value &- exchange.sequence.value
      if covered >= 1, covered <= exchange.payloadLength &+ (exchange.hasFIN ? 2 : 1) {
        newest = node
      }
      node = pending[Int(node)].next
    }
    return newest
  }

  private mutating func observeOpener(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    if segment.flags.contains(.rst) {
      observeOpenerRST(segment, position, senderIsLow)
      return
    }
    let last = records[position].lastPending
    let newest = pending[Int(last)].exchange
    if segment.flags.contains(.ack),
      segment.sequence == newest.sequence.advanced(by: 1), newest.repetition != .ofOwnConnection
    {
      // The opener goes on with the handshake: it got a SYN-ACK that was not captured.
      acceptUnseen(
        last, serverISN: segment.acknowledgment.retreated(by: 1), segment, position, !senderIsLow)
      feed(segment, position, senderIsLow)
      return
    }
    // A segment of the old connection. The holder acknowledges it unless it is a bare ACK in order.
    if let holder = records[position].connection?.endpoint(isLow: !senderIsLow),
      segment.sequenceLength > 0 || segment.sequence != holder.nextExpected
    {
      let waiting = records[position].oldSegmentsAwaitingAnswer
      records[position].oldSegmentsAwaitingAnswer = waiting == .max ? waiting : waiting + 1
    }
    feed(segment, position, senderIsLow)
  }

  /// RFC 9293, section 3.10.7.3: who is in SYN_SENT answers an unacceptable ACK with a RST that
  /// has the ACK's number.
  private mutating func observeOpenerRST(
    _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) {
    let last = Int(records[position].lastPending)
    let holder = records[position].connection?.endpoint(isLow: !senderIsLow)
    if pending[last].exchange.answer == .none, !segment.flags.contains(.ack),
      records[position].lastSegmentAt == pending[last].exchange.time, let holder,
      holder.state != .closed, holder.state != .synReceived,
      segment.sequence == holder.nextExpected
    {
      // Nothing came between the SYN and its RST, so the ACK that the RST answers was not captured.
      pending[last].exchange.answer = .hiddenOldNumbers
      pending[last].exchange.answeredAt = segment.time
      records[position].limitedAnswerAt = segment.time
      proveHeld(position, holderIsLow: !senderIsLow)
    }
    let wasReset = holder?.isReset ?? false
    records[position].connection?.receiveForeignRST(segment, receiverIsLow: !senderIsLow)
    let isReset = records[position].connection?.endpoint(isLow: !senderIsLow).isReset ?? false
    if isReset, !wasReset {
      pending[last].exchange.resetFollowed = true
    }
  }

  // MARK: - A new connection begins

  private mutating func accept(
    _ node: UInt32, _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) {
    pending[Int(node)].exchange.answer = .synAck
    pending[Int(node)].exchange.answeredAt = segment.time
    pending[Int(node)].exchange.answerSequence = segment.sequence
    let exchange = pending[Int(node)].exchange
    let connection = Connection(
      synSequence: exchange.sequence, synOptions: exchange.options, synAck: segment,
      startedAt: exchange.time, originatorIsLow: !senderIsLow)
    begin(connection, node, serverISN: segment.sequence, at: segment.time, position, senderIsLow)
    if attempts[exchange.attempt].firstSynAckAt == nil {
      attempts[exchange.attempt].firstSynAckAt = segment.time
    }
  }

  private mutating func acceptUnseen(
    _ node: UInt32, serverISN: SequenceNumber, _ segment: Segment, _ position: Int,
    _ serverIsLow: Bool
  ) {
    pending[Int(node)].exchange.answer = .unseenSynAck
    pending[Int(node)].exchange.answeredAt = segment.time
    pending[Int(node)].exchange.answerSequence = serverISN
    let exchange = pending[Int(node)].exchange
    let connection = Connection(
      synSequence: exchange.sequence, serverSequence: serverISN, segment: segment,
      startedAt: exchange.time, originatorIsLow: !serverIsLow)
    begin(connection, node, serverISN: serverISN, at: segment.time, position, serverIsLow)
  }

  private mutating func begin(
    _ connection: Connection, _ node: UInt32, serverISN: SequenceNumber, at time: Timestamp,
    _ position: Int, _ serverIsLow: Bool
  ) {
    var connection = connection
    let exchange = pending[Int(node)].exchange
    connection.attempt = exchange.attempt
    let outOfTimeWait = isAcceptedOutOfTimeWait(exchange, serverISN, position, serverIsLow)
    if outOfTimeWait {
      pending[Int(node)].exchange.acceptedOutOfTimeWait = true
      knowledge[exchange.destination].acceptedOutOfTimeWait += 1
      if exchange.holder.state != .timeWait {
        pending[Int(node)].exchange.holder.state = .timeWait
        pending[Int(node)].exchange.holder.notes.insert(.ambiguous)
      }
      if let holder = records[position].connection?.endpoint(isLow: serverIsLow),
        holder.state != .timeWait
      {
        let entered =
          records[position].connection?.amend(isLow: serverIsLow) { $0.prove(.timeWait) } ?? []
        noteTimeWaits(entered, position)
      }
    } else {
      learn(from: exchange, serverISN: serverISN, at: time)
      records[position].clockISN = serverISN
      records[position].clockISNAt = time
    }
    setProof(outOfTimeWait ? .stillHeld : .gone, upTo: node, position)
    finish(through: node, position)
    finishAsRepetitions(of: exchange, position)
    records[position].connection = connection
    records[position].hadUnansweredSyn = false
    records[position].limitedAnswerAt = nil
  }

  /// The fingerprint of Linux: ISN = old SND.NXT + 65537.
  private func isAcceptedOutOfTimeWait(
    _ exchange: Exchange, _ serverISN: SequenceNumber, _ position: Int, _ serverIsLow: Bool
  ) -> Bool {
    guard let endpoint = records[position].connection?.endpoint(isLow: serverIsLow) else {
      return false
    }
    return Holder.acceptedISN(after: endpoint.nextToSend) == serverISN
  }

  /// What a SYN-ACK with an ordinary ISN tells about the server, where TIME_WAIT was expected.
  private mutating func learn(from exchange: Exchange, serverISN: SequenceNumber, at time: Timestamp)
  {
    let holder = exchange.holder
    guard holder.state == .timeWait, !holder.notes.contains(.ambiguous) else { return }
    let age = exchange.time.nanoseconds(since: holder.timerStartedAt)
    guard age < retention.timeWait else { return }
    if holder.notes.contains(.clockISN) {
      if ISNClock.fits(
        serverISN, at: time, base: holder.clockISN, baseTime: holder.clockISNAt)
      {
        knowledge[exchange.destination].clockISNs += 1
      } else {
        knowledge[exchange.destination].otherISNs += 1
      }
    }
    if holder.notes.contains(.resetBefore) { knowledge[exchange.destination].obeyedResets += 1 }
  }

  /// SYNs behind the accepted one that repeat it met its half-open connection.
  private mutating func finishAsRepetitions(of exchange: Exchange, _ position: Int) {
    var node = records[position].firstPending
    while node != TupleRecord.none {
      if pending[Int(node)].exchange.sequence == exchange.sequence {
        pending[Int(node)].exchange.repetition = .ofOwnConnection
        pending[Int(node)].exchange.holder.state = .synReceived
      }
      node = pending[Int(node)].next
    }
    finish(through: records[position].lastPending, position)
  }

  // MARK: - Chains

  private mutating func append(_ exchange: Exchange, _ position: Int) {
    let node = UInt32(truncatingIfNeeded: pending.insert(PendingSyn(exchange: exchange)))
    let last = records[position].lastPending
    if last == TupleRecord.none {
      records[position].firstPending = node
    } else {
      pending[Int(last)].next = node
    }
    records[position].lastPending = node
    records[position].pendingCount &+= 1
  }

  /// Sets the proof on every open SYN before `node` that has none yet.
  private mutating func setProof(_ proof: Exchange.Proof, upTo end: UInt32, _ position: Int) {
    var node = records[position].firstPending
    while node != TupleRecord.none, node != end {
      if pending[Int(node)].exchange.proof == .none { pending[Int(node)].exchange.proof = proof }
      node = pending[Int(node)].next
    }
  }

  /// Hands out the SYNs before `end`.
  private mutating func finish(before end: UInt32, _ position: Int) {
    while records[position].firstPending != end, records[position].hasPending {
      finishFirst(position)
    }
  }

  /// Hands out the SYNs up to `last` and with it.
  private mutating func finish(through last: UInt32, _ position: Int) {
    guard last != TupleRecord.none else { return }
    finish(before: last, position)
    finishFirst(position)
  }

  /// Hands out all open SYNs of a tuple.
  mutating func finishPending(_ position: Int) {
    while records[position].hasPending { finishFirst(position) }
  }

  private mutating func finishFirst(_ position: Int) {
    let node = records[position].firstPending
    guard node != TupleRecord.none else { return }
    var exchange = pending[Int(node)].exchange
    exchange.watched = now.nanoseconds(since: exchange.time)
    if records[position].connection == nil, exchange.answer != .synAck {
      records[position].hadUnansweredSyn = true
    }
    finished.append(exchange)
    records[position].firstPending = pending[Int(node)].next
    records[position].pendingCount &-= 1
    if !records[position].hasPending { records[position].lastPending = TupleRecord.none }
    pending.remove(Int(node))
  }
}
