extension TextReport {
  /// What was counted; every SYN is in exactly one line of it.
  mutating func writeSyns() {
    canvas.heading("SYNS", sumOfSyns)
    if syns.hits > 0 { canvas.table(answers) }
    let reasons = reasonsOfHits
    if !reasons.rows.isEmpty {
      canvas.blank()
      let remark =
        report.findingsOmitted > 0
        ? ", of the \(Quantity.count(report.findings.count)) attempts that are listed" : ""
      canvas.line("why the hits were answered so\(remark)", indent: 2)
      canvas.table(reasons, indent: 4)
    }
    let reuses = reusesWithoutHit
    if !reuses.rows.isEmpty {
      if syns.hits > 0 { canvas.blank() }
      canvas.line("used again without a hit", indent: 2)
      canvas.table(reuses, indent: 4)
    }
  }

  private var sumOfSyns: String {
    let reuses = syns.reuses.values.reduce(0, +)
    return "\(Quantity.count(syns.total)) = \(Quantity.count(syns.firstUses)) on fresh tuples + "
      + "\(Quantity.count(syns.hits, "hit")) + \(Quantity.count(reuses, "reuse")) without a hit"
  }

  // MARK: - Tables

  private var answers: TextTable {
    var table = TextTable(.left, .right, .right, .right, .right, .right, .right)
    table.row("the server held", "hits", "accepted", "rejected", "reset", "unanswered", "unknown")
    for kind in [HeldKind.timeWait, .established, .closing] {
      let answers = answers(for: kind)
      table.row(
        StyledText(kind.plainName), number(answers.total, .strong),
        number(answers.accepted, .good), number(answers.rejected, .bad),
        number(answers.reset, .bad), number(answers.unanswered, .bad),
        number(answers.undetermined, .warning))
    }
    return table
  }

  private func answers(for kind: HeldKind) -> AnalysisReport.Answers {
    switch kind {
    case .timeWait: syns.timeWait
    case .established: syns.established
    case .closing: syns.closing
    }
  }

  /// A dash for nothing, so that what there is stands out.
  private func number(_ value: Int, _ role: StyledText.Role) -> StyledText {
    value == 0 ? StyledText("-", .dim) : StyledText(Quantity.count(value), role)
  }

  private var reasonsOfHits: TextTable {
    var table = TextTable(.right, .left, .left, .left)
    for answer in Answer.allCases {
      for reason in HitReason.allCases {
        guard let count = findings.reasons[answer]?[reason] else { continue }
        table.row(
          StyledText(Quantity.count(count)), StyledText(answer.plainName, answer.role),
          StyledText(reason.rawValue), StyledText(reason.explanation, .dim))
      }
    }
    return table
  }

  private var reusesWithoutHit: TextTable {
    var table = TextTable(.right, .left, .left)
    for reason in ReuseReason.allCases {
      guard let count = syns.reuses[reason.rawValue], count > 0 else { continue }
      table.row(
        StyledText(Quantity.count(count)), StyledText(reason.rawValue),
        StyledText(reason.explanation, .dim))
    }
    return table
  }
}
