/// The state of one endpoint of a connection, inferred from the segments it sends and receives.
///
///                        FIN sent, peer's FIN not covered
///     ESTABLISHED ------------------------------------------> FIN_WAIT_1
///          | peer's FIN in                own FIN acked |         | peer's FIN in
///          v                                            v         v
///     CLOSE_WAIT                                 FIN_WAIT_2    CLOSING
///          | FIN sent that                 peer's FIN in |         | own FIN acked
///          v covers the peer's                           v         v
///      LAST_ACK ----> CLOSED                            TIME_WAIT <-
///            own FIN acked
///
/// The rules of the observer, who is not the endpoint:
/// - Sequence and acknowledgment numbers decide, never the order of flags in the capture: FINs may
///   cross between the capture point and the endpoint. Whoever sent a FIN whose *first*
///   transmission does not cover the peer's FIN is the one that enters TIME_WAIT (RFC 9293,
///   section 3.6; Linux `tcp_fin`, `tcp_rcv_state_process`).
/// - A segment seen on its way counts as received; a later acknowledgment proves it, and an
///   acknowledgment of something never seen proves that too (lost frames).
/// - Exactly one number that was not seen, acknowledged or left out by a pure ACK, implies a FIN,
///   until data behind it shows that it was a byte.
/// - A FIN whose first transmission was not seen leaves `isHolderAmbiguous` set: the state is then
///   the likelier one, and later evidence decides.
/// - A RST that the endpoint would obey is remembered while the state stays: a later
///   answer with the old numbers proves that the RST was ignored (RFC 1337) or never arrived.
struct EndpointStateMachine: BitwiseCopyable {
  // In an order that leaves no gaps: 52 bytes.
  /// When the endpoint entered its state.
  private(set) var heldSince: Timestamp
  /// In TIME_WAIT, when its timer was last started anew, in nanoseconds; in other states one received
  /// range behind a hole: its start in the lower half and its end in the upper.
  private var timerOrRange: UInt64
  private(set) var initialSequence: SequenceNumber
  /// SND.NXT as far as seen: behind the highest number sent, or acknowledged by the peer.
  private(set) var nextToSend: SequenceNumber
  /// SND.UNA: the highest acknowledgment that was on its way to this endpoint.
  private(set) var unacknowledged: SequenceNumber
  /// RCV.NXT: behind the contiguous sequence space received.
  private(set) var nextExpected: SequenceNumber
  /// The highest acknowledgment sent, which gates timestamp updates (RFC 7323, section 4.3).
  private var lastAcknowledgmentSent: SequenceNumber
  private var finSequence = SequenceNumber(0)
  /// What the first transmission of the own FIN acknowledged.
  private var finAcknowledgment = SequenceNumber(0)
  /// TS.Recent (RFC 7323, section 4.3).
  private(set) var timestampRecent: UInt32 = 0
  /// The receive window last advertised, as on the wire, not scaled.
  private(set) var lastWindow: UInt16 = 0
  private var notes: Notes = []
  private(set) var state: TCPState

  /// When the timer of its state was last started anew.
  var timerStartedAt: Timestamp {
    state == .timeWait ? Timestamp(nanoseconds: Int64(bitPattern: timerOrRange)) : heldSince
  }

  /// One received range behind a hole; empty when both ends are equal.
  private var heldBack: (start: SequenceNumber, end: SequenceNumber) {
    get {
      if state == .timeWait { return (nextExpected, nextExpected) }
      return (
        SequenceNumber(UInt32(truncatingIfNeeded: timerOrRange)),
        SequenceNumber(UInt32(truncatingIfNeeded: timerOrRange >> 32))
      )
    }
    set { timerOrRange = UInt64(newValue.end.value) << 32 | UInt64(newValue.start.value) }
  }

  /// Nothing was received behind a hole.
  @inline(__always)
  private var hasNoHole: Bool {
    state == .timeWait
      || UInt32(truncatingIfNeeded: timerOrRange)
        == UInt32(truncatingIfNeeded: timerOrRange >> 32)
  }

