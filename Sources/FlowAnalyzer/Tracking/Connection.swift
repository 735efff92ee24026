/// One incarnation of a tuple: two endpoints, each with a state machine of its own.
struct Connection: BitwiseCopyable {
  private(set) var originator: EndpointStateMachine
  private(set) var responder: EndpointStateMachine
  /// The first SYN, or the first segment where the beginning was not seen.
  let startedAt: Timestamp
  /// The last segment from the originator that was captured after both ends were done: proof that
  /// a translating LB still knew the connection then.
  private(set) var lateOriginatorSegmentAt: Timestamp?
  private(set) var originatorIsLow: Bool
  /// The attempt that became this connection, where its SYN was seen.
  var attempt: UInt32?
  /// The handshake was not seen: it lies before the capture or was lost.
  let beganUnseen: Bool
  /// Which ends have been heard.
  private var heardFrom = (low: false, high: false)
  /// Nothing of it was seen but an answer with its numbers.
  private(set) var isInferred = false
  private(set) var enteredTimeWait: Side = []

  /// Which ends have entered TIME_WAIT.
  struct Side: OptionSet, BitwiseCopyable, Hashable {
    var rawValue: UInt8
    static let originator = Side(rawValue: 1)
    static let responder = Side(rawValue: 2)
  }

  /// A connection whose SYN and SYN-ACK are known.
  ///
  /// - Parameter syn: the SYN, or nil where it was not captured.
  init(
    synSequence: SequenceNumber, synOptions: TCPOptions?, synAck: Segment, startedAt: Timestamp,
    originatorIsLow: Bool
  ) {
    self.init(
      clientSequence: synSequence, serverSequence: synAck.sequence, startedAt: startedAt,
      now: synAck.time, originatorIsLow: originatorIsLow, beganUnseen: synOptions == nil)
    let answer = synAck.options
    if answer.hasTimestamps {
      // TSecr of a SYN-ACK is the TSval of the SYN it answers.
      responder.negotiateTimestamps(answer.timestampEchoReply)
      originator.negotiateTimestamps(answer.timestampValue)
    }
    if let offer = synOptions, offer.windowScale != TCPOptions.noWindowScale,
      answer.windowScale != TCPOptions.noWindowScale
    {
      originator.negotiateWindowShift(offer.windowScale)
      responder.negotiateWindowShift(answer.windowScale)
    }
  }

