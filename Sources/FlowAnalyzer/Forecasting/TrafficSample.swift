/// How much a forecast replays.
struct ForecastEffort {
  /// Of one world, all repetitions together: enough for narrow intervals.
  var budget: Int
  var repetitions: ClosedRange<Int>
  /// Attempts that are replayed at once, where there are more; and as many as have so many hits.
  var sample: Int
  var hits = 100
  /// But not more than this, or than one attempt in 50, if that is more.
  var most: Int
  private static let mostOfAll = 100_000
  /// And not less than so many TIME_WAITs, or so many attempts for each port: what is held must have come to
  /// its usual number.
  var timeWaits: Int64
  var perPort: Int
  /// Choices of ports that the load balancer's model is made from.
  var choices: Int

  static let full = ForecastEffort(
    budget: 60_000, repetitions: 3...100, sample: 20_000, most: 24_000, timeWaits: 3, perPort: 60,
    choices: PortHistory.limit)
  /// Some 30 ms, or a hundredth of what the analysis takes.
  static let brief = ForecastEffort(
    budget: 12_000, repetitions: 3...25, sample: 3000, most: 16_000, timeWaits: 2, perPort: 40,
    choices: 1500)

  func most(of log: ArrivalLog) -> Int { max(most, min(log.total / 50, Self.mostOfAll)) }

  /// Of how many attempts one is replayed.
  fileprivate func scale(of log: ArrivalLog) -> Double {
    let total = Double(log.total)
    let enough = min(total / Double(sample), Double(log.hits) / Double(hits))
    return max(1, total / Double(most(of: log)), enough)
  }
}

/// The attempts that are replayed: of many a sample, for which the load balancer has as many times fewer
/// ports. What meets what depends on the attempts for each port, not on how many there are of both.
///
/// Where a client's port decides over its SNAT port, all attempts of some of the ports are taken: clients that
/// come again meet what they left themselves. Else one attempt in so many is.
struct TrafficSample {
  /// With fewer ports toward a server than this a sample would not be like the whole.
  private static let fewestPorts = 500

  private(set) var traffic: Traffic
  /// For how many attempts, and ports, each stands.
  private(set) var scale: Double
  /// How many recorded attempts there are among them.
  private(set) var recorded: Int

  init(
    _ log: ArrivalLog, _ model: LoadBalancerModel, _ effort: ForecastEffort, timeWait: Int64,
    seed: UInt64
  ) {
    let isByPort = model.choice.goesByClient
    let total = Double(log.total)
    let size = Double(model.likeliest.size)
    let wanted = min(effort.scale(of: log), max(1, size / Double(Self.fewestPorts)))
    traffic = Traffic(log, seed: seed, sample: isByPort ? .ofPorts : .ofAttempts)
    let kept = max(1, total / Double(max(traffic.items.count, 1)))
    let rest = max(1, wanted / kept)
    if isByPort, max(kept, rest) > 1 {
      traffic = traffic.thinned(toPortsOneIn: Int(rest))
    } else {
      traffic = traffic.thinned(by: rest)
    }
    // The log keeps fewer than are wanted, where there are few ports for many attempts.
    let copies = max(1, Int((kept / wanted).rounded(.up)))
    scale = max(1, total / Double(max(traffic.items.count * copies, 1)))
    let perPort = Double(effort.perPort * log.services.count) * size / scale
    traffic = traffic.cut(
      to: effort.most(of: log) / copies, atLeast: effort.timeWaits * timeWait,
      enough: Int(min(perPort, 1e9)) / copies)
    recorded = traffic.items.count
    traffic = traffic.repeated(copies, seed: seed)
  }
}
