/// What is remembered of one tuple: its last connection, and the SYNs not yet judged.
struct TupleRecord: BitwiseCopyable {
  static let none = UInt32.max

  // In an order that leaves no gaps: 160 bytes. What is known of few tuples stands in `RareFacts`,
  // what the join knows in `JoinedTuple`.
  private(set) var key: TupleKey
  /// Counts changes of direction: copies of a packet have none between them, and are within a
  /// millisecond, so that it may wrap.
  private(set) var run: UInt16 = 0
  private var marks: Marks = [.isLive, .isEmbryo]
  var lastSegmentAt: Timestamp
  /// The last incarnation that the tuple carried; meaningful with `hasConnection`. Not an optional, so
  /// that a single field can be looked at where it is.
  private(set) var current = Connection.none
  private(set) var retention = Retention.Class.ended
  private var lastClockISNAt = Timestamp.never
  var clockISN = SequenceNumber(0)
  /// The SYNs that await their verdict, oldest first, as a chain of positions.
  var firstPending = TupleRecord.none

  private struct Marks: OptionSet, BitwiseCopyable {
    var rawValue: UInt16
    static let isLive = Marks(rawValue: 1)
    static let hasConnection = Marks(rawValue: 1 << 1)
    static let lastSenderIsLow = Marks(rawValue: 1 << 2)
    static let hasRun = Marks(rawValue: 1 << 3)
    /// Both marks of the last sender. Not as a list, of which the compiler may make an array.
    static let sender = Marks(rawValue: lastSenderIsLow.rawValue | hasRun.rawValue)
    static let awaitsLimitedAnswer = Marks(rawValue: 1 << 4)
    static let heardHolderSinceSyn = Marks(rawValue: 1 << 5)
    static let hadUnansweredSyn = Marks(rawValue: 1 << 6)
    static let isEmbryo = Marks(rawValue: 1 << 7)
    static let hasRareFacts = Marks(rawValue: 1 << 8)
    static let awaitsStream = Marks(rawValue: 1 << 9)
    static let lastWasLimitedAnswer = Marks(rawValue: 1 << 10)
    /// Those that say whether its connection may be passed by quickly; and what they say then.
    static let passage = Marks(
      rawValue: hasConnection.rawValue | awaitsLimitedAnswer.rawValue
        | lastWasLimitedAnswer.rawValue)
  }

  var isLive: Bool {
    get { marks[.isLive] }
    set { marks[.isLive] = newValue }
  }
  private(set) var hasConnection: Bool {
    get { marks[.hasConnection] }
    set { marks[.hasConnection] = newValue }
  }
  /// The last segment of the connection's originator was one that the responder answers within its rate limit
  /// (Linux `tcp_oow_rate_limited`).
  private var awaitsLimitedAnswer: Bool {
    get { marks[.awaitsLimitedAnswer] }
    set { marks[.awaitsLimitedAnswer] = newValue }
  }
  /// The last segment was such an answer, of a live socket.
  var lastWasLimitedAnswer: Bool {
    get { marks[.lastWasLimitedAnswer] }
    set { marks[.lastWasLimitedAnswer] = newValue }
  }
  /// The holder has sent something since the last SYN.
  var heardHolderSinceSyn: Bool {
    get { marks[.heardHolderSinceSyn] }
    set { marks[.heardHolderSinceSyn] = newValue }
  }
  /// It carries no connection yet; see `Embryos`.
  var isEmbryo: Bool {
    get { marks[.isEmbryo] }
    set { marks[.isEmbryo] = newValue }
  }
  /// There are `RareFacts` of it.
  var hasRareFacts: Bool {
    get { marks[.hasRareFacts] }
    set { marks[.hasRareFacts] = newValue }
  }
  /// The join reads its connection as soon as something is sent.
  var awaitsStream: Bool {
    get { marks[.awaitsStream] }
    set { marks[.awaitsStream] = newValue }
  }
  /// Its ends were heard in turns: the handshake may be over. Asked of embryos only, as `run` wraps.
  var hasThreeRuns: Bool { run >= 3 }
  /// SYNs have come before, and all of them went without a connection.
  var hadUnansweredSyn: Bool {
    get { marks[.hadUnansweredSyn] }
    set { marks[.hadUnansweredSyn] = newValue }
  }

  /// The last incarnation that the tuple carried, if any. A copy: not for every segment.
  var connection: Connection? {
    get { hasConnection ? current : nil }
    set {
      marks = marks.subtracting(.passage)
      hasConnection = newValue != nil
      current = newValue ?? .none
      retention = newValue?.retention ?? .ended
    }
  }
  /// When the last server ISN came that was from its clock, and which.
  var clockISNAt: Timestamp? {
    get { lastClockISNAt.ifEver }
    set { lastClockISNAt = newValue ?? .never }
  }

  init(key: TupleKey, at time: Timestamp) {
    self.key = key
    lastSegmentAt = time
  }

  /// Makes another tuple's record of it: the same as `init`, but for a connection that does not count.
  @inline(__always)
  mutating func renew(key: TupleKey, at time: Timestamp) {
    self.key = key
    firstPending = Self.none
    lastSegmentAt = time
    run = 0
    marks = [.isLive, .isEmbryo]
    retention = .ended
    clockISN = SequenceNumber(0)
    lastClockISNAt = .never
  }

  /// Whether the last segment came from the connection's originator.
  var lastIsFromOriginator: Bool {
    hasConnection && current.originatorIsLow == marks[.lastSenderIsLow]
  }

