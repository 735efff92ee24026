/// What the recorded traffic would do in changed worlds: the model of `whatif`.
///
/// Each number of a row is what came of many replays, as the interval from the 5th to the 95th percentile
/// and the median. The same captures and the same seed give the same forecast.
public struct Forecast: Sendable {
  /// A few worlds only, replayed less often: what every report carries. `whatif` tries them all.
  public var isBrief: Bool
  public var basis: Basis
  public var loadBalancer: LoadBalancer
  /// The load balancers that the captures show, where they show several.
  public var balancers: [Balancer]
  /// The connections that a load balancer has to keep entries of.
  public var rate: Rate
  /// Grouped, in the order of `Row.Group`; the first is the recorded world itself.
  public var rows: [Row]
  /// What a shorter TIME_WAIT would no longer catch.
  public var lateSegments: LateSegments
  /// How the server-side tuples spread over the links of a group; empty where there is but IPv6.
  public var links: [LinkSpread]
  /// What helps, the best first.
  public var recommendations: [Recommendation]

  /// What is replayed.
  public struct Basis: Sendable {
    /// Attempts of the server side, and how many of them are replayed: all, or a sample that stands for them.
    public var attempts: Int
    public var attemptsReplayed: Int
    /// Those of more services or SNAT addresses than can be numbered, for which none stands.
    public var attemptsOmitted: Int
    /// How many attempts met something that the server held, and how many left a TIME_WAIT.
    public var attemptsHit: Int
    /// How many attempts had a SYN that was not let in; null where nobody has counted them.
    public var attemptsDelayed: Int?
    public var timeWaits: Int
    /// From the first attempt to the last.
    public var spanSeconds: Seconds
    public var seed: UInt64
    /// Whether what is recommended can be relied on: `limited` is a hint, and of what is `inconclusive`
    /// nothing is recommended at all.
    public var grade: Coverage.Grade
    public var limits: [Limit]

    /// Why a forecast is less certain than its intervals say. A closed list.
    public enum Limit: String, Sendable, CaseIterable {
      /// Less than one TIME_WAIT long: most of what steady traffic would leave is not there yet.
      case shorterThanTimeWait = "shorter-than-time-wait"
      /// Fewer than three TIME_WAITs long: tuples that would be met later are not met in the replay.
      case shorterThanThreeTimeWaits = "shorter-than-three-time-waits"
      /// Fewer than a hundred attempts.
      case fewAttempts = "few-attempts"
      /// Fewer than ten attempts hit, but some did: which measure is best is a matter of chance.
      case fewHits = "few-hits"
      /// Nothing tells how the load balancer chooses ports; random is assumed.
      case choiceUnknown = "choice-unknown"
      /// Some attempts are of more services, or SNAT addresses, than can be numbered.
      case attemptsOmitted = "attempts-omitted"
      /// The capture itself does not allow a verdict.
      case inconclusive
      /// The replay of the recorded world does not give what was recorded.
      case replayDiffers = "replay-differs"
    }
  }

  /// Why there is no forecast. A closed list.
  public enum Absence: String, Sendable, CaseIterable {
    /// Nobody asked for one.
    case notAsked = "not-asked"
    /// The server side has no attempt.
    case noAttempts = "no-attempts"
    /// Fewer than twenty attempts.
    case fewAttempts = "few-attempts"
    /// The captures allow no verdict, and so no forecast.
    case inconclusive
  }

  /// One of several load balancers: capture points whose SNAT addresses are its own.
  public struct Balancer: Sendable, Equatable {
    public var points: [String]
    public var addresses: [IPAddress]
    public var attempts: Int
  }

  /// New connections, and how long they last.
  public struct Rate: Sendable {
    /// In the mean, and in the busiest second.
    public var newPerSecond: Double
    public var peakPerSecond: Int
    /// From the SYN that was let in to the close, of those that were closed.
    public var meanLifetimeSeconds: Seconds
  }

  /// The load balancer as the capture shows it.
  public struct LoadBalancer: Sendable {
    public var choice: PortChoice
    /// False where nothing tells the choice and random is assumed.
    public var isInferred: Bool
    public var addresses: Int
    public var portsPerAddress: Int
    public var holdSeconds: Seconds
    /// The share of choices that take a port before its hold is over, although others are free.
    public var leak: Double
    /// It gives held ports away where no other is left.
    public var evicts: Bool
    /// Its SYNs have numbers that only rise on each tuple, so that the server lets them in.
    public var numbersRise: Bool
    public var evidence: Evidence

