/// One incarnation of a tuple: two endpoints, each with a state machine of its own.
struct Connection: BitwiseCopyable {
  // In an order that leaves no gaps: 119 bytes.
  /// The first SYN, or the first segment where the beginning was not seen.
  let startedAt: Timestamp
  private(set) var originator: EndpointStateMachine
  private var attemptNumber = UInt32.max
  private(set) var responder: EndpointStateMachine
  private var traits: Traits
  private(set) var enteredTimeWait: Side = []
  /// How windows are scaled but for those of SYNs (RFC 7323, section 2.2): the shift of the originator's
  /// in the lower half, that of the responder's in the upper.
  private var windowShifts: UInt8 = 0

  /// The attempt that became this connection, where its SYN was seen.
  var attempt: UInt32? {
    get { attemptNumber == .max ? nil : attemptNumber }
    set { attemptNumber = newValue ?? .max }
  }
  var originatorIsLow: Bool { traits.contains(.originatorIsLow) }
  /// The handshake was not seen: it lies before the capture or was lost.
  var beganUnseen: Bool { traits.contains(.beganUnseen) }
  /// Nothing of it was seen but an answer with its numbers.
  var isInferred: Bool { traits.contains(.isInferred) }
  /// It is of an attempt that is logged.
  var isLogged: Bool { traits.contains(.isLogged) }

  private struct Traits: OptionSet, BitwiseCopyable {
    var rawValue: UInt8
    static let originatorIsLow = Traits(rawValue: 1)
    static let beganUnseen = Traits(rawValue: 1 << 1)
    /// Which ends have been heard: both, where the handshake was.
    static let heardFromLow = Traits(rawValue: 1 << 2)
    static let heardFromHigh = Traits(rawValue: 1 << 3)
    static let isInferred = Traits(rawValue: 1 << 4)
    static let isLogged = Traits(rawValue: 1 << 5)
    /// Its SYN-ACK has not been captured.
    static let lacksSynAck = Traits(rawValue: 1 << 6)
    /// The responder has taken a timestamp in TIME_WAIT, when its timer was last started or before.
    static let tookTimestampLate = Traits(rawValue: 1 << 7)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(originatorIsLow: Bool, beganUnseen: Bool) {
      self = originatorIsLow ? .originatorIsLow : []
      formUnion(beganUnseen ? .beganUnseen : [.heardFromLow, .heardFromHigh])
    }
  }

  mutating func noteLogged() { traits.insert(.isLogged) }

  /// Which ends have entered TIME_WAIT.
  struct Side: OptionSet, BitwiseCopyable, Hashable {
    var rawValue: UInt8
    static let originator = Side(rawValue: 1)
    static let responder = Side(rawValue: 2)
  }

  /// A connection whose SYN and SYN-ACK are known.
  ///
  /// - Parameters:
  ///   - synOptions: those of the SYN, or nil where it was not captured.
  ///   - attempt: that of the SYN.
  @inline(__always)
  init(
    synSequence: SequenceNumber, synOptions: TCPOptions?, synAck: Segment, startedAt: Timestamp,
    originatorIsLow: Bool, attempt: UInt32? = nil
  ) {
    self.init(
      clientSequence: synSequence, serverSequence: synAck.sequence, startedAt: startedAt,
      now: synAck.time, originatorIsLow: originatorIsLow, beganUnseen: synOptions == nil)
    self.attempt = attempt
    let answer = synAck.options
    if answer.hasTimestamps {
      // TSecr of a SYN-ACK is the TSval of the SYN it answers.
      responder.negotiateTimestamps(answer.timestampEchoReply)
      originator.negotiateTimestamps(answer.timestampValue)
    }
    if let offer = synOptions { agreeOnWindowScales(offer, answer) }
  }

  /// RFC 7323, section 2.2.
  @inline(__always)
  private mutating func agreeOnWindowScales(_ offer: TCPOptions, _ answer: TCPOptions) {
    guard offer.windowScale != TCPOptions.noWindowScale,
      answer.windowScale != TCPOptions.noWindowScale
    else { return }
    windowShifts = min(offer.windowScale, 14) | min(answer.windowScale, 14) << 4
  }

  /// The scale of its server's window is not known.
  var hasUnknownWindow: Bool { !traits.isDisjoint(with: [.beganUnseen, .lacksSynAck]) }

  /// Whether a SYN-ACK is the one that was passed by the ACK which answers it.
  func wasOutrun(_ synAck: Segment) -> Bool {
    traits.contains(.lacksSynAck) && responder.state == .established
      && responder.initialSequence == synAck.sequence
      && synAck.time.nanoseconds(since: responder.heldSince) <= EarlyAnswers.reach
  }

