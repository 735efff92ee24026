public import FlowAnalyzer

extension AnalysisReport {
  /// The report for a comment on a pull request or the summary of a job: the verdict, what a policy
  /// says, the counts, the worst findings, what the captures leave open; the rest folded up.
  ///
  /// At most `markdownLimit` bytes, whatever the captures hold.
  public var markdown: String {
    let report = MarkdownReport(prose: ReportProse(self, ranking: MarkdownReport.ranked))
    return report.text
  }

  /// GitHub takes comments of 65,536 characters; whoever posts one may want to add a line.
  public static let markdownLimit = 60_000
}

/// Writes one report as Markdown, block by block.
struct MarkdownReport {
  let prose: ReportProse
  private var report: AnalysisReport { prose.report }

  /// How many findings stand in the open, and how many with those that are folded up.
  private static let open = 5
  static let ranked = 50

  init(prose: ReportProse) { self.prose = prose }

  var text: String {
    var text = MarkdownText(limit: AnalysisReport.markdownLimit - Self.cut.utf8.count)
    writeVerdict(to: &text)
    writeCheck(to: &text)
    writeNumbers(to: &text)
    writeForecast(to: &text)
    writeCoverage(to: &text)
    writeFindings(to: &text)
    writeCaptures(to: &text)
    return text.isCut ? text.output + Self.cut : text.output
  }

  private static let cut = "\nSome parts are left out, as a comment has its limits.\n"

  // MARK: - The verdict

  private func writeVerdict(to text: inout MarkdownText) {
    let (headline, role) = prose.headline
    text.add("## \(role.sign) SNAT audit\n\n**\(Markdown.text(headline))**")
    for paragraph in prose.meaning { text.add(Markdown.text(paragraph)) }
    guard !prose.remedies.isEmpty else { return }
    let remedies = prose.remedies.map { "- \(Markdown.text($0))" }.joined(separator: "\n")
    text.add("**What helps**\n\n\(remedies)")
  }

  private func writeCheck(to text: inout MarkdownText) {
    guard let check = report.check else { return }
    let word = check.outcome.rawValue.uppercased()
    text.add("### \(check.outcome.sign) Check \(word): \(Markdown.text(check.headline))")
    var table = MarkdownText.Table(("", .left), ("rule", .left), ("captured", .left))
    for rule in check.rules {
      table.row(rule.outcome.sign, "`\(rule.name)`", Markdown.text(rule.sentence))
    }
    if !check.rules.isEmpty { text.add(table) }
    var origin = check.isStandard ? Markdown.text(check.origin) : Markdown.code(check.policy)
    origin =
      "Coverage: \(check.coverage.outcome.sign) \(Markdown.text(check.coverageText))\\\n"
      + "Policy: \(origin)"
    if let baseline = check.baseline {
      origin += "\\\nBaseline: \(Markdown.code(baseline.path)), \(Markdown.text(baseline.sentence))"
    }
    text.add(origin)
    let places = prose.explainCommands(of: check)
    if !places.isEmpty { text.addDetails("Where to look", Markdown.block(places)) }
  }

  // MARK: - The counts

  private func writeNumbers(to text: inout MarkdownText) {
    guard report.summary.syns.hits > 0 else { return }
    text.add(table(prose.answers))
    text.add(Markdown.text("Attempts: " + prose.outcomes.runs.map(\.text).joined() + "."))
  }

  // MARK: - What would help

  private func writeForecast(to text: inout MarkdownText) {
    guard let forecast = ForecastProse(report), forecast.forecast.isBrief else { return }
    let worlds = table(forecast.worlds(of: nil))
    text.addDetails(
      "Forecast: what would help",
      "\(Markdown.text(forecast.bestMeasure))\n\n\(worlds.text)\n"
        + forecast.limits.map { "\n- \(Markdown.text($0))" }.joined())
  }

  private func table(_ table: TextTable) -> MarkdownText.Table {
    var markdown = MarkdownText.Table()
    markdown.columns = zip(table.header, table.columns).map { name, alignment in
      (Markdown.text(name), alignment == .right ? .right : .left)
    }
    markdown.rows = table.rows.map { $0.map { Markdown.text($0) } }
    return markdown
  }

  // MARK: - Evidence