  var hasPending: Bool { firstPending != Self.none }

  /// Asked of embryos only, as `run` wraps.
  var hasSeveralSegments: Bool {
    run > 1 || (hasConnection && current.startedAt != lastSegmentAt)
  }

  /// Notes who sent a segment, so that `run` tells stretches of one direction apart.
  @inline(__always)
  mutating func noteSender(isLow: Bool) {
    let sender = isLow ? Marks.sender : Marks.hasRun
    if marks.intersection(.sender) != sender {
      run &+= 1
      marks = marks.subtracting(.sender).union(sender)
    }
  }
}

extension TupleRecord {
  /// The tuple carries another connection from now on.
  @inline(__always)
  mutating func begin(_ connection: Connection) {
    marks = marks.subtracting(.passage).union(.hasConnection)
    current = connection
    retention = current.retention
    hadUnansweredSyn = false
  }

  /// The SYN of its connection has come by, behind the SYN-ACK.
  mutating func adoptSYN(
    options: TCPOptions, answeredWith answer: TCPOptions, attempt: UInt32
  ) {
    current.adoptSYN(options: options, answeredWith: answer, attempt: attempt)
    hadUnansweredSyn = false
  }

  /// The SYN-ACK of its connection has come by, behind the ACK that answers it.
  mutating func adoptSynAck(_ options: TCPOptions) { current.adoptSynAck(options) }

  /// Notes that its connection is of an attempt that is logged.
  mutating func noteLogged() { current.noteLogged() }

  /// What a segment did to the tuple's connection.
  struct Change {
    var before: TrackingCounts.Standing
    var after: TrackingCounts.Standing
    var effects: Connection.Effects
  }

  /// How a segment passes its tuple.
  enum Passage {
    /// It is a copy of one already seen at the same point.
    case copy
    /// Data or an ACK, in order, of a connection that was seen from its beginning, while no SYN waits:
    /// the commonest kind. Nothing but numbers and the time has changed.
    case inOrder
    /// It has an ACK and neither SYN nor RST, and no SYN waits, but it changes more, or nothing is known
    /// of how its connection began: it was noted who has sent it, nothing else was done.
    case ofConnection
    /// Of another kind: the same was noted.
    case other
  }

  /// Takes in a segment, if it is of the commonest kind.
  @inline(__always)
  mutating func pass(
    _ segment: Segment, senderIsLow: Bool, _ duplicates: inout DuplicateFilter
  ) -> Passage {
    noteSender(isLow: senderIsLow)
    if duplicates.isCopy(segment, run: run) { return .copy }
    guard marks.intersection(.passage) == .hasConnection, !hasPending,
      segment.flags.intersection([.syn, .rst, .ack]) == .ack
    else { return .other }
    guard current.passQuickly(segment, senderIsLow: senderIsLow) else { return .ofConnection }
    lastSegmentAt = segment.time
    return .inOrder
  }

  /// Gives a segment to the connection, if there is one.
  ///
  /// - Returns: nil where nothing came of it that anybody counts, as is the rule.
  @inline(__always)
  mutating func feed(_ segment: Segment, senderIsLow: Bool, timer: TimeWaitTimer) -> Change? {
    guard hasConnection else { return nil }
    let before = (state: current.responder.state, holders: current.enteredTimeWait)
    let isLimited = awaitsLimitedAnswer && isLimitedAnswer(segment, senderIsLow)
    var effects = current.observe(segment, senderIsLow: senderIsLow, timer: timer)
    if effects.contains(.drawsLimitedAnswer) { awaitsLimitedAnswer = true }
    if isLimited {
      // Keepalives are common, and SYNs behind them are not.
      switch before.state {
      case .timeWait, .finWait2: effects.insert(.limitedAnswer)
      default: lastWasLimitedAnswer = true
      }
    }
    guard !effects.isEmpty else { return nil }
    retention = current.retention
    let after = (state: current.responder.state, holders: current.enteredTimeWait)
    return before == after && effects.isDisjoint(with: .rare)
      ? nil : Change(before: before, after: after, effects: effects)
  }

  /// Whether a segment, of whatever end, is the awaited answer, which uses up the right to answer the next SYN.
  private mutating func isLimitedAnswer(_ segment: Segment, _ senderIsLow: Bool) -> Bool {
    let isLate = segment.time.nanoseconds(since: lastSegmentAt) > FlowTracker.roundTrip
    if senderIsLow == current.originatorIsLow || isLate {
      awaitsLimitedAnswer = false
      return false
    }
    guard segment.sequenceLength == 0, !segment.flags.contains(.rst), !hasPending else {
      return false
    }
    awaitsLimitedAnswer = false
    return true
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

  /// An ended connection.
  private let ended: Int64
  /// A close that never finished: beyond the last retransmission of an orphan (tcp_retries2, 924 s).
  private static let unfinishedClose: Int64 = 3_600_000_000_000

  /// After so long most tuples are forgotten, in nanoseconds.
  var horizon: Int64 { ended }

  /// - Parameter isJudged: whether it is of interest what SYNs meet. Then ended connections are remembered so
  ///   long that it is seen that their TIME_WAIT is over, and an attempt which began on it has ended; else
  ///   until their own attempts have.
  init(timeWait: Int64, isJudged: Bool) {
    self.timeWait = timeWait
    ended = isJudged ? max(2 * timeWait, 130_000_000_000) : AttemptTable.longestGap
    shortest = min(ended, Self.unfinishedClose)
  }

  /// The shortest of all limits, in nanoseconds.
  let shortest: Int64

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
