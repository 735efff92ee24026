// What was counted; every SYN is in exactly one line of it.

extension ReportProse {
  /// How the SYNs add up.
  package var sumOfSyns: String {
    let reuses = syns.reuses.values.reduce(0, +)
    return "\(Quantity.count(syns.total)) = \(Quantity.count(syns.firstUses)) on fresh tuples + "
      + "\(Quantity.count(syns.hits, "hit")) + \(Quantity.count(reuses, "reuse")) without a hit"
  }

  // MARK: - Tables

  /// The hits by what was held and how they were answered.
  package var answers: TextTable {
    var table = TextTable(.left, .right, .right, .right, .right, .right, .right)
    table.header = [
      "the server held", "hits", "accepted", "rejected", "reset", "unanswered", "unknown",
    ]
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

  /// What the table of reasons is about.
  package var titleOfReasons: String { "why the hits were answered so" }

  package var reasonsOfHits: TextTable {
    var table = TextTable(.right, .left, .left, .left)
    for count in syns.reasons {
      table.row(
        StyledText(Quantity.count(count.hits)),
        StyledText(count.answer.plainName, count.answer.role),
        StyledText(count.reason.rawValue), StyledText(count.reason.explanation, .dim))
    }
    return table
  }

  package var reusesWithoutHit: TextTable {
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
