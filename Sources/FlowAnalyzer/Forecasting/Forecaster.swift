import Dispatch

/// Replays the recorded arrivals in many worlds, and says what helps.
struct Forecaster {
  /// What is replayed of one world, all repetitions together: enough for narrow intervals.
  static let budget = 60_000
  static let repetitions = 3...100
  /// What is replayed at once, at most; of more attempts every so manieth, with as many times fewer ports:
  /// what meets what depends on the attempts for each port, not on how many there are of both.
  static let sample = 20_000
  /// With fewer ports toward a server than this the sample would not be like the whole.
  static let fewestPorts = 500

  let log: ArrivalLog
  let model: LoadBalancerModel
  let world: World
  let seed: UInt64
  let options: ForecastOptions
  private let traffic: Traffic
  /// For how many attempts, and ports, each of the sample stands.
  private let scale: Int

  init(_ log: ArrivalLog, _ world: RecordedServer, _ options: ForecastOptions, seed: UInt64) {
    self.log = log
    self.options = options
    self.seed = seed
    model = LoadBalancerModel(log)
    self.world = World(
      policy: model.likeliest, timeWait: world.timeWait, stack: world.stack,
      ignoresResets: world.ignoresResets)
    let wanted = (log.arrivals.count + Self.sample - 1) / Self.sample
    let possible = model.likeliest.size / Self.fewestPorts
    scale = max(1, min(wanted, possible))
    traffic = Traffic(log, seed: seed).thinned(by: scale)
      .cut(to: Self.sample * 5, atLeast: 3 * world.timeWait)
  }

  /// A world, and how it is named.
  struct Case: Sendable {
    var group: Forecast.Row.Group
    var value: Double = 0
    var name: String?
    var isRecorded = false
    /// How the load balancer chooses; nil as it was recorded, with all that is uncertain about that.
    var policy: PortPolicy?
    var world: World
    var change: Change = .none

    enum Change: Sendable {
      case none
      case closedByClients
      case pooled(requests: Int)
      case scaled(load: Double)
    }
  }

  func rows() -> [Forecast.Row] {
    let cases = cases()
    let rows = RowBuffer(count: cases.count)
    // Each row has random numbers of its own, so that it does not matter who works on which.
    DispatchQueue.concurrentPerform(iterations: cases.count) { index in
      rows.set(row(cases[index], stream: index), at: index)
    }
    return rows.all
  }

  private func row(_ one: Case, stream: Int) -> Forecast.Row {
    let traffic = changed(one.change)
    let count = max(traffic.items.count, 1)
    // How many attempts each that is replayed stands for.
    let weight = self.weight
    let range = Self.repetitions
    let repetitions = min(max(Self.budget / count, range.lowerBound), range.upperBound)
    var outcomes: [ReplayOutcome] = []
    for repetition in 0..<repetitions {
      var random = SeededRandom(seed: seed, stream: stream, repetition: repetition)
      var world = one.world
      world.policy = (one.policy ?? model.policy(&random)).thinned(by: scale)
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
      peakPorts: interval(outcomes, Double(scale), grain: 1) { Double($0.peakPorts) },
      expectedHits: ExpectedHits.of(traffic, in: world).map { $0 * weight })
  }

  private var weight: Double {
    traffic.items.isEmpty ? 1 : Double(log.arrivals.count) / Double(traffic.items.count)
  }

  private func changed(_ change: Case.Change) -> Traffic {
    switch change {
    case .none: traffic
    case .closedByClients: traffic.closedByClients()
    case .pooled(let requests): traffic.pooled(requests: requests)
    case .scaled(let load): traffic.scaled(by: load, seed: seed)
    }
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
private final class RowBuffer: Sendable {
  private let lock = DispatchSemaphore(value: 1)
  private nonisolated(unsafe) var rows: [Forecast.Row?]

  init(count: Int) { unsafe rows = Array(repeating: nil, count: count) }

  func set(_ row: Forecast.Row, at index: Int) {
    lock.wait()
    defer { lock.signal() }
    unsafe rows[index] = row
  }

  var all: [Forecast.Row] {
    lock.wait()
    defer { lock.signal() }
    return unsafe rows.compactMap(\.self)
  }
}

/// The server as the analysis knows it.
struct RecordedServer {
  var timeWait: Int64
  var stack: StackProfile
  var ignoresResets: Bool
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
  /// How many attempts are kept for the replay.
  public var maximumArrivals = 1_000_000

  public init() {}
}
