public import FlowAnalyzer

extension AnalysisReport {
  /// Writes the report as one HTML file that needs nothing else: no network, no scripts, its pictures
  /// drawn in it.
  ///
  /// The worst findings are shown, with their ladders, and the others counted, so that neither the
  /// file nor memory follows their number.
  ///
  /// - Parameters:
  ///   - traces: of `findingsToTrace`, in their order, where the captures were read again; without, or
  ///     where one has nothing, a ladder shows what the finding itself tells.
  ///   - write: takes the text piece by piece.
  /// - Throws: what `write` throws.
  public func writeHTML(traces: [FindingTrace] = [], to write: TextOutput) throws {
    try HTMLReport(self, traces: traces).write(to: write)
  }

  /// Writes the forecast as one HTML file that needs nothing else; nothing where there is none.
  ///
  /// - Parameter write: takes the text piece by piece.
  /// - Throws: what `write` throws.
  public func writeForecastHTML(to write: TextOutput) throws {
    guard let prose = ForecastProse(self) else { return }
    let templates = try HTMLTemplates.all.get()
    let view = ForecastView(ReportProse(self, ranking: 0), prose, style: templates.style)
    try write(templates.render(.whatif, view))
    try write(templates.render(.end, [String: String]()))
  }

  /// The findings that the HTML report draws ladders of.
  public var findingsToTrace: [Finding] { worstFindings(HTMLReport.drawn) }
}

/// Puts the sections of a page in their order; each is a view, and a template that shows it.
struct HTMLReport {
  let prose: ReportProse
  let templates: HTMLTemplates
  let traces: [FindingTrace]

  /// How many findings are listed, how many of those are drawn, and how many of these stand open.
  private static let listed = 500
  fileprivate static let drawn = 50
  private static let open = 1

  init(_ report: AnalysisReport, traces: [FindingTrace]) throws {
    self.traces = traces
    prose = ReportProse(report, ranking: Self.listed)
    templates = try HTMLTemplates.all.get()
  }

  func write(to write: TextOutput) throws {
    try write(templates.render(.verdict, VerdictView(prose, style: templates.style)))
    if let check = CheckView(prose) { try write(templates.render(.check, check)) }
    try write(templates.render(.pictures, PicturesView(prose)))
    if let forecast = BriefForecastView(prose.report) {
      try write(templates.render(.forecast, forecast))
    }
    try write(templates.render(.numbers, NumbersView(prose)))
    try writeFindings(to: write)
    try write(templates.render(.end, [String: String]()))
  }

  /// Nil where no packets of it are at hand.
  private func ladder(at index: Int, of finding: AnalysisReport.Finding) -> Ladder? {
    guard index < traces.count, traces[index].finding.id == finding.id,
      !traces[index].frames.isEmpty
    else { return nil }
    return Ladder(traces[index], of: prose.report)
  }

  private func writeFindings(to write: TextOutput) throws {
    let ranked = prose.worst
    try write(templates.render(.findings, FindingsView(prose, listed: ranked.count)))
    guard !ranked.isEmpty else { return }
    for (index, finding) in ranked.enumerated() {
      let row = FindingRow(finding, number: index + 1, isDrawn: index < Self.drawn, prose)
      try write(templates.render(.findingRow, row))
    }
    try write(templates.render(.findingsEnd, FindingsEnd(prose, listed: ranked.count)))
    for (index, finding) in ranked.prefix(Self.drawn).enumerated() {
      let view = FindingView(
        finding, ladder(at: index, of: finding), number: index + 1, isOpen: index < Self.open, prose
      )
      try write(templates.render(.finding, view))
    }
  }
}

extension FindingsView {
  init(_ prose: ReportProse, listed: Int) {
    let report = prose.report
    let total = report.findings.count + report.findingsOmitted
    let harmed = report.summary.attempts.harmed
    title = harmed > 0 || total == 0 ? "Findings, worst first" : "Findings"
    remark =
      "\(Quantity.count(total, "attempt")) hit, \(Quantity.count(harmed)) of them "
      + "to their harm. Killed connections come first, then what failed, then the longest delay."
    rows = listed > 0
    self.listed = Quantity.count(listed)
    isShort = listed <= 10
    nothing =
      total > 0
      ? "\(Quantity.count(total, "attempt")) hit; the report was made without listing them."
      : report.coverage.grade == .inconclusive
        ? "None, but these captures could not have shown any." : "No attempt hit a tuple."
  }
}

extension FindingsEnd {
  init(_ prose: ReportProse, listed: Int) {
    let report = prose.report
    howToLook = prose.howToLook
    let more = report.findings.count + report.findingsOmitted - listed
    let inJSON =
      report.findingsOmitted == 0
      ? "the JSON report has them all"
      : "the JSON report has the first \(Quantity.count(report.findings.count)) of all, and with a higher --max-findings more"
    leftOut = more > 0 ? "And \(Quantity.count(more)) more; \(inJSON)." : nil
  }
}
