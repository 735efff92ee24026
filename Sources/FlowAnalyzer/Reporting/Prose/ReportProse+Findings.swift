// One finding in words: what it met, how it was answered, what that did, and where its packets are.

extension ReportProse {
  /// How to find the packets of a finding.
  package var howToLook: String {
    // Names that stand for others are no files.
    let isFile = report.captures.count == 1 && report.anonymization == nil
    let file = isFile ? report.captures[0].path.shellWord : "FILE"
    return "See the packets with: tshark -r \(file) -Y 'FILTER'. "
      + (report.captures.count == 1
        ? "Frames are numbered as in the file. "
        : "Frames are FILE:NUMBER, with files numbered as above. ")
      + "snat-audit explain ID, with the same captures, draws what happened."
  }

  /// How a client was found, where that leaves a doubt.
  package func found(_ party: AnalysisReport.Party) -> String {
    guard party.confidence < 0.9 else { return "" }
    return " (by \(party.method.plainName), \(Int(party.confidence * 100)) % sure)"
  }

  /// Both sides were captured, so that clients can be named.
  package var isJoined: Bool { report.summary.clientSyns?.notForwarded != nil }

  /// Who left the tuple behind.
  package func previous(_ hit: AnalysisReport.Hit) -> String? {
    guard let client = hit.previous.client else {
      return isJoined ? "left behind by a client that is not known" : nil
    }
    let others = (hit.previous.clientCount ?? 1) - 1
    let more = others > 0 ? " and \(Quantity.count(others, "other client"))" : ""
    return "left behind by \(client)\(more)\(found(hit.previous))"
  }

  /// What of the tuple the load balancer has changed since the first hit.
  package static func change(
    from previous: FourTuple, to tuple: FourTuple
  ) -> String {
    if tuple == previous { return "" }
    return tuple.source.address == previous.source.address
      ? " from port \(tuple.source.port)" : " from \(tuple.source)"
  }

  /// `NUMBER`, or `FILE:NUMBER` where there are several files.
  package func frame(_ hit: AnalysisReport.Hit) -> String { frame(hit.frame, in: hit.capture) }

  /// - Parameter capture: its position in the report.
  package func frame(_ number: UInt64, in capture: Int) -> String {
    report.captures.count > 1 ? "\(capture + 1):\(number)" : "\(number)"
  }

  /// How the server answered, why, and what that did to the holder.
  package func answer(_ hit: AnalysisReport.Hit) -> StyledText {
    var answer = StyledText(
      hit.answer == .undetermined ? "answer unknown" : hit.answer.plainName, hit.answer.role)
    if let delay = hit.answeredAfterSeconds { answer += " after \(Quantity.duration(delay))" }
    answer += ": \(reason(hit))"
    if let end = end(hit) { answer += "; \(end)" }
    return answer
  }

  package func holder(_ hit: AnalysisReport.Hit) -> String {
    let inferred = hit.held.evidence == .inferred ? " (inferred)" : ""
    guard let age = hit.held.ageSeconds else { return hit.held.state.plainObject + inferred }
    switch hit.held.state {
    case .timeWait:
      // What was ended or replaced did not live to see it.
      let freeAt =
        hit.held.end == .killed || hit.held.end == .replaced
        ? "" : hit.held.freeAt.map { ", free at \(clock($0).dropLast("000".count))" } ?? ""
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
  package func filter(_ finding: AnalysisReport.Finding) -> String {
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

extension AnalysisReport.Finding {
  /// What followed for the attempt.
  package var effect: StyledText {
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