  /// The SYN-ACK has come by, behind the ACK that answers it.
  mutating func adoptSynAck(_ options: TCPOptions) {
    traits.remove(.lacksSynAck)
    guard options.windowScale != TCPOptions.noWindowScale, windowShifts != 0 else {
      windowShifts = 0
      return
    }
    windowShifts |= min(options.windowScale, 14) << 4
  }

  /// The SYN that it began with has come by, behind the SYN-ACK.
  mutating func adoptSYN(
    options: TCPOptions, answeredWith answer: TCPOptions, attempt: UInt32
  ) {
    self.attempt = attempt
    traits.remove(.beganUnseen)
    traits.formUnion([.heardFromLow, .heardFromHigh])
    agreeOnWindowScales(options, answer)
  }

  /// A connection whose handshake took place although its SYN-ACK was not captured.
  init(
    synSequence: SequenceNumber, synOptions: TCPOptions, serverSequence: SequenceNumber,
    segment: Segment, startedAt: Timestamp, originatorIsLow: Bool
  ) {
    self.init(
      clientSequence: synSequence, serverSequence: serverSequence, startedAt: startedAt,
      now: segment.time, originatorIsLow: originatorIsLow, beganUnseen: false)
    traits.insert(.lacksSynAck)
    // Taken for agreed on until the SYN-ACK shows otherwise.
    if synOptions.windowScale != TCPOptions.noWindowScale {
      windowShifts = min(synOptions.windowScale, 14)
    }
    if segment.options.hasTimestamps {
      let fromOriginator = segment.sequence == synSequence.advanced(by: 1)
      let (own, echo) = (segment.options.timestampValue, segment.options.timestampEchoReply)
      responder.negotiateTimestamps(fromOriginator ? own : echo)
      originator.negotiateTimestamps(fromOriginator ? echo : own)
    }
  }

  @inline(__always)
  private init(
    clientSequence: SequenceNumber, serverSequence: SequenceNumber, startedAt: Timestamp,
    now: Timestamp, originatorIsLow: Bool, beganUnseen: Bool
  ) {
    let behindSYN = clientSequence.advanced(by: 1)
    let behindSYNACK = serverSequence.advanced(by: 1)
    originator = EndpointStateMachine(
      .established, initialSequence: clientSequence, nextToSend: behindSYN,
      nextExpected: behindSYNACK, at: now)
    responder = EndpointStateMachine(
      .synReceived, initialSequence: serverSequence, nextToSend: behindSYNACK,
      nextExpected: behindSYN, at: now)
    self.startedAt = startedAt
    traits = Traits(originatorIsLow: originatorIsLow, beganUnseen: beganUnseen)
  }

  /// A connection first seen in the middle, by `segment`.
  init(middle segment: Segment, senderIsOriginator: Bool, originatorIsLow: Bool) {
    let sender = EndpointStateMachine(
      .established, initialSequence: segment.sequence, nextToSend: segment.sequence,
      nextExpected: segment.acknowledgment, at: segment.time)
    let receiver = EndpointStateMachine(
      .established, initialSequence: segment.acknowledgment, nextToSend: segment.acknowledgment,
      nextExpected: segment.sequence, at: segment.time)
    originator = senderIsOriginator ? sender : receiver
    responder = senderIsOriginator ? receiver : sender
    startedAt = segment.time
    traits = Traits(originatorIsLow: originatorIsLow, beganUnseen: true)
    if segment.options.hasTimestamps {
      let (own, echo) = (segment.options.timestampValue, segment.options.timestampEchoReply)
      originator.negotiateTimestamps(senderIsOriginator ? echo : own)
      responder.negotiateTimestamps(senderIsOriginator ? own : echo)
    }
  }

  /// A connection of which nothing was seen but the holder's answer to a foreign SYN: its numbers
  /// are in that answer.
  ///
  /// - Parameter state: `timeWait`, or `established` where the answer came from a live socket.
  init(
    inferredFrom answer: Segment, state: TCPState, originatorIsLow: Bool, firstSeenAt: Timestamp
  ) {
    originator = EndpointStateMachine(
      .closed, initialSequence: answer.acknowledgment, nextToSend: answer.acknowledgment,
      nextExpected: answer.sequence, at: answer.time)
    responder = EndpointStateMachine(
      state, initialSequence: answer.sequence, nextToSend: answer.sequence,
      nextExpected: answer.acknowledgment, at: answer.time)
    if answer.options.hasTimestamps {
      responder.negotiateTimestamps(answer.options.timestampEchoReply)
    }
    responder.forgetTimes()
    startedAt = firstSeenAt
    traits = Traits(originatorIsLow: originatorIsLow, beganUnseen: true)
    traits.insert(.isInferred)
    // Entered before the capture: not one of those that it shows.
    if state == .timeWait { enteredTimeWait = .responder }
  }

