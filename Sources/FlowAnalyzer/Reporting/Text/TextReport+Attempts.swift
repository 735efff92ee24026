extension TextReport {
  /// How the attempts that were hit ended, and what it cost them.
  mutating func writeAttempts() {
    let attempts = report.summary.attempts
    guard attempts.hit > 0 else {
      canvas.heading("ATTEMPTS", "\(Quantity.count(attempts.total)), none hit")
      return
    }
    canvas.heading(
      "ATTEMPTS", "\(Quantity.count(attempts.total)), of which \(Quantity.count(attempts.hit)) hit")
    canvas.line(prose.outcomes, indent: 2)
    guard prose.delayedAttempts > 0 else { return }
    canvas.blank()
    canvas.line("delay added by hits", indent: 2)
    canvas.table(delays, indent: 4)
  }

  /// The histogram of added delay.
  private var delays: TextTable {
    var table = TextTable(.left, .right, .left)
    let classes = prose.delayClasses
    let most = max(classes.map(\.attempts).max() ?? 0, 1)
    for (index, bin) in classes.enumerated() {
      // Nothing but zero is an empty bar.
      let length = bin.attempts == 0 ? 0 : max(1, bin.attempts * 40 / most)
      table.row(
        StyledText(bin.label), StyledText(Quantity.count(bin.attempts)),
        StyledText(String(repeating: "#", count: length), index == 0 ? .dim : .warning))
    }
    return table
  }
}
