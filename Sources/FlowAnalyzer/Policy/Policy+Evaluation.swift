extension Policy {
  /// How many findings a broken rule names.
  static let pointers = 3

  /// Judges a report: a pure function of the two, and of the baseline.
  ///
  /// Rules on the baseline are left out where there is none. The one on new findings cannot be decided
  /// where the baseline is of other captures or does not list all of its own; then it is left out where
  /// nobody has asked for it in so many words.
  public func verdict(on report: AnalysisReport, against baseline: Baseline? = nil) -> PolicyVerdict
  {
    let comparison = baseline.map { PolicyVerdict.Comparison($0, report) }
    let figures = Figures(report.summary)
    let bench = Bench(report: report, required: coverage)
    var rules = maximum.compactMap { limit in
      figures.amount(of: limit.measure).map { amount in
        bench.rule("maximum", limit.measure, amount, limit: limit.amount)
      }
    }
    if let baseline {
      for increase in increase {
        rules += bench.rule(increase, figures, baseline, comparison?.newFindings?.total)
      }
    }
    bench.point(&rules, known: baseline?.findings ?? [])
    let isCovered = bench.isCovered
    let outcome: PolicyVerdict.Outcome =
      rules.contains { $0.outcome == .failed }
      ? .failed
      // What asks for nothing is not kept, either.
      : !isCovered || rules.isEmpty || rules.contains { $0.outcome == .inconclusive }
        ? .inconclusive : .passed
    return PolicyVerdict(
      outcome: outcome, policy: origin,
      coverage: .init(
        outcome: isCovered ? .passed : .inconclusive, required: coverage,
        actual: report.coverage.grade),
      rules: rules, baseline: comparison)
  }
}

/// Where each rule meets the evidence.
private struct Bench {
  let report: AnalysisReport
  let required: Coverage.Grade

  /// Whether what a rule did not see may be taken for absent.
  var isCovered: Bool {
    !report.partial
      && !Coverage.Reason.nothingToJudge.contains(where: report.coverage.reasons.contains)
      && !areCountsVoid && report.coverage.grade.satisfies(required)
  }

  /// What the captures show may not be what happened.
  private var areCountsVoid: Bool {
    Coverage.Reason.voidsCounts.contains(where: report.coverage.reasons.contains)
  }

  /// Whether what was counted is proof. Where answers were not captured, what a SYN met is a guess;
  /// the RST that killed a connection is not.
  private func isProven(_ measure: Measure) -> Bool {
    if areCountsVoid { return false }
    return measure == .killedConnections || !report.coverage.reasons.contains(.noAnswers)
  }

  func rule(
    _ section: String, _ measure: Measure, _ actual: Amount?, limit: Amount,
    baseline: Amount? = nil, isComparable: Bool = true
  ) -> PolicyVerdict.Rule {
    let outcome: PolicyVerdict.Outcome =
      if let actual, isComparable {
        actual.exceeds(limit)
          ? isProven(measure) ? .failed : .inconclusive
          : isCovered ? .passed : .inconclusive
      } else {
        .inconclusive
      }
    return PolicyVerdict.Rule(
      name: "\(section).\(measure)", measure: measure, outcome: outcome, actual: actual,
      limit: limit, baseline: baseline, findings: [])
  }

  /// A rule on the baseline; none where it does not apply.
  func rule(
    _ increase: Policy.Increase, _ figures: Figures, _ baseline: Baseline, _ newFindings: Int?
  ) -> [PolicyVerdict.Rule] {
    if increase.measure == .newFindings {
      guard let limit = increase.allowance.limit(above: .count(0)),
        newFindings != nil || !increase.isOptional
      else { return [] }
      let count = newFindings.map { Amount.count($0) }
      // Of those that this report does not list, some may be new, too.
      let isComplete = report.findingsOmitted == 0 || count?.exceeds(limit) == true
      return [rule("baseline", .newFindings, count, limit: limit, isComparable: isComplete)]
    }
    let none = figures.amount(of: increase.measure).map { amount -> Amount in
      if case .duration = amount {
        .duration(Seconds(nanoseconds: 0))
      } else {
        .share(Share(0, of: 1))
      }
    }
    guard let none else { return [] }
    let before = baseline.figures.rate(of: increase.measure)
    guard let limit = increase.allowance.limit(above: before ?? none) else { return [] }
    return [
      rule(
        "baseline", increase.measure, figures.rate(of: increase.measure) ?? none, limit: limit,
        baseline: before, isComparable: before != nil && baseline.grade != .inconclusive)
    ]
  }

