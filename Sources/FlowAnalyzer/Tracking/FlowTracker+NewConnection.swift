/// A SYN-ACK turns an open SYN into the tuple's next connection.
extension FlowTracker {
  mutating func accept(
    _ node: UInt32, _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) {
    noteAnswer(.synAck, to: node, at: segment.time)
    let attempt = pending[Int(node)].exchange.attempt
    let sequence = pending[Int(node)].exchange.sequence
    let options = pending[Int(node)].exchange.options
    let startedAt = pending[Int(node)].exchange.time
    end(node, acceptedWith: segment.sequence, at: segment.time, position, senderIsLow)
    enterIntoTimeline(position, replacedAt: startedAt)
    forgetRareFacts(of: position)
    // Made where it is kept: copies of it are large.
    records[position].begin(
      Connection(
        synSequence: sequence, synOptions: options, synAck: segment, startedAt: startedAt,
        originatorIsLow: !senderIsLow, attempt: attempt))
    logArrival(of: attempt, position)
    if attempts[attempt].firstSynAckAt == nil { attempts[attempt].firstSynAckAt = segment.time }
  }

  /// A SYN-ACK answers a copy of the SYN at `node` that has not come by, or never will.
  @inline(never)
  mutating func acceptRepetition(
    of node: UInt32, _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) {
    let exchange = pending[Int(node)].exchange
    replaceUnseen(segment, position, senderIsLow)
    records[position].begin(
      Connection(
        synSequence: exchange.sequence, synOptions: exchange.options, synAck: segment,
        startedAt: segment.time, originatorIsLow: !senderIsLow, attempt: exchange.attempt))
    logArrival(of: exchange.attempt, position)
    if attempts[exchange.attempt].firstSynAckAt == nil {
      attempts[exchange.attempt].firstSynAckAt = segment.time
    }
  }

  /// A SYN-ACK whose SYN was not captured ends what the tuple carried.
  mutating func replaceUnseen(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    let outOfTimeWait = noteEarlySynAck(segment, position, senderIsLow)
    let last = newestPending(position)
    if last != TupleRecord.none { pending[Int(last)].exchange.nextSynAt = segment.time }
    setProof(outOfTimeWait ? .stillHeld : .gone, upTo: TupleRecord.none, position)
    finishPending(position)
    count(1, unseenSynAnsweredAt: segment.time)
    enterIntoTimeline(position, replacedAt: segment.time)
    forgetRareFacts(of: position)
  }

  mutating func acceptUnseen(
    _ node: UInt32, serverISN: SequenceNumber, _ segment: Segment, _ position: Int,
    _ serverIsLow: Bool
  ) {
    noteAnswer(.unseenSynAck, to: node, at: segment.time)
    var connection = Connection(
      synSequence: pending[Int(node)].exchange.sequence,
      synOptions: pending[Int(node)].exchange.options, serverSequence: serverISN,
      segment: segment, startedAt: pending[Int(node)].exchange.time, originatorIsLow: !serverIsLow)
    connection.attempt = pending[Int(node)].exchange.attempt
    lastAcceptedUnseen = connection.attempt
    end(node, acceptedWith: serverISN, at: segment.time, position, serverIsLow)
    enterIntoTimeline(position, replacedAt: connection.startedAt)
    forgetRareFacts(of: position)
    records[position].begin(connection)
    if let attempt = connection.attempt { logArrival(of: attempt, position) }
  }

  private mutating func noteAnswer(
    _ answer: Exchange.Answer, to node: UInt32, at time: Timestamp
  ) {
    pending[Int(node)].exchange.answer = answer
    pending[Int(node)].exchange.answeredAt = time
  }

  /// The SYN at `node` has made a connection: hands out what waited for that, and learns from it what
  /// the tuple's former connection was.
  private mutating func end(
    _ node: UInt32, acceptedWith serverISN: SequenceNumber, at time: Timestamp, _ position: Int,
    _ serverIsLow: Bool
  ) {
    let outOfTimeWait = conclude(
      from: node, acceptedWith: serverISN, at: time, position, serverIsLow)
    setProof(outOfTimeWait ? .stillHeld : .gone, upTo: node, position)
    let sequence = pending[Int(node)].exchange.sequence
    finish(through: node, position)
    if records[position].hasPending { finishBehindAccepted(of: sequence, position) }
  }

  /// What the ISN of a SYN-ACK shows of what its SYN, at `node`, has met.
  ///
  /// - Returns: whether the SYN was accepted out of TIME_WAIT.
  @inline(__always)
  mutating func conclude(
    from node: UInt32, acceptedWith serverISN: SequenceNumber, at time: Timestamp, _ position: Int,
    _ serverIsLow: Bool
  ) -> Bool {
    if isAcceptedOutOfTimeWait(serverISN, position, serverIsLow) {
      noteAcceptedOutOfTimeWait(node, position, serverIsLow)
      return true
    }
    if records[position].hasConnection {
      learn(from: pending[Int(node)].exchange, serverISN: serverISN, at: time)
    }
    records[position].clockISN = serverISN
    records[position].clockISNAt = time
    return false
  }

  @inline(never)
  private mutating func noteAcceptedOutOfTimeWait(
    _ node: UInt32, _ position: Int, _ serverIsLow: Bool
  ) {
    let exchange = pending[Int(node)].exchange
    pending[Int(node)].exchange.acceptedOutOfTimeWait = true
    knowledge[exchange.destination].acceptedOutOfTimeWait += 1
    if hasSurvivedReset(position, isLow: serverIsLow) {
      knowledge[exchange.destination].survivedResets += 1
    }
    amend(position, isLow: serverIsLow) { $0.prove(.timeWait, by: exchange.time) }
    if let holder = records[position].connection?.endpoint(isLow: serverIsLow) {
      pending[Int(node)].exchange.holder.learn(from: holder, at: exchange.time)
    }
  }

  /// Whether one end, which stands, got a RST in TIME_WAIT. One before that has been lost behind the capture point,
  /// and shows nothing of RFC 1337.
  mutating func hasSurvivedReset(_ position: Int, isLow: Bool) -> Bool {
    guard let holder = records[position].connection?.endpoint(isLow: isLow) else { return false }
    return holder.isReset && holder.state == .timeWait
      && rareFacts(of: position).resetAt >= holder.heldSince
  }

  /// The fingerprint of Linux: ISN = old SND.NXT + 65537.
  mutating func isAcceptedOutOfTimeWait(
    _ serverISN: SequenceNumber, _ position: Int, _ serverIsLow: Bool
  ) -> Bool {
    guard records[position].hasConnection else { return false }
    let nextToSend = records[position].current.endpoint(isLow: serverIsLow).nextToSend
    return Holder.acceptedISN(after: nextToSend) == serverISN
  }

  /// What a SYN-ACK with an ordinary ISN tells about the server, where TIME_WAIT was expected.
  mutating func learn(
    from exchange: Exchange, serverISN: SequenceNumber, at time: Timestamp
  ) {
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

  /// SYNs behind the accepted one met its half-open connection, whether they repeat it or not.
  private mutating func finishBehindAccepted(of sequence: SequenceNumber, _ position: Int) {
    var node = records[position].firstPending
    while node != TupleRecord.none {
      if pending[Int(node)].exchange.sequence == sequence {
        pending[Int(node)].exchange.repetition = .ofOwnConnection
      }
      pending[Int(node)].exchange.holder.notes = .known
      pending[Int(node)].exchange.holder.state = .synReceived
      node = pending[Int(node)].next
    }
    finish(through: newestPending(position), position)
  }
}
