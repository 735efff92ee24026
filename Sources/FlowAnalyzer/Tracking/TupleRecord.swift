/// What is remembered of one tuple: its last connection, and the SYNs not yet judged.
struct TupleRecord: BitwiseCopyable {
  static let none = UInt32.max

  // What every segment needs comes first, and nothing leaves gaps.
  let key: TupleKey
  /// `Segment.flowHash` of its segments.
  let hash: UInt32
  /// Counts changes of direction.
  private(set) var run: UInt32 = 0
  var lastSegmentAt: Timestamp
  /// The SYNs that await their verdict, oldest first, as a chain of positions.
  var firstPending = TupleRecord.none
  var lastPending = TupleRecord.none
  /// What the join keeps about the tuple, by its own numbers.
  var join = TupleRecord.none
  private(set) var retention = Retention.Class.ended
  private var lastSenderIsLow = false
  var isLive = true
  /// The last segment of the old connection was one that a TIME_WAIT answers within its rate limit
  /// (Linux `tcp_oow_rate_limited`).
  var awaitsLimitedAnswer = false
  /// The holder has sent something since the last SYN.
  var heardHolderSinceSyn = false
  /// SYNs have come before, and all of them went without a connection.
  var hadUnansweredSyn = false
  var pendingCount: UInt8 = 0
  /// Segments of the old connection that came after the last SYN and will be acknowledged: as many
  /// of the server's next ACKs answer them and not the SYN.
  var oldSegmentsAwaitingAnswer: UInt8 = 0
  private(set) var hasConnection = false
  /// The last incarnation that the tuple carried; meaningful with `hasConnection`. Not an optional, so
  /// that a single field can be looked at where it is.
  private(set) var current = Connection.none
  /// The last incarnation that the tuple carried, if any. A copy: not for every segment.
  var connection: Connection? {
    get { hasConnection ? current : nil }
    set {
      hasConnection = newValue != nil
      current = newValue ?? .none
      retention = newValue?.retention ?? .ended
    }
  }
  /// The last answer that counts against the server's rate limit for invalid segments.
  var limitedAnswerAt: Timestamp? {
    get { lastLimitedAnswer.ifEver }
    set { lastLimitedAnswer = newValue ?? .never }
  }
  private var lastLimitedAnswer = Timestamp.never
  /// When the last server ISN came that was from its clock, and which.
  var clockISNAt: Timestamp? {
    get { lastClockISNAt.ifEver }
    set { lastClockISNAt = newValue ?? .never }
  }
  private var lastClockISNAt = Timestamp.never
  var clockISN = SequenceNumber(0)
  /// The client of the last connection that got a SYN-ACK.
  var occupant = Party.unknown

  init(key: TupleKey, hash: UInt32, at time: Timestamp) {
    self.key = key
    self.hash = hash
    lastSegmentAt = time
  }

  /// Whether the last segment came from the connection's originator.
  var lastIsFromOriginator: Bool { hasConnection && current.originatorIsLow == lastSenderIsLow }

  var hasPending: Bool { firstPending != Self.none }

  /// Notes who sent a segment, so that `run` tells stretches of one direction apart.
  mutating func noteSender(isLow: Bool) {
    if run == 0 || isLow != lastSenderIsLow {
      run &+= 1
      lastSenderIsLow = isLow
    }
  }
}

extension TupleRecord {
  /// The tuple carries another connection from now on.
  mutating func begin(_ connection: Connection) {
    hasConnection = true
    current = connection
    retention = current.retention
    hadUnansweredSyn = false
    limitedAnswerAt = nil
  }

  /// What a segment did to the tuple's connection.
  struct Change {
    var before: (state: TCPState, holders: Connection.Side)
    var after: (state: TCPState, holders: Connection.Side)
  }

