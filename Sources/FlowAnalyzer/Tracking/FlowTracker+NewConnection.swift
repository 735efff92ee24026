/// A SYN-ACK turns an open SYN into the tuple's next connection.
extension FlowTracker {
  mutating func accept(
    _ node: UInt32, _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) {
    pending[Int(node)].exchange.answer = .synAck
    pending[Int(node)].exchange.answeredAt = segment.time
    let exchange = pending[Int(node)].exchange
    let connection = Connection(
      synSequence: exchange.sequence, synOptions: exchange.options, synAck: segment,
      startedAt: exchange.time, originatorIsLow: !senderIsLow)
    begin(connection, node, serverISN: segment.sequence, at: segment.time, position, senderIsLow)
    if attempts[exchange.attempt].firstSynAckAt == nil {
      attempts[exchange.attempt].firstSynAckAt = segment.time
    }
  }

  mutating func acceptUnseen(
    _ node: UInt32, serverISN: SequenceNumber, _ segment: Segment, _ position: Int,
    _ serverIsLow: Bool
  ) {
    pending[Int(node)].exchange.answer = .unseenSynAck
    pending[Int(node)].exchange.answeredAt = segment.time
    let exchange = pending[Int(node)].exchange
    let connection = Connection(
      synSequence: exchange.sequence, serverSequence: serverISN, segment: segment,
      startedAt: exchange.time, originatorIsLow: !serverIsLow)
    begin(connection, node, serverISN: serverISN, at: segment.time, position, serverIsLow)
  }

  mutating func begin(
    _ connection: Connection, _ node: UInt32, serverISN: SequenceNumber, at time: Timestamp,
    _ position: Int, _ serverIsLow: Bool
  ) {
    var connection = connection
    let exchange = pending[Int(node)].exchange
    connection.attempt = exchange.attempt
    let outOfTimeWait = isAcceptedOutOfTimeWait(serverISN, position, serverIsLow)
    if outOfTimeWait {
      pending[Int(node)].exchange.acceptedOutOfTimeWait = true
      knowledge[exchange.destination].acceptedOutOfTimeWait += 1
      if let holder = records[position].connection?.endpoint(isLow: serverIsLow), holder.isReset {
        knowledge[exchange.destination].survivedResets += 1
      }
      amend(position, isLow: serverIsLow) { $0.prove(.timeWait, by: exchange.time) }
      if let holder = records[position].connection?.endpoint(isLow: serverIsLow) {
        pending[Int(node)].exchange.holder.learn(from: holder)
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
  func isAcceptedOutOfTimeWait(
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

  /// SYNs behind the accepted one that repeat it met its half-open connection.
  mutating func finishAsRepetitions(of exchange: Exchange, _ position: Int) {
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
}
