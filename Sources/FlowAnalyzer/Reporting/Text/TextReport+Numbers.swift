extension TextReport {
  /// What was counted; every SYN is in exactly one line of it.
  mutating func writeSyns() {
    canvas.heading("SYNS", prose.sumOfSyns)
    let hits = report.summary.syns.hits
    if hits > 0 { canvas.table(prose.answers) }
    let reasons = prose.reasonsOfHits
    if !reasons.rows.isEmpty {
      canvas.blank()
      canvas.line(StyledText(prose.titleOfReasons), indent: 2)
      canvas.table(reasons, indent: 4)
    }
    let reuses = prose.reusesWithoutHit
    if !reuses.rows.isEmpty {
      if hits > 0 { canvas.blank() }
      canvas.line("used again without a hit", indent: 2)
      canvas.table(reuses, indent: 4)
    }
  }
}
