extension TextReport {
  /// What was counted; every SYN is in exactly one line of it.
  mutating func writeNumbers() {
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
      canvas.blank()
      canvas.line("used again without a hit", indent: 2)
      canvas.table(reuses, indent: 4)
    }
    writeAttempts()
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
    var counts: [Answer: [HitReason: Int]] = [:]
    for hit in report.findings.flatMap(\.hits) {
      counts[hit.answer, default: [:]][hit.reason, default: 0] += 1
    }
    var table = TextTable(.right, .left, .left, .left)
    for answer in Answer.allCases {
      for reason in HitReason.allCases {
        guard let count = counts[answer]?[reason] else { continue }
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

  // MARK: - Attempts and TIME_WAITs

  private mutating func writeAttempts() {
    canvas.heading("ATTEMPTS")
    var table = TextTable(.left, .left)
    if attempts.hit > 0 {
      table.row(
        "hit",
        "\(Quantity.count(attempts.hit)) of \(Quantity.count(attempts.total)): \(Quantity.count(attempts.connected)) connected, \(Quantity.count(attempts.failed), attempts.failed > 0 ? .bad : .plain) failed, \(Quantity.count(attempts.undetermined)) unknown"
      )
    } else {
      table.row("hit", "0 of \(Quantity.count(attempts.total))")
    }
    for (label, bar) in delays { table.row(label, bar) }
    table.row("TIME_WAITs entered", StyledText(timeWaits))
    table.row("held at the end", StyledText(heldAtEnd))
    canvas.table(table)
  }

  private var timeWaits: String {
    let counts = report.summary.timeWaits
    return "\(Quantity.count(counts.server)) at the server, \(Quantity.count(counts.peer)) at its "
      + "peer, \(Quantity.count(counts.both)) at both"
  }

  private var heldAtEnd: String {
    let held = report.heldAtEnd
    return "\(Quantity.count(held.timeWait)) in TIME_WAIT, \(Quantity.count(held.established)) "
      + "established, \(Quantity.count(held.closing)) closing"
  }

  /// The histogram of added delay, up to its last class that is not empty.
  private var delays: [(StyledText, StyledText)] {
    let bins = report.summary.addedSeconds.histogram
    guard delayedAttempts > 0, let last = bins.lastIndex(where: { $0.attempts > 0 }),
      let most = bins.map(\.attempts).max()
    else { return [] }
    let digits = Quantity.count(most).count
    var rows: [(StyledText, StyledText)] = []
    for index in bins.indices.prefix(through: last) {
      let attempts = bins[index].attempts
      let label = index == 0 ? "late by nothing" : "        " + Self.classLabel(bins, index)
      let length = attempts == 0 ? 0 : max(1, attempts * 40 / most)
      let count = StyledText(Quantity.count(attempts)).padded(to: digits, isRightAligned: true)
      rows.append(
        (
          StyledText(label),
          count + " " + StyledText(String(repeating: "#", count: length), index == 0 ? .dim : .warning)
        ))
    }
    return rows
  }

  private static func classLabel(_ bins: [AnalysisReport.AddedDelay.Bin], _ index: Int) -> String {
    let start = index > 1 ? bins[index - 1].belowSeconds : nil
    switch (start, bins[index].belowSeconds) {
    case (nil, let end?): return "under " + plain(end)
    case (let start?, let end?): return "\(plain(start, unit: "")) to \(plain(end))"
    case (let start?, nil): return plain(start) + " or more"
    case (nil, nil): return "any"
    }
  }

  /// A class boundary, which is a whole number of tenths of a second.
  private static func plain(_ boundary: Seconds, unit: String = " s") -> String {
    let tenths = boundary.nanoseconds / 100_000_000
    return (tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)") + unit
  }
}