  /// Fills the place of a connection where there is none.
  static let none = Connection(
    clientSequence: SequenceNumber(0), serverSequence: SequenceNumber(0), startedAt: .never,
    now: .never, originatorIsLow: false, beganUnseen: false)

  /// The machine of one end.
  func endpoint(isLow: Bool) -> EndpointStateMachine {
    isLow == originatorIsLow ? originator : responder
  }

  /// The receive window that one end has last advertised, in bytes.
  func receiveWindow(isLow: Bool) -> UInt32 {
    let shift = isLow == originatorIsLow ? windowShifts & 0xf : windowShifts >> 4
    return UInt32(endpoint(isLow: isLow).lastWindow) << UInt32(shift)
  }

  /// Feeds a segment to both machines if it is of the common kind that changes no state: the same as
  /// `observe` does, without the questions that such a segment answers with no.
  ///
  /// Not where the beginning was not seen: who opened such a connection may still turn out otherwise.
  ///
  /// - Returns: false where it is not of that kind, and nothing was done.
  @inline(__always)
  mutating func passQuickly(_ segment: Segment, senderIsLow: Bool) -> Bool {
    guard segment.flags.intersection([.syn, .fin, .rst, .ack]) == .ack,
      traits.intersection([.beganUnseen, .heardFromLow, .heardFromHigh])
        == [.heardFromLow, .heardFromHigh]
    else { return false }
    return senderIsLow == originatorIsLow
      ? EndpointStateMachine.passInOrder(segment, from: &originator, to: &responder)
      : EndpointStateMachine.passInOrder(segment, from: &responder, to: &originator)
  }

  /// What a segment did to a connection; nothing of these where it changed but numbers.
  struct Effects: OptionSet, BitwiseCopyable {
    var rawValue: UInt8
    /// More than numbers may have changed.
    static let change = Effects(rawValue: 1)
    /// It is the originator's, captured after both ends were done.
    static let lateSegment = Effects(rawValue: 1 << 1)
    /// It is a RST that the responder would obey, if it is there.
    static let reset = Effects(rawValue: 1 << 2)
    /// It is an answer that counts against a rate limit: `TupleRecord` finds that out.
    static let limitedAnswer = Effects(rawValue: 1 << 3)
    /// The responder answers it within that limit, if at all.
    static let drawsLimitedAnswer = Effects(rawValue: 1 << 4)
    /// The responder has sent it after a RST that it should have obeyed.
    static let sentPastReset = Effects(rawValue: 1 << 5)

    /// What a connection does not remember, but for the `RareFacts` of its tuple.
    static let rare = Effects(
      rawValue: lateSegment.rawValue | reset.rawValue | limitedAnswer.rawValue
        | sentPastReset.rawValue)
  }

  /// Feeds a segment of this connection to both machines.
  @inline(__always)
  @discardableResult
  mutating func observe(
    _ segment: Segment, senderIsLow: Bool, timer: TimeWaitTimer = .anyAcknowledgment
  ) -> Effects {
    let fromOriginator = senderIsLow == originatorIsLow
    // Both ends have been heard, or the handshake counts as seen: nothing else is to be noted then.
    if !beganUnseen, !fromOriginator || responder.state != .closed {
      let before = (originator.state, responder.state)
      let isInOrder =
        fromOriginator
        ? EndpointStateMachine.passInOrderAcrossStates(segment, from: &originator, to: &responder)
        : EndpointStateMachine.passInOrderAcrossStates(segment, from: &responder, to: &originator)
      if isInOrder {
        if before == (originator.state, responder.state) { return [] }
        noteTimeWaits()
        return .change
      }
    }
    return observeAtLength(segment, senderIsLow: senderIsLow, timer: timer)
  }