  private func writeCoverage(to text: inout MarkdownText) {
    let grade = report.coverage.grade
    let gaps = prose.gaps.map { "- \(Markdown.text($0.finding)) \(Markdown.text($0.advice))" }
    guard !gaps.isEmpty else {
      text.add("Coverage: **\(grade.rawValue)**; nothing is known to be missing.")
      return
    }
    let list = gaps.joined(separator: "\n")
    if grade == .inconclusive {
      text.add("**Coverage: \(grade.rawValue).** What the captures leave open:\n\n\(list)")
    } else {
      text.addDetails("Coverage: \(grade.rawValue). What the captures leave open", list)
    }
    if let next = prose.nextCapture {
      text.add("\(Markdown.text(next.instruction))\n\n\(Markdown.block([next.command]))")
    }
  }

  private func writeCaptures(to text: inout MarkdownText) {
    guard !report.captures.isEmpty else { return }
    var lines: [String] = []
    for condition in prose.conditions { lines.append("\(Markdown.text(condition))\n") }
    for index in prose.listedCaptures {
      let capture = report.captures[index]
      var line = "\(index + 1). \(Markdown.code(capture.path)), \(prose.side(of: capture))"
      if capture.packets > 0 {
        line += ": " + Markdown.text(prose.facts(capture).joined(separator: ", "))
      }
      if let period = prose.period(of: capture) { line += "; \(Markdown.text(period)) UTC" }
      for warning in capture.warnings { line += "\\\n   warning: \(Markdown.code(warning))" }
      if let error = capture.error { line += "\\\n   error: \(Markdown.code(error))" }
      lines.append(line)
    }
    let more = report.captures.count - prose.listedCaptures.count
    if more > 0 { lines.append("\nand \(Quantity.count(more, "further file"))") }
    text.addDetails(
      "What was read: \(Quantity.count(report.captures.count, "capture"))",
      lines.joined(separator: "\n"))
  }

  // MARK: - Findings

  private func writeFindings(to text: inout MarkdownText) {
    let harmful = report.summary.attempts.harmed
    let ranked = prose.worst.prefix(max(harmful, 3))
    guard !ranked.isEmpty else { return }
    let total = report.findings.count + report.findingsOmitted
    let title = harmful > 0 ? "Worst findings" : "Examples"
    let shown = ranked.prefix(Self.open)
    text.add("### \(title): \(Quantity.count(shown.count)) of \(Quantity.count(total))")
    text.add(table(of: shown))
    let rest = ranked.dropFirst(Self.open)
    if !rest.isEmpty {
      text.addDetails(Quantity.count(rest.count, "more finding"), table(of: rest).text)
    }
    if let others = others(total: total, ranked: ranked.count) { text.add(others) }
    if let first = shown.first {
      text.add(
        "To see one packet by packet:\n\n"
          + Markdown.block([prose.explainCommand(first.id)]))
    }
  }

  /// What becomes of the findings that are not listed; nil where all are.
  private func others(total: Int, ranked: Int) -> String? {
    guard total > ranked else { return nil }
    let one = total - ranked == 1
    let others = one ? "The other finding" : "The other \(Quantity.count(total - ranked)) findings"
    let harmful = report.summary.attempts.harmed
    guard harmful <= ranked else { return "\(others) \(one ? "is" : "are") not listed here." }
    return harmful > 0
      ? "\(others) did no harm." : "None of the \(Quantity.count(total, "finding")) did harm."
  }

  private func table(of findings: ArraySlice<AnalysisReport.Finding>) -> MarkdownText.Table {
    var table = MarkdownText.Table(
      ("finding", .left), ("connection", .left), ("what came of it", .left), ("first hit", .left),
      ("answer", .left), ("frame", .right))
    for finding in findings {
      guard let hit = finding.hits.first else { continue }
      let client = finding.current.client.map { ", client `\($0)`" } ?? ""
      table.row(
        "`\(finding.id)`", "`\(hit.tuple)`\(client)", Markdown.text(finding.effect),
        Markdown.text("met \(prose.holder(hit))"), Markdown.text(prose.answer(hit)),
        Markdown.text(prose.frame(hit)))
    }
    return table
  }
}

extension StyledText.Role {
  /// What a glance is to find.
  fileprivate var sign: String {
    switch self {
    case .good: "\u{2705}"
    case .bad: "\u{274C}"
    case .warning: "\u{26A0}\u{FE0F}"
    case .plain, .heading, .strong, .dim: "\u{2139}\u{FE0F}"
    }
  }
}

extension PolicyVerdict.Outcome {
  fileprivate var sign: String { role.sign }
}
