/// The result of an analysis: the one model that all report formats are made from.
///
/// Its JSON form is the interface that others rely on; a field is renamed or dropped only together
/// with a new major `schemaVersion`. Times are RFC 3339 in UTC with nine fractional digits,
/// durations are seconds in fields whose names end so.
public struct AnalysisReport: Sendable {
  public static let schemaVersion = "1.0"

  public let schemaVersion = AnalysisReport.schemaVersion
  /// The run was interrupted before the captures were read to their end.
  public var partial: Bool
  /// How addresses and names were made unrecognisable; null where the report has them as captured.
  public var anonymization: Anonymization?
  /// Which packets are analysed; null where all are.
  public var selection: Selection?
  public var captures: [Capture]
  /// How the clocks of the capture points differ, each against the first.
  public var clock: [PointClock]
  public var topology: Topology
  public var coverage: Coverage
  public var analysis: Analysis
  public var summary: Summary
  /// How the server side went over time; null where no capture has a packet.
  public var timeline: Timeline?
  /// How soon tuples were used again, in classes; all of them, in order, also the empty ones.
  public var reuseIntervals: [ReuseInterval]
  /// Addresses that opened connections to servers: behind a load balancer, its SNAT addresses. The
  /// busiest first, at most 256.
  public var sources: [SourceAddress]
  /// How many more there were.
  public var sourcesOmitted: Int
  /// What the traffic would do in changed worlds; null where `forecastAbsence` says why.
  public var forecast: Forecast?
  public var forecastAbsence: Forecast.Absence?
  /// Who the server still holds when the capture ends.
  public var heldAtEnd: HeldAtEnd
  /// One per attempt with at least one hit, in order of the first hit; each is made when it is asked
  /// for.
  public var findings: Findings
  /// How many findings were counted but are not listed.
  public var findingsOmitted: Int
  /// The worst of those, for people only: they are shown the worst of all, listed or not.
  public var worstOmitted = Findings(count: 0) { _ in preconditionFailure("there is none") }
  /// The ports by which servers are reached, or, without their side, which clients ask for; empty where
  /// they are too many to tell. For people only.
  var servicePorts: [UInt16] = []
  /// What a policy says of all this; null where none was asked.
  public var check: PolicyVerdict?

  /// What stands in the place of addresses.
  public struct Anonymization: Equatable, Sendable {
    /// How they were encrypted.
    public var method: String
    /// Equal in reports whose addresses can be compared: a hash of the key.
    public var keyFingerprint: String
  }

  /// What the user wants to have analysed of the captures. The packets that it leaves out are counted
  /// under `filtered` and `outside-time`.
  public struct Selection: Equatable, Sendable {
    /// The filter's expression; where addresses are encrypted it is `withheld`, as it may name some.
    public var filter: String?
    /// The first instant that belongs to it.
    public var since: Timestamp?
    /// The first one that does not any more.
    public var until: Timestamp?
  }

  /// One capture file.
  public struct Capture: Sendable {
    public var path: String
    public var point: String
    public var role: String
    public var packets: UInt64
    public var tcpSegments: UInt64
    public var duplicates: UInt64
    /// The file ends in the middle of a packet.
    public var truncated: Bool
    public var firstPacket: Timestamp?
    public var lastPacket: Timestamp?
    public var warnings: [String]
    /// Why the file could not be read, or not to its end.
    public var error: String?
    /// Packets that gave no segment, by reason; with the segments and their copies they make up all.
    public var skipped: [String: UInt64]
    /// Packets that the capturing host says it dropped (pcapng Interface Statistics Block, `isb_ifdrop`
    /// and `isb_osdrop`); null where the file does not say.
    public var dropped: UInt64?
    /// The same for the same packets, whatever the file's name or format: a hash over the times, lengths
    /// and TCP headers of all packets, in 16 hexadecimal digits.
    public var contentHash: String
  }

  /// The clock of one capture point.
  public struct PointClock: Sendable {
    public var point: String
    /// What it is ahead of the first point's clock; null where nothing tells.
    public var offsetSeconds: Seconds?
    /// How fast it gains on that clock, in parts per million; null where the captures are too short.
    public var driftPpm: Double?
    /// The offset is right to within so much; null where nothing tells.
    public var errorSeconds: Seconds?
    /// How many handshakes both points have seen.
    public var handshakes: Int
  }

