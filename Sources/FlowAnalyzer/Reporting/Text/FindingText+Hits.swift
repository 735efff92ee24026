/// What each hit was compared with, by which rule, and what came of it.
extension FindingText {
  mutating func writeHit(_ index: Int) {
    let hit = finding.hits[index]
    let comparison = ladder.comparisons[index]
    let title = finding.hits.count > 1 ? "HIT \(index + 1)" : "HIT"
    canvas.heading(title, "\(hit.at.timeOfDay), frame \(frame(hit)), \(hit.tuple)")
    var table = TextTable(.left, .left)
    table.row(StyledText("held", .strong), held(hit, comparison))
    table.row(StyledText("sequence", .strong), sequence(comparison))
    table.row(StyledText("timestamp", .strong), timestamp(comparison))
    table.row(StyledText("rule", .strong), rule(index))
    table.row(StyledText("predicted", .strong), StyledText(hit.predicted.plainName))
    table.row(StyledText("seen", .strong), seen(hit))
    if let after = after(index) { table.row(StyledText("then", .strong), after) }
    canvas.table(table)
  }

  private func rule(_ index: Int) -> StyledText {
    let comparison = ladder.comparisons[index]
    if let same = ladder.comparisons.prefix(index).firstIndex(where: { $0.rule == comparison.rule })
    {
      return "as for hit \(same + 1)"
    }
    return "\(comparison.rule) \("[\(comparison.source)]", .dim)"
  }

  private func frame(_ hit: AnalysisReport.Hit) -> String {
    hasSeveralCaptures ? "\(hit.capture + 1):\(hit.frame)" : "\(hit.frame)"
  }

  private func held(
    _ hit: AnalysisReport.Hit, _ comparison: Ladder.Comparison
  ) -> StyledText {
    let state = comparison.state?.plainName ?? hit.held.state.plainName
    var clauses = [state]
    if hit.held.evidence == .inferred {
      clauses[0] += " (inferred: what was captured does not prove it)"
    }
    if let age = comparison.heldForSeconds, let since = hit.held.since {
      clauses.append("entered \(Quantity.duration(age)) before, at \(since.timeOfDay)")
    }
    if let timer = comparison.timerAgeSeconds, timer != comparison.heldForSeconds {
      let what = hit.held.state == .timeWait ? "timer last started" : "last heard of"
      clauses.append("\(what) \(Quantity.duration(timer)) before")
    }
    if let freeAt = hit.held.freeAt {
      let anew = hit.held.restartedAt == hit.at ? ", as this SYN starts its timer anew" : ""
      let isEnded = hit.held.end == .killed || hit.held.end == .replaced
      clauses.append("\(isEnded ? "would have been free" : "free") at \(freeAt.timeOfDay)\(anew)")
    }
    if let next = comparison.nextToSend { clauses.append("SND.NXT \(next)") }
    return StyledText(clauses.joined(separator: ", "))
  }

  private func sequence(_ comparison: Ladder.Comparison) -> StyledText {
    guard let expected = comparison.nextExpected, let distance = comparison.sequenceDistance else {
      return "SYN.SEQ \(comparison.sequence); RCV.NXT is not known"
    }
    let verdict: String
    switch distance {
    case .min: verdict = "exactly half the circle ahead, which counts as newer"
    case ..<0: verdict = "behind: not newer"
    case 0: verdict = "level: not newer"
    default: verdict = "newer"
    }
    return
      "SYN.SEQ \(comparison.sequence) - RCV.NXT \(expected) = \(Quantity.signed(distance), .strong): \(verdict)"
  }

  private func timestamp(_ comparison: Ladder.Comparison) -> StyledText {
    switch (comparison.timestampValue, comparison.timestampRecent, comparison.timestampDistance) {
    case (let value?, let recent?, let distance?):
      let verdict = distance < 0 ? "older" : distance == 0 ? "equal" : "newer"
      return
        "SYN.TSval \(value) - TS.Recent \(recent) = \(Quantity.signed(distance), .strong): \(verdict)"
    case (let value?, nil, _):
      return ladderKnowsHolder(comparison)
        ? "SYN.TSval \(value); the old connection had no timestamps, so it is not looked at"
        : "SYN.TSval \(value); TS.Recent is not known"
    case (nil, let recent?, _): return "TS.Recent \(recent); the SYN has no timestamp"
    default: return "neither the SYN nor what was held has timestamps"
    }
  }

  private func ladderKnowsHolder(_ comparison: Ladder.Comparison) -> Bool {
    comparison.state != nil
  }

  private func seen(_ hit: AnalysisReport.Hit) -> StyledText {
    var text = StyledText(
      hit.answer == .undetermined ? "answer unknown" : hit.answer.plainName, hit.answer.role)
    if let delay = hit.answeredAfterSeconds { text += " after \(Quantity.duration(delay))" }
    text += ": \(hit.reason.explanation)"
    if hit.answer != hit.predicted, hit.predicted != .undetermined, hit.answer != .undetermined {
      text += "\(" (not as predicted)", .warning)"
    }
    return text
  }

  /// What became of the holder, and of the attempt.
  private func after(_ index: Int) -> StyledText? {
    let hit = finding.hits[index]
    var clauses: [StyledText] = []
    let name = hit.held.state == .timeWait ? "TIME_WAIT" : "connection"
    switch hit.held.end {
    case .killed where hit.killedConnection: clauses.append("\("a RST killed the \(name)", .bad)")
    case .killed: clauses.append("a RST ended the \(name)")
    case .survived where hit.answer != .undetermined: clauses.append("the \(name) lived on")
    case .expired: clauses.append("the \(name) ran out by itself")
    case .replaced: clauses.append("the new connection took the place of the \(name)")
    case .survived: break
    }
    if let row = ladder.comparisons[index].row,
      let next = ladder.rows[(row + 1)...].first(where: {
        $0.gap == .server && ($0.role == .retry || $0.role == .hit)
      })
    {
      let wait = Seconds(nanoseconds: next.time.nanoseconds(since: hit.at))
      let port = ladder.connections[next.connection].tuple.source.port
      let from = port == hit.tuple.source.port ? "" : " from port \(port)"
      clauses.append("the next SYN came \(Quantity.duration(wait)) later\(from)")
    }
    guard var text = clauses.first else { return nil }
    for clause in clauses.dropFirst() { text += "; " + clause }
    return text
  }

  mutating func writeCost() {
    canvas.heading("COST")
    var clauses: [StyledText] = []
    switch finding.outcome {
    case .connected:
      let setup = finding.setupSeconds.map { " after \(Quantity.duration($0))" } ?? ""
      clauses.append("\("connected", .good)\(setup), with \(Quantity.count(finding.syns, "SYN"))")
    case .failed:
      clauses.append("\("failed", .bad), after \(Quantity.count(finding.syns, "SYN"))")
    case .undetermined:
      clauses.append("how it ended was not captured; \(Quantity.count(finding.syns, "SYN"))")
    }
    if finding.addedSeconds.nanoseconds > 0 {
      let added = Quantity.duration(finding.addedSeconds)
      clauses.append("\("\(added)", .warning) of it waiting for another SYN after hits")
    } else {
      clauses.append("no wait that hits have caused")
    }
    let killed = finding.hits.count(where: \.killedConnection)
    if killed > 0 {
      clauses.append(
        "\("\(Quantity.count(killed, "live connection")) of others killed", .bad)")
    }
    guard var text = clauses.first else { return }
    for clause in clauses.dropFirst() { text += "; " + clause }
    canvas.paragraph(text + ".")
  }
}
