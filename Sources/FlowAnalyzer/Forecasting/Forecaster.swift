/// Replays the recorded arrivals in many worlds, and says what helps.
struct Forecaster {
  let log: ArrivalLog
  let model: LoadBalancerModel
  let world: World
  let seed: UInt64
  let options: ForecastOptions
  let balancers: Int
  let entries: EntryLoad
  private let effort: ForecastEffort
  private let traffic: Traffic
  /// How many attempts, and ports, each of the sample stands for.
  private let scale: Double
  /// Recorded attempts that are replayed.
  let replayed: Int
  /// Recorded attempts of which a SYN was not let in; nil where nobody has counted them.
  let recordedDelayed: Int?

  init(
    _ log: ArrivalLog, _ world: RecordedServer, _ options: ForecastOptions, seed: UInt64,
    balancers: BalancerFinder? = nil
  ) {
    let balancers = balancers ?? BalancerFinder(one: log)
    self.log = log
    self.options = options
    self.seed = seed
    self.balancers = balancers.count
    effort = options.isBrief ? .brief : .full
    model = LoadBalancerModel(log, balancers: balancers.count, choices: effort.choices)
    recordedDelayed = world.delayedAttempts
    self.world = World(
      policy: model.likeliest, timeWait: world.timeWait, stack: world.stack,
      ignoresResets: world.ignoresResets,
      hasMonotonicNumbers: world.areNumbersRising
        && (world.opensConnections || !model.choice.isOfClient))
    entries = EntryLoad(Traffic(log, seed: seed), of: log)
    let sample = TrafficSample(log, model, effort, timeWait: world.timeWait, seed: seed)
    scale = sample.scale
    replayed = sample.recorded
    traffic =
      balancers.count == 1
      ? sample.traffic
      : sample.traffic.dealt(services: log.services.count) { item in
        balancers.ofSource[Int(log.arrivals[Int(item.arrival)].source)]
      }
  }

  /// A world, and how it is named.
  struct Case: Sendable {
    var group: Forecast.Row.Group
    var value: Double = 0
    var name: String?
    var isRecorded = false
    /// What is changed of how the load balancer chooses, in each of the policies that it may have had.
    var policyChange: (@Sendable (inout PortPolicy) -> Void)?
    var world: World
    var change: Change = .none

    enum Change: Sendable {
      case none
      case closedByClients
      case pooled(requests: Int)
      case scaled(load: Double)
      /// All load balancers use one pool.
      case merged
      /// The traffic of each load balancer goes to so many, with a pool each.
      case split(Int)
    }
  }

  /// - Parameter workers: how many threads work on them. Each row has random numbers of its own, so that it
  ///   does not matter who works on which.
  func rows(workers: Int) -> [Forecast.Row] {
    let cases = cases()
    let rows = RowBuffer(count: cases.count)
    forEach(below: cases.count, workers: workers) { index in
      rows.set(row(cases[index], stream: index), at: index)
    }
    return rows.all
  }

  private func row(_ one: Case, stream: Int) -> Forecast.Row {
    let traffic = changed(one.change)
    let log = log.withServices(times: one.change.pools(of: balancers))
    let count = max(traffic.items.count, 1)
    // How many attempts each that is replayed stands for.
    let weight = self.weight
    let range = effort.repetitions
    let repetitions = min(max(effort.budget / count, range.lowerBound), range.upperBound)
    var outcomes: [ReplayOutcome] = []
    for repetition in 0..<repetitions {
      var random = SeededRandom(seed: seed, stream: stream, repetition: repetition)
      var world = one.world
      world.policy = policy(in: one, &random)
      one.policyChange?(&world.policy)
      world.policy = world.policy.thinned(by: scale)
      outcomes.append(Replay.run(traffic, of: log, in: world, random: random))
    }
    var world = one.world
    world.policy = world.policy.thinned(by: scale)
    return Forecast.Row(
      group: one.group, value: one.value, name: one.name, isRecorded: one.isRecorded,
      attempts: Int((Double(traffic.items.count) * weight).rounded()),
      attemptsHit: interval(outcomes, weight, grain: 1) { Double($0.attemptsHit) },
      delayed: interval(outcomes, weight, grain: 1) { Double($0.delayed) },
      addedSeconds: interval(outcomes, weight) { Double($0.added) / 1_000_000_000 },
      refused: interval(outcomes, weight, grain: 1) { Double($0.refused) },
      peakPorts: interval(outcomes, scale, grain: 1) { Double($0.peakPorts) },
      expectedHits: options.isBrief
        ? nil : ExpectedHits.of(traffic, in: world).map { $0 * weight },
      entries: one.group.changesEntries ? entries.entries(hold: one.world.policy.hold) : nil)
  }

  /// As it was recorded, with a hold that fits. Where ports rest until their turn comes all do, and it matters
  /// only where that comes sooner.
  private func policy(in one: Case, _ random: inout SeededRandom) -> PortPolicy {
    let drawn = model.policy(&random)
    return model.evidence.hidesHold && one.group != .load ? model.likeliest : drawn
  }

  /// How many recorded attempts each that is replayed stands for: more than by its scale, where some of the
  /// time is left out.
  var weight: Double {
    traffic.items.isEmpty ? 1 : Double(log.total) / Double(traffic.items.count)
  }

  private func changed(_ change: Case.Change) -> Traffic {
    switch change {
    case .none: traffic
    case .closedByClients: traffic.closedByClients()
    case .pooled(let requests): traffic.pooled(requests: requests)
    case .scaled(let load): traffic.scaled(by: load, seed: seed)
    case .merged:
      traffic.onOnePool(services: log.services.count)
    case .split(let count):
      traffic.dealt(services: log.services.count * balancers) { share(of: $0, among: count) }
    }
  }