  /// What stands between clients and servers.
  public struct Topology: Sendable {
    public var translation: Translation
    /// The load balancer's own addresses, from which it connects to the servers.
    public var snatAddresses: [String]
    public var virtualAddresses: [String]
    public var servers: [String]
    /// The ports that each SNAT address was seen to use, and for how many connections.
    public var snatPorts: [PortRange]
    /// Clients ask for the servers' own addresses (egress SNAT): there is no virtual address.
    public var isEgress: Bool
    /// The servers' answers do not come by on the client side: they take another way back.
    public var answersBypass: Bool
    /// The virtual addresses with their ports.
    public var virtualServices: [Endpoint] = []

    public struct PortRange: Sendable {
      public var ip: String
      public var firstPort: UInt16
      public var lastPort: UInt16
      public var connections: Int
    }
  }

  public struct Analysis: Sendable {
    public var timeWait: TimeWait
    public var lbHold: LBHold
    public var server: Server

    public struct TimeWait: Sendable {
      public var assumedSeconds: Seconds
      /// default, option, config or measured.
      public var source: String
      public var measured: Measured
      /// What is assumed contradicts what was measured.
      public var warning: String?
    }

    public struct Measured: Sendable {
      /// The longest age at which a TIME_WAIT was proven alive.
      public var atLeastSeconds: Seconds?
      /// The shortest age at which one was proven gone.
      public var lessThanSeconds: Seconds?
    }

    /// How soon the LB gives a port away again.
    public struct LBHold: Sendable {
      public var atLeastSeconds: Seconds?
      public var atMostSeconds: Seconds?
      /// The load balancers that are said to be used.
      public var named: [Named]

      public struct Named: Sendable {
        public var balancer: LoadBalancerPreset
        /// How long it holds a port after a close, as it comes.
        public var holdSeconds: Seconds
        /// The captures show a port given away sooner than that.
        public var isContradicted: Bool
      }
    }

    /// By whose rules answers were predicted.
    public struct Server: Sendable {
      public var stack: String
      /// option, or evidence: shown by the answers; default: assumed without either.
      public var stackSource: String
      /// on, off or unknown.
      public var rfc1337: String
      public var rfc1337Source: String
    }
  }

  public struct Summary: Sendable {
    public var syns: Syns
    public var attempts: Attempts
    public var timeWaits: TimeWaits
    /// Live connections of others that a hit destroyed.
    public var killedConnections: Int
    /// SYNs on the client side: null without one.
    public var clientSyns: ClientSyns?
    /// Connections of the two sides that belong together: null without a client side.
    public var pairs: Pairs?
    /// What hits cost their attempts, over all findings.
    public var addedSeconds: AddedDelay
    public var unopenedTuples = UnopenedTuples()
  }

  /// Tuples that never carried a connection, of both sides: what floods and scans are made of.
  public struct UnopenedTuples: Equatable, Sendable {
    /// Those that a SYN came on, or several.
    public var syns = 0
    /// Those on which nothing but a single segment of another kind was seen.
    public var strays = 0
    /// Those of both that were forgotten early, as there were too many at once.
    public var forgottenEarly = 0
    /// The end that most of them lead to; nil where none stands out.
    public var target: Endpoint?

    public init() {}
  }

  public struct ClientSyns: Sendable {
    public var total: Int
    /// Those that never came by on the server side, although it was captured then; null where it was
    /// not captured at all.
    public var notForwarded: Int?
    /// SYNs that repeat one of the same attempt.
    public var repeated: Int
    /// Connections whose SYN-ACK came 0.9 s after the first SYN, or later.
    public var slowConnections: Int
    /// Attempts that saw no SYN-ACK.
    public var unanswered: Int
  }

  /// Both kinds of connections include attempts that never became one.
  public struct Pairs: Sendable {
    public var clientConnections: Int
    public var serverConnections: Int
    /// Connections of the client side with a partner, and the same of the server side.
    public var paired: Int
    public var pairedServerConnections: Int
    /// How many of the client side were found how; `none` is the rest.
    public var byMethod: [String: Int]
    /// Why those of the client side have no partner; every reason is listed.
    public var unpaired: [String: Int]
    /// Requests of the server side that several clients could have sent.
    public var ambiguousRequests: Int
  }