    /// Ports rest until their turn comes, so that nothing shows how long they are kept back.
    var hidesHold: Bool {
      choice.goesInTurn && evidence.reuses >= 20 && evidence.meanRank < PortEvidence.inOrder
    }

    /// What the choice is told from.
    public struct Evidence: Sendable {
      /// Choices after the first of each address, and how many took one of the next 16 numbers.
      public var choices: Int
      public var followingNumbers: Int
      /// Choices of clients whose own port is known, and how many kept it.
      public var knownClientPorts: Int
      public var preservedPorts: Int
      /// Reuses among at least four free ports, and the mean place of the chosen one in the order in which
      /// they became free: 0 the longest free, 1 the last, 0.5 no order.
      public var reuses: Int
      public var meanRank: Double
      /// How much likelier the choices are by a search from a random port upward than by choice at random
      /// among all free ports: the decimal logarithm.
      public var searchLikelihood: Double
    }
  }

  /// The 5th, 50th and 95th percentile of replays.
  public struct Interval: Sendable, Equatable {
    public var low: Double
    public var median: Double
    public var high: Double
  }

  /// One world.
  public struct Row: Sendable {
    public var group: Group
    /// What is changed, in the group's unit: addresses, ports, seconds, requests, times the rate; of
    /// `consolidation` the addresses of the common pool, or the load balancers that share the traffic;
    /// zero where the group has none.
    public var value: Double
    /// The policy, the device, or what else is named.
    public var name: String?
    /// It is how things were recorded, as far as is known.
    public var isRecorded: Bool
    public var attempts: Int
    /// Attempts that meet a TIME_WAIT.
    public var attemptsHit: Interval
    /// Of those, the ones that are not let in at once: their users notice.
    public var delayed: Interval
    /// What that adds for all of them, in seconds.
    public var addedSeconds: Interval
    /// Attempts for which the load balancer has no port.
    public var refused: Interval
    /// The most ports toward one server that are in use or kept back at once.
    public var peakPorts: Interval
    /// Attempts that meet a TIME_WAIT by formula, where there is one.
    public var expectedHits: Double?
    /// What the load balancer has to keep, where that is what changes.
    public var entries: Entries?

    /// The connections, open or kept after their close, that a load balancer has at once.
    public struct Entries: Sendable, Equatable {
      /// The most in the recorded time.
      public var peak: Int
      /// In steady operation: rate x (lifetime + hold).
      public var expected: Double
    }

    /// A closed list, in the order of rows.
    public enum Group: String, Sendable, CaseIterable {
      case recorded
      case choice
      case addresses
      case ports
      case timeWait = "time-wait"
      case hold
      case preset
      case clientCloses = "client-closes"
      case pooling
      case monotonicNumbers = "monotonic-numbers"
      case ignoredResets = "rfc1337"
      case load
      case consolidation
    }
  }

  /// How late after the close segments of an old connection still came.
  public struct LateSegments: Sendable {
    /// Connections that left a TIME_WAIT at the server.
    public var connections: Int
    public var p50Seconds: Seconds
    public var p99Seconds: Seconds
    public var p999Seconds: Seconds
    public var maximumSeconds: Seconds
  }

  /// How connections spread over the links of a group under a hash policy.
  public struct LinkSpread: Sendable {
    public var policy: LinkPolicy
    public var links: Int
    public var addresses: Int
    /// Connections on each link.
    public var connections: [Int]
  }

  public struct Recommendation: Sendable {
    public var measure: Measure
    /// In the measure's unit; zero where it has none.
    public var value: Double
    /// The row that says what comes of it.
    public var row: Int

    /// A closed list.
    public enum Measure: String, Sendable, CaseIterable {
      case addAddresses = "add-addresses"
      case addPorts = "add-ports"
      case holdPorts = "hold-ports"
      case changeChoice = "change-choice"
      case closeFromClient = "close-from-client"
      case pool
      case monotonicNumbers = "monotonic-numbers"
      case shortenTimeWait = "shorten-time-wait"
    }
  }
}