  private struct Notes: OptionSet, BitwiseCopyable {
    var rawValue: UInt8
    static let hasTimestampRecent = Notes(rawValue: 1)
    static let sentFIN = Notes(rawValue: 1 << 1)
    static let receivedFIN = Notes(rawValue: 1 << 2)
    static let ambiguous = Notes(rawValue: 1 << 3)
    static let wasReset = Notes(rawValue: 1 << 4)
    static let closedByReset = Notes(rawValue: 1 << 5)
    /// The FIN itself was not captured; an acknowledgment implies it.
    static let inferredFIN = Notes(rawValue: 1 << 6)
    /// When the state was entered was not seen: the times are the latest possible.
    static let unknownTimes = Notes(rawValue: 1 << 7)

    static let received = Notes(rawValue: hasTimestampRecent.rawValue | ambiguous.rawValue)
    static let fins = Notes(rawValue: sentFIN.rawValue | receivedFIN.rawValue)

    /// Nothing is remembered of two ends but what an undisturbed course leaves, and each has received
    /// the FIN that the other has sent.
    @inline(__always)
    func areOrderly(facing peer: Notes) -> Bool {
      // The two notes of FINs change places, so that sent stands over received.
      let mirrored = Notes(
        rawValue: (peer.rawValue & Self.sentFIN.rawValue) << 1
          | (peer.rawValue & Self.receivedFIN.rawValue) >> 1)
      return intersection(.fins) == mirrored
        && union(peer).subtracting(.fins).isSubset(of: .hasTimestampRecent)
    }
  }

  /// An endpoint in `state` that is about to send `sequence` and to expect `expected`.
  @inline(__always)
  init(
    _ state: TCPState, initialSequence: SequenceNumber, nextToSend: SequenceNumber,
    nextExpected: SequenceNumber, at time: Timestamp
  ) {
    heldSince = time
    timerOrRange = state == .timeWait ? UInt64(bitPattern: time.nanoseconds) : 0
    self.initialSequence = initialSequence
    self.nextToSend = nextToSend
    unacknowledged = nextToSend
    self.nextExpected = nextExpected
    lastAcknowledgmentSent = nextExpected
    self.state = state
  }

  /// The peer's FIN may have been covered or not: its first transmission was not seen.
  var isHolderAmbiguous: Bool { notes.contains(.ambiguous) }
  /// What it sent last was not captured, and may have been a FIN.
  var mayHideFIN: Bool { isHolderAmbiguous && (state == .established || state == .closeWait) }
  /// A RST that this endpoint would obey has been on its way to it since it was last proven alive.
  var isReset: Bool { notes.contains(.wasReset) }
  /// The endpoint itself gave up with a RST.
  var isClosedByReset: Bool { notes.contains(.closedByReset) }
  /// When it entered its state was not seen; the times kept are the latest possible.
  var hasUnknownTimes: Bool { notes.contains(.unknownTimes) }
  var hasTimestampRecent: Bool { notes.contains(.hasTimestampRecent) }
  /// The sequence number of the FIN it sent, if it has.
  var sentFIN: SequenceNumber? { notes.contains(.sentFIN) ? finSequence : nil }

  /// Timestamps were negotiated; `value` is the first TSval taken over from the peer.
  mutating func negotiateTimestamps(_ value: UInt32) {
    timestampRecent = value
    notes.insert(.hasTimestampRecent)
  }

  /// A RST on its way to this endpoint ends it.
  mutating func endByReset() { notes.insert(.wasReset) }

  /// An answer with this connection's numbers: it has outlived whatever seemed to have ended it.
  mutating func proveAlive() { notes.remove(.wasReset) }

  /// Evidence at `time` that this endpoint is in `proven`, whatever the segments seen so far said.
  ///
  /// The moment at which it got there was not seen: it lies before.
  mutating func prove(_ proven: TCPState, by time: Timestamp) {
    if state != proven {
      enter(proven, at: time)
      notes.insert(.unknownTimes)
    }
    notes.remove([.wasReset, .ambiguous])
  }

  /// Nothing was seen of how it got into its state.
  mutating func forgetTimes() { notes.insert(.unknownTimes) }

  /// Evidence that the peer's FIN, although captured, never arrived: RCV.NXT is still `expected`.
  mutating func proveFINLost(expecting expected: SequenceNumber) {
    guard expected.precedes(nextExpected) else { return }
    nextExpected = expected
    notes.remove(.receivedFIN)
  }

