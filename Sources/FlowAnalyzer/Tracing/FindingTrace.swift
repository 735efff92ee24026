/// The segments that one finding rests on, from both sides of the load balancer, in order of time:
/// what `Analyzer.trace` finds when it reads the captures once more.
public struct FindingTrace: Sendable {
  public var finding: AnalysisReport.Finding
  public var frames: [TracedFrame]
  /// The connections that the frames belong to, by `TracedFrame.connection`.
  public var connections: [TracedConnection]
  /// What each hit met, one for each of the finding's hits; nil where the hit was not found again.
  public var encounters: [Encounter?]
  /// The captures were read to the end of the attempt; false where that was interrupted, or a capture
  /// has changed since.
  public var isComplete: Bool
  /// What was added to the times of the clients' side beyond the corrections of the analysis, in
  /// nanoseconds (`ClockAlignment`).
  public var clientShift: Int64 = 0

  /// Whether something of the clients' side was found.
  public var hasClientSide: Bool { connections.contains { $0.side == .client } }
}

/// One captured segment, and what it did.
public struct TracedFrame: Sendable {
  public var segment: Segment
  public var side: Side
  /// Index into `FindingTrace.connections`.
  public var connection: Int
  /// What was left out of the same conversation right before it, for want of room.
  public var omitted = Omission()
  /// It came from the end that opened the conversation.
  public var isFromOpener: Bool
  /// What the server's end was in before and after it; nil where nothing tells, as on the clients' side.
  public var before: ServerEnd?
  public var after: ServerEnd?

  /// Segments that are only counted.
  public struct Omission: Equatable, Sendable {
    public var segments = 0
    /// Of payload, both ways.
    public var bytes: UInt64 = 0
  }

  /// The server's end of the connection that a tuple carries.
  public struct ServerEnd: Equatable, Sendable {
    public var state: TCPState
    /// When it entered that state, and when the timer of that state was last started.
    public var since: Timestamp
    public var timerStartedAt: Timestamp
    /// A RST came that it would obey.
    public var isReset: Bool
  }
}

/// One connection, or attempt at one, as one side shows it.
public struct TracedConnection: Sendable {
  public var side: Side
  /// From its opener.
  public var tuple: FourTuple
  public var part: Part
  /// The opener's ISN; where the SYN was not captured, the number that is counted from instead.
  public var openerBase: SequenceNumber?
  public var responderBase: SequenceNumber?
  /// Its handshake was not captured: numbers count from the first that were.
  public var beganUnseen: Bool

  /// What it has to do with the finding.
  public enum Part: String, Sendable, CaseIterable {
    /// It left the tuple behind.
    case previous
    /// The attempt that the finding is about.
    case current
    /// Another that used the tuple in between.
    case other
  }
}

/// What the server compared a SYN with.
public struct Encounter: Equatable, Sendable {
  /// The state of the holder (RFC 9293, section 3.3.2).
  public var state: TCPState
  /// The holder's numbers are known: it was followed, or its answer shows them.
  public var isKnown: Bool
  /// SND.NXT and RCV.NXT of the holder.
  public var nextToSend: SequenceNumber
  public var nextExpected: SequenceNumber
  /// TS.Recent; nil where the old connection had no timestamps.
  public var timestampRecent: UInt32?
  /// RCV.WND in bytes.
  public var receiveWindow: UInt32
  /// The holder's times; nil where they were not seen.
  public var since: Timestamp?
  public var timerStartedAt: Timestamp?
  /// How long before it came by what the server's last answer was for that counts against its rate limit, in nanoseconds.
  public var sinceLimitedAnswer: Int64?
  /// The server's answer came from no socket (IPv4 identification 0 with DF); nil where nothing tells.
  public var answerIsSocketless: Bool?
}
