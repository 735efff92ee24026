extension TextReport {
  /// How the attempts that were hit ended, and what it cost them.
  mutating func writeAttempts() {
    guard attempts.hit > 0 else {
      canvas.heading("ATTEMPTS", "\(Quantity.count(attempts.total)), none hit")
      return
    }
    canvas.heading(
      "ATTEMPTS", "\(Quantity.count(attempts.total)), of which \(Quantity.count(attempts.hit)) hit")
    let connected = Quantity.count(attempts.connected)
    let failed = StyledText(Quantity.count(attempts.failed), attempts.failed > 0 ? .bad : .plain)
    let unknown = Quantity.count(attempts.undetermined)
    canvas.line(
      "of those hit, \(connected) connected, \(failed) failed, \(unknown) unknown", indent: 2)
    guard delayedAttempts > 0 else { return }
    canvas.blank()
    canvas.line("delay added by hits", indent: 2)
    canvas.table(delays, indent: 4)
  }

  /// The histogram of added delay, up to its last class that is not empty.
  private var delays: TextTable {
    var table = TextTable(.left, .right, .left)
    let bins = report.summary.addedSeconds.histogram
    let most = max(bins.map(\.attempts).max() ?? 0, 1)
    let end = (bins.lastIndex { $0.attempts > 0 } ?? -1) + 1
    for (index, bin) in bins.prefix(end).enumerated() {
      // Nothing but zero is an empty bar.
      let length = bin.attempts == 0 ? 0 : max(1, bin.attempts * 40 / most)
      table.row(
        StyledText(Self.label(of: index, in: bins)), StyledText(Quantity.count(bin.attempts)),
        StyledText(String(repeating: "#", count: length), index == 0 ? .dim : .warning))
    }
    return table
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