  /// Evidence that this endpoint holds nothing of the connection any more.
  mutating func proveGone(byReset: Bool = false, at time: Timestamp) {
    enter(.closed, at: time)
    if byReset { notes.insert(.closedByReset) }
  }

  /// A segment starts the timer of a TIME_WAIT anew.
  mutating func restartTimer(at time: Timestamp) {
    guard state == .timeWait, time > timerStartedAt else { return }
    timerOrRange = UInt64(bitPattern: time.nanoseconds)
  }

  // MARK: - In order

  /// Passes a segment from one established end to another: data or nothing, with an ACK and no other flag
  /// that counts, next in order, acknowledging nothing unseen. It is the same as `didSend`, `didReceive` and `noteUnseenFIN` in
  /// turn; `QuickPassTests` holds the two ways to each other.
  ///
  /// - Parameter segment: with an ACK, without SYN, FIN and RST.
  /// - Returns: false where its numbers or an end are not so, and nothing was done.
  @inline(__always)
  static func passInOrder(
    _ segment: Segment, from sender: inout EndpointStateMachine,
    to receiver: inout EndpointStateMachine
  ) -> Bool {
    guard sender.isPlainlyEstablished, receiver.isEstablishedInOrder,
      segment.sequence == sender.nextToSend, segment.sequence == receiver.nextExpected,
      !receiver.discardsByPAWS(segment.options),
      !segment.acknowledgment.follows(receiver.nextToSend),
      // An acknowledgment from before the ISNs would be an earlier incarnation's.
      !segment.acknowledgment.precedes(receiver.unacknowledged)
    else { return false }
    sender.lastWindow = segment.window
    sender.nextToSend = segment.sequenceEnd
    sender.takeAcknowledgment(segment, peerNextToSend: receiver.nextToSend)
    receiver.takeTimestamp(of: segment)
    receiver.unacknowledged = segment.acknowledgment
    receiver.nextExpected = segment.sequenceEnd
    return true
  }

  /// The same for segments that open or close a connection in order: the ACK that ends a handshake, a
  /// FIN, its ACK, and what comes between them. Nothing unseen, nothing repeated, nothing crossed.
  ///
  /// Four segments of ten are of that kind where connections are short, and go this way with a quarter
  /// of the instructions (measured).
  static func passInOrderAcrossStates(
    _ segment: Segment, from sender: inout EndpointStateMachine,
    to receiver: inout EndpointStateMachine
  ) -> Bool {
    let hasFIN = segment.flags.contains(.fin)
    guard segment.flags.intersection([.syn, .rst, .ack]) == .ack,
      // Each FIN that was sent has arrived, and nothing else is remembered.
      sender.notes.areOrderly(facing: receiver.notes), sender.hasNoHole, receiver.hasNoHole,
      receiver.state != .timeWait, !receiver.discardsByPAWS(segment.options),
      !receiver.refusesAsOrphan(segment.options),
      segment.sequence == sender.nextToSend, segment.sequence == receiver.nextExpected,
      !segment.acknowledgment.follows(receiver.nextToSend),
      !segment.acknowledgment.precedes(receiver.unacknowledged),
      !hasFIN || !sender.notes.contains(.sentFIN)
    else { return false }
    sender.lastWindow = segment.window
    sender.nextToSend = segment.sequenceEnd
    sender.takeAcknowledgment(segment, peerNextToSend: receiver.nextToSend)
    if hasFIN {
      sender.sendFIN(segment, seenBefore: segment.sequence, peerFIN: receiver.sentFIN)
    }

    receiver.takeTimestamp(of: segment)
    receiver.unacknowledged = segment.acknowledgment
    if receiver.state == .synReceived,
      segment.acknowledgment.follows(receiver.initialSequence)
    {
      receiver.enter(.established, at: segment.time)
    }
    if receiver.notes.contains(.sentFIN), segment.acknowledgment.follows(receiver.finSequence) {
      receiver.finAcknowledged(at: segment.time)
    }
    receiver.nextExpected = segment.sequenceEnd
    if hasFIN { receiver.receiveFIN(sender.finSequence, at: segment.time) }
    return true
  }