  /// Takes in a segment of the commonest kind: data or an ACK, in order, of a connection that was seen
  /// from its beginning, while no SYN waits. Nothing but numbers and the time changes then.
  ///
  /// - Returns: false where it is not of that kind, and nothing was done.
  @inline(__always)
  mutating func passQuickly(_ segment: Segment, senderIsLow: Bool) -> Bool {
    guard segment.flags.intersection([.syn, .fin, .rst, .ack]) == .ack, hasConnection, !hasPending,
      current.passQuickly(segment, senderIsLow: senderIsLow)
    else { return false }
    lastSegmentAt = segment.time
    return true
  }

  /// Gives a segment to the connection, if there is one.
  ///
  /// - Returns: nil where nothing came of it that anybody counts, as is the rule.
  mutating func feed(_ segment: Segment, senderIsLow: Bool, timer: TimeWaitTimer) -> Change? {
    guard hasConnection else { return nil }
    let before = (state: current.responder.state, holders: current.enteredTimeWait)
    if before.state == .timeWait { noteLimitedAnswer(segment, senderIsLow) }
    current.observe(segment, senderIsLow: senderIsLow, timer: timer)
    retention = current.retention
    let after = (state: current.responder.state, holders: current.enteredTimeWait)
    return before == after ? nil : Change(before: before, after: after)
  }

  /// Keeps the time of an answer that uses up the right to answer the next SYN: Linux answers out of
  /// TIME_WAIT within one limit, whether to a SYN or to a segment without data and FIN.
  private mutating func noteLimitedAnswer(_ segment: Segment, _ senderIsLow: Bool) {
    if senderIsLow == current.originatorIsLow {
      awaitsLimitedAnswer =
        segment.flags.contains(.ack) && segment.flags.isDisjoint(with: [.fin, .rst])
        && segment.payloadLength == 0
        && (segment.flags.contains(.syn) || segment.sequence != current.responder.nextExpected)
    } else if awaitsLimitedAnswer, segment.sequenceLength == 0, !segment.flags.contains(.rst),
      !hasPending
    {
      limitedAnswerAt = segment.time
      awaitsLimitedAnswer = false
    }
  }

  /// Its connection began unseen, and which end opened it is a guess that a SYN may correct.
  var mayBeTurned: Bool {
    hasConnection && current.beganUnseen && !current.isInferred && current.enteredTimeWait.isEmpty
  }
}

/// How long tuples are remembered after their last segments.
struct Retention: BitwiseCopyable {
  /// TIME_WAIT as assumed, in nanoseconds.
  let timeWait: Int64

  /// What a tuple's last connection says about it, small enough to look at in passing.
  enum Class: UInt8, BitwiseCopyable {
    /// Nothing, or an ended connection.
    case ended
    /// A close that has not finished.
    case unfinishedClose
    /// The server may hold it without limit.
    case unlimited
  }

  /// An ended connection: long enough to see that its TIME_WAIT is over, and that an attempt which
  /// began on it has ended.
  private let ended: Int64
  /// A close that never finished: beyond the last retransmission of an orphan (tcp_retries2, 924 s).
  private static let unfinishedClose: Int64 = 3_600_000_000_000

  /// After so long most tuples are forgotten, in nanoseconds.
  var horizon: Int64 { ended }

  init(timeWait: Int64) {
    self.timeWait = timeWait
    ended = max(2 * timeWait, 130_000_000_000)
  }

  /// How long after its last segment a tuple is forgotten, in nanoseconds.
  @inline(__always)
  func limit(_ kind: Class) -> Int64 {
    switch kind {
    case .ended: ended
    case .unfinishedClose: Self.unfinishedClose
    case .unlimited: .max
    }
  }
}

extension EndpointStateMachine {
  /// How long a tuple with this responder is remembered.
  var retention: Retention.Class {
    if isDone { return .ended }
    switch state {
    case .closed, .timeWait, .synSent, .synReceived: return .ended
    case .finWait1, .closing, .lastAck: return .unfinishedClose
    case .established, .finWait2, .closeWait: return .unlimited
    }
  }
}
