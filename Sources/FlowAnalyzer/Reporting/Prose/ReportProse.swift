/// What a report says in words: the one source of all formats for people, a file per subject.
package struct ReportProse: Sendable {
  package let report: AnalysisReport
  /// The worst findings, listed or not, the worst first.
  package let worst: [AnalysisReport.Finding]

  /// - Parameter limit: how many findings are put into the order of their gravity.
  package init(_ report: AnalysisReport, ranking limit: Int) {
    self.report = report
    worst = report.worstFindings(limit)
  }
}

extension ReportProse {
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
  package var span: Seconds? {
    guard let firstPacket, let lastPacket else { return nil }
    return Seconds(nanoseconds: lastPacket.nanoseconds(since: firstPacket))
  }

  /// Sums an answer over all that the server can hold.
  package func total(_ answer: KeyPath<AnalysisReport.Answers, Int>) -> Int {
    syns.timeWait[keyPath: answer] + syns.established[keyPath: answer]
      + syns.closing[keyPath: answer]
  }

  /// Attempts that had to wait for another SYN.
  package var delayedAttempts: Int {
    report.summary.addedSeconds.histogram.dropFirst().reduce(0) { $0 + $1.attempts }
  }

  /// How many hits have this reason.
  func hits(_ reason: HitReason) -> Int {
    syns.reasons.reduce(0) { $0 + ($1.reason == reason ? $1.hits : 0) }
  }

  /// The time of day; with the date where the captures last longer than a day.
  package func clock(_ time: Timestamp) -> String {
    guard let span, span.nanoseconds >= 86_400_000_000_000 else { return time.timeOfDay }
    return time.date.dropFirst("2026-".count) + " " + time.timeOfDay
  }
}
