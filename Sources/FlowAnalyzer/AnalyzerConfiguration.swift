/// Everything a user can tune about an analysis; the defaults are those of the command line.
public struct AnalyzerConfiguration: Sendable {
  /// How long the server is taken to hold TIME_WAIT, in nanoseconds; nil takes the stack's own.
  public var timeWait: Int64?
  /// That stands in a file of options, as the report says.
  public var timeWaitIsConfigured = false
  /// The server's TCP; nil lets its answers tell, Linux until then.
  public var serverStack: StackProfile?
  /// Whether the server ignores RSTs in TIME_WAIT (RFC 1337); nil lets the evidence tell.
  public var rfc1337: Bool?
  /// How many findings the report lists; the others are counted all the same.
  public var maximumFindings = 100_000
  /// How many of the tuples held at the end the report lists.
  public var maximumHeldTuples = 10_000
  /// What is analysed of the captures; all of it, as a rule.
  public var selection = PacketSelection()
  /// Encrypts what identifies hosts; nil leaves all as it was captured.
  public var anonymizer: AddressAnonymizer?

  /// What the report forecasts; nil for nothing.
  public var forecast: ForecastOptions?
  /// The load balancers that are said to be used.
  public var balancers: [LoadBalancerPreset] = []

  /// How many threads may work; one reads nothing ahead. What is reported does not depend on it.
  public var workers = 2

  /// How many tuples without a connection are kept at a time on each side, see `Embryos`.
  var embryoLimit = Embryos.usualLimit

  /// Whether captures of the server side are audited in lanes. Reports are the same without, but
  /// for forecasts of samples: lanes draw others.
  var usesLanes = true

  public init() {}

  /// TIME_WAIT as assumed, in nanoseconds.
  var assumedTimeWait: Int64 { timeWait ?? (serverStack ?? .linux).timeWait }
}
