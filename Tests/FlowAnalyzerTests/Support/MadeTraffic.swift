@testable import FlowAnalyzer

/// Attempts that come at random (Poisson), toward one server, all closed by the server after a fixed time.
struct MadeTraffic {
  /// Attempts per second.
  var rate: Double
  /// Seconds.
  var span: Double
  var lifetime = 0.1
  /// Of how many the server closes first.
  var timeWaitShare = 1.0
  var seed: UInt64 = 1

  /// The ports are all alike; `choose` gives each arrival its own.
  func log(choose: (Int, Int64) -> UInt16 = { number, _ in UInt16(truncatingIfNeeded: number * 7) })
    -> ArrivalLog
  {
    var random = SeededGenerator(seed: seed)
    var arrivals: [ArrivalLog.Arrival] = []
    var time = 0.0
    while true {
      time += -Self.logarithm(Double.random(in: 1e-12..<1, using: &random)) / rate
      guard time < span else { break }
      let instant = Int64(time * 1_000_000_000)
      var notes: ArrivalLog.Arrival.Notes = [.connected, .closed]
      if Double.random(in: 0..<1, using: &random) < timeWaitShare { notes.insert(.leavesTimeWait) }
      let isn = UInt32.random(in: 0 ... .max, using: &random)
      arrivals.append(
        ArrivalLog.Arrival(
          time: Timestamp(nanoseconds: instant), isn: SequenceNumber(isn), timestampValue: 0,
          nextExpected: SequenceNumber(isn &+ 100), duration: UInt32(lifetime * 1e9 / 1024),
          port: choose(arrivals.count, instant), source: 0, service: 0, notes: notes))
      let last = arrivals.count - 1
      arrivals[last].acceptedPort = arrivals[last].port
      // Each is another client, with a port of its own.
      arrivals[last].client = UInt32(last)
    }
    return ArrivalLog(arrivals)
  }

  /// Of a number from 0 to 1: the sum of the series of artanh.
  private static func logarithm(_ value: Double) -> Double {
    var (mantissa, exponent) = (value, 0.0)
    while mantissa < 0.5 {
      mantissa *= 2
      exponent += 1
    }
    let ratio = (mantissa - 1) / (mantissa + 1)
    var (term, sum) = (ratio, 0.0)
    for power in stride(from: 1.0, to: 60, by: 2) {
      sum += term / power
      term *= ratio * ratio
    }
    return 2 * sum - exponent * 0.693_147_180_559_945_3
  }
}

extension World {
  /// Linux, 60 s, and a load balancer that holds ports for 2 s.
  static func linux(
    _ choice: PortChoice, ports: Int, hold: Double = 2, timeWait: Double = 60
  ) -> World {
    World(
      policy: PortPolicy(
        choice: choice, addresses: 1, ports: ports, hold: Int64(hold * 1_000_000_000)),
      timeWait: Int64(timeWait * 1_000_000_000), stack: .linux, ignoresResets: false)
  }
}

extension ReplayOutcome {
  static func of(_ log: ArrivalLog, in world: World, seed: UInt64 = 1) -> ReplayOutcome {
    Replay.run(
      Traffic(log, seed: seed), of: log, in: world,
      random: SeededRandom(seed: seed, stream: 0, repetition: 0))
  }
}
