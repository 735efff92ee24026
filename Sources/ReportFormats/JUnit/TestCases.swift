import FlowAnalyzer

/// The cases of a report: the rules of its policy, or the standing questions where none was asked.
struct TestCases {
  let cases: [TestCase]

  init(_ prose: ReportProse) {
    let report = prose.report
    var cases = [TestCase.inputs(report)]
    if let check = report.check {
      cases.append(.coverage(prose, check.coverage.outcome))
      let isCovered = check.coverage.outcome == .passed
      cases += check.rules.map { .rule($0, prose, isCovered: isCovered) }
    } else {
      let verdict = StandingQuestion.policy.verdict(on: report)
      cases.append(.coverage(prose, verdict.coverage.outcome, isRequired: false))
      cases += StandingQuestion.all.map { $0.answer(verdict, prose) }
    }
    self.cases = cases
  }

  /// How many have an outcome.
  var failures: Int { cases.count { if case .failed = $0.outcome { true } else { false } } }
  var errors: Int { cases.count { if case .error = $0.outcome { true } else { false } } }
  var skipped: Int { cases.count { if case .skipped = $0.outcome { true } else { false } } }
}

/// What everybody wants to know of a capture: figures that should be nothing.
struct StandingQuestion {
  /// What should be so.
  var name: String
  var measures: [Measure]

  static let all = [
    StandingQuestion(name: "no SYN was refused in TIME_WAIT", refusedBy: .timeWait),
    StandingQuestion(
      name: "no SYN was refused by an established connection", refusedBy: .established),
    StandingQuestion(name: "no SYN was refused by a closing connection", refusedBy: .closing),
    StandingQuestion(name: "no live connection was killed", measures: [.killedConnections]),
    StandingQuestion(name: "no attempt failed by a hit", measures: [.failedAttempts]),
    StandingQuestion(name: "no attempt was delayed by a hit", measures: [.addedDelay(.maximum)]),
  ]

  init(name: String, measures: [Measure]) {
    self.name = name
    self.measures = measures
  }

  private init(name: String, refusedBy kind: HeldKind) {
    let refusals: [Answer] = [.rejected, .reset, .unanswered]
    self.init(name: name, measures: refusals.map { .hits(kind, $0) })
  }

  /// All questions as one policy.
  static let policy = Policy(
    origin: "standing questions",
    maximum: all.flatMap(\.measures).map { measure in
      if case .addedDelay = measure {
        Policy.Limit(measure, .duration(Seconds(nanoseconds: 0)))
      } else {
        Policy.Limit(measure, .count(0))
      }
    })

  func answer(_ verdict: PolicyVerdict, _ prose: ReportProse) -> TestCase {
    let rules = verdict.rules.filter { measures.contains($0.measure) }
    let broken = rules.filter { $0.outcome == .failed }
    let outcome: TestCase.Outcome =
      if !broken.isEmpty {
        .failed(
          .init(
            summary: broken.map(\.finding).joined(separator: ", "),
            type: broken[0].measure.description, body: prose.places(broken)))
      } else if rules.contains(where: { $0.outcome == .inconclusive }) {
        .skipped("the captures do not allow a verdict")
      } else {
        .passed
      }
    return TestCase(group: "snat-audit.analyze", name: name, outcome: outcome)
  }
}

// MARK: - Cases

extension TestCase {
  /// Whether every input could be read.
  fileprivate static func inputs(_ report: AnalysisReport) -> TestCase {
    let errors = report.captures.compactMap(\.error)
    let outcome: Outcome =
      errors.isEmpty
      ? .passed
      : .error(
        .init(
          summary: "\(Quantity.count(errors.count, "input")) could not be read", type: "input",
          body: Array(errors.prefix(20))))
    return TestCase(group: "snat-audit", name: "every input could be read", outcome: outcome)
  }

  /// - Parameter isRequired: a policy asks for it, so that its lack is an error.
  fileprivate static func coverage(
    _ prose: ReportProse, _ outcome: PolicyVerdict.Outcome, isRequired: Bool = true
  ) -> TestCase {
    let gaps = prose.gaps.map { "\($0.finding) \($0.advice)" }
    let reasons = prose.report.coverage.reasons.map(\.rawValue).joined(separator: ", ")
    let summary = "coverage \(prose.report.coverage.grade.rawValue): \(reasons)"
    return TestCase(
      group: "snat-audit", name: "the captures allow a verdict",
      outcome: outcome == .passed
        ? .passed
        : isRequired
          ? .error(.init(summary: summary, type: "coverage", body: gaps)) : .skipped(summary))
  }

  /// - Parameter isCovered: the evidence is what the policy asks for, else the case of the coverage
  ///   says what is missing.
  fileprivate static func rule(
    _ rule: PolicyVerdict.Rule, _ prose: ReportProse, isCovered: Bool
  ) -> TestCase {
    let outcome: Outcome =
      switch rule.outcome {
      case .passed: .passed
      case .failed:
        .failed(
          .init(
            summary: "\(rule.name): \(rule.sentence)", type: rule.measure.description,
            body: prose.places([rule])))
      case .inconclusive where isCovered:
        .error(
          .init(
            summary: "\(rule.name): \(rule.sentence); the captures do not prove it",
            type: "inconclusive", body: []))
      case .inconclusive: .skipped("the captures do not allow a verdict")
      }
    return TestCase(group: "snat-audit.check", name: rule.name, outcome: outcome)
  }
}

extension PolicyVerdict.Rule {
  /// What was found, as in `56 hits.time-wait.rejected`.
  fileprivate var finding: String {
    switch actual {
    case nil: "\(measure)"
    case .count(let count): "\(Quantity.count(count)) \(measure)"
    case .duration(let duration): "\(measure) \(Quantity.duration(duration))"
    case .share(let share): "\(measure) \(Quantity.percent(share.value))"
    }
  }
}

extension ReportProse {
  /// The worst findings of rules, each with the command that explains it.
  fileprivate func places(_ rules: [PolicyVerdict.Rule]) -> [String] {
    var lines = rules.map { "\($0.name): \($0.sentence)" }
    var shown: Set<FindingIdentifier> = []
    for pointer in rules.flatMap(\.findings) where shown.insert(pointer.id).inserted {
      lines.append("")
      lines.append(place(pointer))
      lines.append("  \(explainCommand(pointer.id))")
    }
    return lines
  }
}
