extension ReportProse {
  /// How the attempts that were hit ended.
  package var outcomes: StyledText {
    let connected = Quantity.count(attempts.connected)
    let failed = StyledText(Quantity.count(attempts.failed), attempts.failed > 0 ? .bad : .plain)
    let unknown = Quantity.count(attempts.undetermined)
    return "of those hit, \(connected) connected, \(failed) failed, \(unknown) unknown"
  }

  /// The classes of added delay in words, up to the last that is not empty.
  package var delayClasses: [(label: String, attempts: Int)] {
    let bins = report.summary.addedSeconds.histogram
    let end = (bins.lastIndex { $0.attempts > 0 } ?? -1) + 1
    return bins.prefix(end).enumerated().map { (Self.label(of: $0, in: bins), $1.attempts) }
  }

  private static func label(of index: Int, in bins: [AnalysisReport.AddedDelay.Bin]) -> String {
    // The first class ends after one nanosecond.
    guard index > 0 else { return "none" }
    let start = index > 1 ? bins[index - 1].belowSeconds : nil
    switch (start, bins[index].belowSeconds) {
    case (nil, let end?): return "below " + boundary(end)
    case (let start?, let end?): return "\(boundary(start, unit: "")) to \(boundary(end))"
    case (let start?, nil): return boundary(start) + " or more"
    case (nil, nil): return "any"
    }
  }

  /// A class boundary, which is a whole number of tenths of a second.
  private static func boundary(_ boundary: Seconds, unit: String = " s") -> String {
    let tenths = boundary.nanoseconds / 100_000_000
    return (tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)") + unit
  }
}
