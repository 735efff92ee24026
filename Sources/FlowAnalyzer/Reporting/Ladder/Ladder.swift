/// A finding as a sequence diagram: three lanes, segments as arrows between them in order of time, and
/// what the server still held as bars on its lane. `snat-audit explain` and the HTML report draw it.
///
/// Everything a drawing needs is here in the right order; texts are plain words, not escaped.
public struct Ladder: Sendable {
  public var finding: AnalysisReport.Finding
  /// Clients' addresses were captured; else the lane of the client is empty.
  public var hasClientSide: Bool
  /// What was added to the times of the clients' side on top of the analysis' corrections, because the
  /// same segments on both sides show that they fell short here; nil where nothing was.
  public var clientShiftSeconds: Seconds?
  /// What stands under the title of each lane.
  public var client: Lane
  public var loadBalancer: Lane
  public var server: Lane
  public var connections: [Connection]
  /// In order of time.
  public var rows: [Row]
  /// What the server held, in order of their beginning.
  public var spans: [Span]
  /// What each hit was compared with, in the order of the finding's hits.
  public var comparisons: [Comparison]

  /// A vertical line of the diagram.
  public struct Lane: Sendable {
    /// Addresses seen there, the most important first.
    public var endpoints: [String]
  }

  /// A connection on one side of the load balancer.
  public struct Connection: Sendable {
    public var side: Side
    public var part: TracedConnection.Part
    /// From its opener.
    public var tuple: FourTuple
    /// Its client as the finding names it; nil where that is not known.
    public var client: AnalysisReport.Client?
    /// ISNs, absolute; nil where they were not seen.
    public var openerISN: UInt32?
    public var responderISN: UInt32?
    /// Its handshake was not captured: relative numbers count from the first that were.
    public var beganUnseen: Bool
    /// A short name that is its own in this diagram: `previous`, `previous 2`, `current`, ...
    public var name: String
  }

  /// An arrow: one segment, or a remark that some were left out.
  public struct Row: Sendable {
    public var time: Timestamp
    /// The gap of the diagram: `.client` is client to LB, `.server` is LB to server.
    public var gap: Side
    /// The arrow points to the right, towards the server.
    public var isTowardsServer: Bool
    /// Index into `connections`: whose numbers it carries. A rejection, and the RST that answers it,
    /// carry those of the connection that was left behind.
    public var connection: Int
    public var role: Role
    public var flags: TCPFlags
    public var sequence: Number
    /// Nil without the ACK flag.
    public var acknowledgment: Number?
    /// Bytes of payload; all together where `role` is `.omitted`.
    public var length: UInt64
    /// As on the wire, not scaled.
    public var window: UInt16
    public var timestampValue: UInt32?
    public var timestampEcho: UInt32?
    /// Index into the report's captures, and the 1-based number of the frame there.
    public var capture: Int
    public var frame: UInt64
    /// 1; more where `role` is `.omitted`.
    public var segments: Int
    /// The last of those left out; nil where nothing was.
    public var until: Timestamp?
    /// Which hit it is, or answers, as an index into the finding's hits.
    public var hit: Int?
    /// What it means, in plain words, where it means something: a sentence without a full stop.
    public var note: String?
  }

  /// A sequence number.
  public struct Number: Equatable, Sendable {
    public var absolute: UInt32
    /// From the ISN of who sent what it counts; nil where that is not known.
    public var relative: Int64?
  }

  /// What a segment does in the story. A closed list.
  public enum Role: String, Sendable, CaseIterable {
    /// The SYN of a connection that is not the finding's.
    case opens
    /// The SYN-ACK of such a connection.
    case answers
    /// The ACK that ends a handshake.
    case establishes
    /// Data or an ACK that changes nothing.
    case continues
    /// A FIN.
    case closes
    /// The segment by which the server enters TIME_WAIT.
    case entersTimeWait = "enters-time-wait"
    /// A segment that starts the timer of the TIME_WAIT anew.
    case restartsTimer = "restarts-timer"
    /// A SYN that hit.
    case hit
    /// A SYN of the attempt that hit nothing: before the hits, or the one that got through.
    case retry
    /// The server's ACK with the old connection's numbers.
    case rejection
    /// The server's RST that refuses the SYN.
    case refusal
    /// The server's SYN-ACK to the attempt.
    case accepted
    /// The ACK of that SYN-ACK: the attempt has connected.
    case connected
    /// The RST with which the opener's host answers a rejection.
    case reset
    /// Such a RST that ended what the server held.
    case kills
    /// Any other RST.
    case aborts
    /// Segments left out.
    case omitted
  }

  /// What the server held of one connection: a bar on its lane.
  public struct Span: Sendable {
    public var state: HeldKind
    /// Index into `connections`; nil where nothing was captured of what was held.
    public var connection: Int?
    /// Index into the finding's hits: the first that met it.
    public var hit: Int
    /// Nil where that was not captured: the bar begins before the diagram.
    public var since: Timestamp?
    /// When its timer was started anew after that.
    public var restarts: [Timestamp]
    /// When it would have ended by itself, by its last timer; nil for what has no timer.
    public var freeAt: Timestamp?
    public var end: HeldEnd
    /// The rows between which the bar is drawn, both inclusive.
    public var rows: ClosedRange<Int>
  }

  /// What the rule looked at when a SYN hit.
  public struct Comparison: Sendable {
    /// The row of the SYN; nil where it was not found again.
    public var row: Int?
    /// Exact state of the holder; nil where nothing tells.
    public var state: TCPState?
    /// SYN.SEQ, RCV.NXT of the holder, and SYN.SEQ - RCV.NXT.
    public var sequence: UInt32
    public var nextExpected: UInt32?
    public var sequenceDistance: Int32?
    /// SND.NXT of the holder.
    public var nextToSend: UInt32?
    /// SYN.TSval, TS.Recent of the holder, and SYN.TSval - TS.Recent; nil where there are none.
    public var timestampValue: UInt32?
    public var timestampRecent: UInt32?
    public var timestampDistance: Int32?
    /// The ages of the holder, and of its timer, when the SYN came.
    public var heldForSeconds: Seconds?
    public var timerAgeSeconds: Seconds?
    /// The rule that applied, in a sentence, and where it is written.
    public var rule: String
    public var source: String
  }
}
