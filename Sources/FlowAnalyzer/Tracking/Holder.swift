/// What one end held on a tuple at an instant, as far as the capture can tell.
struct Holder: BitwiseCopyable {
  var state: TCPState
  var notes: Notes
  /// When it entered that state, and when the timer was last started anew.
  var since: Timestamp
  var timerStartedAt: Timestamp
  /// SND.NXT and RCV.NXT left behind.
  var nextToSend: SequenceNumber
  var nextExpected: SequenceNumber
  /// TS.Recent; meaningful with `Notes.timestamps`.
  var timestampRecent: UInt32
  var receiveWindow: UInt32
  /// The last server ISN on this tuple that came from the clock, and when.
  var clockISN: SequenceNumber
  var clockISNAt: Timestamp
  /// How long after its end a segment of the connection still came through the LB, in nanoseconds;
  /// zero where none did.
  var lateSegmentAge: Int64

  struct Notes: OptionSet, BitwiseCopyable {
    var rawValue: UInt16
    /// The tuple has been seen before at all.
    static let known = Notes(rawValue: 1)
    /// The connection began unseen, so an absent FIN proves nothing.
    static let beganUnseen = Notes(rawValue: 1 << 1)
    /// The receiver may hold TIME_WAIT although it looks passive.
    static let ambiguous = Notes(rawValue: 1 << 2)
    static let timestamps = Notes(rawValue: 1 << 3)
    /// A RST that the holder would obey had been seen since it was last proven alive.
    static let resetBefore = Notes(rawValue: 1 << 4)
    /// The scale of its receive window is not known.
    static let unknownWindow = Notes(rawValue: 1 << 5)
    /// The connection ended by a RST.
    static let endedByReset = Notes(rawValue: 1 << 6)
    static let clockISN = Notes(rawValue: 1 << 7)
    /// Earlier SYNs on the tuple got no connection.
    static let onlyUnanswered = Notes(rawValue: 1 << 8)
    /// The connection itself was never seen, only an answer with its numbers.
    static let inferred = Notes(rawValue: 1 << 9)
    /// The state follows from the answer, not from the segments before it.
    static let stateFromAnswer = Notes(rawValue: 1 << 10)
    /// When the state was entered was not seen: the times are the latest possible.
    static let unknownTimes = Notes(rawValue: 1 << 11)
    /// An earlier SYN would have ended it, if it has arrived: nothing has shown since that it stands.
    static let mayBeReplaced = Notes(rawValue: 1 << 12)
    /// Its last answer within the rate limit came from no socket: in FIN_WAIT_2 it is an orphan.
    static let orphan = Notes(rawValue: 1 << 13)
    /// That answer came from a socket.
    static let fullSocket = Notes(rawValue: 1 << 14)
  }

  /// Nothing is known about the tuple.
  static let unknown = Holder(
    state: .closed, notes: [], since: Timestamp(nanoseconds: 0),
    timerStartedAt: Timestamp(nanoseconds: 0), nextToSend: SequenceNumber(0),
    nextExpected: SequenceNumber(0), timestampRecent: 0, receiveWindow: 0,
    clockISN: SequenceNumber(0), clockISNAt: Timestamp(nanoseconds: 0),
    lateSegmentAge: 0)

  /// It lets in no SYN, whatever that says: a live socket that no RST has ended.
  var isLiveSocket: Bool {
    switch state {
    case .closed, .synSent, .synReceived, .timeWait: false
    case .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck:
      !notes.contains(.resetBefore)
    }
  }

  /// Takes over what an answer has just shown about its sender.
  ///
  /// - Parameter time: when the SYN came that met the holder.
  mutating func learn(from endpoint: EndpointStateMachine, at time: Timestamp) {
    if state != endpoint.state || !notes.contains(.known) {
      notes.insert(.stateFromAnswer)
      since = min(endpoint.heldSince, time)
      timerStartedAt = min(endpoint.timerStartedAt, time)
      // It was so when the SYN came, but since when is not known.
      if endpoint.heldSince > time { notes.insert(.unknownTimes) }
    }
    if endpoint.hasUnknownTimes { notes.insert(.unknownTimes) }
    state = endpoint.state
    nextToSend = endpoint.nextToSend
    nextExpected = endpoint.nextExpected
    timestampRecent = endpoint.timestampRecent
    if endpoint.hasTimestampRecent { notes.insert(.timestamps) }
  }

  /// What Linux adds to SND.NXT for a connection that it accepts out of TIME_WAIT
  /// (`tcp_timewait_state_process`: 65535 + 2, zero becomes one).
  static let acceptedISNStep: UInt32 = 65_537

  /// The ISN of a SYN-ACK that proves the SYN was accepted out of a TIME_WAIT with `nextToSend`.
  static func acceptedISN(after nextToSend: SequenceNumber) -> SequenceNumber {
    let isn = nextToSend.advanced(by: acceptedISNStep)
    return isn.value == 0 ? SequenceNumber(1) : isn
  }
}
