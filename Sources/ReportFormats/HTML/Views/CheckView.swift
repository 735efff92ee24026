import FlowAnalyzer

/// What a policy says of the report.
struct CheckView {
  /// The outcome in a word, so that colour does not carry it alone.
  let word: String
  let role: String
  let headline: String
  let rules: TableView?
  let remarks: [String]
  let places: Places?

  struct Places {
    let list: [String]
  }

  /// Nil where no policy was asked.
  init?(_ prose: ReportProse) {
    guard let check = prose.report.check else { return nil }
    word = check.outcome.rawValue
    role = check.outcome.role.className
    headline = check.headline
    var table = TextTable(.left, .left, .left)
    table.header = ["rule", "outcome", "captured"]
    for rule in check.rules {
      table.row(
        StyledText(rule.name), StyledText(rule.outcome.rawValue, rule.outcome.role),
        StyledText(rule.sentence))
    }
    rules = TableView(table)
    remarks = [
      "Coverage: \(check.coverageText).", "Policy: \(check.origin).",
      check.baseline.map { "Baseline: \($0.path), \($0.sentence)." },
    ].compactMap { $0?.keepingUnits }
    let commands = prose.explainCommands(of: check)
    places = commands.isEmpty ? nil : Places(list: commands)
  }
}
