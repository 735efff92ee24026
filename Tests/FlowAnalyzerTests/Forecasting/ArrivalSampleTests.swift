import Fixtures
import Testing

@testable import FlowAnalyzer

/// What a log keeps of more attempts than it has room for, and whether that still says the same.
@Suite("Samples of attempts")
struct ArrivalSampleTests {
  /// 200 attempts a second for 2.5 minutes: 30,000, each port in use for 0.1 s and then held for 2 s.
  private static func arrivals(pick: (inout [Int], Int) -> Int) -> [ArrivalLog.Arrival] {
    var free = Array(0..<ports)
    var held: [(until: Int64, port: Int)] = []
    var first = 0
    return MadeTraffic(rate: 200, span: 150, seed: 5).log { number, time in
      while first < held.count, held[first].until <= time {
        free.append(held[first].port)
        first += 1
      }
      let place = pick(&free, number)
      let port = free[place]
      free.swapAt(place, free.count - 1)
      free.removeLast()
      held.append((time + 2_100_000_000, port))
      return UInt16(1024 + port)
    }.arrivals
  }

  private static func atRandom() -> [ArrivalLog.Arrival] {
    var random = SeededGenerator(seed: 9)
    return arrivals { free, _ in Int.random(in: free.indices, using: &random) }
  }

  private static let ports = 8000
  private static let limit = 2000

  @Test func `of attempts that follow each other one is kept, by lot`() {
    let log = ArrivalLog(Self.atRandom(), limit: Self.limit)
    #expect(log.total > 29_000 && log.arrivals.count <= Self.limit)
    let group = 1 << log.sample.attemptHalvings
    #expect(group >= 16)
    let kept = log.arrivals.filter { $0.notes.contains(.ofAttempts) }.map { Int($0.number) }
    // One of each group, the last of which may be cut off; not always the same place.
    #expect(Set(kept.map { $0 / group }).count == kept.count)
    #expect(abs(kept.count - log.total / group) <= 1)
    #expect(Set(kept.map { $0 % group }).count == group)
  }

  @Test func `of some ports all attempts are kept`() {
    let all = Self.atRandom()
    let log = ArrivalLog(all, limit: Self.limit)
    let kept = log.arrivals.filter { $0.notes.contains(.ofPorts) }
    let ports = Set(kept.map(\.port))
    #expect(kept.count == all.count { ports.contains($0.port) })
    let share = Double(kept.count) / Double(all.count) * Double(1 << log.sample.portHalvings)
    #expect(abs(share - 1) < 0.3)
    #expect(Array(log.unbroken.map(\.port)) == all.prefix(Self.limit / 8).map(\.port))
  }

  @Test func `one busy tuple does not drive out the others`() {
    let log = ArrivalLog(Self.arrivals { _, _ in 0 }.map { $0.on(port: 1024) }, limit: Self.limit)
    #expect(log.arrivals.count <= Self.limit)
    #expect(log.arrivals.count { $0.notes.contains(.ofAttempts) } > Self.limit / 8)
  }

  @Test func `attempts that are kept are found again when they connect`() {
    // 300 attempts of which there is room for 40; each connects when 100 more have begun.
    var log = ArrivalLog(limit: 40)
    let syns = (0..<300).map { Segment.syn(UInt32($0), port: UInt16(2000 + $0)) }
    var begun: Set<UInt32> = []
    for number in 0..<400 {
      if number < 300, log.begin(UInt32(number), syns[number], source: 1, destination: 2) {
        begun.insert(UInt32(number))
      }
      guard number >= 100, begun.contains(UInt32(number - 100)) else { continue }
      let isKept = log.connect(
        UInt32(number - 100), record: number, at: syns[number - 100].time,
        source: (1, syns[number - 100].source.port))
      #expect(isKept == log.arrivals.contains { $0.number == UInt32(number - 100) })
    }
    #expect(log.total == 300 && log.arrivals.count <= 40 && log.arrivals.count >= 20)
    let early = log.arrivals.filter { $0.number < 200 }
    #expect(early.allSatisfy { $0.notes.contains(.connected) && $0.acceptedPort == $0.port })
    #expect(log.arrivals.allSatisfy { $0.port == 2000 + UInt16($0.number) })
  }

  // MARK: - Forecasts of samples

  private static let server = RecordedServer(
    timeWait: 60_000_000_000, stack: .linux, ignoresResets: false)

