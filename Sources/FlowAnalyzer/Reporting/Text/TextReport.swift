extension AnalysisReport {
  /// The report for people: the verdict first, then what it rests on, then where to look.
  ///
  /// ASCII but for what the captures' names contain, so that it survives mail, pagers and logs.
  public func text(_ style: TextStyle = TextStyle()) -> String {
    var report = TextReport(report: self, style: style)
    return report.render()
  }
}

/// Writes one report as text, section by section; each section has a file of its own.
struct TextReport {
  let report: AnalysisReport
  let findings: FindingsDigest
  var canvas: TextCanvas

  /// How many captures are written out.
  static let listedCaptures = 10

  init(report: AnalysisReport, style: TextStyle) {
    self.report = report
    findings = FindingsDigest(report.findings)
    canvas = TextCanvas(style: style)
  }

  mutating func render() -> String {
    writeVerdict()
    // What is missing matters most where the verdict rests on it.
    let gapsFirst = attempts.hit == 0 || report.coverage.grade == .inconclusive
    if gapsFirst { writeGaps() }
    writeCaptures()
    if !gapsFirst { writeGaps() }
    writeSides()
    if syns.total > 0 {
      writeSyns()
      writeAttempts()
      writeMeasurements()
    }
    writeFindings()
    return canvas.output
  }
}

extension TextReport {
  var syns: AnalysisReport.Syns { report.summary.syns }
  var attempts: AnalysisReport.Attempts { report.summary.attempts }
  var timeWait: Seconds { report.analysis.timeWait.assumedSeconds }

  var firstPacket: Timestamp? { judgedCaptures.compactMap(\.firstPacket).min() }
  var lastPacket: Timestamp? { judgedCaptures.compactMap(\.lastPacket).max() }

  /// Captures of the server side, which the verdict is about; all where there is none. The clocks of
  /// the two sides can differ.
  private var judgedCaptures: [AnalysisReport.Capture] {
    let judged = report.captures.filter { $0.role != CaptureRole.client.rawValue }
    return judged.isEmpty ? report.captures : judged
  }

  /// From the first packet of any of them to the last of any.
  var span: Seconds? {
    guard let firstPacket, let lastPacket else { return nil }
    return Seconds(nanoseconds: lastPacket.nanoseconds(since: firstPacket))
  }

  /// Sums an answer over all that the server can hold.
  func total(_ answer: KeyPath<AnalysisReport.Answers, Int>) -> Int {
    syns.timeWait[keyPath: answer] + syns.established[keyPath: answer]
      + syns.closing[keyPath: answer]
  }

  /// Attempts that had to wait for another SYN.
  var delayedAttempts: Int {
    report.summary.addedSeconds.histogram.dropFirst().reduce(0) { $0 + $1.attempts }
  }

  /// How many hits of the listed findings have this reason.
  func hits(_ reason: HitReason) -> Int {
    findings.reasons.values.reduce(0) { $0 + ($1[reason] ?? 0) }
  }

  /// The time of day; with the date where the captures last longer than a day.
  func clock(_ time: Timestamp) -> String {
    guard let span, span.nanoseconds >= 86_400_000_000_000 else { return time.timeOfDay }
    return time.date.dropFirst("2026-".count) + " " + time.timeOfDay
  }
}
