import Testing

@testable import FlowAnalyzer

@Suite("Rules of a policy, at their boundaries")
struct PolicyRuleTests {
  private static func share(_ percent: Double) -> Amount {
    .share(Share(partsPerBillion: Int((percent * 10_000_000).rounded())))
  }

  private static func time(_ milliseconds: Int64) -> Amount {
    .duration(Seconds(nanoseconds: milliseconds * 1_000_000))
  }

  /// What the report of `busy` has of each measure, and the least that is more.
  static let figures: [(measure: Measure, amount: Amount, less: Amount)] = [
    (.hits(nil, nil), .count(21), .count(20)),
    (.hits(.timeWait, nil), .count(15), .count(14)),
    (.hits(.established, nil), .count(6), .count(5)),
    (.hits(.closing, nil), .count(0), .count(-1)),
    (.hits(nil, .accepted), .count(1), .count(0)),
    (.hits(nil, .rejected), .count(8), .count(7)),
    (.hits(.timeWait, .rejected), .count(2), .count(1)),
    (.hits(.established, .rejected), .count(6), .count(5)),
    (.hits(.timeWait, .reset), .count(3), .count(2)),
    (.hits(.timeWait, .unanswered), .count(4), .count(3)),
    (.hits(.timeWait, .undetermined), .count(5), .count(4)),
    (.killedConnections, .count(2), .count(1)), (.failedAttempts, .count(7), .count(6)),
    // 3 of 1,000: as a Double, 0.3 / 100 is less.
    (.hitShare, share(0.3), share(0.299_999_9)),
    (.addedDelay(.p50), time(10), time(9)), (.addedDelay(.p90), time(20), time(19)),
    (.addedDelay(.p95), time(30), time(29)), (.addedDelay(.p99), time(40), time(39)),
    (.addedDelay(.p999), time(50), time(49)), (.addedDelay(.maximum), time(60), time(59)),
  ]

  static let busy: AnalysisReport = {
    var report = AnalysisReport.sample
    report.hit(.timeWait, .rejected)
    report.summary.syns.timeWait = .init(
      total: 15, accepted: 1, rejected: 2, reset: 3, unanswered: 4, undetermined: 5)
    report.summary.syns.established = .init(
      total: 6, accepted: 0, rejected: 6, reset: 0, unanswered: 0, undetermined: 0)
    report.summary.attempts.total = 1000
    report.summary.attempts.hit = 3
    report.summary.attempts.failed = 7
    report.summary.killedConnections = 2
    func seconds(_ milliseconds: Int64) -> Seconds {
      Seconds(nanoseconds: milliseconds * 1_000_000)
    }
    report.summary.addedSeconds.maximum = seconds(60)
    report.summary.addedSeconds.percentiles = .init(
      p50: seconds(10), p90: seconds(20), p95: seconds(30), p99: seconds(40), p999: seconds(50))
    return report
  }()

  @Test(arguments: figures)
  func `what is just allowed passes, and the least more is broken by the difference`(
    measure: Measure, amount: Amount, less: Amount
  ) throws {
    let kept = Policy(origin: "test", maximum: [.init(measure, amount)]).verdict(on: Self.busy)
    #expect(kept.outcome == .passed)
    #expect(kept.rules[0].actual == amount)
    #expect(kept.rules[0].excess == nil)
    #expect(kept.rules[0].findings.isEmpty)

    let broken = Policy(origin: "test", maximum: [.init(measure, less)]).verdict(on: Self.busy)
    #expect(broken.outcome == .failed)
    #expect(broken.rules[0].outcome == .failed)
    #expect(broken.rules[0].name == "maximum.\(measure)")
    #expect((broken.rules[0].excess?.value ?? 0) > 0)
  }

  @Test func `the figures of a table are of different measures, and all kinds are there`() {
    #expect(Set(Self.figures.map(\.measure)).count == Self.figures.count)
  }

  @Test func `one broken rule among kept ones breaks the policy`() {
    let policy = Policy(
      origin: "test",
      maximum: [.init(.failedAttempts, .count(7)), .init(.killedConnections, .count(1))])
    let verdict = policy.verdict(on: Self.busy)
    #expect(verdict.outcome == .failed)
    #expect(verdict.rules.map(\.outcome) == [.passed, .failed])
  }

  @Test func `without a policy nobody is refused and no connection killed`() {
    var report = AnalysisReport.sample
    #expect(Policy.standard.verdict(on: report).outcome == .passed)
    report.hit(.timeWait, .accepted)
    #expect(Policy.standard.verdict(on: report).outcome == .passed)
    for answer in [Answer.rejected, .reset, .unanswered] {
      var report = AnalysisReport.sample
      report.hit(.closing, answer)
      #expect(Policy.standard.verdict(on: report).outcome == .failed)
    }
    report.summary.killedConnections = 1
    #expect(Policy.standard.verdict(on: report).outcome == .failed)
  }

  @Test func `a later limit on the same measure takes the place of the one before`() {
    var policy = Policy.standard
    policy.limit(.killedConnections, to: .count(9))
    policy.limit(.failedAttempts, to: .count(1))
    #expect(policy.maximum.count == Policy.standard.maximum.count + 1)
    #expect(policy.maximum.first { $0.measure == .killedConnections }?.amount == .count(9))
  }

  // MARK: - Where to look

  @Test func `a broken rule names the findings that break it, the worst first`() throws {
    let report = AnalysisReport(real: "l4-collide/server.pcap")
    let policy = Policy(
      origin: "test",
      maximum: [
        .init(.hits(nil, .rejected), .count(0)), .init(.hits(nil, .accepted), .count(0)),
        .init(.killedConnections, .count(0)),
      ])
    let rules = policy.verdict(on: report).rules
    let rejected = report.findings.filter { $0.hits.contains { $0.answer == .rejected } }
    let worst = rejected.sorted { $0.addedSeconds > $1.addedSeconds }.prefix(3).map(\.id)
    #expect(rules[0].findings.map(\.id) == worst)
    for pointer in rules[1].findings {
      let finding = try #require(report.findings.first { $0.id == pointer.id })
      let hit = try #require(finding.hits.first { $0.answer == .accepted })
      #expect(pointer.frame == hit.frame && pointer.at == hit.at && pointer.tuple == hit.tuple)
    }
    #expect(rules[2].findings.isEmpty)
  }
}
