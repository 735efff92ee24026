/// What the receiver of an open SYN sends: answers to the SYN, and what only looks like one.
extension FlowTracker {
  mutating func observeWhilePending(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    let newest = pending[Int(newestPending(position))].exchange
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

  mutating func observeHolder(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    records[position].heardHolderSinceSyn = true
    if segment.flags.contains([.syn, .ack]) {
      if let node = pendingSyn(acknowledgedBy: segment, position) {
        if isForRepetition(segment, of: node) {
          acceptRepetition(of: node, segment, position, senderIsLow)
        } else {
          accept(node, segment, position, senderIsLow)
        }
      } else {
        observeStraySynAck(segment, position, senderIsLow)
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
    if let node = pendingSyn(outrunBy: segment, position, senderIsLow) {
      // The new connection goes on already: its SYN-ACK was not captured.
      acceptUnseen(
        node, serverISN: segment.sequence.retreated(by: 1), segment, position, senderIsLow)
    } else if segment.sequenceLength == 0 {
      observeOldNumbers(segment, position, senderIsLow)
    } else {
      feed(segment, position, senderIsLow)
    }
  }

  /// The newest SYN that a segment acknowledges. Where its TSecr names an earlier copy of that SYN
  /// instead, it is that one that reached the server (Linux keeps the TSval of the first); of copies with
  /// the same, the one that came just before, but not one that met what had just answered another.
  mutating func pendingSyn(acknowledgedBy segment: Segment, _ position: Int) -> UInt32? {
    var node = records[position].firstPending
    var newest: UInt32?
    var echoed: UInt32?
    while node != TupleRecord.none {
      let exchange = pending[Int(node)].exchange
      // Data in the SYN may have been taken as well (RFC 7413).
      let covered = segment.acknowledgment.value &- exchange.sequence.value
      if covered >= 1, covered <= exchange.sequenceLength {
        newest = node
        if exchange.answer == .none, segment.flags.contains(.syn),
          segment.options.hasTimestamps, exchange.options.hasTimestamps,
          segment.options.timestampEchoReply == exchange.options.timestampValue
        {
          if segment.time.nanoseconds(since: exchange.time) <= Self.roundTrip,
            !isSurelySilenced(node) || !exchange.holder.isLiveSocket
          {
            return node
          }
          if echoed == nil { echoed = node }
        }
      }
      node = pending[Int(node)].next
    }
    return echoed ?? newest
  }

  /// Whether a SYN-ACK answers a later copy of the SYN that it acknowledges, which has not come by: each SYN
  /// has one answer, and what is echoed is the timestamp of the one that was let in.
  private mutating func isForRepetition(_ segment: Segment, of node: UInt32) -> Bool {
    let exchange = pending[Int(node)].exchange
    if exchange.answer != .none { return true }
    return segment.time.nanoseconds(since: exchange.time) > Self.roundTrip
      && segment.options.hasTimestamps && exchange.options.hasTimestamps
      && segment.options.timestampEchoReply != exchange.options.timestampValue
  }

  /// The newest SYN whose connection a segment belongs to: it acknowledges the SYN, or first data
  /// that was not captured, and not what the old connection, where that is known, would acknowledge.
  mutating func pendingSyn(
    outrunBy segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) -> UInt32? {
    let holder = records[position].connection?.endpoint(isLow: senderIsLow)
    if let holder, isFrom(holder, segment) { return nil }
    // No opener sends more before the first acknowledgment (RFC 6928, section 2, and then some).
    let reach = holder == nil ? 0 : UInt32(UInt16.max)
    var node = records[position].firstPending
    var newest: UInt32?
    while node != TupleRecord.none {
      let behindSYN = pending[Int(node)].exchange.sequence.advanced(by: 1)
      if segment.acknowledgment.value &- behindSYN.value <= reach { newest = node }
      node = pending[Int(node)].next
    }
    return newest
  }

  /// One of the numbers is the holder's. A new connection starts further off: even out of TIME_WAIT
  /// by 65537 (`Holder.acceptedISNStep`).
  private func isFrom(_ holder: EndpointStateMachine, _ segment: Segment) -> Bool {
    segment.acknowledgment == holder.nextExpected
      || segment.sequence.distance(from: holder.nextToSend).magnitude <= Holder.acceptedISNStep / 2
  }

  /// A pure ACK that acknowledges no open SYN: the old connection's numbers.
  mutating func observeOldNumbers(
    _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) {
    let answersOldSegment = answersOldSegment(segment, position, senderIsLow)
    let last = Int(newestPending(position))
    // A keepalive of the holder lies one before SND.NXT, and what comes late answers something else.
    let holder = records[position].connection?.endpoint(isLow: senderIsLow)
    let mayAnswer =
      segment.time.nanoseconds(since: pending[last].exchange.time) <= Exchange.patience
      && !(holder.map { segment.sequence.precedes($0.nextToSend) } ?? false)
    var answered = newestPending(position)
    let before = records[position].connection?.endpoint(isLow: senderIsLow).state
    proveState(by: segment, position, holderIsLow: senderIsLow)
    correctHolders(of: before, position, holderIsLow: senderIsLow)
    feed(segment, position, senderIsLow)
    // An answer to a SYN changes nothing by itself: what it has shown was so before.
    if mayAnswer, !answersOldSegment {
      correctHolders(of: before, position, holderIsLow: senderIsLow)
    }
    if answersOldSegment {
      if rareFacts(of: position).isOldSegmentLimited { noteLimitedAnswer(segment, of: position) }
      noteRareFacts(of: position) { $0.oldSegmentsAwaitingAnswer &-= 1 }
    } else if mayAnswer {
      answered = firstUnanswered(at: segment.time, position) ?? answered
      if pending[Int(answered)].exchange.answer == .none, !isSurelySilenced(answered, but: segment)
      {
        let cause = pending[Int(answered)].exchange.time
        noteLimitedAnswer(segment, toWhatCameAt: cause, of: position)
        reject(answered, segment, position, senderIsLow)
      } else {
        noteLimitedAnswer(segment, of: position)
      }
    }
    // Whatever it answers, the old connection is alive.
    proveHeld(upTo: answered, position, holderIsLow: senderIsLow)
  }

  /// Whether an ACK is for a segment of the old connection that came after the SYN.
  private mutating func answersOldSegment(
    _ segment: Segment, _ position: Int, _ holderIsLow: Bool
  ) -> Bool {
    let facts = rareFacts(of: position)
    guard facts.oldSegmentsAwaitingAnswer > 0 else { return false }
    // Where that is new, and still under way, an ACK that acknowledges no more than before answers the SYN.
    let holder = records[position].connection?.endpoint(isLow: holderIsLow)
    return !facts.isOldSegmentNew
      || !(holder?.hasAcknowledged(upTo: segment.acknowledgment) ?? false)
  }

  /// The SYN that an answer belongs to where several are on their way: the first. Of two within half
  /// a second only one is answered with the old numbers; one right after such an answer is not. About half a
  /// second after, the server's ticks decide: then it is the one that came right before the answer, as far as
  /// they lie apart.
  mutating func firstUnanswered(at time: Timestamp, _ position: Int) -> UInt32? {
    var node = records[position].firstPending
    var doubtful: (node: UInt32, time: Timestamp)?
    while node != TupleRecord.none {
      let exchange = pending[Int(node)].exchange
      if exchange.answer == .none, time.nanoseconds(since: exchange.time) <= Self.roundTrip {
        let since = exchange.sinceLimitedAnswer ?? .max
        if since < 0 || since >= Judge.rateLimit || !timer.isOfLinux { return node }
        if since >= Judge.certainRateLimit,
          doubtful.map({ exchange.time.nanoseconds(since: $0.time) > Self.simultaneous }) ?? true
        {
          doubtful = (node, exchange.time)
        }
      }
      node = pending[Int(node)].next
    }
    return doubtful?.node
  }

  /// A SYN came so soon after an answer that Linux has none for it. An orphan in FIN_WAIT_2 has a limit of its
  /// own, whatever the socket that it was has answered.
  mutating func isSurelySilenced(_ node: UInt32, but answer: Segment? = nil) -> Bool {
    let exchange = pending[Int(node)].exchange
    guard timer.isOfLinux, let since = exchange.sinceLimitedAnswer else { return false }
    if let answer, isSocketless(answer) == true, exchange.holder.state == .finWait2,
      !exchange.holder.notes.contains(.orphan)
    {
      return false
    }
    return since >= 0 && since < Judge.certainRateLimit
  }

  /// SYNs that come so soon after each other are not told apart by when their answers come, in nanoseconds.
  private static let simultaneous: Int64 = 1_000_000

  /// A SYN was answered with the old connection's numbers.
  private mutating func reject(
    _ node: UInt32, _ segment: Segment, _ position: Int, _ holderIsLow: Bool
  ) {
    pending[Int(node)].exchange.answer = .oldNumbers
    pending[Int(node)].exchange.answeredAt = segment.time
    pending[Int(node)].exchange.answerIsSocketless = isSocketless(segment)
    lastRejected = pending[Int(node)].exchange.attempt
    noteLimit(behind: node)
    // The answer carries the very numbers that the SYN was compared with.
    guard let endpoint = records[position].connection?.endpoint(isLow: holderIsLow) else { return }
    let time = pending[Int(node)].exchange.time
    pending[Int(node)].exchange.holder.learn(from: endpoint, at: time)
    // Whatever its age, it stood: PAWS has started its timer anew.
    if timer.isOfLinux, endpoint.refusesByPAWS(pending[Int(node)].exchange.options) {
      amend(position, isLow: holderIsLow) { $0.restartTimer(at: time) }
    }
  }

  /// SYNs that came by before this one's answer did, came to the server after it: it was on its way.
  mutating func noteLimit(behind node: UInt32) {
    let cause = pending[Int(node)].exchange.time
    var later = pending[Int(node)].next
    while later != TupleRecord.none {
      if pending[Int(later)].exchange.answer == .none {
        let since = pending[Int(later)].exchange.time.nanoseconds(since: cause)
        pending[Int(later)].exchange.sinceLimitedAnswer = since
      }
      later = pending[Int(later)].next
    }
  }

  /// What Linux shows by the IPv4 identification of its answers.
  func isSocketless(_ segment: Segment) -> Bool? {
    timer.isOfLinux ? segment.isSocketless : nil
  }

  /// An answer has shown that the holder was in another state: it was so when the open SYNs came, which have
  /// met the same holder.
  ///
  /// - Parameter before: what it was taken for; nil where nothing was known of it.
  private mutating func correctHolders(
    of before: TCPState?, _ position: Int, holderIsLow: Bool
  ) {
    guard let endpoint = records[position].connection?.endpoint(isLow: holderIsLow),
      endpoint.state != before
    else { return }
    var node = records[position].firstPending
    while node != TupleRecord.none {
      let holder = pending[Int(node)].exchange.holder
      // One that has had its answer met what that has shown.
      if pending[Int(node)].exchange.answer == .none,
        holder.state == before || !holder.notes.contains(.known)
      {
        pending[Int(node)].exchange.holder.learn(
          from: endpoint, at: pending[Int(node)].exchange.time)
      }
      node = pending[Int(node)].next
    }
  }

  /// Corrects the holder's state by what its answer proves.
  mutating func proveState(
    by segment: Segment, _ position: Int, holderIsLow: Bool
  ) {
    guard let connection = records[position].connection else {
      // A live socket numbers its packets; the answer out of TIME_WAIT has none to do so.
      let isLive = isSocketless(segment) == false
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
        byAnswerFromNoSocket: isSocketless(segment), beganUnseen: connection.beganUnseen,
        coversUnseen: segment.acknowledgment.follows(peer.nextToSend),
        coversFIN: peer.sentFIN.map { segment.acknowledgment.follows($0) })
    else { return }
    amend(position, isLow: holderIsLow) {
      $0.prove(proven, by: segment.time)
      if proven == .finWait2 { $0.proveFINLost(expecting: segment.acknowledgment) }
    }
  }

  /// The holder has just answered with the old numbers: RSTs before did not end it, and the SYNs
  /// before `node` met it too.
  mutating func proveHeld(upTo node: UInt32, _ position: Int, holderIsLow: Bool) {
    if hasSurvivedReset(position, isLow: holderIsLow) {
      knowledge[pending[Int(node)].exchange.destination].survivedResets += 1
    }
    amend(position, isLow: holderIsLow) { $0.proveAlive() }
    setProof(.stillHeld, upTo: node, position)
    finish(before: node, position)
  }

  mutating func observeReset(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    guard segment.flags.contains(.ack), let node = pendingSyn(refusedBy: segment, position) else {
      if segment.isRefusal { noteEarlyRefusal(segment, position, senderIsLow) }
      if isAbort(segment, position, senderIsLow) {
        setProof(.stillHeld, upTo: TupleRecord.none, position)
      }
      feed(segment, position, senderIsLow)
      return
    }
    pending[Int(node)].exchange.answer = .reset
    pending[Int(node)].exchange.answeredAt = segment.time
    attempts[pending[Int(node)].exchange.attempt].wasReset = true
    let held = pending[Int(node)].exchange.holder.state
    let isByOrphan = isRefusedByOrphan(node)
    setProof(isByOrphan ? .stillHeld : .gone, upTo: node, position)
    finish(through: node, position)
    if held != .timeWait {
      // A mini-socket in FIN_WAIT_2 goes with its RST; any other socket would not have sent one.
      amend(position, isLow: senderIsLow) { $0.proveGone(byReset: true, at: segment.time) }
    }
  }

  /// A RST with both numbers of the old connection: a live socket gives up (Linux `tcp_send_active_reset`; older
  /// stacks also where a SYN falls into the window, RFC 793, page 71). Whoever is in SYN_SENT ignores it
  /// (RFC 9293, section 3.10.7.3), so it answers no SYN, but what it comes from has met all that wait. A RST
  /// from where nothing is left has no ACK, or acknowledges what it refuses.
  private mutating func isAbort(
    _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) -> Bool {
    guard segment.flags.contains(.ack),
      let endpoint = records[position].connection?.endpoint(isLow: senderIsLow)
    else { return false }
    return segment.sequence == endpoint.nextToSend
      && segment.acknowledgment == endpoint.nextExpected
  }

  /// A RST that refuses a SYN comes from an orphan in FIN_WAIT_2, into whose window the SYN falls: it stood until
  /// then (Linux `tcp_timewait_state_process`).
  private mutating func isRefusedByOrphan(_ node: UInt32) -> Bool {
    let exchange = pending[Int(node)].exchange
    let syn = SynFacts(exchange)
    return timer.isOfLinux && exchange.holder.state == .finWait2
      && !exchange.holder.notes.contains(.resetBefore)
      && exchange.time.nanoseconds(since: exchange.holder.timerStartedAt) <= timer.certain
      && syn.isInWindow(of: exchange.holder) && !syn.isOlder(than: exchange.holder)
  }

  /// The newest SYN that a RST refuses: its acknowledgment lies behind the SYN or its data.
  mutating func pendingSyn(refusedBy segment: Segment, _ position: Int) -> UInt32? {
    var node = records[position].firstPending
    var newest: UInt32?
    while node != TupleRecord.none {
      let exchange = pending[Int(node)].exchange
      let covered = segment.acknowledgment.value &- exchange.sequence.value
      if covered >= 1, covered <= exchange.sequenceLength {
        newest = node
      }
      node = pending[Int(node)].next
    }
    return newest
  }
}
