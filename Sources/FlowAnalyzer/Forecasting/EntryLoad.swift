/// The connections that a load balancer has to keep an entry of: those that are open, and those that it
/// keeps for a while after their close.
///
/// Which port carries which does not matter here, so that all of the recorded traffic is counted and
/// nothing is left to chance; of a log that is thinned, its sample of attempts.
struct EntryLoad {
  /// When connections began, and when those that were closed were, each in order of time.
  private let starts: [Int64]
  private let ends: [Int64]
  /// The lives of those that were closed, together, in nanoseconds.
  private let lifetimes: Double
  /// How many attempts each stands for.
  private let scale: Double
  /// The most attempts in one second, as counted when they came; nil where the traffic is the whole of it.
  private let busiestSecond: Int?

  init(_ traffic: Traffic, of log: ArrivalLog) {
    scale = Double(log.total) / Double(max(traffic.items.count, 1))
    busiestSecond = traffic.items.count == log.total ? nil : log.busiestSecond
    var starts: [Int64] = []
    var ends: [Int64] = []
    var lifetimes = 0.0
    starts.reserveCapacity(traffic.items.count)
    for item in traffic.items where item.connects {
      starts.append(item.time)
      guard item.lifetime < ArrivalLog.Arrival.endless else { continue }
      ends.append(item.time + item.lifetime)
      lifetimes += Double(item.lifetime)
    }
    ends.sort()
    (self.starts, self.ends, self.lifetimes) = (starts, ends, lifetimes)
  }

  private var span: Int64 {
    guard let first = starts.first, let last = starts.last else { return 0 }
    return last - first
  }

  /// New connections a second, in the mean; zero where they do not span a second.
  private var perSecond: Double {
    span >= 1_000_000_000 ? scale * Double(starts.count) / (Double(span) / 1_000_000_000) : 0
  }

  private var meanLifetime: Double { ends.isEmpty ? 0 : lifetimes / Double(ends.count) }

  var rate: Forecast.Rate {
    Forecast.Rate(
      newPerSecond: perSecond, peakPerSecond: peakPerSecond,
      meanLifetimeSeconds: Seconds(nanoseconds: Int64(meanLifetime.rounded())))
  }

  /// The most connections that began within any second.
  private var peakPerSecond: Int {
    if let busiestSecond { return busiestSecond }
    var first = 0
    var peak = 0
    for position in starts.indices {
      while starts[position] - starts[first] >= 1_000_000_000 { first += 1 }
      peak = max(peak, position - first + 1)
    }
    return peak
  }

  /// - Parameter hold: how long an entry stays after the close, in nanoseconds.
  func entries(hold: Int64) -> Forecast.Row.Entries {
    var ended = 0
    var peak = 0
    for position in starts.indices {
      while ended < ends.count, ends[ended] <= starts[position] - hold { ended += 1 }
      peak = max(peak, position + 1 - ended)
    }
    // Little's law.
    let expected = perSecond * (meanLifetime + Double(hold)) / 1_000_000_000
    return Forecast.Row.Entries(
      peak: Int((Double(peak) * scale).rounded()), expected: expected)
  }
}
