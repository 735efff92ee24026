/// What is remembered of one tuple: its last connection, and the SYNs not yet judged.
struct TupleRecord: BitwiseCopyable {
  static let none = UInt32.max

  let key: TupleKey
  /// The last incarnation that the tuple carried.
  var connection: Connection?
  /// The SYNs that await their verdict, oldest first, as a chain of positions.
  var firstPending = TupleRecord.none
  var lastPending = TupleRecord.none
  var pendingCount: UInt8 = 0
  /// Segments of the old connection that came after the last SYN and will be acknowledged: as many
  /// of the server's next ACKs answer them and not the SYN.
  var oldSegmentsAwaitingAnswer: UInt8 = 0
  /// The last segment of the old connection was one that a TIME_WAIT answers within its limit.
  var awaitsLimitedAnswer = false
  var isLive = true
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

  init(key: TupleKey, at time: Timestamp) {
    self.key = key
    lastSegmentAt = time
  }

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

/// How long a tuple is remembered after its last segment.
struct Retention: BitwiseCopyable {
  /// TIME_WAIT as assumed, in nanoseconds.
  var timeWait: Int64

  /// An ended connection: long enough to see that its TIME_WAIT is over, and that an attempt which
  /// began on it has ended.
  var ended: Int64 { max(2 * timeWait, 130_000_000_000) }
  /// A close that never finished: beyond the last retransmission of an orphan (tcp_retries2, 924 s).
  static let unfinishedClose: Int64 = 3_600_000_000_000

  /// How long after its last segment a tuple is forgotten, in nanoseconds; nil while the server may
  /// hold it without limit.
  func limit(for record: borrowing TupleRecord) -> Int64? {
    guard let connection = record.connection else { return ended }
    let responder = connection.responder
    if responder.isDone { return ended }
    switch responder.state {
    case .closed, .timeWait, .synSent, .synReceived: return ended
    case .finWait1, .closing, .lastAck: return Self.unfinishedClose
    case .established, .finWait2, .closeWait: return nil
    }
  }
}
