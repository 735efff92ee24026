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
      noteRareFacts(of: position) {
        if $0.oldSegmentsAwaitingAnswer < .max { $0.oldSegmentsAwaitingAnswer += 1 }
      }
    }
    feed(segment, position, senderIsLow)
  }

  /// The SYN whose rejection a RST answers.
  private mutating func lastRejected(_ position: Int) -> UInt32? {
    var node = records[position].firstPending
    var rejected: UInt32?
    while node != TupleRecord.none {
      if pending[Int(node)].exchange.answer == .oldNumbers { rejected = node }
      node = pending[Int(node)].next
    }
    return rejected
  }

  /// Whether a RST of the opener may answer an answer to a SYN that was not captured: none to an earlier SYN
  /// waits for its RST, and the server had the right to answer.
  private mutating func mayHaveBeenAnswered(_ node: Int, _ position: Int) -> Bool {
    if let since = pending[node].exchange.sinceLimitedAnswer, since >= 0,
      since < Judge.certainRateLimit
    {
      return false
    }
    guard let rejected = lastRejected(position) else { return true }
    return pending[Int(rejected)].exchange.resetFollowed
  }

  /// RFC 9293, section 3.10.7.3: who is in SYN_SENT answers an unacceptable ACK with a RST that
  /// has the ACK's number.
  mutating func observeOpenerRST(
    _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) {
    let last = Int(newestPending(position))
    let holder = records[position].connection?.endpoint(isLow: !senderIsLow)
    if pending[last].exchange.answer == .none, !segment.flags.contains(.ack),
      !records[position].heardHolderSinceSyn, mayHaveBeenAnswered(last, position), let holder,
      holder.state != .closed, holder.state != .synReceived,
      segment.sequence == holder.nextExpected
    {
      // Nothing came between the SYN and its RST, so the ACK that the RST answers was not captured.
      pending[last].exchange.answer = .hiddenOldNumbers
      pending[last].exchange.answeredAt = segment.time
      note(.limitedAnswer, of: position, at: segment.time)
      proveHeld(upTo: newestPending(position), position, holderIsLow: !senderIsLow)
    }
    let wasReset = holder?.isReset ?? false
    if records[position].connection?.receiveForeignRST(segment, receiverIsLow: !senderIsLow)
      ?? false
    {
      note(.reset, of: position, at: segment.time)
    }
    let isReset = records[position].connection?.endpoint(isLow: !senderIsLow).isReset ?? false
    if isReset, !wasReset {
      pending[Int(lastRejected(position) ?? UInt32(last))].exchange.resetFollowed = true
    }
  }
}
