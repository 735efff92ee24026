extension TextReport {
  /// Where to look: the worst findings, with all that is needed to find their packets.
  mutating func writeFindings() {
    let ranked = findings.worst
    guard !ranked.isEmpty else { return }
    let title = ranked.contains(where: \.isHarmful) ? "WORST FINDINGS" : "EXAMPLES"
    let total = report.findings.count + report.findingsOmitted
    canvas.heading(title, "\(Quantity.count(ranked.count)) of \(Quantity.count(total))")
    canvas.paragraph(StyledText(howToLook, .dim))
    for (index, finding) in ranked.enumerated() {
      canvas.blank()
      writeFinding(finding, number: index + 1)
    }
  }

  private var howToLook: String {
    let file = report.captures.count == 1 ? report.captures[0].path.printable : "FILE"
    return "See the packets with: tshark -r \(file) -Y 'FILTER'. "
      + (report.captures.count == 1
        ? "Frames are numbered as in the file."
        : "Frames are FILE:NUMBER, with files numbered as above.")
  }

  // MARK: - One finding

  private mutating func writeFinding(_ finding: AnalysisReport.Finding, number: Int) {
    guard let first = finding.hits.first else { return }
    canvas.labelled(
      StyledText("\(number)"), "\("\(first.tuple)", .strong): \(finding.effect)", hanging: 3)
    if let client = finding.current.client {
      canvas.paragraph("client \("\(client)", .strong)\(found(finding.current))", indent: 5)
    }
    for hit in finding.hits.prefix(Self.listedHits) {
      let time = clock(hit.at) + "  "
      let source = Self.change(from: first.tuple, to: hit.tuple)
      canvas.labelled(
        StyledText(time), "frame \(frame(hit))\(source): met \(holder(hit))", indent: 5,
        hanging: time.count)
      canvas.paragraph(answer(hit), indent: 5 + time.count)
      if let previous = previous(hit) {
        canvas.paragraph(StyledText(previous), indent: 5 + time.count)
      }
    }
    if finding.hits.count > Self.listedHits {
      let more = finding.hits.count - Self.listedHits
      canvas.line("and \(Quantity.count(more, "more hit"))", indent: 5)
    }
    let filter = "filter: \(filter(finding))"
    let id = "id: \(finding.id)"
    let isOneLine = 5 + filter.count + 2 + id.count <= canvas.style.width
    for line in isOneLine ? ["\(filter)  \(id)"] : [filter, id] {
      canvas.line(StyledText(line, .dim), indent: 5)
    }
  }

  /// How a client was found, where that leaves a doubt.
  private func found(_ party: AnalysisReport.Party) -> String {
    guard party.confidence < 0.9 else { return "" }
    return " (by \(party.method.plainName), \(Int(party.confidence * 100)) % sure)"
  }

  /// Both sides were captured, so that clients can be named.
  private var isJoined: Bool { report.summary.clientSyns?.notForwarded != nil }

  /// Who left the tuple behind.
  private func previous(_ hit: AnalysisReport.Hit) -> String? {
    guard let client = hit.previous.client else {
      return isJoined ? "left behind by a client that is not known" : nil
    }
    let others = (hit.previous.clientCount ?? 1) - 1
    let more = others > 0 ? " and \(Quantity.count(others, "other client"))" : ""
    return "left behind by \(client)\(more)\(found(hit.previous))"
  }

  /// What of the tuple the load balancer has changed since the first hit.
  private static func change(
    from previous: FourTuple, to tuple: FourTuple
  ) -> String {
    if tuple == previous { return "" }
    return tuple.source.address == previous.source.address
      ? " from port \(tuple.source.port)" : " from \(tuple.source)"
  }

  /// How many hits of an attempt are written out.
  private static var listedHits: Int { 6 }

  /// `NUMBER`, or `FILE:NUMBER` where there are several files.
  private func frame(_ hit: AnalysisReport.Hit) -> String {
    report.captures.count > 1 ? "\(hit.capture + 1):\(hit.frame)" : "\(hit.frame)"
  }

  /// How the server answered, why, and what that did to the holder.
  private func answer(_ hit: AnalysisReport.Hit) -> StyledText {
    var answer = StyledText(
      hit.answer == .undetermined ? "answer unknown" : hit.answer.plainName, hit.answer.role)
    if let delay = hit.answeredAfterSeconds { answer += " after \(Quantity.duration(delay))" }
    answer += ": \(reason(hit))"
    if let end = end(hit) { answer += "; \(end)" }
    return answer
  }

  private func holder(_ hit: AnalysisReport.Hit) -> String {
    let inferred = hit.held.evidence == .inferred ? " (inferred)" : ""
    guard let age = hit.held.ageSeconds else { return hit.held.state.plainObject + inferred }
    switch hit.held.state {
    case .timeWait:
      let freeAt = hit.held.freeAt.map { ", free at \(clock($0).dropLast("000".count))" } ?? ""
      return "a TIME_WAIT \(Quantity.duration(age)) old\(freeAt)\(inferred)"
    case .established, .closing:
      return "\(hit.held.state.plainObject), idle for \(Quantity.duration(age))\(inferred)"
    }
  }

  /// The reason with its number, where it is one of comparing.
  private func reason(_ hit: AnalysisReport.Hit) -> String {
    switch hit.reason {
    case .timestampOlder:
      guard let distance = hit.timestampDistance, distance < 0 else { break }
      return "timestamp older by \(Quantity.count(distance.magnitude))"
    case .timestampNewer:
      guard let distance = hit.timestampDistance, distance > 0 else { break }
      return "timestamp newer by \(Quantity.count(distance))"
    case .sequenceNewer:
      guard let distance = hit.sequenceDistance, distance > 0 else { break }
      return "sequence number newer by \(Quantity.count(distance))"
    case .sequenceNotNewer:
      guard let distance = hit.sequenceDistance, distance <= 0 else { break }
      return "sequence number behind by \(Quantity.count(distance.magnitude)), timestamp no newer"
    default: break
    }
    return hit.reason.explanation
  }

  /// What became of the holder, where the answer does not say it.
  private func end(_ hit: AnalysisReport.Hit) -> StyledText? {
    switch (hit.held.end, hit.held.state) {
    case (.killed, _) where hit.killedConnection: "\("a RST killed it", .bad)"
    case (.killed, _): "a RST ended it"
    case (.survived, .timeWait) where hit.answer != .undetermined: "it lived on"
    case (.expired, _): "it ran out by itself"
    case (.survived, _), (.replaced, _): nil
    }
  }

  /// A display filter for the attempt's conversations, whatever ports it took.
  private func filter(_ finding: AnalysisReport.Finding) -> String {
    guard let first = finding.hits.first?.tuple else { return "" }
    let name = first.source.address.isIPv6 ? "ipv6.addr" : "ip.addr"
    var ports: [UInt16] = []
    for port in finding.hits.map(\.tuple.source.port) where !ports.contains(port) {
      ports.append(port)
    }
    let list = ports.prefix(16).map { "\($0)" }.joined(separator: ",")
    return "\(name)==\(first.source.address) && tcp.port "
      + (ports.count == 1 ? "== \(list)" : "in {\(list)}")
  }
}