  /// The same, but that it may have sent a FIN unseen: that it receives something says nothing about it.
  @inline(__always)
  private var isEstablishedInOrder: Bool {
    state == .established && notes.isSubset(of: .received) && hasNoHole
  }

  /// Established, with nothing remembered that a segment in order could bear on.
  @inline(__always)
  private var isPlainlyEstablished: Bool {
    state == .established && notes.isSubset(of: .hasTimestampRecent)
      && hasNoHole
  }

  // MARK: - Sending

  /// The endpoint sent `segment`; `peer` is the other end as it stood before.
  mutating func didSend(_ segment: Segment, peer: EndpointStateMachine) {
    if segment.flags.contains(.rst) {
      // No stack resets out of TIME_WAIT but to refuse a SYN: whoever sends a RST holds nothing.
      proveGone(byReset: true, at: segment.time)
      return
    }
    if segment.flags.contains(.syn) {
      repeatSynAck(segment)
    } else {
      lastWindow = segment.window
    }
    let seenBefore = nextToSend
    if mayHideFIN, segment.sequenceEnd.follows(nextToSend) { notes.remove(.ambiguous) }
    if segment.sequenceLength == 0, segment.sequence == nextToSend.advanced(by: 1) {
      let hadCoveredPeer = peer.sentFIN.map { lastAcknowledgmentSent.follows($0) } ?? false
      inferFIN(beforeCoveringPeer: !hadCoveredPeer, at: segment.time)
    }
    if segment.sequenceEnd.follows(nextToSend) {
      nextToSend = segment.sequenceEnd
    }
    if segment.flags.contains(.ack) {
      acknowledge(segment, peer: peer)
    }
    guard segment.flags.contains(.fin) else { return }
    if notes.contains(.inferredFIN) {
      notes.remove(.inferredFIN)
    } else if notes.contains(.sentFIN) {
      if isBeforeFIN(segment, peer: peer) {
        finSequence = segment.sequence.advanced(by: segment.payloadLength)
        nextToSend = segment.sequenceEnd
      } else {
        repeatFIN(segment, peer: peer)
      }
    } else if !peer.hasAcknowledged(upTo: segment.sequenceEnd.advanced(by: 1)) {
      sendFIN(segment, seenBefore: seenBefore, peerFIN: peer.sentFIN)
    }
    // Else there was data behind it: it is an earlier incarnation's.
  }

  /// A server that sends its SYN-ACK again never got, or could not take, the ACK that was captured.
  private mutating func repeatSynAck(_ segment: Segment) {
    if state == .established, segment.sequence == initialSequence,
      nextExpected == segment.acknowledgment
    {
      enter(.synReceived, at: segment.time)
    }
  }

  /// Everything of the peer's that was captured has been acknowledged.
  func hasAcknowledgedAll(of peer: EndpointStateMachine) -> Bool {
    !peer.nextToSend.follows(lastAcknowledgmentSent)
  }

  /// It has acknowledged all before a number.
  func hasAcknowledged(upTo number: SequenceNumber) -> Bool {
    !number.follows(lastAcknowledgmentSent)
  }

  /// Whether a segment lets it acknowledge more than before: not where that lies behind a hole or is refused,
  /// and not in TIME_WAIT.
  func acknowledgesMore(for segment: Segment) -> Bool {
    state != .timeWait && !segment.sequence.follows(nextExpected) && !discards(segment)
      && !hasAcknowledged(upTo: segment.sequenceEnd)
  }

  /// It has acknowledged the peer's FIN, or the peer has sent none.
  func hasAcknowledgedFIN(of peer: EndpointStateMachine) -> Bool {
    peer.sentFIN.map { lastAcknowledgmentSent.follows($0) } ?? true
  }

  /// Only who waits for the acknowledgment of its FIN sends it again: the one that was captured has
  /// not arrived.
  private mutating func repeatFIN(_ segment: Segment, peer: EndpointStateMachine) {
    switch state {
    case .finWait2: enter(.finWait1, at: segment.time)
    case .timeWait:
      // Where it does not cover the peer's FIN, it had left before that FIN came with the ACK, and was
      // only captured after later ones.
      let coversPeer = peer.sentFIN.map { segment.acknowledgment.follows($0) } ?? true
      if coversPeer { enter(.closing, at: segment.time) }
    case .closed: if !isClosedByReset { enter(.lastAck, at: segment.time) }
    case .synSent, .synReceived, .established, .finWait1, .closeWait, .closing, .lastAck: break
    }
  }

