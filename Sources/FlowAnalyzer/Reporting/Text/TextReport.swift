extension AnalysisReport {
  /// The report for people: the verdict first, then what it rests on, then where to look.
  ///
  /// ASCII but for what the captures' names contain, so that it survives mail, pagers and logs.
  public func text(_ style: TextStyle = TextStyle()) -> String {
    var report = TextReport(report: self, style: style)
    return report.render()
  }

  /// What a policy says, for people and the log of a job: which rule is broken, by how much, and where
  /// to look. Empty where no policy was asked.
  public func checkText(_ style: TextStyle = TextStyle()) -> String {
    var text = TextReport(report: self, style: style)
    text.writeCheck(isAlone: true)
    return text.canvas.output
  }
}

/// Writes one report as text, section by section; each section has a file of its own.
struct TextReport {
  let prose: ReportProse
  var canvas: TextCanvas

  var report: AnalysisReport { prose.report }

  init(report: AnalysisReport, style: TextStyle) {
    prose = ReportProse(report, ranking: 5)
    canvas = TextCanvas(style: style)
  }

  mutating func render() -> String {
    writeCheck(isAlone: false)
    if report.check != nil { canvas.blank() }
    writeVerdict()
    // What is missing matters most where the verdict rests on it.
    let gapsFirst = report.summary.attempts.hit == 0 || report.coverage.grade == .inconclusive
    if gapsFirst { writeGaps() }
    writeCaptures()
    if !gapsFirst { writeGaps() }
    writeSides()
    if report.summary.syns.total > 0 {
      writeSyns()
      writeAttempts()
      writeMeasurements()
      writeForecast()
    }
    writeFindings()
    return canvas.output
  }

  /// The time of day in UTC, with that of the place that was asked for behind it.
  func clock(_ time: Timestamp) -> String {
    let local = canvas.style.localClock.map { " (\($0.time(time)))" } ?? ""
    return prose.clock(time) + local
  }
}