  /// `total` = `firstUses` + the hits + the reuses.
  public struct Syns: Equatable, Sendable {
    public var total: Int
    /// SYNs on tuples that were not in use before, as far as the capture goes.
    public var firstUses: Int
    public var timeWait: Answers
    public var established: Answers
    public var closing: Answers
    /// The hits by how and why they were answered, as far as there are any, in the order of the lists.
    public var reasons: [ReasonCount] = []
    /// SYNs on used tuples that were no hits, by reason; every reason is listed.
    public var reuses: [String: Int]

    public var hits: Int { timeWait.total + established.total + closing.total }
  }

  public struct ReasonCount: Equatable, Sendable {
    public var answer: Answer
    public var reason: HitReason
    public var hits: Int
  }

  public struct Answers: Equatable, Sendable {
    public var total: Int
    public var accepted: Int
    public var rejected: Int
    public var reset: Int
    public var unanswered: Int
    public var undetermined: Int

    public init(
      total: Int, accepted: Int, rejected: Int, reset: Int, unanswered: Int, undetermined: Int
    ) {
      self.total = total
      self.accepted = accepted
      self.rejected = rejected
      self.reset = reset
      self.unanswered = unanswered
      self.undetermined = undetermined
    }
  }

  public struct Attempts: Sendable {
    public var total: Int
    /// Attempts of the client side of which no SYN came by behind the LB; null without a client side.
    public var neverForwarded: Int?
    public var hit: Int
    /// Of those hit.
    public var connected: Int
    public var failed: Int
    public var undetermined: Int
    /// Of those hit: how many had something of it that somebody could notice.
    public var harmed = 0
  }

  public struct TimeWaits: Sendable {
    public var server: Int
    public var peer: Int
    public var both: Int
    /// Servers left in FIN_WAIT_2 without the peer's FIN. Those whose application has closed keep a
    /// mini-socket that Linux counts as TcpExtTW too; a capture cannot tell them from the others.
    public var serverFinWait2: Int
  }

  public struct AddedDelay: Sendable {
    public var total: Seconds
    public var maximum: Seconds
    /// Attempts by what the hits added, in classes that an operator recognises.
    public var histogram: [Bin]
    /// What the hits added, over all attempts of the server side: those not hit count with nothing.
    public var percentiles: Percentiles

    /// Each right to within 1 %, rounded up.
    public struct Percentiles: Sendable {
      public var p50: Seconds
      public var p90: Seconds
      public var p95: Seconds
      public var p99: Seconds
      public var p999: Seconds
    }

    public struct Bin: Sendable {
      /// The class ends here, exclusively; null for the last.
      public var belowSeconds: Seconds?
      public var attempts: Int
    }
  }

  /// The server side over time, in bins of one length.
  public struct Timeline: Sendable {
    /// Where the first bin begins: a multiple of the step.
    public var start: Timestamp
    /// The length of a bin, one of 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600 s, and so on by days:
    /// as short as makes at most 1,000 bins.
    public var stepSeconds: Seconds
    /// Attempts that began in each bin.
    public var newConnections: [Int]
    /// Tuples that servers held in TIME_WAIT at the end of each bin.
    public var timeWaitHeld: [Int]
    /// SYNs in each bin that hit.
    public var hits: [Int]
    /// Tuples of connections that were open at the end of each bin: from the SYN to both FINs or a RST. A
    /// port toward two servers counts twice, as the load balancer may use it for both at once.
    public var snatPortsInUse: [Int]
  }

  /// An address from which connections to servers were opened, and its ports.
  public struct SourceAddress: Sendable {
    public var ip: IPAddress
    /// Attempts from here.
    public var connections: Int
    /// SYNs from here that hit.
    public var hits: Int
    /// How many different ports it used, and the lowest and highest of them.
    public var ports: Int
    public var firstPort: UInt16
    public var lastPort: UInt16
  }

  /// SYNs on used tuples, by the time since the end of the connection before.
  public struct ReuseInterval: Sendable {
    /// The class ends here, exclusively; null for the last.
    public var belowSeconds: Seconds?
    public var hits: Int
    /// Reuses that were no hit.
    public var others: Int
  }