  /// A FIN before the one that was seen first: that one was an earlier incarnation's, unless it has arrived.
  private func isBeforeFIN(_ segment: Segment, peer: EndpointStateMachine) -> Bool {
    segment.sequenceEnd.distance(from: finSequence) <= 0 && !peer.nextExpected.follows(finSequence)
      && !peer.hasAcknowledged(upTo: segment.sequenceEnd)
  }

  private mutating func acknowledge(_ segment: Segment, peer: EndpointStateMachine) {
    takeAcknowledgment(segment, peerNextToSend: peer.nextToSend)
    if let fin = peer.sentFIN, segment.acknowledgment.follows(fin), !notes.contains(.receivedFIN) {
      // The RST before that FIN has not ended it, so that what came with the FIN was taken, too.
      if isReset, notes.contains(.sentFIN), unacknowledged.follows(finSequence) {
        finAcknowledged(at: segment.time)
      }
      receiveFIN(fin, at: segment.time)
    }
  }

  /// What an acknowledgment shows about who sends it.
  @inline(__always)
  private mutating func takeAcknowledgment(_ segment: Segment, peerNextToSend: SequenceNumber) {
    let number = segment.acknowledgment
    if number.follows(nextExpected) { nextExpected = number }
    if number.follows(lastAcknowledgmentSent) { lastAcknowledgmentSent = number }
    // Linux echoes TS.Recent itself; while nothing of the peer's is under way, this is its value.
    if hasTimestampRecent, segment.options.hasTimestamps, !peerNextToSend.follows(number) {
      timestampRecent = segment.options.timestampEchoReply
    }
  }

  private mutating func sendFIN(
    _ segment: Segment, seenBefore: SequenceNumber, peerFIN: SequenceNumber?
  ) {
    finSequence = segment.sequence.advanced(by: segment.payloadLength)
    finAcknowledgment = segment.flags.contains(.ack) ? segment.acknowledgment : nextExpected
    notes.insert(.sentFIN)
    let behind = finSequence.advanced(by: 1)
    let coversPeer =
      segment.flags.contains(.ack)
      && (peerFIN.map { segment.acknowledgment.follows($0) } ?? false)
    let isFirstTransmission = behind.follows(seenBefore)
    if coversPeer, !isFirstTransmission { notes.insert(.ambiguous) }

    switch state {
    case .synSent, .synReceived, .established:
      enter(.finWait1, at: segment.time)
    case .closeWait:
      // Where this FIN does not cover the peer's, which was captured before it, they crossed.
      enter(coversPeer ? .lastAck : .closing, at: segment.time)
    case .closed, .finWait1, .finWait2, .closing, .lastAck, .timeWait:
      break
    }
    if unacknowledged.follows(finSequence) { finAcknowledged(at: segment.time) }
  }

  // MARK: - Receiving

  /// `segment` of `peer` is on its way to this endpoint; `peer` has already sent it.
  mutating func didReceive(
    _ segment: Segment, peer: EndpointStateMachine, timer: TimeWaitTimer = .anyAcknowledgment
  ) {
    if segment.flags.contains(.rst) {
      receiveRST(segment, peer: peer)
      return
    }
    if state == .timeWait {
      receiveInTimeWait(segment, timer: timer)
      return
    }
    takeTimestamp(of: segment)
    if segment.flags.contains(.syn) { return }
    if segment.flags.contains(.ack) {
      if segment.acknowledgment.follows(unacknowledged) { unacknowledged = segment.acknowledgment }
      if segment.acknowledgment.follows(nextToSend) { sentUnseen(upTo: segment) }
      if state == .synReceived, segment.acknowledgment.follows(initialSequence) {
        enter(.established, at: segment.time)
      }
      if !isReset, notes.contains(.sentFIN), segment.acknowledgment.follows(finSequence) {
        finAcknowledged(at: segment.time)
      }
    }
    takeData(of: segment)
    // What comes behind the RST that has ended it changes its state no more, unless it says so itself (`acknowledge`).
    if isReset { return }
    if let fin = peer.sentFIN, nextExpected.follows(fin), !notes.contains(.receivedFIN) {
      receiveFIN(fin, at: segment.time)
    }
  }

