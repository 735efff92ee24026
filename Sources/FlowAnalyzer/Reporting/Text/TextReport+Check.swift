extension TextReport {
  /// What the policy says: its rules, then where to look, then what they rest on.
  ///
  /// - Parameter isAlone: the rest of the report, which says what the captures leave open, does not
  ///   follow.
  mutating func writeCheck(isAlone: Bool) {
    guard let check = report.check else { return }
    let word = check.outcome.rawValue.uppercased()
    canvas.labelled(
      StyledText("CHECK", .heading),
      StyledText("\(word): \(check.headline)", check.outcome.role), indent: 0, hanging: 9)
    canvas.blank()
    var rules = TextTable(.left, .left, .left)
    for rule in check.rules {
      rules.row(
        StyledText(rule.outcome.rawValue, rule.outcome.role), StyledText(rule.name, .strong),
        StyledText(rule.sentence))
    }
    canvas.table(rules)
    writePlaces(check)
    canvas.blank()
    canvas.labelled(
      "coverage",
      "\(check.coverage.outcome.rawValue, check.coverage.outcome.role): \(check.coverageText)",
      hanging: 10)
    canvas.labelled("policy", StyledText(check.origin), hanging: 10)
    if let baseline = check.baseline {
      canvas.labelled(
        "baseline", StyledText("\(baseline.path.printable): \(baseline.sentence)"),
        hanging: 10)
    }
    writeFindings(baseline: check.baseline)
    if isAlone, check.outcome == .inconclusive { writeGaps() }
  }

  /// Which findings came and went since the baseline.
  private mutating func writeFindings(baseline: PolicyVerdict.Comparison?) {
    for (name, list) in [("new", baseline?.newFindings), ("gone", baseline?.goneFindings)] {
      guard let list, list.total > 0 else { continue }
      let more = list.total > list.ids.count ? ["and \(list.total - list.ids.count) more"] : []
      canvas.labelled(
        StyledText(name), StyledText((list.ids.map(\.description) + more).joined(separator: " ")),
        hanging: 10)
    }
  }

  /// The worst findings of each broken rule; a finding that breaks several is shown once.
  private mutating func writePlaces(_ check: PolicyVerdict) {
    var shown: Set<FindingIdentifier> = []
    for rule in check.rules {
      let new = rule.findings.filter { shown.insert($0.id).inserted }
      guard !new.isEmpty else { continue }
      canvas.blank()
      canvas.line("where to look for \("\(rule.name)", .strong)", indent: 2)
      for pointer in new {
        canvas.line(StyledText(prose.place(pointer, at: clock(pointer.at))), indent: 4)
        canvas.line(StyledText(prose.explainCommand(pointer.id), .dim), indent: 6)
      }
    }
  }
}