  @inline(never)
  private mutating func observeAtLength(
    _ segment: Segment, senderIsLow: Bool, timer: TimeWaitTimer
  ) -> Effects {
    let fromOriginator = senderIsLow == originatorIsLow
    if (fromOriginator ? originator : responder).showsByteForFIN(segment) {
      retractFIN(ofOriginator: fromOriginator, at: segment.time)
    }
    let (wasDone, wasReset) = (responder.isDone, responder.isReset)
    let isPastReset = !fromOriginator && wasReset && responder.isLikelySender(of: segment)
    let drawsLimitedAnswer =
      fromOriginator && responder.answersWithinLimit(segment, peer: originator)
    if fromOriginator, responder.state == .timeWait { noteInTimeWait(segment, timer) }
    let isTaken =
      fromOriginator
      ? Self.pass(
        segment, from: &originator, to: &responder, beganUnseen: beganUnseen, timer: timer)
      : Self.pass(
        segment, from: &responder, to: &originator, beganUnseen: beganUnseen, timer: timer)
    var effects = Effects.change
    if drawsLimitedAnswer { effects.insert(.drawsLimitedAnswer) }
    guard let insteadOfLastACK = isTaken else { return effects }
    if responder.isReset, !wasReset { effects.insert(.reset) }
    if fromOriginator, wasReset, segment.isReset(expectedBy: responder) { effects.insert(.reset) }
    if isPastReset { effects.insert(.sentPastReset) }
    traits.insert(senderIsLow ? .heardFromLow : .heardFromHigh)
    if fromOriginator, wasDone { effects.insert(.lateSegment) }
    noteTimeWaits()
    if insteadOfLastACK {
      // It left before the peer's FIN arrived, so there never was a TIME_WAIT (reference, 1.2, 12).
      enteredTimeWait.remove(fromOriginator ? .originator : .responder)
    }
    return effects
  }

  /// A segment is about to arrive at the responder's TIME_WAIT: what of it depends on when TS.Recent was taken,
  /// which is with the segment that began TIME_WAIT but where an ACK in order came later.
  private mutating func noteInTimeWait(_ segment: Segment, _ timer: TimeWaitTimer) {
    guard timer.isOfLinux, segment.options.hasTimestamps, responder.hasTimestampRecent else {
      return
    }
    if segment.flags.contains(.rst) {
      let takenLate = traits.contains(.tookTimestampLate)
      responder.receiveOldRST(
        segment, timestampTakenAt: takenLate ? responder.timerStartedAt : responder.heldSince)
    } else if segment.sequenceLength == 0, segment.sequence == responder.nextExpected,
      !responder.refusesByPAWS(segment.options)
    {
      traits.insert(.tookTimestampLate)
    }
  }

  /// What was taken for the FIN of one end was a byte of data: nobody has entered TIME_WAIT by it.
  @inline(never)
  private mutating func retractFIN(ofOriginator: Bool, at time: Timestamp) {
    if ofOriginator {
      originator.retractFIN(at: time)
      responder.retractFINOfPeer(at: time)
    } else {
      responder.retractFIN(at: time)
      originator.retractFINOfPeer(at: time)
    }
    enteredTimeWait = []
  }

  /// Feeds a segment to who sends and to who receives it.
  ///
  /// - Returns: nil where the segment is none of this connection's; else whether it is a RST in place
  ///   of the ACK of the receiver's FIN.
  private static func pass(
    _ segment: Segment, from sender: inout EndpointStateMachine,
    to receiver: inout EndpointStateMachine, beganUnseen: Bool, timer: TimeWaitTimer
  ) -> Bool? {
    if EndpointStateMachine.passInOrderAcrossStates(segment, from: &sender, to: &receiver) {
      return false
    }
    return passAtLength(
      segment, from: &sender, to: &receiver, beganUnseen: beganUnseen, timer: timer)
  }

  /// Does the same for segments of any kind.
  @inline(never)
  static func passAtLength(
    _ segment: Segment, from sender: inout EndpointStateMachine,
    to receiver: inout EndpointStateMachine, beganUnseen: Bool, timer: TimeWaitTimer
  ) -> Bool? {
    guard isPlausible(segment, sender, receiver, beganUnseen: beganUnseen),
      !receiver.drops(segment),
      // Where the beginning was not seen, what was taken for its timestamps may be somebody else's.
      beganUnseen || !receiver.discards(segment)
    else { return nil }
    let insteadOfLastACK =
      segment.flags.contains(.rst) && !sender.hasAcknowledgedFIN(of: receiver)
    sender.didSend(segment, peer: receiver)
    receiver.didReceive(segment, peer: sender, timer: timer)
    sender.noteUnseenFIN(of: receiver, at: segment.time)
    return insteadOfLastACK
  }

