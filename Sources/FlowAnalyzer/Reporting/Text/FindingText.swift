extension Ladder {
  /// One finding for people, with every number that one would check: what it did, the ladder, the rule
  /// of each hit with what it compared, the clients, and where to find the packets.
  ///
  /// - Parameter report: the one that the finding is from.
  public func text(of report: AnalysisReport, _ style: TextStyle = TextStyle()) -> String {
    var text = FindingText(ladder: self, report: report, canvas: TextCanvas(style: style))
    return text.render()
  }
}

/// Writes one finding, part by part.
struct FindingText {
  let ladder: Ladder
  let report: AnalysisReport
  var canvas: TextCanvas

  var finding: AnalysisReport.Finding { ladder.finding }
  var hasSeveralCaptures: Bool { report.captures.count > 1 }

  mutating func render() -> String {
    writeSummary()
    writeParties()
    writeLadder()
    for index in finding.hits.indices { writeHit(index) }
    writeCost()
    writePackets()
    return canvas.output
  }

  // MARK: - What happened

  private mutating func writeSummary() {
    canvas.line("\("FINDING \(finding.id)", .heading)  \(finding.kind.rawValue, .dim)")
    canvas.blank()
    guard let first = finding.hits.first else { return }
    canvas.paragraph("\("\(first.tuple)", .strong): \(finding.effect)")
    let doubt =
      report.coverage.grade == .full
      ? nil : "The captures leave something open; `analyze` says what."
    if let doubt { canvas.paragraph(StyledText(doubt, .dim)) }
  }

  private mutating func writeParties() {
    canvas.heading("WHO")
    var table = TextTable(.left, .left)
    let lanes = [("client", ladder.client), ("LB", ladder.loadBalancer), ("server", ladder.server)]
    for (title, lane) in lanes where !lane.endpoints.isEmpty {
      table.row(StyledText(title, .strong), StyledText(lane.endpoints.joined(separator: ", ")))
    }
    table.row(StyledText("hit", .strong), party(finding.current))
    for (index, hit) in finding.hits.enumerated() {
      let name = finding.hits.count > 1 ? "before hit \(index + 1)" : "before"
      table.row(StyledText(name, .strong), party(hit.previous))
    }
    canvas.table(table)
  }

  private func party(_ party: AnalysisReport.Party) -> StyledText {
    guard let client = party.client else {
      let hasClients = report.captures.contains { $0.role != CaptureRole.server.rawValue }
      return StyledText(
        hasClients
          ? "a client that is not known: no connection of the clients' side is its partner"
          : "a client that is not known: the clients' side was not captured", .dim)
    }
    var text: StyledText = "\(client), found by \(party.method.plainName)"
    if party.confidence < 1 { text += ", \(Int((party.confidence * 100).rounded())) % sure" }
    if let count = party.clientCount, count > 1 {
      text += "; the last of \(Quantity.count(count, "client")) of the connection"
    }
    return text
  }

  // MARK: - The ladder

  private mutating func writeLadder() {
    canvas.heading("LADDER")
    canvas.paragraph(StyledText(legend, .dim))
    canvas.blank()
    guard !ladder.rows.isEmpty else {
      canvas.paragraph(
        "\("The packets were not found again: a capture has changed since it was analysed.", .warning)"
      )
      return
    }
    LadderDrawing(
      ladder: ladder, style: canvas.style, hasSeveralCaptures: hasSeveralCaptures
    ).draw(on: &canvas)
  }

  private var legend: String {
    var parts = ["old: the connection that left the tuple behind", "new: the attempt that hit it"]
    if ladder.connections.contains(where: { $0.part == .other }) {
      parts.append("other: what used the tuple in between")
    }
    let held = Set(ladder.spans.map(\.state.plainName)).sorted()
    if !held.isEmpty {
      parts.append("thick: the server holds \(Quantity.list(held))")
    }
    var text =
      parts.joined(separator: "; ") + ". Numbers are relative to the ISNs of their connection"
    text +=
      ladder.connections.contains(where: \.beganUnseen)
      ? ", or to the first that was captured. " : ". "
    text += hasSeveralCaptures ? "#FILE:NUMBER is a frame." : "#NUMBER is a frame."
    if report.clock.contains(where: { $0.offsetSeconds.map { $0.nanoseconds != 0 } ?? false }) {
      text += " Times are by the clock of \(report.clock[0].point)."
    }
    return text
  }
}

extension AnalysisReport.Finding {
  /// What followed for the attempt.
  var effect: StyledText {
    var effect = StyledText(runs: [])
    let killed = hits.count(where: \.killedConnection)
    if killed > 0 {
      effect += "\("killed \(Quantity.count(killed, "live connection"))", .bad), "
    }
    let syns = Quantity.count(self.syns, "SYN")
    switch outcome {
    case .connected where addedSeconds.nanoseconds > 0:
      let delay = Quantity.duration(addedSeconds)
      effect += "connected \("\(delay) late", .warning) (SYN \(Quantity.count(self.syns)))"
    case .connected: effect += "connected without delay"
    case .failed: effect += "\("failed", .bad) after \(syns)"
    case .undetermined: effect += "end not captured, \(syns)"
    }
    return effect
  }
}
