extension ReportBuilder {
  func findings(
    _ list: FindingList, _ addresses: NumberedAddresses
  ) -> AnalysisReport.Findings {
    let models = models(addresses)
    return AnalysisReport.Findings(count: list.count) { position in
      let entry = list[position]
      return models.finding(entry.finding, entry.hits)
    }
  }

  /// The worst of those that are not listed.
  func worstOmitted(
    _ list: FindingList, _ addresses: NumberedAddresses
  ) -> AnalysisReport.Findings {
    let models = models(addresses)
    let items = list.worstOmitted.settled
    return AnalysisReport.Findings(count: items.count) { position in
      models.finding(items[position].finding, items[position].hits)
    }
  }

  private func models(_ addresses: NumberedAddresses) -> FindingModels {
    FindingModels(timeWait: configuration.assumedTimeWait, addresses: addresses)
  }
}

/// Makes each finding of the report, from what the ledger has kept of it, when it is asked for.
private struct FindingModels: Sendable {
  let timeWait: Int64
  let addresses: NumberedAddresses

  func finding(_ finding: AttemptFinding, _ hits: [Hit]) -> AnalysisReport.Finding {
    let first = hits[0]
    return AnalysisReport.Finding(
      id: FindingIdentifier(first.tuple, first.isn), kind: Self.kind(of: hits),
      current: party(finding.client), hits: hits.map(hit), outcome: finding.outcome,
      setupSeconds: Seconds(finding.setup), addedSeconds: Seconds(nanoseconds: finding.added),
      syns: Int(finding.synCount))
  }

  private func hit(_ hit: Hit) -> AnalysisReport.Hit {
    AnalysisReport.Hit(
      at: hit.time, capture: Int(hit.capture), frame: hit.frame, tuple: hit.tuple,
      isn: hit.isn.value,
      held: .init(
        state: hit.verdict.held, since: hit.heldSince, restartedAt: hit.timerStartedAt,
        freeAt: hit.freeAt(timeWait: timeWait), ageSeconds: Seconds(hit.age),
        evidence: hit.verdict.evidence, end: hit.verdict.end),
      previous: party(hit.previous, hit.formerUsers), predicted: hit.verdict.predicted,
      answer: hit.verdict.answer, reason: hit.verdict.reason,
      killedConnection: hit.verdict.killedLiveConnection,
      answeredAfterSeconds: Seconds(hit.answeredAfter), sequenceDistance: hit.sequenceDistance,
      timestampDistance: hit.timestampDistance)
  }

  /// The gravest of what the hits met.
  private static func kind(of hits: [Hit]) -> AnalysisReport.Finding.Kind {
    let held = HeldKind.allCases.first { kind in hits.contains { $0.verdict.held == kind } }
    return switch held ?? .timeWait {
    case .established: .established
    case .closing: .closing
    case .timeWait: .timeWait
    }
  }

  /// - Parameter users: all clients of the connection, where they were several.
  private func party(_ party: Party, _ users: ClientList? = nil) -> AnalysisReport.Party {
    AnalysisReport.Party(
      client: client(party), method: party.method, confidence: Double(party.confidence) / 100,
      clients: users.map { $0.clients.compactMap(client) }, clientCount: users?.count)
  }

  private func client(_ party: Party) -> AnalysisReport.Client? {
    guard party.isKnown else { return nil }
    return AnalysisReport.Client(
      Endpoint(address: addresses[party.address], port: party.port))
  }
}
