import FlowAnalyzer

/// What was counted, measured and read.
struct NumbersView {
  let sum: String?
  let counts: [TableView]
  let outcomes: Markup?
  let measurements: TableView?
  let sides: Sides?
  let conditions: [String]
  let captures: [Capture]
  let sumOfCaptures: String?
  let capturesLeftOut: String?

  struct Sides {
    let translation: String
    let paragraphs: [Markup]
  }

  struct Capture {
    let number: Int
    let path: String
    let side: String
    let point: String
    let facts: String
    let period: String?
    let contentHash: String
    let warnings: [String]
    let error: String?
  }
}

extension NumbersView {
  init(_ prose: ReportProse) {
    let report = prose.report
    sum = report.summary.syns.total > 0 ? prose.sumOfSyns : nil
    counts = [
      report.summary.syns.hits > 0
        ? TableView(prose.answers, caption: "Hits by what the server held and how it answered")
        : nil,
      TableView(
        prose.reasonsOfHits, caption: Self.capitalized(prose.titleOfReasons),
        header: ["hits", "answer", "reason", "what it means"]),
      TableView(
        prose.reusesWithoutHit, caption: "Used again without a hit",
        header: ["SYNs", "reason", "what it means"]),
    ].compactMap { $0 }
    outcomes = report.summary.attempts.hit > 0 ? Markup(prose.outcomes) : nil
    measurements =
      report.summary.syns.total > 0
      ? TableView(prose.measurements, caption: "What the captures show of them") : nil
    sides = prose.sides.map {
      Sides(
        translation: Self.capitalized(report.topology.translation.plainName),
        paragraphs: $0.map(Markup.init))
    }
    conditions = prose.conditions
    let listed = prose.listedCaptures
    captures = listed.map { Capture(number: $0 + 1, report.captures[$0], prose) }
    sumOfCaptures = report.captures.count > 1 ? Self.capitalized(prose.sumOfCaptures) : nil
    let more = report.captures.count - listed.count
    capturesLeftOut = more > 0 ? "And \(Quantity.count(more, "further file"))." : nil
  }

  private static func capitalized(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }
}

extension NumbersView.Capture {
  init(number: Int, _ capture: AnalysisReport.Capture, _ prose: ReportProse) {
    self.number = number
    path = capture.path
    side = prose.side(of: capture)
    point = capture.point
    facts = capture.packets > 0 ? prose.facts(capture).joined(separator: ", ") : "no packets"
    period = prose.period(of: capture)
    contentHash = capture.contentHash
    warnings = capture.warnings
    error = capture.error
  }
}