  /// `segment` acknowledges what was not captured.
  private mutating func sentUnseen(upTo segment: Segment) {
    if segment.acknowledgment == nextToSend.advanced(by: 1) {
      inferFIN(beforeCoveringPeer: false, at: segment.time)
    } else if state == .established {
      // The last of it may have been a FIN, until data behind it shows that it was not.
      notes.insert(.ambiguous)
    }
    nextToSend = segment.acknowledgment
  }

  /// Exactly one number was sent unseen: most likely a FIN.
  ///
  /// - Parameter beforeCoveringPeer: it was certainly sent before anything that covers the peer's.
  private mutating func inferFIN(beforeCoveringPeer: Bool, at time: Timestamp) {
    guard !notes.contains(.sentFIN) else { return }
    finSequence = nextToSend
    finAcknowledgment = lastAcknowledgmentSent
    notes.formUnion([.sentFIN, .inferredFIN])
    switch state {
    case .synSent, .synReceived, .established: enter(.finWait1, at: time)
    case .closeWait where beforeCoveringPeer: enter(.closing, at: time)
    case .closeWait:
      // It may have been sent before the peer's FIN came, or after.
      notes.insert(.ambiguous)
      enter(.lastAck, at: time)
    case .closed, .finWait1, .finWait2, .closing, .lastAck, .timeWait: break
    }
  }

  /// Whether a segment shows that what was taken for this end's FIN was a byte of data: that byte itself, or
  /// something behind it.
  func showsByteForFIN(_ segment: Segment) -> Bool {
    notes.contains(.inferredFIN) && segment.sequenceLength > 0
      && segment.sequence.advanced(by: segment.payloadLength).follows(finSequence)
  }

  /// What was taken for a FIN was a byte of data.
  mutating func retractFIN(at time: Timestamp) {
    notes.remove([.sentFIN, .inferredFIN, .ambiguous])
    enter(notes.contains(.receivedFIN) ? .closeWait : .established, at: time)
  }

  /// What was taken for the peer's FIN was a byte of data.
  mutating func retractFINOfPeer(at time: Timestamp) {
    guard notes.contains(.receivedFIN) else { return }
    notes.remove([.receivedFIN, .ambiguous])
    guard !isClosedByReset else { return }
    if !notes.contains(.sentFIN) {
      enter(.established, at: time)
    } else {
      enter(unacknowledged.follows(finSequence) ? .finWait2 : .finWait1, at: time)
    }
  }

  /// The peer's FIN was not captured, but this endpoint has acknowledged it.
  mutating func noteUnseenFIN(of peer: EndpointStateMachine, at time: Timestamp) {
    guard let fin = peer.sentFIN, nextExpected.follows(fin), !notes.contains(.receivedFIN) else {
      return
    }
    receiveFIN(fin, at: time)
    if state == .closing, peer.notes.contains(.inferredFIN) {
      // It most likely acknowledged this end's FIN as well; a repeated FIN would say otherwise.
      enter(.timeWait, at: time)
      notes.insert(.ambiguous)
    }
  }

  /// Moves RCV.NXT over what is now contiguous, remembering one range behind a hole.
  private mutating func takeData(of segment: Segment) {
    let end = segment.sequenceEnd
    guard segment.sequenceLength > 0, end.follows(nextExpected) else { return }
    var (start, behind) = heldBack
    if segment.sequence.follows(nextExpected) {
      let joins =
        start != behind && !segment.sequence.follows(behind) && !start.follows(end)
      if !joins {
        (start, behind) = (segment.sequence, end)
      } else {
        if start.follows(segment.sequence) { start = segment.sequence }
        if end.follows(behind) { behind = end }
      }
      heldBack = (start, behind)
      return
    }
    nextExpected = end
    if start != behind, !start.follows(nextExpected) {
      if behind.follows(nextExpected) { nextExpected = behind }
      heldBack = (behind, behind)
    }
  }

