/// One SYN and all that bears on its verdict: what the receiver held, and what followed.
///
/// A plain value made of adjacent connections of one tuple only, so that judging it needs neither
/// the tracker nor any other tuple: what is known about the server as a whole comes separately
/// (`ServerKnowledge`).
struct Exchange: BitwiseCopyable {
  /// The SYN's own 4-tuple as address numbers: source first.
  var source: UInt32
  var destination: UInt32
  var sourcePort: UInt16
  var destinationPort: UInt16
  /// The attempt that the SYN belongs to.
  var attempt: UInt32

  var time: Timestamp
  var sequence: SequenceNumber
  var options: TCPOptions
  var frame: UInt64
  var capture: UInt32
  var hasFIN: Bool
  var payloadLength: UInt32

  /// What the receiver held when the SYN arrived.
  var holder: Holder
  var repetition: Repetition = .none
  /// Time since the last answer that counts against the rate limit, if any.
  var sinceLimitedAnswer: Int64?

  var answer: Answer = .none
  var answeredAt = Timestamp(nanoseconds: 0)
  /// Sequence number of the answer.
  var answerSequence = SequenceNumber(0)
  var answerAcknowledgment = SequenceNumber(0)
  /// The answer came from no socket: IPv4 identification 0 with DF (Linux control socket); nil
  /// where the family has no identification.
  var answerIsSocketless: Bool?

  /// The SYN-ACK's ISN is the old SND.NXT + 65537.
  var acceptedOutOfTimeWait = false
  /// A RST that the holder would obey followed this SYN's answer.
  var resetFollowed = false
  /// The next SYN on the tuple, or the capture's end.
  var nextSynAt: Timestamp?
  /// What later packets prove about the holder at the time of this SYN.
  var proof: Proof = .none
  /// How long the capture watched the tuple after the SYN, in nanoseconds.
  var watched: Int64 = 0

  /// What the server sent back, as seen.
  enum Answer: UInt8, BitwiseCopyable {
    case none
    /// A SYN-ACK that acknowledges this SYN.
    case synAck
    /// The handshake went on, but its SYN-ACK was not captured.
    case unseenSynAck
    /// An ACK that does not acknowledge the SYN: the numbers of an older connection.
    case oldNumbers
    /// Such an ACK was not captured, but the opener's RST that answers it was.
    case hiddenOldNumbers
    /// A RST that acknowledges the SYN.
    case reset
  }

  /// Whether the SYN repeats one that came before.
  enum Repetition: UInt8, BitwiseCopyable {
    case none
    /// An unanswered SYN of the same attempt on the same tuple.
    case ofUnanswered
    /// The SYN of the connection that the tuple carries.
    case ofOwnConnection
  }

  enum Proof: UInt8, BitwiseCopyable {
    case none
    /// A later answer with the old numbers, or a SYN accepted out of TIME_WAIT.
    case stillHeld
    /// A later SYN met a fresh socket.
    case gone
  }
}

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
  /// ISN of the connection's own SYN, to name it.
  var originatorISN: SequenceNumber
  var startedAt: Timestamp
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
    /// The other end entered TIME_WAIT.
    static let peerHeldTimeWait = Notes(rawValue: 1 << 5)
    /// The connection ended by a RST.
    static let endedByReset = Notes(rawValue: 1 << 6)
    static let clockISN = Notes(rawValue: 1 << 7)
    /// Earlier SYNs on the tuple got no connection.
    static let onlyUnanswered = Notes(rawValue: 1 << 8)
    /// The connection itself was never seen, only an answer with its numbers.
    static let inferred = Notes(rawValue: 1 << 9)
  }

  /// Nothing is known about the tuple.
  static let unknown = Holder(
    state: .closed, notes: [], since: Timestamp(nanoseconds: 0),
    timerStartedAt: Timestamp(nanoseconds: 0), nextToSend: SequenceNumber(0),
    nextExpected: SequenceNumber(0), timestampRecent: 0, receiveWindow: 0,
    clockISN: SequenceNumber(0), clockISNAt: Timestamp(nanoseconds: 0),
    originatorISN: SequenceNumber(0), startedAt: Timestamp(nanoseconds: 0), lateSegmentAge: 0)

  /// What Linux adds to SND.NXT for a connection that it accepts out of TIME_WAIT
  /// (`tcp_timewait_state_process`: 65535 + 2, zero becomes one).
  static let acceptedISNStep: UInt32 = 65_537

  /// The ISN of a SYN-ACK that proves the SYN was accepted out of a TIME_WAIT with `nextToSend`.
  static func acceptedISN(after nextToSend: SequenceNumber) -> SequenceNumber {
    let isn = nextToSend.advanced(by: acceptedISNStep)
    return isn.value == 0 ? SequenceNumber(1) : isn
  }
}

extension TCPState {
  /// What an ACK with the old connection's numbers, sent in answer to a SYN, proves about the state
  /// it was thought to come from; nil where it fits that state.
  ///
  /// - Parameters:
  ///   - beganUnseen: a FIN may have been sent before the capture.
  ///   - coversUnseen: it acknowledges more than the peer was seen to send.
  ///   - coversFIN: it acknowledges the peer's FIN.
  func proven(
    byAnswer segment: Segment, beganUnseen: Bool, coversUnseen: Bool, coversFIN: Bool
  ) -> TCPState? {
    let isSocketless = segment.isSocketless
    switch self {
    case .timeWait:
      // The peer's FIN was captured but never arrived.
      return coversFIN || beganUnseen ? nil : .finWait2
    case .closed:
      // Either the holder was not as passive as it looked, or the last ACK never arrived.
      return isSocketless == false ? .lastAck : .timeWait
    case .established: return isSocketless == true && beganUnseen ? .timeWait : nil
    case .closeWait: return isSocketless == true || (beganUnseen && isSocketless == nil) ? .timeWait : nil
    case .lastAck, .closing: return isSocketless == true ? .timeWait : nil
    case .finWait1:
      guard isSocketless == true else { return nil }
      return coversUnseen || coversFIN ? .timeWait : .finWait2
    case .finWait2:
      // What was not captured may be data, but only a live socket would have taken it.
      return coversFIN || (coversUnseen && isSocketless != false) ? .timeWait : nil
    case .synSent, .synReceived: return nil
    }
  }
}

extension Segment {
  /// Sent by no socket of its own: Linux answers out of TIME_WAIT and for mini-sockets with IPv4
  /// identification zero and DF, while a live socket counts its packets. nil for IPv6.
  var isSocketless: Bool? {
    source.address.isIPv6 ? nil : ipIdentification == 0 && dontFragment
  }
}
