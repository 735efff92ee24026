import Foundation
import Testing

@testable import FlowAnalyzer

/// Replays against what the reference (section 6.3) says of each way to choose ports.
@Suite("Replays")
struct ReplayTests {
  /// 100 attempts a second for 5 minutes: about 30,000.
  private static let log = MadeTraffic(rate: 100, span: 300).log()

  @Test(arguments: [8000, 16_000, 64_512])
  func `random choice meets as many TIME_WAITs as the formula says`(ports: Int) throws {
    // Nobody is refused: what refused SYNs do is not in the formulas.
    var world = World.linux(.random, ports: ports)
    world.hasMonotonicNumbers = true
    let replay = ReplayOutcome.of(Self.log, in: world)
    let expected = try #require(ExpectedHits.of(Traffic(Self.log, seed: 1), in: world))
    // The sum of so many chances is normal, with no more than the variance of a Poisson number.
    #expect(abs(Double(replay.attemptsHit) - expected) < 4 * expected.squareRoot())
    // The closed formula, for what comes after the first TIME_WAIT; f = 1.
    let w = 58.0
    let steady = 1 - exp(-100 * w / (Double(ports) - 100 * (0.1 + 2)))
    let late = Self.log.arrivals.count { $0.time.nanoseconds > 62_000_000_000 }
    let early = Self.log.arrivals.count - late
    #expect(expected > steady * Double(late) * 0.98)
    #expect(expected < steady * Double(late) * 1.02 + steady * Double(early))
  }

  @Test func `where the client closes first as often, half as many are met`() throws {
    let world = World.linux(.random, ports: 16_000)
    let half = MadeTraffic(rate: 100, span: 300, timeWaitShare: 0.5).log()
    let expected = try #require(ExpectedHits.of(Traffic(half, seed: 1), in: world))
    let all = try #require(ExpectedHits.of(Traffic(Self.log, seed: 1), in: world))
    #expect(abs(expected / all - 0.5) < 0.03)
    let none = Traffic(Self.log, seed: 1).closedByClients()
    #expect(ExpectedHits.of(none, in: world) == 0)
  }

  @Test(arguments: [PortChoice.sequential, .leastRecent])
  func `ports in turn meet nothing up to the critical rate, and then everything`(
    choice: PortChoice
  ) {
    // lambda_c = N / (D + T_s): 100/s is critical for 6,010 ports.
    var world = World.linux(choice, ports: 6600)
    world.hasMonotonicNumbers = true
    #expect(ReplayOutcome.of(Self.log, in: world).attemptsHit == 0)
    world.policy.ports = 5400
    let few = ReplayOutcome.of(Self.log, in: world)
    #expect(few.attemptsHit > Self.log.arrivals.count * 75 / 100)
  }

  @Test func `the last freed port always meets its TIME_WAIT`() {
    var world = World.linux(.mostRecent, ports: 64_512)
    world.hasMonotonicNumbers = true
    let replay = ReplayOutcome.of(Self.log, in: world)
    // But for the first use of each of the ports that are used in turn: rate x (lifetime + hold).
    #expect(replay.attemptsHit > Self.log.arrivals.count - 400)
  }

  @Test(arguments: PortChoice.allCases)
  func `a hold of TIME_WAIT and more meets nothing`(choice: PortChoice) {
    let replay = ReplayOutcome.of(Self.log, in: .linux(choice, ports: 64_512, hold: 61))
    #expect(replay.attemptsHit == 0 && replay.refused == 0)
    // Little: rate x (lifetime + hold).
    #expect(abs(Double(replay.peakPorts) - 100 * 61.1) < 400)
  }

  @Test func `without ports connections are refused, and none is met`() {
    let replay = ReplayOutcome.of(Self.log, in: .linux(.random, ports: 3000, hold: 61))
    #expect(replay.attemptsHit == 0)
    #expect(replay.refused > Self.log.arrivals.count / 3)
    #expect(replay.peakPorts == 3000)
  }

  @Test func `half of those who meet one without timestamps are refused, for random numbers`() {
    let replay = ReplayOutcome.of(Self.log, in: .linux(.random, ports: 16_000))
    #expect(abs(Double(replay.delayed) / Double(replay.attemptsHit) - 0.5) < 0.03)
    var monotonic = World.linux(.random, ports: 16_000)
    monotonic.hasMonotonicNumbers = true
    #expect(ReplayOutcome.of(Self.log, in: monotonic).delayed == 0)
  }

  @Test func `the same seed gives the same, another a little different`() {
    let world = World.linux(.random, ports: 16_000)
    let one = ReplayOutcome.of(Self.log, in: world, seed: 3)
    #expect(one.attemptsHit == ReplayOutcome.of(Self.log, in: world, seed: 3).attemptsHit)
    #expect(one.attemptsHit != ReplayOutcome.of(Self.log, in: world, seed: 4).attemptsHit)
  }

