extension TextReport {
  /// Where to look: the worst findings, with all that is needed to find their packets.
  mutating func writeFindings() {
    let harmed = report.summary.attempts.harmed
    // Where nothing was harmed, a few as examples.
    let isHarmful = harmed > 0
    let ranked = prose.worst.prefix(isHarmful ? min(5, harmed) : 3)
    guard !ranked.isEmpty else { return }
    let title = isHarmful ? "WORST FINDINGS" : "EXAMPLES"
    let total = report.findings.count + report.findingsOmitted
    canvas.heading(title, "\(Quantity.count(ranked.count)) of \(Quantity.count(total))")
    canvas.paragraph(StyledText(prose.howToLook, .dim))
    for (index, finding) in ranked.enumerated() {
      canvas.blank()
      writeFinding(finding, number: index + 1)
    }
  }

  // MARK: - One finding

  private mutating func writeFinding(_ finding: AnalysisReport.Finding, number: Int) {
    guard let first = finding.hits.first else { return }
    canvas.labelled(
      StyledText("\(number)"), "\("\(first.tuple)", .strong): \(finding.effect)", hanging: 3)
    if let client = finding.current.client {
      canvas.paragraph("client \("\(client)", .strong)\(prose.found(finding.current))", indent: 5)
    }
    for hit in finding.hits.prefix(Self.listedHits) {
      let time = clock(hit.at) + "  "
      let source = ReportProse.change(from: first.tuple, to: hit.tuple)
      canvas.labelled(
        StyledText(time), "frame \(prose.frame(hit))\(source): met \(prose.holder(hit))", indent: 5,
        hanging: time.count)
      canvas.paragraph(prose.answer(hit), indent: 5 + time.count)
      if let previous = prose.previous(hit) {
        canvas.paragraph(StyledText(previous), indent: 5 + time.count)
      }
    }
    if finding.hits.count > Self.listedHits {
      let more = finding.hits.count - Self.listedHits
      canvas.line("and \(Quantity.count(more, "more hit"))", indent: 5)
    }
    let filter = "filter: \(prose.filter(finding))"
    let id = "id: \(finding.id)"
    let isOneLine = 5 + filter.count + 2 + id.count <= canvas.style.width
    for line in isOneLine ? ["\(filter)  \(id)"] : [filter, id] {
      canvas.line(StyledText(line, .dim), indent: 5)
    }
  }

  /// How many hits of an attempt are written out.
  private static var listedHits: Int { 6 }
}
