extension ReportBuilder {
  func findings(
    _ list: FindingList, _ joiner: borrowing Joiner
  ) -> AnalysisReport.Findings {
    let models = FindingModels(list, timeWait: configuration.assumedTimeWait, joiner)
    return AnalysisReport.Findings(count: list.entries.count) { models[$0] }
  }
}

/// Makes each finding of the report, from what the ledger has kept of it, when it is asked for.
private struct FindingModels: Sendable {
  private let list: FindingList
  private let timeWait: Int64
  private let clients: ClientAddresses

  init(_ list: FindingList, timeWait: Int64, _ joiner: borrowing Joiner) {
    self.list = list
    self.timeWait = timeWait
    var clients = ClientAddresses()
    for entry in list.entries {
      clients.note(entry.finding.client, joiner)
      for hit in list.hits(of: entry) {
        clients.note(hit.previous, joiner)
        for user in hit.formerUsers?.clients ?? [] { clients.note(user, joiner) }
      }
    }
    self.clients = clients
  }

  subscript(position: Int) -> AnalysisReport.Finding {
    let entry = list.entries[position]
    let hits = list.hits(of: entry)
    let finding = entry.finding
    let first = hits[hits.startIndex]
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
  private static func kind(of hits: ArraySlice<Hit>) -> AnalysisReport.Finding.Kind {
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
      client: clients[party], method: party.method, confidence: Double(party.confidence) / 100,
      clients: users.map { $0.clients.compactMap { clients[$0] } }, clientCount: users?.count)
  }
}

/// The addresses of the clients that findings name, for when the stage that numbers them has gone.
private struct ClientAddresses: Sendable {
  /// Those that are not their own numbers, as those of IPv4 are.
  private var addresses: [UInt32: IPAddress] = [:]

  mutating func note(_ client: Party, _ joiner: borrowing Joiner) {
    guard let address = joiner.endpoint(of: client)?.address,
      address != IPAddress(v4: client.address)
    else { return }
    addresses[client.address] = address
  }

  subscript(client: Party) -> AnalysisReport.Client? {
    guard client.isKnown else { return nil }
    let address = addresses.isEmpty ? nil : addresses[client.address]
    return AnalysisReport.Client(
      Endpoint(address: address ?? IPAddress(v4: client.address), port: client.port))
  }
}
