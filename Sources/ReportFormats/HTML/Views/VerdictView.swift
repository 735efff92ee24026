import FlowAnalyzer

/// The top of the page: the verdict, the figures that matter most, and what the captures leave open.
struct VerdictView {
  let style: Markup
  /// What the browser calls the page.
  let title: String
  let source: String
  let period: String?
  let isPartial: Bool
  let hasCheck: Bool
  let hasForecast: Bool
  let role: String
  /// The verdict in a word or two, so that colour does not carry it alone.
  let word: String
  let headline: String
  let meaning: [Markup]
  let remedies: Remedies?
  let figures: [Figure]
  let coverage: CoverageView

  struct Remedies {
    let list: [String]
  }

  struct Figure {
    let name: String
    let value: String
    let remark: String
    let role: String
  }

  struct CoverageView {
    let grade: String
    let role: String
    let meaning: String
    let gaps: Gaps?
    let next: Next?
  }

  struct Gaps {
    let list: [Gap]
  }

  struct Gap {
    let finding: String
    let advice: String
  }

  struct Next {
    let instruction: String
    let command: String
  }
}

extension VerdictView {
  init(_ prose: ReportProse, style: Markup) {
    let report = prose.report
    let headline = prose.headline
    self.style = style
    source = Self.source(report)
    title = "\(Self.word(prose)): \(source)"
    period = prose.period
    isPartial = report.partial
    hasCheck = report.check != nil
    hasForecast = BriefForecastView(report) != nil
    role = headline.role.className
    word = Self.word(prose)
    self.headline = headline.text.keepingUnits
    meaning = prose.meaning.map(Markup.init)
    let list = prose.remedies.map(Self.sentence)
    remedies = list.isEmpty ? nil : Remedies(list: list)
    figures = Self.figures(prose)
    coverage = CoverageView(prose)
  }

  private static func source(_ report: AnalysisReport) -> String {
    switch report.captures.count {
    case 0: "no captures"
    case 1: report.captures[0].path
    default: Quantity.count(report.captures.count, "capture")
    }
  }

  private static func word(_ prose: ReportProse) -> String {
    switch prose.headline.role {
    case .bad: "Harm found"
    case .warning: prose.hasVerdict ? "Take care" : "Cannot conclude"
    case .good: "All clear"
    case .strong, .plain, .heading, .dim: "No hits seen"
    }
  }

  private static func sentence(_ clause: String) -> String {
    (clause.prefix(1).uppercased() + clause.dropFirst() + ".").keepingUnits
  }

  private static func figures(_ prose: ReportProse) -> [Figure] {
    let summary = prose.report.summary
    if summary.syns.total == 0, let syns = summary.clientSyns { return symptoms(syns) }
    let attempts = summary.attempts
    let isDelayed = summary.addedSeconds.maximum.nanoseconds > 0
    return [
      Figure(
        name: "SYNs that hit", value: Quantity.count(summary.syns.hits),
        remark: "of \(Quantity.count(summary.syns.total))",
        role: summary.syns.hits > 0 ? "warning" : ""),
      Figure(
        name: "Attempts hit", value: Quantity.percent(attempts.hit, of: attempts.total),
        remark: "\(Quantity.count(attempts.hit)) of \(Quantity.count(attempts.total))",
        role: attempts.hit > 0 ? "warning" : ""),
      Figure(
        name: "Longest delay",
        value: Quantity.duration(summary.addedSeconds.maximum).keepingUnits,
        remark: "\(Quantity.count(prose.delayedAttempts, "attempt")) delayed",
        role: isDelayed ? "bad" : ""),
      Figure(
        name: "Failed for good", value: Quantity.count(attempts.failed), remark: "attempts",
        role: attempts.failed > 0 ? "bad" : ""),
      Figure(
        name: "Connections killed", value: Quantity.count(summary.killedConnections),
        remark: "open ones, of others", role: summary.killedConnections > 0 ? "bad" : ""),
    ]
  }
}

extension VerdictView {
  /// What the client side alone shows.
  private static func symptoms(_ syns: AnalysisReport.ClientSyns) -> [Figure] {
    let role = { (count: Int) in count > 0 ? "warning" : "" }
    return [
      Figure(
        name: "SYNs of clients", value: Quantity.count(syns.total), remark: "in front of the LB",
        role: ""),
      Figure(
        name: "Repeated", value: Quantity.count(syns.repeated), remark: "SYNs",
        role: role(syns.repeated)),
      Figure(
        name: "Slow", value: Quantity.count(syns.slowConnections),
        remark: "connections, 0.9 s or longer",
        role: role(syns.slowConnections)),
      Figure(
        name: "Unanswered", value: Quantity.count(syns.unanswered), remark: "attempts",
        role: role(syns.unanswered)),
    ]
  }
}

extension VerdictView.CoverageView {
  init(_ prose: ReportProse) {
    let coverage = prose.report.coverage
    grade = coverage.grade.rawValue
    switch coverage.grade {
    case .full:
      role = "good"
      meaning = "Nothing is known to be missing from the captures."
    case .limited:
      role = "warning"
      meaning = "What the captures do not show:"
    case .inconclusive:
      role = "warning"
      meaning = "These captures allow no verdict:"
    }
    let list = prose.gaps.map {
      VerdictView.Gap(finding: $0.finding.keepingUnits, advice: $0.advice.keepingUnits)
    }
    gaps = list.isEmpty ? nil : VerdictView.Gaps(list: list)
    next = prose.nextCapture.map { .init(instruction: $0.instruction, command: $0.command) }
  }
}

extension StyledText.Role {
  /// Its class in the style sheet.
  var className: String {
    switch self {
    case .good: "good"
    case .warning: "warning"
    case .bad: "bad"
    case .plain, .heading, .strong, .dim: ""
    }
  }
}