  /// RFC 7323, section 4.3; Linux `tcp_replace_ts_recent`. An orphan in FIN_WAIT_2 takes none of an ACK
  /// (`tcp_timewait_state_process`); to a full socket, which does, none makes a difference that shows.
  private mutating func takeTimestamp(of segment: Segment) {
    guard hasTimestampRecent, segment.options.hasTimestamps,
      state != .finWait2 || segment.sequenceLength > 0,
      !segment.sequence.follows(lastAcknowledgmentSent), !isOlder(segment.options)
    else { return }
    timestampRecent = segment.options.timestampValue
  }

  private mutating func receiveFIN(_ fin: SequenceNumber, at time: Timestamp) {
    notes.insert(.receivedFIN)
    // Its own FIN had already covered the peer's, which was only captured later.
    let hadCovered = notes.contains(.sentFIN) && finAcknowledgment.follows(fin)
    switch state {
    case .finWait1 where hadCovered: enter(.lastAck, at: time)
    case .finWait2 where hadCovered: enter(.closed, at: time)
    case .synSent, .synReceived, .established: enter(.closeWait, at: time)
    case .finWait1: enter(.closing, at: time)
    case .finWait2: enter(.timeWait, at: time)
    case .closed, .closeWait, .closing, .lastAck, .timeWait: break
    }
  }

  private mutating func finAcknowledged(at time: Timestamp) {
    switch state {
    case .finWait1: enter(.finWait2, at: time)
    case .closing: enter(.timeWait, at: time)
    case .lastAck: enter(.closed, at: time)
    case .closed, .synSent, .synReceived, .established, .finWait2, .closeWait, .timeWait: break
    }
  }

  private mutating func enter(_ next: TCPState, at time: Timestamp) {
    if next == .timeWait {
      timerOrRange = UInt64(bitPattern: time.nanoseconds)
    } else if state == .timeWait {
      timerOrRange = 0
    }
    state = next
    notes.remove(.unknownTimes)
    heldSince = time
  }

  /// Which RSTs end the endpoint: the exact next number (RFC 5961, section 3; Linux
  /// `tcp_validate_incoming`, `tcp_timewait_state_process`), and behind a FIN also the number of
  /// that FIN (Linux `tcp_reset_check`). `peer.nextToSend` stands in where frames were lost.
  private mutating func receiveRST(_ segment: Segment, peer: EndpointStateMachine) {
    let number = segment.sequence
    var isExact = number == nextExpected
    switch state {
    case .closed: return
    // A full socket takes a RST whatever its timestamp.
    case .timeWait, .synReceived:
      if refusesByPAWS(segment.options) { return }
      isExact = isExact || (state == .synReceived && number == peer.nextToSend)
    case .closeWait, .lastAck, .closing:
      isExact = isExact || number == nextExpected.retreated(by: 1) || number == peer.nextToSend
    case .synSent, .established, .finWait1, .finWait2:
      isExact = isExact || number == peer.nextToSend
    }
    guard isExact, !isReset else { return }
    notes.insert(.wasReset)
  }

  /// How long PAWS keeps a RST from a TIME_WAIT after TS.Recent was taken (TCP_PAWS_MSL), in nanoseconds.
  private static let oldRSTLimit: Int64 = 60_000_000_000

  /// A RST arrives at a TIME_WAIT. One with an older timestamp ends it, too, once TS.Recent is a minute old
  /// (Linux `tcp_paws_reject`); that is counted in whole seconds of the server's clock, so that in the last
  /// of them nothing tells what it did.
  mutating func receiveOldRST(_ segment: Segment, timestampTakenAt taken: Timestamp) {
    guard refusesByPAWS(segment.options), segment.sequence == nextExpected, !isReset else { return }
    let age = segment.time.nanoseconds(since: taken)
    if age >= Self.oldRSTLimit {
      notes.insert(.wasReset)
    } else if age > Self.oldRSTLimit - 1_000_000_000 {
      notes.insert(.ambiguous)
    }
  }

