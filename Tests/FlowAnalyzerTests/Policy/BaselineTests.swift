import Testing

@testable import FlowAnalyzer

@Suite("Comparing with a baseline")
struct BaselineTests {
  private static let ten = Policy.Allowance.relative(partsPerBillion: 100_000_000)

  /// A report with as many hits of as many attempts; each finding is named by its number.
  private func report(
    hits: Int, of attempts: Int, contents: [String] = ["a"], named names: [UInt64] = []
  ) -> AnalysisReport {
    var report = AnalysisReport.sample
    report.hit(.timeWait, .rejected)
    report.summary.syns.timeWait.rejected = hits
    report.summary.attempts.hit = hits
    report.summary.attempts.total = attempts
    report.captures = contents.map { hash in
      var capture = AnalysisReport.sample.captures[0]
      capture.contentHash = hash
      return capture
    }
    let finding = report.findings[0]
    report.findings = .init(
      names.map { name in
        var finding = finding
        finding.id = FindingIdentifier(value: name)
        return finding
      })
    return report
  }

  private func baseline(_ report: AnalysisReport, omitted: Int = 0) -> Baseline {
    Baseline(
      path: "old.json", contentHashes: report.captures.map(\.contentHash),
      grade: report.coverage.grade, figures: Figures(report.summary),
      findings: Set(report.findings.map(\.id)), findingsOmitted: omitted)
  }

  private func verdict(
    _ increase: Policy.Increase, _ new: AnalysisReport, after old: AnalysisReport
  ) -> PolicyVerdict {
    Policy(origin: "test", increase: [increase]).verdict(on: new, against: baseline(old))
  }