  private static func forecast(_ arrivals: [ArrivalLog.Arrival], limit: Int?) -> Forecast {
    let forecaster = Forecaster(
      ArrivalLog(arrivals, limit: limit), server, .brief, seed: 1)
    return forecaster.forecast(rows: forecaster.rows(workers: 2), isInconclusive: false)
  }

  /// As one attempt in 16 says it, and as all do.
  private static func hold(_ sample: Forecast, to whole: Forecast) {
    #expect(sample.loadBalancer.choice == whole.loadBalancer.choice)
    #expect(sample.basis.attempts == whole.basis.attempts)
    #expect(abs(sample.loadBalancer.portsPerAddress - whole.loadBalancer.portsPerAddress) < 400)
    // More ports are tried with all attempts only.
    #expect(!sample.rows.contains { $0.group == .ports })
    for (one, other) in zip(sample.rows, whole.rows.filter { $0.group != .ports }) {
      let (low, high) = (one.attemptsHit.low, one.attemptsHit.high)
      #expect(
        low <= other.attemptsHit.high && high >= other.attemptsHit.low
          || abs(one.attemptsHit.median - other.attemptsHit.median)
            <= 0.08 * other.attemptsHit.median,
        "\(one.group) \(one.value): \(one.attemptsHit), \(other.attemptsHit)")
    }
  }

  @Test func `at random`() {
    let arrivals = Self.atRandom()
    let sample = Self.forecast(arrivals, limit: Self.limit)
    Self.hold(sample, to: Self.forecast(arrivals, limit: nil))
    #expect(sample.loadBalancer.choice == .random && sample.loadBalancer.isInferred)
    #expect(sample.loadBalancer.holdSeconds.value == 2)
    #expect(sample.basis.attemptsReplayed < 1500)
  }

  @Test func `the port that has been free for longest`() {
    // One after the other in an order that is none of numbers.
    var random = SeededGenerator(seed: 9)
    let order = (0..<Self.ports).shuffled(using: &random)
    let made = Self.arrivals { _, _ in 0 }
    let arrivals = made.indices.map { made[$0].on(port: UInt16(1024 + order[$0 % Self.ports])) }
    let sample = Self.forecast(arrivals, limit: Self.limit)
    #expect(sample.loadBalancer.choice == .leastRecent)
    Self.hold(sample, to: Self.forecast(arrivals, limit: nil))
    // 8000 ports last for 40 s at the recorded rate, and TIME_WAIT for 60 s; 16,000 last for 80 s.
    #expect(sample.rows[0].attemptsHit.median > 15_000)
    #expect(sample.rows[1].group == .addresses && sample.rows[1].attemptsHit.median == 0)
  }

  @Test func `clients that come again and keep their port`() {
    // Each of 6,000 clients comes every 30 s with its own port, and meets what it left.
    var arrivals = Self.arrivals { _, _ in 0 }
    for number in arrivals.indices {
      let client = number % 6000
      arrivals[number] = arrivals[number].on(port: UInt16(20_000 + client))
      arrivals[number].client = UInt32(client % 50)
      arrivals[number].clientPort = UInt16(20_000 + client)
    }
    let sample = Self.forecast(arrivals, limit: Self.limit)
    #expect(sample.loadBalancer.choice == .preserving)
    Self.hold(sample, to: Self.forecast(arrivals, limit: nil))
    #expect(sample.rows[0].attemptsHit.median > 15_000)
  }

  @Test func `few ports for many attempts: others like those that were kept fill the gaps`() {
    var random = SeededGenerator(seed: 3)
    let arrivals = Self.arrivals { _, _ in 0 }
      .map { $0.on(port: UInt16(5000 + Int.random(in: 0..<1000, using: &random))) }
    let sample = Self.forecast(arrivals, limit: Self.limit)
    Self.hold(sample, to: Self.forecast(arrivals, limit: nil))
    #expect(sample.basis.attemptsReplayed < 1500)
    #expect(sample.rows[0].attemptsHit.median > 15_000)
  }
}

extension ArrivalLog.Arrival {
  /// The same from another port.
  fileprivate func on(port: UInt16) -> Self {
    var moved = self
    moved.port = port
    moved.acceptedPort = port
    return moved
  }
}

extension Segment {
  /// The first SYN of an attempt, a millisecond after the one before.
  fileprivate static func syn(_ number: UInt32, port: UInt16) -> Segment {
    var syn = Segment.none
    syn.source.port = port
    syn.destination.port = 80
    syn.time = Timestamp(nanoseconds: Int64(number) * 1_000_000)
    syn.sequence = SequenceNumber(number)
    syn.flags = .syn
    return syn
  }
}