  /// Whether Linux answers a segment of the peer within its rate limit for invalid segments (tcp_invalid_ratelimit),
  /// if it answers it: what has neither data nor FIN, and does not fit. A TIME_WAIT counts what it answers
  /// (`tcp_timewait_check_oow_rate_limit`); a live socket has one count for keepalives and other old
  /// ACKs (`tcp_validate_incoming`) and for challenges of SYN and RST (`tcp_send_challenge_ack`).
  func answersWithinLimit(_ segment: Segment, peer: EndpointStateMachine) -> Bool {
    guard segment.payloadLength == 0, !segment.flags.contains(.fin), !drops(segment) else {
      return false
    }
    switch state {
    case .closed, .synSent, .synReceived: return false
    case .timeWait:
      return segment.flags.contains(.ack) && !segment.flags.contains(.rst)
        && (segment.flags.contains(.syn) || segment.sequence != nextExpected
          || refusesByPAWS(segment.options))
    case .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck:
      // What waits for its acknowledgment could be what the next ACK is for: not what lies behind a hole.
      let waits = hasNoHole ? peer.nextToSend : nextExpected
      return !isReset && hasAcknowledged(upTo: waits)
        && (segment.flags.contains(.syn) || segment.sequence != nextExpected || discards(segment)
          || refusesAsOrphan(segment.options))
    }
  }

  /// Whether it drops a segment without a word.
  func drops(_ segment: Segment) -> Bool { segment.isWithoutPurpose && state != .timeWait }

  /// Whether a live socket takes nothing of a segment: PAWS refuses it (Linux `tcp_validate_incoming`), or a
  /// half-open connection finds it before its window (Linux `tcp_check_req`).
  func discards(_ segment: Segment) -> Bool {
    guard segment.flags.isDisjoint(with: [.syn, .rst]) else { return false }
    if state == .synReceived, segment.sequence != nextExpected,
      !segment.sequenceEnd.follows(nextExpected)
    {
      return true
    }
    return discardsByPAWS(segment.options)
  }

  /// A live socket forgives a timestamp that is older by one (TCP_PAWS_WINDOW), a half-open connection does not.
  @inline(__always)
  private func discardsByPAWS(_ options: TCPOptions) -> Bool {
    guard hasTimestampRecent, options.hasTimestamps, timestampRecent != 0 else { return false }
    switch state {
    case .closed, .synSent, .timeWait: return false
    case .synReceived: return isOlder(options)
    case .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck:
      return Int32(bitPattern: timestampRecent &- options.timestampValue) > 1
    }
  }

  /// An orphan in FIN_WAIT_2 refuses these options: it forgives no timestamp. Whether it is one, and not a full socket, its
  /// answer tells.
  @inline(__always)
  private func refusesAsOrphan(_ options: TCPOptions) -> Bool {
    state == .finWait2 && refusesByPAWS(options)
  }

  /// What a segment does to a TIME_WAIT that it does not end.
  private mutating func receiveInTimeWait(_ segment: Segment, timer: TimeWaitTimer) {
    let older = refusesByPAWS(segment.options)
    let isBareInOrder = segment.sequence == nextExpected && segment.sequenceLength == 0
    switch timer.restart {
    case _ where segment.time.nanoseconds(since: timerStartedAt) > timer.certain: break
    case .anyAcknowledgment:
      if older || segment.flags.contains(.ack) { restartTimer(at: segment.time) }
    case .repeatedFIN:
      if segment.flags.contains(.fin), segment.sequenceEnd == nextExpected {
        restartTimer(at: segment.time)
      }
    }
    if notes.contains(.sentFIN), segment.acknowledgment.follows(finSequence) {
      notes.remove(.ambiguous)
    }
    if isBareInOrder, !older, hasTimestampRecent, segment.options.hasTimestamps {
      timestampRecent = segment.options.timestampValue
    }
  }

  /// PAWS refuses a SYN with these options (Linux `tcp_paws_reject`).
  func refusesByPAWS(_ options: TCPOptions) -> Bool {
    hasTimestampRecent && options.hasTimestamps && isOlder(options)
  }

  /// By timestamps that both have.
  @inline(__always)
  private func isOlder(_ options: TCPOptions) -> Bool {
    timestampRecent != 0 && Int32(bitPattern: timestampRecent &- options.timestampValue) > 0
  }
}
