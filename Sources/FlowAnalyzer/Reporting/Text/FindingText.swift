extension Ladder {
  /// One finding for people, with every number that one would check: what it did, the ladder, the rule
  /// of each hit with what it compared, the clients, and where to find the packets.
  ///
  /// - Parameters:
  ///   - report: the one that the finding is from.
  ///   - style: how the text is laid out.
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
    let day = finding.hits.first.map { ", \($0.at.date) UTC" } ?? ""
    canvas.line("\("FINDING \(finding.id)", .heading)  \(finding.kind.rawValue + day, .dim)")
    if let clock = canvas.style.localClock, let first = finding.hits.first?.at {
      let local = "\(clock.dateAndTime(first)) in \(clock.name.printable)"
      canvas.paragraph(StyledText("\(first.timeOfDay), of the first hit, is \(local)", .dim))
    }
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
    table.row(StyledText("client", .strong), party(finding.current))
    table.row(StyledText("LB", .strong), StyledText(loadBalancer))
    if let server = ladder.server.endpoints.first {
      table.row(StyledText("server", .strong), StyledText(server))
    }
    let parties = finding.hits.map(\.previous)
    if let first = parties.first, parties.allSatisfy({ $0.client == first.client }) {
      table.row(StyledText("left behind", .strong), "by \(party(first))")
    } else {
      for (index, previous) in parties.enumerated() {
        let name = parties.count > 1 ? "left for hit \(index + 1)" : "left behind"
        table.row(StyledText(name, .strong), "by \(party(previous))")
      }
    }
    canvas.table(table)
  }

  /// The virtual address, and the SNAT addresses with the ports that the attempt took.
  private var loadBalancer: String {
    var virtual: [String] = []
    var sources: [(address: IPAddress, ports: [UInt16])] = []
    for connection in ladder.connections where connection.part != .other {
      guard connection.side == .server else {
        let destination = connection.tuple.destination.description
        if !virtual.contains(destination) { virtual.append(destination) }
        continue
      }
      let source = connection.tuple.source
      guard let index = sources.firstIndex(where: { $0.address == source.address }) else {
        sources.append((source.address, [source.port]))
        continue
      }
      if !sources[index].ports.contains(source.port) { sources[index].ports.append(source.port) }
    }
    let translated = sources.map { source in
      let ports = source.ports.map { "\($0)" }
      return "\(source.address) port\(ports.count > 1 ? "s" : "") \(Quantity.list(ports))"
    }
    let snat = "to the server from \(Quantity.list(translated))"
    return virtual.isEmpty ? snat : "\(Quantity.list(virtual)), \(snat)"
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
    let held = Set(ladder.spans.map(\.state.plainObject)).sorted()
    if !held.isEmpty {
      let numbers = ladder.spans.count > 1 ? ", under the number of the hit that met it" : ""
      parts.append("the bar: the server holds \(Quantity.list(held))\(numbers)")
    }
    var text =
      parts.joined(separator: "; ") + ". Numbers are relative to the ISNs of their connection"
    text +=
      ladder.connections.contains(where: \.beganUnseen)
      ? ", or to the first that was captured. " : ". "
    let numbers = ladder.rows.flatMap { [$0.sequence, $0.acknowledgment] }.compactMap { $0 }
    if numbers.contains(where: { $0.relative == nil }) { text += "Those in (...) are absolute. " }
    text += "TS is TSval/TSecr. "
    text += hasSeveralCaptures ? "#FILE:NUMBER is a frame." : "#NUMBER is a frame."
    if report.clock.contains(where: { $0.offsetSeconds.map { $0.nanoseconds != 0 } ?? false }) {
      text += " Times are by the clock of \(report.clock[0].point)."
    }
    if let shift = ladder.clientShiftSeconds {
      let size = Quantity.duration(Seconds(nanoseconds: abs(shift.nanoseconds)))
      text +=
        " Here the clients' side was moved by another \(shift.nanoseconds < 0 ? "-" : "")\(size), so "
        + "that nothing leaves the load balancer before it came."
    }
    return text
  }
}
