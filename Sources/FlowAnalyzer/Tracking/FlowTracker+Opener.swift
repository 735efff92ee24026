/// What the sender of an open SYN sends next.
extension FlowTracker {
  mutating func observeOpener(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    if segment.flags.contains(.rst) {
      observeOpenerRST(segment, position, senderIsLow)
      return
    }
    let last = newestPending(position)
    let newest = pending[Int(last)].exchange
    if segment.flags.contains(.ack),
      segment.sequence == newest.sequence.advanced(by: 1), newest.repetition != .ofOwnConnection,
      !acknowledgesOld(segment, position, senderIsLow)
    {
      // The opener goes on with the handshake: it got a SYN-ACK that was not captured.
      acceptUnseen(
        last, serverISN: segment.acknowledgment.retreated(by: 1), segment, position, !senderIsLow)
      feed(segment, position, senderIsLow)
      return
    }
    // A segment of the old connection. The holder acknowledges it unless it is a bare ACK in order.
    if let holder = records[position].connection?.endpoint(isLow: !senderIsLow),
      !holder.drops(segment),
      segment.sequenceLength > 0 || segment.sequence != holder.nextExpected
        || holder.discards(segment)
    {
      noteOldSegment(
        segment, behind: newest, isNew: holder.acknowledgesMore(for: segment), position)
    }
    feed(segment, position, senderIsLow)
  }

  /// Whether a segment acknowledges what the old connection has sent: no server begins another one with those
  /// numbers.
  private mutating func acknowledgesOld(
    _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) -> Bool {
    guard let holder = records[position].connection?.endpoint(isLow: !senderIsLow) else {
      return false
    }
    return !segment.acknowledgment.follows(holder.nextToSend)
      && !segment.acknowledgment.precedes(holder.unacknowledged)
  }

  /// Expects the answer to a segment of the old connection. One without data or FIN shares its answer's limit
  /// with the SYN: where that waits for its own, there is one answer for both, to who came first.
  private mutating func noteOldSegment(
    _ segment: Segment, behind syn: Exchange, isNew: Bool, _ position: Int
  ) {
    let isLimited = segment.payloadLength == 0 && !segment.flags.contains(.fin)
    if isLimited, timer.isOfLinux, syn.answer == .none,
      segment.time.nanoseconds(since: syn.time) <= Self.roundTrip
    {
      return
    }
    noteRareFacts(of: position) {
      if $0.oldSegmentsAwaitingAnswer < .max { $0.oldSegmentsAwaitingAnswer += 1 }
      $0.isOldSegmentLimited = isLimited
      $0.isOldSegmentNew = isNew && segment.sequenceLength > 0
    }
  }

  /// The SYN whose rejection a RST answers.
  private mutating func lastRejected(_ position: Int) -> UInt32? {
    var node = records[position].firstPending
    var rejected: UInt32?
    while node != TupleRecord.none {
      let answer = pending[Int(node)].exchange.answer
      if answer == .oldNumbers || answer == .hiddenOldNumbers { rejected = node }
      node = pending[Int(node)].next
    }
    return rejected
  }

  /// The SYN whose answer, which was not captured, a RST of the opener may answer: none to an earlier SYN
  /// waits for its RST, and the server had the right to answer.
  private mutating func answeredUnseen(at time: Timestamp, _ position: Int) -> UInt32? {
    if let rejected = lastRejected(position), !pending[Int(rejected)].exchange.resetFollowed {
      return nil
    }
    if let first = firstUnanswered(at: time, position) { return first }
    let last = newestPending(position)
    guard pending[Int(last)].exchange.answer == .none else { return nil }
    return isSurelySilenced(last) ? nil : last
  }

  /// A RST in the window of a live socket, but beside its number, draws a challenge (RFC 5961, section 3). Where it
  /// ends an orphan in FIN_WAIT_2, it does not.
  private mutating func isChallenged(
    _ segment: Segment, by holder: EndpointStateMachine, _ position: Int, receiverIsLow: Bool
  ) -> Bool {
    switch holder.state {
    case .closed, .synSent, .synReceived, .finWait2, .timeWait: return false
    case .established, .finWait1, .closeWait, .closing, .lastAck:
      let distance = segment.sequence.value &- holder.nextExpected.value
      return !holder.isReset && distance > 0
        && distance < records[position].current.receiveWindow(isLow: receiverIsLow)
    }
  }

  /// A RST anywhere in the window of an orphan in FIN_WAIT_2 ends it (Linux `tcp_timewait_state_process`). That it is one, it
  /// has shown by an answer; a full socket would challenge such a RST.
  @inline(never)
  mutating func endOrphan(by segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    guard timer.isOfLinux, records[position].hasConnection,
      records[position].current.originatorIsLow == senderIsLow,
      rareFacts(of: position).limitedAnswerIsSocketless == true
    else { return }
    let connection = records[position].current
    let orphan = connection.responder
    let distance = segment.sequence.value &- orphan.nextExpected.value
    guard orphan.state == .finWait2, !orphan.isReset, !connection.hasUnknownWindow,
      distance <= connection.receiveWindow(isLow: !senderIsLow),
      !orphan.refusesByPAWS(segment.options)
    else { return }
    amend(position, isLow: !senderIsLow) { $0.endByReset() }
    note(.reset, of: position, at: segment.time)
  }

  /// RFC 9293, section 3.10.7.3: who is in SYN_SENT answers an unacceptable ACK with a RST that
  /// has the ACK's number.
  mutating func observeOpenerRST(
    _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) {
    let last = Int(newestPending(position))
    let holder = records[position].connection?.endpoint(isLow: !senderIsLow)
    if !segment.flags.contains(.ack), !records[position].heardHolderSinceSyn, let holder,
      holder.state != .closed, holder.state != .synReceived,
      segment.sequence == holder.nextExpected,
      let answered = answeredUnseen(at: segment.time, position)
    {
      // Nothing came between the SYN and its RST, so the ACK that the RST answers was not captured.
      pending[Int(answered)].exchange.answer = .hiddenOldNumbers
      pending[Int(answered)].exchange.answeredAt = segment.time
      if timer.isOfLinux { noteLimit(behind: answered) }
      let cause = pending[Int(answered)].exchange.time
      noteRareFacts(of: position) {
        $0.limitedAnswerAt = cause
        $0.limitedAnswerIsSocketless = nil
      }
      proveHeld(upTo: answered, position, holderIsLow: !senderIsLow)
    }
    let wasReset = holder?.isReset ?? false
    if records[position].hasRareFacts { endOrphan(by: segment, position, senderIsLow) }
    if records[position].connection?.receiveForeignRST(
      segment, receiverIsLow: !senderIsLow, timer: timer) ?? false
    {
      note(.reset, of: position, at: segment.time)
    }
    let isReset = records[position].connection?.endpoint(isLow: !senderIsLow).isReset ?? false
    if isReset, !wasReset {
      pending[Int(lastRejected(position) ?? UInt32(last))].exchange.resetFollowed = true
    } else if let holder, isChallenged(segment, by: holder, position, receiverIsLow: !senderIsLow) {
      noteOldSegment(segment, behind: pending[last].exchange, isNew: false, position)
    }
  }
}
