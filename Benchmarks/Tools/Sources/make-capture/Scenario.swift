/// What is simulated. Rates are per second of capture time, durations in nanoseconds.
struct Scenario {
  var packets = 1_000_000
  var seed: UInt64 = 1
  var isIPv6 = false
  /// New connections that come and go.
  var rate = 2_000.0
  /// Connections that stay open, and the requests on all of them together.
  var idle = 0
  var requestRate = 2_000.0
  /// Share of the segments on one connection that stays open, too; 0: there is none.
  var hotTuple = 0.0
  /// Requests on each of the others.
  var exchanges = 1
  var snatAddresses = 16
  var ports = 64_511
  var hold: UInt64 = 7_000_000_000
  var choice = LoadBalancer.Choice.random
  /// Share of the connections on the first SNAT address; 0: as many as on any other.
  var hotAddress = 0.0
  var clientHosts = 20_000
  /// Shares of the connections, and of the clients' hosts.
  var closedByClient = 0.15
  var resetByClient = 0.02
  var withoutTimestamps = 0.1
  /// Share of the RSTs to a TIME_WAIT's answer that the load balancer drops as invalid.
  var lostResets = 0.02
  /// The client side's clock, against the server side's.
  var clockOffset: UInt64 = 0

  var tuples: Int { snatAddresses * ports }
}

extension Scenario {
  /// Keeps so many tuples alive: TIME_WAITs as far as the default rate makes them, at most half;
  /// connections that stay for the rest. The pool leaves room, so that hits stay rather few.
  mutating func aim(atLive live: Int, pool: Int?) {
    let inTimeWait = min(live / 2, 120_000)
    // Most connections leave one, for 61 s on average.
    rate = max(0.1, Double(inTimeWait) / (61 * (1 - closedByClient - resetByClient)))
    idle = live - inTimeWait
    let wanted = idle + max(8 * inTimeWait, 1_000)
    if let pool {
      snatAddresses = pool
    } else {
      snatAddresses = (wanted + ports - 1) / ports
    }
    // A pool of one address has no more ports than the hits need.
    ports = min(ports, (wanted + snatAddresses - 1) / snatAddresses)
  }
}