  @Test(arguments: [
    // 10 of 100; 22 of 200 are 10 % more, exactly; 23 are not, although the counts are of other sizes.
    (22, 200, PolicyVerdict.Outcome.passed), (23, 200, .failed), (11, 100, .passed),
    (12, 100, .failed), (5, 100, .passed), (0, 1, .passed), (1, 9, .failed),
  ])
  func `rates are compared exactly, whatever the length of the captures`(
    hits: Int, attempts: Int, expected: PolicyVerdict.Outcome
  ) {
    let old = report(hits: 10, of: 100)
    let new = report(hits: hits, of: attempts, contents: ["b"])
    #expect(
      verdict(.init(.hits(nil, .rejected), Self.ten), new, after: old).outcome == expected)
    #expect(verdict(.init(.hitShare, Self.ten), new, after: old).outcome == expected)
  }

  @Test func `of nothing no increase is allowed`() {
    let old = report(hits: 0, of: 100)
    let new = report(hits: 1, of: 1_000_000, contents: ["b"])
    #expect(verdict(.init(.hitShare, Self.ten), new, after: old).outcome == .failed)
    #expect(verdict(.init(.hitShare, Self.ten), old, after: old).outcome == .passed)
  }

  @Test func `delays may grow by a share or by a time`() {
    var old = report(hits: 1, of: 10)
    var new = old
    old.summary.addedSeconds.maximum = Seconds(nanoseconds: 1_000_000_000)
    for (nanoseconds, relative, absolute) in [
      (1_050_000_000, PolicyVerdict.Outcome.passed, PolicyVerdict.Outcome.passed),
      (1_050_000_001, .passed, .failed), (1_100_000_000, .passed, .failed),
      (1_100_000_001, .failed, .failed),
    ] as [(Int64, PolicyVerdict.Outcome, PolicyVerdict.Outcome)] {
      new.summary.addedSeconds.maximum = Seconds(nanoseconds: nanoseconds)
      let time = Policy.Allowance.time(Seconds(nanoseconds: 50_000_000))
      #expect(verdict(.init(.addedDelay(.maximum), Self.ten), new, after: old).outcome == relative)
      #expect(verdict(.init(.addedDelay(.maximum), time), new, after: old).outcome == absolute)
    }
  }

  @Test func `the largest numbers that a baseline may have do not overflow`() {
    var old = report(hits: 1, of: 1)
    old.summary.attempts.total = Share.largestCount
    old.summary.attempts.hit = Share.largestCount
    old.summary.addedSeconds.maximum = Seconds(nanoseconds: .max)
    var new = old
    new.captures[0].contentHash = "b"
    let most = Policy.Allowance.relative(partsPerBillion: Policy.Allowance.mostRelative)
    #expect(verdict(.init(.hitShare, most), new, after: old).outcome == .passed)
    #expect(verdict(.init(.addedDelay(.maximum), most), new, after: old).outcome == .passed)
    new.summary.attempts.total = 1
    #expect(verdict(.init(.hits(nil, nil), most), new, after: old).outcome == .failed)
  }

  // MARK: - Findings

  @Test func `findings of the same captures are compared, in whatever order the files are named`() {
    let old = report(hits: 3, of: 10, contents: ["a", "b"], named: [1, 2, 3])
    let new = report(hits: 3, of: 10, contents: ["b", "a"], named: [2, 4, 5, 3])
    let verdict = verdict(.init(.newFindings, .count(1)), new, after: old)
    #expect(verdict.baseline?.sameCaptures == true)
    #expect(verdict.baseline?.newFindings?.ids.map(\.value) == [4, 5])
    #expect(verdict.baseline?.goneFindings?.ids.map(\.value) == [1])
    #expect(verdict.outcome == .failed)
    #expect(verdict.rules[0].findings.map(\.id.value) == [4, 5])
    #expect(self.verdict(.init(.newFindings, .count(2)), new, after: old).outcome == .passed)
  }

  @Test func `findings of other captures are not`() {
    let old = report(hits: 1, of: 10, contents: ["a"], named: [1])
    let new = report(hits: 1, of: 10, contents: ["a", "b"], named: [2])
    let verdict = verdict(.init(.newFindings, .count(0)), new, after: old)
    #expect(verdict.baseline?.sameCaptures == false)
    #expect(verdict.baseline?.newFindings == nil)
    // Who asked for it is told; the default leaves it out.
    #expect(verdict.rules.map(\.outcome) == [.inconclusive])
    #expect(verdict.rules[0].actual == nil)
    #expect(verdict.outcome == .inconclusive)
    let standard = Policy(origin: "test", increase: Policy.noWorse)
      .verdict(on: new, against: baseline(old))
    #expect(standard.rules.count == Policy.noWorse.count - 1)
    #expect(standard.outcome == .passed)
  }

  @Test func `what the report itself does not list may be new`() {
    let old = report(hits: 1, of: 10, named: [1])
    var new = report(hits: 2, of: 10, named: [1])
    new.findingsOmitted = 1
    #expect(verdict(.init(.newFindings, .count(0)), new, after: old).outcome == .inconclusive)
    new = report(hits: 3, of: 10, named: [1, 2])
    new.findingsOmitted = 1
    #expect(verdict(.init(.newFindings, .count(0)), new, after: old).outcome == .failed)
  }

  @Test func `a policy without a rule is not kept`() {
    #expect(Policy(origin: "test").verdict(on: .sample).outcome == .inconclusive)
  }

  @Test func `captures without a known content are the same as none`() {
    let old = report(hits: 1, of: 10, contents: [""], named: [1])
    #expect(!baseline(old).isOfSameCaptures(as: old))
  }

  @Test func `what a baseline counts but does not list is not called new`() {
    let old = report(hits: 2, of: 10, named: [1])
    let new = report(hits: 2, of: 10, named: [1, 2])
    let policy = Policy(origin: "test", increase: [.init(.newFindings, .count(0))])
    let verdict = policy.verdict(on: new, against: baseline(old, omitted: 1))
    #expect(verdict.baseline?.newFindings == nil)
    #expect(verdict.outcome == .inconclusive)
  }

  @Test func `many new findings are counted, and some named`() {
    let old = report(hits: 0, of: 10)
    let new = report(hits: 50, of: 100, named: Array(1...50))
    let list = verdict(.init(.newFindings, .count(0)), new, after: old).baseline?.newFindings
    #expect(list?.total == 50)
    #expect(list?.ids.count == PolicyVerdict.FindingList.listed)
  }

  @Test func `a baseline without a verdict allows none`() {
    var old = report(hits: 10, of: 100)
    old.coverage.grade = .inconclusive
    let new = report(hits: 1, of: 100, contents: ["b"])
    #expect(verdict(.init(.hitShare, Self.ten), new, after: old).outcome == .inconclusive)
    old = report(hits: 0, of: 0)
    #expect(verdict(.init(.hitShare, Self.ten), new, after: old).outcome == .inconclusive)
  }

  @Test func `a real report is no worse than itself`() {
    let report = AnalysisReport(real: "l4-collide/server.pcap")
    let verdict = Policy(origin: "test", increase: Policy.noWorse)
      .verdict(on: report, against: baseline(report))
    #expect(verdict.outcome == .passed)
    #expect(verdict.rules.count == Policy.noWorse.count)
    #expect(verdict.baseline?.sameCaptures == true)
  }
}
