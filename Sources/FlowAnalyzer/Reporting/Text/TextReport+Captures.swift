extension TextReport {
  /// What the captures leave open, and which capture would answer the question.
  mutating func writeGaps() {
    let gaps = prose.gaps
    guard !gaps.isEmpty else { return }
    canvas.heading("WHAT THE CAPTURES LEAVE OPEN")
    for (finding, advice) in gaps {
      canvas.labelled("-", "\(finding) \(advice, .strong)", hanging: 2)
    }
    guard let (instruction, command) = prose.nextCapture else { return }
    canvas.blank()
    canvas.paragraph(StyledText(instruction))
    canvas.line(StyledText(command), indent: 6)
  }

  // MARK: - What was read

  mutating func writeCaptures() {
    let captures = report.captures
    let local = canvas.style.localClock.map { ", in brackets those of \($0.name.printable)" } ?? ""
    canvas.heading("READ", "times are UTC\(local)")
    for condition in prose.conditions { canvas.paragraph(StyledText(condition), indent: 2) }
    let listed = prose.listedCaptures
    for index in listed { writeCapture(index) }
    if captures.count > listed.count {
      canvas.line("and \(Quantity.count(captures.count - listed.count, "further file"))", indent: 2)
    }
    if captures.count > 1 { canvas.line(StyledText(prose.sumOfCaptures), indent: 2) }
  }

  private mutating func writeCapture(_ index: Int) {
    let capture = report.captures[index]
    let label = report.captures.count > 1 ? "[\(index + 1)] " : ""
    var origin = prose.side(of: capture)
    if capture.packets > 0 || capture.error == nil {
      origin += ", point \(capture.point.printable)"
    }
    canvas.line("\(label)\(capture.path.printable, .strong), \(origin)", indent: 2)
    if capture.packets > 0 {
      canvas.paragraph(StyledText(prose.facts(capture).joined(separator: ", ")), indent: 4)
    }
    if let period = prose.period(of: capture) { canvas.line(StyledText(period), indent: 4) }
    if let clock = canvas.style.localClock, let first = capture.firstPacket,
      let last = capture.lastPacket
    {
      canvas.line("(\(clock.dateAndTime(first)) to \(clock.dateAndTime(last)))", indent: 4)
    }
    for warning in capture.warnings {
      canvas.paragraph("\("warning:", .warning) \(warning)", indent: 4)
    }
    if let error = capture.error {
      canvas.paragraph("\("error:", .bad) \(error.printable)", indent: 4)
    }
  }
}