  /// How far a segment may lie from the numbers seen so far: more than a window, since frames may be
  /// missing, and little enough to keep out what an earlier incarnation left in the network.
  private static let reach: UInt32 = 1 << 25

  /// Whether one of a segment's two numbers continues this connection. TIME_WAIT takes notice of
  /// any segment, so there everything belongs.
  private static func isPlausible(
    _ segment: Segment, _ sender: EndpointStateMachine, _ receiver: EndpointStateMachine,
    beganUnseen: Bool
  ) -> Bool {
    let hasACK = segment.flags.contains(.ack)
    if sender.state == .timeWait, segment.flags.contains(.rst) {
      // Sent for want of a socket, to what acknowledged all or to a SYN; or one that the receiver obeys, whoever
      // sends it. Any other is somebody else's.
      return hasACK
        ? segment.isRefusal
        : segment.sequence == sender.nextToSend || segment.sequence == receiver.nextExpected
    }
    if sender.state == .timeWait || receiver.state == .timeWait { return true }
    if !beganUnseen, !segment.flags.contains(.rst) {
      // What lies before the ISNs is an earlier incarnation's.
      if sender.isYoung, segment.sequence.precedes(sender.initialSequence) { return false }
      if hasACK, receiver.isYoung, !segment.acknowledgment.follows(receiver.initialSequence) {
        return false
      }
    }
    if segment.sequence.distance(from: sender.nextToSend).magnitude <= reach { return true }
    return hasACK
      && segment.acknowledgment.distance(from: receiver.nextToSend).magnitude <= reach
  }

  /// Swaps the roles of a connection whose beginning was not seen, while nobody holds TIME_WAIT. How its windows
  /// are scaled is not known, so that there is nothing to swap of that.
  mutating func swapRoles() {
    swap(&originator, &responder)
    traits.formSymmetricDifference(.originatorIsLow)
  }

  /// How long its tuple is remembered. One end alone, without a handshake, may be a stray segment.
  var retention: Retention.Class {
    if beganUnseen, !isInferred, !traits.isSuperset(of: [.heardFromLow, .heardFromHigh]) {
      return .ended
    }
    return responder.retention
  }

  /// A RST of somebody who is not this connection's endpoint arrives at one end, as the RST does
  /// that answers a challenge or an answer out of TIME_WAIT.
  ///
  /// - Returns: whether it is the responder that would obey it.
  mutating func receiveForeignRST(
    _ segment: Segment, receiverIsLow: Bool, timer: TimeWaitTimer
  ) -> Bool {
    let wasReset = responder.isReset
    if receiverIsLow == originatorIsLow {
      originator.didReceive(segment, peer: responder)
    } else {
      if responder.state == .timeWait { noteInTimeWait(segment, timer) }
      responder.didReceive(segment, peer: originator)
    }
    return responder.isReset && !wasReset
  }

  /// Applies evidence to one end.
  mutating func amend(isLow: Bool, _ change: (inout EndpointStateMachine) -> Void) {
    if isLow == originatorIsLow { change(&originator) } else { change(&responder) }
    // Who is in FIN_WAIT_2 never got the FIN that seemed to bring it into TIME_WAIT.
    if originator.state == .finWait2 { enteredTimeWait.remove(.originator) }
    if responder.state == .finWait2 { enteredTimeWait.remove(.responder) }
    noteTimeWaits()
  }

  @inline(__always)
  private mutating func noteTimeWaits() {
    if originator.state == .timeWait { enteredTimeWait.insert(.originator) }
    if responder.state == .timeWait { enteredTimeWait.insert(.responder) }
  }
}

extension Segment {
  fileprivate func isReset(expectedBy receiver: EndpointStateMachine) -> Bool {
    flags.contains(.rst) && sequence == receiver.nextExpected
  }
}

extension EndpointStateMachine {
  /// Whether a segment looks like the endpoint's own, if it still is in its state: a TIME_WAIT says the same
  /// always, where anything that is captured on its tuple counts as its.
  fileprivate func isLikelySender(of segment: Segment) -> Bool {
    guard segment.flags.isDisjoint(with: [.syn, .rst]), state != .closed else { return false }
    return state != .timeWait
      || segment.sequence == nextToSend && segment.acknowledgment == nextExpected
        && segment.sequenceLength == 0
  }

  /// It has sent so little that numbers can still be compared with its ISN.
  var isYoung: Bool { nextToSend.value &- initialSequence.value < 1 << 30 }

  /// The endpoint has nothing left to send or to receive.
  var isDone: Bool { state == .timeWait || state == .closed || isReset }
}