  // MARK: - Where to look

  /// Gives each broken rule the worst of its findings, in one pass over all of them.
  ///
  /// - Parameter known: the baseline's.
  func point(_ rules: inout [PolicyVerdict.Rule], known: Set<FindingIdentifier>) {
    let broken = rules.indices.filter { rules[$0].outcome == .failed }
    guard !broken.isEmpty else { return }
    var worst = [[(severity: FindingSeverity, pointer: PolicyVerdict.Pointer)]](
      repeating: [], count: rules.count)
    for finding in report.knownFindings {
      for index in broken where rules[index].measure.counts(finding) {
        if rules[index].measure == .newFindings, known.contains(finding.id) { continue }
        guard let pointer = PolicyVerdict.Pointer(finding, rules[index].measure) else { continue }
        let severity = finding.severity
        let measure = rules[index].measure
        let place =
          worst[index].firstIndex { measure.isWorse(severity, than: $0.severity) }
          ?? worst[index].count
        guard place < Policy.pointers else { continue }
        worst[index].insert((severity, pointer), at: place)
        if worst[index].count > Policy.pointers { worst[index].removeLast() }
      }
    }
    for index in broken { rules[index].findings = worst[index].map(\.pointer) }
  }
}

extension Measure {
  /// Whether a finding is worse than another: by all it did, for rules on the delay by that alone.
  fileprivate func isWorse(_ one: FindingSeverity, than other: FindingSeverity) -> Bool {
    if case .addedDelay = self { one.added > other.added } else { one.exceeds(other) }
  }
}

extension PolicyVerdict.Pointer {
  /// Nil where the finding has no hit, which none has.
  fileprivate init?(_ finding: AnalysisReport.Finding, _ measure: Measure) {
    guard let hit = finding.hits.first(where: { measure.counts($0) }) ?? finding.hits.first else {
      return nil
    }
    self.init(
      id: finding.id, tuple: hit.tuple, at: hit.at, capture: hit.capture, frame: hit.frame)
  }
}

extension PolicyVerdict.Comparison {
  fileprivate init(_ baseline: Baseline, _ report: AnalysisReport) {
    let isSame = baseline.isOfSameCaptures(as: report)
    self.init(path: baseline.path, sameCaptures: isSame, newFindings: nil, goneFindings: nil)
    guard isSame else { return }
    var gone = baseline.findings
    var new: [FindingIdentifier] = []
    for finding in report.findings where gone.remove(finding.id) == nil {
      if !baseline.findings.contains(finding.id) { new.append(finding.id) }
    }
    // What the other side does not list may be there all the same.
    if baseline.findingsOmitted == 0 { newFindings = .init(new) }
    if report.findingsOmitted == 0 { goneFindings = .init(gone.sorted { $0.value < $1.value }) }
  }
}

extension PolicyVerdict.FindingList {
  fileprivate init(_ ids: [FindingIdentifier]) {
    self.init(total: ids.count, ids: Array(ids.prefix(Self.listed)))
  }
}

extension Coverage.Grade {
  /// Whether it is as good as what is asked for.
  fileprivate func satisfies(_ required: Coverage.Grade) -> Bool { rank <= required.rank }

  private var rank: Int {
    switch self {
    case .full: 0
    case .limited: 1
    case .inconclusive: 2
    }
  }
}

extension Coverage.Reason {
  /// Packets come by twice, half of them are missing, or the wrong side was judged: hits show that were
  /// none.
  fileprivate static let voidsCounts: [Self] = [
    .clocksDiffer, .bothSides, .sidesSwapped, .flagsFiltered,
  ]
  /// The side that a policy is about was not captured, so that it cannot be kept either.
  fileprivate static let nothingToJudge: [Self] = [.clientSideOnly]
}
