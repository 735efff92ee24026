import Testing

@testable import FlowAnalyzer

/// Lanes log their attempts by themselves; the forecast is of all of them together.
@Suite("Logs put together")
struct MergedLogTests {
  @Test func `whole logs give the whole, in order of time`() {
    let all = Self.arrivals(4000)
    let merged = Self.merged(all, parts: 8, limit: 4000)
    #expect(merged.total == 4000 && merged.sample.isComplete)
    #expect(merged.arrivals.map(\.time) == all.map(\.time))
    #expect(merged.arrivals.map(\.port) == all.map(\.port))
    #expect(merged.unbroken.count == 4000)
  }

  @Test(arguments: [1, 3, 8])
  func `samples stand for all, and the beginning is whole`(_ parts: Int) throws {
    let all = Self.arrivals(60_000)
    let merged = Self.merged(all, parts: parts, limit: 8192)
    #expect(merged.total == 60_000 && merged.arrivals.count <= 8192 + merged.unbroken.count)
    let times = merged.arrivals.map(\.time)
    #expect(times == times.sorted())
    // No attempt is missing up to there.
    let unbroken = merged.unbroken
    #expect(unbroken.count >= 500)
    #expect(unbroken.map(\.time) == all.prefix(unbroken.count).map(\.time))
    // Of the first half of the time comes half of the sample, within four standard deviations.
    let sampled = merged.arrivals.filter { $0.notes.contains(.ofAttempts) }
    let middle = try #require(all.dropFirst(30_000).first).time
    let early = Double(sampled.count { $0.time < middle })
    let expected = Double(sampled.count) / 2
    #expect(sampled.count > 500)
    #expect(abs(early - expected) < 2 * expected.squareRoot())
    // From a port of the sample there are all attempts.
    let ports = Set(merged.arrivals.filter { $0.notes.contains(.ofPorts) }.map(\.port))
    #expect(
      merged.arrivals.count { $0.notes.contains(.ofPorts) }
        == all.count { ports.contains($0.port) })
  }

  @Test func `logs that are made smaller together keep their beginnings, also where one is empty`()
  {
    let all = Self.arrivals(60_000)
    var logs = (0..<3).map { part in
      ArrivalLog(all.filter { Int($0.port) / 7 % 3 == part }, limit: 32_768)
    }
    logs.append(ArrivalLog([], limit: 32_768))
    var sample = ArrivalSample()
    sample.attemptHalvings = 3
    sample.portHalvings = 2
    for log in logs.indices {
      let kept = logs[log].arrivals.count
      let sizes = logs[log].thin(to: sample)
      #expect(sizes.ofAttempts == logs[log].arrivals.count { $0.notes.contains(.ofAttempts) })
      #expect(kept == 0 || logs[log].sampled < kept / 2)
    }
    let merged = ArrivalLog(merging: logs, limit: 32_768, busiestSecond: 0)
    #expect(merged.sample.attemptHalvings == 3 && merged.sample.portHalvings == 2)
    #expect(merged.unbroken.count == 4096)
    #expect(merged.unbroken.map(\.time) == all.prefix(4096).map(\.time))
  }

  @Test(arguments: [0, 1, 3, 7])
  func `the next attempt is drawn as any other`(_ halvings: Int) {
    var sample = ArrivalSample()
    sample.attemptHalvings = halvings
    for number in 0..<5000 as Range<UInt32> {
      #expect(sample.samples(ofNext: number, port: 9) == sample.samples(of: number, port: 9))
    }
  }

  @Test func `the busiest second is that of all together`() {
    var busiest = BusiestSecond()
    // 3 + 4 attempts in the second that ends at 2 s, told in three parts.
    busiest.add([(end: 1_000_000_000, attempts: 6), (end: 2_000_000_000, attempts: 1)])
    busiest.settle()
    busiest.add([(end: 2_000_000_000, attempts: 2)])
    busiest.add([(end: 2_000_000_000, attempts: 4), (end: 9_000_000_000, attempts: 5)])
    busiest.settle()
    #expect(busiest.attempts == 7)
  }

  private static func arrivals(_ count: Int) -> [ArrivalLog.Arrival] {
    var random = SeededGenerator(seed: 9)
    return (0..<count).map { number in
      ArrivalLog.Arrival(
        time: Timestamp(nanoseconds: Int64(number) * 1_000_000),
        isn: SequenceNumber(UInt32(number)), timestampValue: 0,
        port: UInt16.random(in: 1024...9000, using: &random), source: 0, service: 0, notes: [])
    }
  }

  /// As lanes would do it, each with some of the arrivals.
  private static func merged(
    _ arrivals: [ArrivalLog.Arrival], parts: Int, limit: Int
  ) -> ArrivalLog {
    let logs = (0..<parts).map { part in
      // By port, so that parts differ in what they have.
      ArrivalLog(
        arrivals.filter { Int($0.port) / 7 % parts == part },
        limit: limit == arrivals.count ? nil : limit / 2)
    }
    return ArrivalLog(merging: logs, limit: limit, busiestSecond: 0)
  }
}