  /// Load balancers are chosen by the client's address and port.
  private func share(of item: Traffic.Item, among count: Int) -> Int {
    let arrival = log.arrivals[Int(item.arrival)]
    let isKnown = arrival.client != ArrivalLog.Arrival.unknownClient
    let key = isKnown ? arrival.clientKey : UInt64(item.arrival)
    return Int(truncatingIfNeeded: mixed(key &+ 1) >> 1) % count
  }

  private func interval(
    _ outcomes: [ReplayOutcome], _ weight: Double, grain: Double = 0,
    _ value: (ReplayOutcome) -> Double
  ) -> Forecast.Interval {
    let interval = Forecast.Interval(outcomes.map(value), grain: grain)
    return Forecast.Interval(
      low: interval.low * weight, median: interval.median * weight, high: interval.high * weight)
  }
}

extension Forecaster.Case.Change {
  /// How many pools there are toward each service.
  fileprivate func pools(of balancers: Int) -> Int {
    switch self {
    case .none, .closedByClients, .pooled, .scaled: balancers
    case .merged: 1
    case .split(let count): balancers * count
    }
  }
}

extension Forecast.Row.Group {
  /// How long the load balancer keeps an entry is what changes, or what is compared with that.
  fileprivate var changesEntries: Bool { self == .recorded || self == .hold || self == .preset }
}

extension Forecast.Interval {
  /// By how much real runs spread wider around replays than replays do among themselves, as 200 runs of the
  /// lab showed (`docs/forecasting.md` judges it with others).
  private static let unmodelled = 1.1

  /// - Parameters:
  ///   - values: at least one. Where there are few, their spread is taken for that of counts of independent
  ///     events (Poisson), if it is less.
  ///   - grain: the least that values differ by, one for counts; what happens at all may happen once more, or
  ///     once less.
  init(_ values: [Double], grain: Double = 0) {
    let sorted = values.sorted()
    func rank(_ share: Double) -> Double {
      sorted[Int((share * Double(sorted.count - 1)).rounded())]
    }
    let median = rank(0.5)
    let least = max(
      values.count < 20 ? 1.645 * median.squareRoot() : 0, sorted.last == 0 ? 0 : grain)
    let low = max(0, median - max(least, Self.unmodelled * (median - rank(0.05))))
    let high = median + max(least, Self.unmodelled * (rank(0.95) - median))
    let isCount = grain > 0
    self.init(
      low: isCount ? low.rounded() : low, median: median,
      high: isCount ? high.rounded() : high)
  }
}

/// Rows that several threads fill in, each its own.
private final class RowBuffer: @unchecked Sendable {
  /// Looked at and changed under `monitor`.
  private var rows: [Forecast.Row?]
  private let monitor = Monitor()

  init(count: Int) { rows = Array(repeating: nil, count: count) }

  func set(_ row: Forecast.Row, at index: Int) { monitor.withLock { rows[index] = row } }

  var all: [Forecast.Row] { monitor.withLock { rows.compactMap(\.self) } }
}

/// The server as the analysis knows it.
struct RecordedServer {
  var timeWait: Int64
  var stack: StackProfile
  var ignoresResets: Bool
  /// Attempts of which a SYN was not let in, whatever it met; nil where nobody has counted them.
  var delayedAttempts: Int?
  /// Every SYN that hit had a newer sequence number than what it met.
  var areNumbersRising = false
  /// The load balancer opens connections of its own, or gives them numbers of its own.
  var opensConnections = false
}

extension RecordedServer {
  /// With fewer hits it may be chance: of numbers in no order, half are newer.
  private static let fewestHits = 10

  /// What was recorded of the numbers by which a server lets SYNs in.
  ///
  /// One host's sequence numbers rise on each tuple with its clock (RFC 6528). Where all hits show that,
  /// the numbers are not those of many clients that share the tuples.
  mutating func learn(from report: AnalysisReport) {
    delayedAttempts = report.summary.attempts.harmed
    let reasons = report.summary.syns.reasons
    func hits(_ reason: HitReason) -> Int {
      reasons.reduce(0) { $0 + ($1.reason == reason ? $1.hits : 0) }
    }
    let others: [HitReason] = [.timestampNewer, .timestampOlder, .sequenceNotNewer, .insideWindow]
    areNumbersRising =
      hits(.sequenceNewer) >= Self.fewestHits && others.allSatisfy { hits($0) == 0 }
      && report.topology.translation != .l4
    opensConnections = report.topology.translation == .l7
  }
}

/// What a forecast is asked for; empty lists ask for the usual values.
public struct ForecastOptions: Sendable {
  public var seed: UInt64 = 1
  public var addresses: [Int] = []
  public var ports: [Int] = []
  /// In nanoseconds.
  public var timeWaits: [Int64] = []
  public var holds: [Int64] = []
  public var loads: [Double] = []
  public var requests: [Int] = []
  /// Over how many load balancers one is split.
  public var splits: [Int] = []
  /// Load balancers to compare with; empty compares with all of them, or with none in a brief forecast.
  public var presets: [LoadBalancerPreset] = []
  /// A few worlds only, and at little cost: what every report carries.
  public var isBrief = false
  /// How many attempts are kept for the replay; of more, samples.
  public var maximumArrivals = 1_000_000

  public init() {}

  /// What every report carries, of no more attempts than take 2 MB.
  public static var brief: ForecastOptions {
    var options = ForecastOptions()
    options.isBrief = true
    options.maximumArrivals = 16_384
    return options
  }
}
