/// What is remembered of one tuple: its last connection, and the SYNs not yet judged.
struct TupleRecord: BitwiseCopyable {
  static let none = UInt32.max

  let key: TupleKey
  /// The last incarnation that the tuple carried.
  var connection: Connection? {
    didSet { retention = connection?.retention ?? .ended }
  }
  private(set) var retention = Retention.Class.ended
  /// The SYNs that await their verdict, oldest first, as a chain of positions.
  var firstPending = TupleRecord.none
  var lastPending = TupleRecord.none
  var pendingCount: UInt8 = 0
  /// Segments of the old connection that came after the last SYN and will be acknowledged: as many
  /// of the server's next ACKs answer them and not the SYN.
  var oldSegmentsAwaitingAnswer: UInt8 = 0
  /// The holder has sent something since the last SYN.
  var heardHolderSinceSyn = false
  var isLive = true
  /// The last segment of the old connection was one that a TIME_WAIT answers within its rate limit
  /// (Linux `tcp_oow_rate_limited`).
  var awaitsLimitedAnswer = false
  /// SYNs have come before, and all of them went without a connection.
  var hadUnansweredSyn = false
  private var lastSenderIsLow = false
  private var hasRun = false
  /// Counts changes of direction.
  private(set) var run: UInt32 = 0
  var lastSegmentAt: Timestamp
  /// The last answer that counts against the server's rate limit for invalid segments.
  var limitedAnswerAt: Timestamp?
  /// The last server ISN that came from its clock.
  var clockISN = SequenceNumber(0)
  var clockISNAt: Timestamp?
  /// The client of the last connection that got a SYN-ACK.
  var occupant = Party.unknown
  /// What the join keeps about the tuple, by its own numbers.
  var join = TupleRecord.none

  init(key: TupleKey, at time: Timestamp) {
    self.key = key
    lastSegmentAt = time
  }

  /// Whether the last segment came from the connection's originator.
  var lastIsFromOriginator: Bool { connection?.originatorIsLow == lastSenderIsLow }

  var hasPending: Bool { firstPending != Self.none }

  /// Notes who sent a segment, so that `run` tells stretches of one direction apart.
  mutating func noteSender(isLow: Bool) {
    if !hasRun || isLow != lastSenderIsLow {
      run &+= 1
      lastSenderIsLow = isLow
      hasRun = true
    }
  }
}

/// How long tuples are remembered after their last segments.
struct Retention: BitwiseCopyable {
  /// TIME_WAIT as assumed, in nanoseconds.
  var timeWait: Int64

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
  var ended: Int64 { max(2 * timeWait, 130_000_000_000) }
  /// A close that never finished: beyond the last retransmission of an orphan (tcp_retries2, 924 s).
  static let unfinishedClose: Int64 = 3_600_000_000_000

  /// How long after its last segment a tuple is forgotten, in nanoseconds.
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