  @Test func `how many connections leave a TIME_WAIT is left to chance, too`() {
    // Ports in turn leave nothing else to chance.
    let half = MadeTraffic(rate: 100, span: 300, timeWaitShare: 0.5).log()
    var world = World.linux(.sequential, ports: 5400)
    world.hasMonotonicNumbers = true
    let hits = (1...20).map { ReplayOutcome.of(half, in: world, seed: $0).attemptsHit }
    let mean = Double(hits.reduce(0, +)) / 20
    let variance = hits.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 19
    // Some 24,600 attempts meet the port of one that left a TIME_WAIT or did not: binomial.
    #expect(abs(mean - 12_300) < 400)
    #expect(variance > 1500 && variance < 24_600)
  }

  @Test func `intervals of counts are whole, and never narrower than one event`() {
    let same = Forecast.Interval(Array(repeating: 50, count: 40), grain: 1)
    #expect(same == Forecast.Interval(low: 49, median: 50, high: 51))
    let none = Forecast.Interval(Array(repeating: 0, count: 40), grain: 1)
    #expect(none == Forecast.Interval(low: 0, median: 0, high: 0))
    // The 5th and 95th percentile are 45 and 55; real runs spread a tenth wider: 44.5 to 55.5.
    let spread = Forecast.Interval(
      (0...10).flatMap { Array(repeating: 45 + Double($0), count: 10) }, grain: 1)
    #expect(spread == Forecast.Interval(low: 45, median: 50, high: 56))
    // Few values tell little of their spread: at least that of a Poisson number.
    let few = Forecast.Interval([100, 100, 100], grain: 1)
    #expect(few == Forecast.Interval(low: 84, median: 100, high: 116))
    let seconds = Forecast.Interval(Array(repeating: 1.5, count: 40))
    #expect(seconds == Forecast.Interval(low: 1.5, median: 1.5, high: 1.5))
  }

  @Test func `a SYN sent again meets another TIME_WAIT, unless it keeps its port`() {
    // Half of those who meet one are rejected, and end it; where the next try draws another port, it may meet
    // the next one.
    var world = World.linux(.random, ports: 8000)
    let another = ReplayOutcome.of(Self.log, in: world)
    world.policy.samePort = 1
    let same = ReplayOutcome.of(Self.log, in: world)
    #expect(another.hits > another.attemptsHit * 11 / 10)
    #expect(same.hits == same.attemptsHit && same.failed == 0)
    // What is rejected ends one TIME_WAIT each, and not several.
    #expect(same.attemptsHit > another.attemptsHit)
    // Where RSTs are ignored, it meets the same until that is over, or until it gives up, after 19 s of 60 s.
    world.ignoresResets = true
    let stuck = ReplayOutcome.of(Self.log, in: world)
    #expect(stuck.failed > stuck.delayed * 6 / 10 && stuck.failed < stuck.delayed * 9 / 10)
  }

  @Test func `the next free number is found however many are taken`() {
    var numbers = NumberSet(below: 130)
    #expect(numbers.next(from: 129) == 129)
    numbers[129] = false
    #expect(numbers.next(from: 129) == 0)
    for number in 0..<129 where number != 70 { numbers[number] = false }
    #expect([0, 70, 71, 128].map { numbers.next(from: $0) } == [70, 70, 70, 70])
    numbers[70] = false
    #expect(numbers.next(from: 70) == nil)
  }

  // MARK: - Traffic

  @Test(arguments: [1.5, 2, 5])
  func `more load is more attempts in the same time`(load: Double) {
    let traffic = Traffic(Self.log, seed: 1)
    let scaled = traffic.scaled(by: load, seed: 1)
    let factor = Double(scaled.items.count) / Double(traffic.items.count)
    #expect(abs(factor - load) < 0.02)
    #expect(scaled.span <= traffic.span)
    #expect(zip(scaled.items, scaled.items.dropFirst()).allSatisfy { $0.time <= $1.time })
  }

  @Test func `others than the recorded clients have other ports`() {
    // Two clients, 10 s apart, each with a port that it keeps, and two more like them.
    let two = ArrivalLog(
      Array(Self.log.arrivals[0..<2]).enumerated().map { number, arrival in
        var arrival = arrival
        arrival.time = Timestamp(nanoseconds: Int64(number) * 10_000_000_000)
        arrival.clientPort = arrival.port
        return arrival
      })
    let scaled = Traffic(two, seed: 1).scaled(by: 2, seed: 1)
    #expect(scaled.items.count == 4 && Set(scaled.items.map(\.copy)).count == 2)
    let replay = Replay.run(
      scaled, of: two, in: .linux(.preserving, ports: 64_512),
      random: SeededRandom(seed: 1, stream: 0, repetition: 0))
    #expect(replay.attemptsHit == 0)
  }

  @Test func `pooled requests need fewer connections, which last longer`() {
    let traffic = Traffic(Self.log, seed: 1)
    let pooled = traffic.pooled(requests: 10)
    #expect(abs(pooled.items.count - traffic.items.count / 10) <= 1)
    #expect(pooled.items.dropLast().allSatisfy { $0.lifetime > 9_000_000 })
    #expect(traffic.pooled(requests: 1).items.count == traffic.items.count)
  }
}