  /// A connection whose handshake took place although its SYN-ACK was not captured.
  init(
    synSequence: SequenceNumber, serverSequence: SequenceNumber, segment: Segment,
    startedAt: Timestamp, originatorIsLow: Bool
  ) {
    self.init(
      clientSequence: synSequence, serverSequence: serverSequence, startedAt: startedAt,
      now: segment.time, originatorIsLow: originatorIsLow, beganUnseen: false)
    if segment.options.hasTimestamps {
      let fromOriginator = segment.sequence == synSequence.advanced(by: 1)
      let (own, echo) = (segment.options.timestampValue, segment.options.timestampEchoReply)
      responder.negotiateTimestamps(fromOriginator ? own : echo)
      originator.negotiateTimestamps(fromOriginator ? echo : own)
    }
  }

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
    self.originatorIsLow = originatorIsLow
    self.beganUnseen = beganUnseen
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
    self.originatorIsLow = originatorIsLow
    beganUnseen = true
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
    self.originatorIsLow = originatorIsLow
    beganUnseen = true
    isInferred = true
    // Entered before the capture: not one of those that it shows.
    if state == .timeWait { enteredTimeWait = .responder }
  }

  /// The machine of one end.
  func endpoint(isLow: Bool) -> EndpointStateMachine {
    isLow == originatorIsLow ? originator : responder
  }

  /// Feeds a segment of this connection to both machines.
  mutating func observe(
    _ segment: Segment, senderIsLow: Bool, timer: TimeWaitTimer = .anyAcknowledgment
  ) {
    guard isPlausible(segment, senderIsLow: senderIsLow) else { return }
    if senderIsLow { heardFrom.low = true } else { heardFrom.high = true }
    let insteadOfLastACK =
      segment.flags.contains(.rst)
      && !endpoint(isLow: senderIsLow).hasAcknowledgedFIN(of: endpoint(isLow: !senderIsLow))
    if senderIsLow == originatorIsLow {
      if responder.isDone { lateOriginatorSegmentAt = segment.time }
      originator.didSend(segment, peer: responder)
      responder.didReceive(segment, peer: originator, timer: timer)
      originator.noteUnseenFIN(of: responder, at: segment.time)
    } else {
      responder.didSend(segment, peer: originator)
      originator.didReceive(segment, peer: responder, timer: timer)
      responder.noteUnseenFIN(of: originator, at: segment.time)
    }
    noteTimeWaits()
    if insteadOfLastACK {
      // It left before the peer's FIN arrived, so there never was a TIME_WAIT (reference, 1.2, 12).
      enteredTimeWait.remove(senderIsLow == originatorIsLow ? .originator : .responder)
    }
  }

  /// How far a segment may lie from the numbers seen so far: more than a window, since frames may be
  /// missing, and little enough to keep out what an earlier incarnation left in the network.
  private static let reach: UInt32 = 1 << 25

  /// Whether one of a segment's two numbers continues this connection. TIME_WAIT takes notice of
  /// any segment, so there everything belongs.
  private func isPlausible(_ segment: Segment, senderIsLow: Bool) -> Bool {
    let sender = endpoint(isLow: senderIsLow)
    let receiver = endpoint(isLow: !senderIsLow)
    if sender.state == .timeWait || receiver.state == .timeWait { return true }
    let hasACK = segment.flags.contains(.ack)
    if !beganUnseen, !segment.flags.contains(.rst) {
      // What lies before the ISNs is an earlier incarnation's.
      if sender.isYoung, segment.sequence.precedes(sender.initialSequence) { return false }
      if hasACK, receiver.isYoung, !segment.acknowledgment.follows(receiver.initialSequence) {
        return false
      }
    }
    if segment.sequence.distance(from: sender.nextToSend).magnitude <= Self.reach { return true }
    return hasACK
      && segment.acknowledgment.distance(from: receiver.nextToSend).magnitude <= Self.reach
  }

  /// Swaps the roles of a connection whose beginning was not seen, while nobody holds TIME_WAIT.
  mutating func swapRoles() {
    swap(&originator, &responder)
    originatorIsLow.toggle()
  }

  /// How long its tuple is remembered. One end alone, without a handshake, may be a stray segment.
  var retention: Retention.Class {
    if beganUnseen, !isInferred, !(heardFrom.low && heardFrom.high) { return .ended }
    return responder.retention
  }

  /// A RST of somebody who is not this connection's endpoint arrives at one end, as the RST does
  /// that answers a challenge or an answer out of TIME_WAIT.
  mutating func receiveForeignRST(_ segment: Segment, receiverIsLow: Bool) {
    if receiverIsLow == originatorIsLow {
      originator.didReceive(segment, peer: responder)
    } else {
      responder.didReceive(segment, peer: originator)
    }
  }

  /// Applies evidence to one end.
  mutating func amend(isLow: Bool, _ change: (inout EndpointStateMachine) -> Void) {
    if isLow == originatorIsLow { change(&originator) } else { change(&responder) }
    noteTimeWaits()
  }

  private mutating func noteTimeWaits() {
    if originator.state == .timeWait { enteredTimeWait.insert(.originator) }
    if responder.state == .timeWait { enteredTimeWait.insert(.responder) }
  }
}

extension EndpointStateMachine {
  /// It has sent so little that numbers can still be compared with its ISN.
  var isYoung: Bool { nextToSend.value &- initialSequence.value < 1 << 30 }

  /// The endpoint has nothing left to send or to receive.
  var isDone: Bool { state == .timeWait || state == .closed || isReset }
}