  public struct HeldAtEnd: Sendable {
    public var timeWait: Int
    public var established: Int
    public var closing: Int
    /// In order of tuple, at most as many as configured; those in TIME_WAIT first.
    public var tuples: [HeldTuple]
    public var tuplesOmitted: Int
  }

  public struct HeldTuple: Sendable {
    public var tuple: FourTuple
    public var state: HeldKind
    public var since: Timestamp?
    public var freeAt: Timestamp?
  }

  /// One attempt that hit.
  public struct Finding: Sendable {
    /// A hash of the first hit's tuple and ISN: the same whatever the file, its order or its clock.
    public var id: FindingIdentifier
    public var kind: Kind
    public var current: Party
    public var hits: [Hit]
    public var outcome: Outcome
    public var setupSeconds: Seconds?
    public var addedSeconds: Seconds
    /// How many SYNs the attempt took, on whatever tuple.
    public var syns: Int

    public enum Kind: String, Sendable, CaseIterable {
      case established = "established-hit"
      case closing = "closing-hit"
      case timeWait = "time-wait-hit"
    }
  }

  /// A connection by its client, which the other side of the LB shows, or the LB itself tells.
  public struct Party: Sendable {
    public var client: Client?
    /// How the client was found.
    public var method: JoinMethod
    /// 0...1.
    public var confidence: Double
    /// Where the connection has carried several clients: all of them, the last user first, at most
    /// eight.
    public var clients: [Client]?
    public var clientCount: Int?

    /// Nothing tells the client.
    static let unknown = Party(client: nil, method: .none, confidence: 0)
  }

  /// A client; its port is null where only the address is known.
  public struct Client: Sendable, Hashable {
    public var ip: IPAddress
    public var port: UInt16?
  }

  /// One SYN that hit.
  public struct Hit: Sendable {
    public var at: Timestamp
    public var capture: Int
    public var frame: UInt64
    public var tuple: FourTuple
    public var isn: UInt32
    public var held: Held
    public var previous: Party
    public var predicted: Answer
    public var answer: Answer
    public var reason: HitReason
    /// It destroyed the live connection that it met (RST after a challenge ACK).
    public var killedConnection: Bool
    /// SYN to its answer.
    public var answeredAfterSeconds: Seconds?
    /// SYN.SEQ - RCV.NXT, what the rule looked at first.
    public var sequenceDistance: Int32?
    /// SYN.TSval - TS.Recent, where both have timestamps.
    public var timestampDistance: Int32?
  }

  public struct Held: Sendable {
    public var state: HeldKind
    public var since: Timestamp?
    public var restartedAt: Timestamp?
    public var freeAt: Timestamp?
    /// Age of the timer when the SYN came.
    public var ageSeconds: Seconds?
    public var evidence: Evidence
    public var end: HeldEnd
  }
}

extension AnalysisReport.Client: CustomStringConvertible {
  public var description: String {
    port.map { Endpoint(address: ip, port: $0).description } ?? ip.description
  }
}

/// How far the captures allow a verdict.
public struct Coverage: Sendable {
  public var grade: Grade
  public var reasons: [Reason]

  /// A closed list.
  public enum Grade: String, Sendable, CaseIterable {
    /// Nothing is known to be missing.
    case full
    /// The verdict stands on what was seen; the reasons say what was not.
    case limited
    /// No verdict: the captures cannot show hits.
    case inconclusive
  }

  /// A closed list.
  public enum Reason: String, Sendable, CaseIterable {
    case noPackets = "no-packets"
    case noTCP = "no-tcp"
    case noSyns = "no-syns"
    case clientSideOnly = "client-side-only"
    case noAnswers = "no-answers"
    case clocksDiffer = "clocks-differ"
    case flagsFiltered = "flags-filtered"
    case bothSides = "both-sides"
    case sidesSwapped = "sides-swapped"
    case shorterThanTimeWait = "shorter-than-time-wait"
    case beganMidstream = "began-midstream"
    case synsMissed = "syns-missed"
    case dropsRecorded = "drops-recorded"
    case headersCut = "headers-cut"
    case captureCutOff = "capture-cut-off"
    case unreadableInput = "unreadable-input"
    case sideAssumed = "side-assumed"
    case sidesApart = "sides-apart"
    case flood
  }
}
