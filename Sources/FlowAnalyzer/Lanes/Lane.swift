/// A part of the server side: the connections between some pairs of addresses, with their audit.
///
/// It is one thread's at a time.
final class Lane: @unchecked Sendable {
  private let number: Int
  private(set) var audit: Audit
  /// Copies that were found at their own capture point, by capture.
  private(set) var duplicates: [UInt64] = []
  private var translatedSyns = 0
  /// What it has found, once it is finished.
  private(set) var result: AuditResult?

  init(_ number: Int, _ configuration: AnalyzerConfiguration) {
    self.number = number
    var limits = Audit.Limits(configuration)
    // All lanes together keep no more than one audit of the whole would, or not much more where the
    // traffic may all be of one lane.
    limits.embryos /= LaneRouter.laneCount
    limits.waiting /= LaneRouter.laneCount / 4
    limits.sources /= LaneRouter.laneCount / 2
    limits.duplicateBuckets /= LaneRouter.laneCount
    audit = Audit(partOf: configuration, limits: limits)
  }

  /// Takes in its segments of the next batch.
  func observe(_ batch: borrowing SegmentBatch, _ routes: borrowing Routes) {
    if audit.tracker.began == nil, batch.count > 0 {
      audit.tracker.began = batch[0].segment.time
    }
    routes.withShare(of: number) { share in
      guard routes.newServers.isEmpty, routes.translatedSyns.isEmpty else {
        observe(batch, share, with: routes)
        return
      }
      audit.observe(batch, share, duplicates: &duplicates)
    }
  }

  /// The same where something is to be told on the way.
  private func observe(
    _ batch: borrowing SegmentBatch, _ share: LaneShare, with routes: borrowing Routes
  ) {
    var servers = routes.newServers[...]
    var translated = routes.translatedSyns[...]
    for index in 0..<share.count {
      let position = share[index]
      while let server = servers.first, server.position <= position {
        audit.tracker.noteServer(server.end)
        servers.removeFirst()
      }
      while let syn = translated.first, syn < position { translated.removeFirst() }
      let isNew = audit.observe(position, of: batch, duplicates: &duplicates)
      if isNew, translated.first == position { translatedSyns += 1 }
    }
    for server in servers { audit.tracker.noteServer(server.end) }
  }

  // MARK: - At the end

  func finishTracking(at end: Timestamp?) { audit.finishTracking(at: end) }

  func noteKnowledge(in all: inout [IPAddress: ServerKnowledge]) {
    audit.tracker.knowledge.forEachServer { server, knowledge in
      all[audit.tracker.addresses[server], default: ServerKnowledge()].add(knowledge)
    }
  }

  /// Judges what has waited, by what all lanes know: afterwards there is a result.
  func finishJudging(
    knowing all: [IPAddress: ServerKnowledge], _ configuration: AnalyzerConfiguration
  ) {
    for (address, knowledge) in all {
      audit.tracker.knowledge[audit.tracker.addresses.identifier(of: address)] = knowledge
    }
    audit.finishJudging()
    result = audit.result(configuration)
    result?.tracked.translatedSyns = translatedSyns
    audit.tracker.releaseTuples()
  }

  // MARK: - Forecasts

  /// From here on attempts are kept for a forecast.
  ///
  /// - Parameter limit: how many are kept of all lanes together. A lane keeps as many, as it may have all of the
  ///   traffic.
  func logArrivals(upTo limit: Int) {
    var log = ArrivalLog(limit: limit)
    log.keepCountingSeconds()
    audit.tracker.arrivals = log
  }

  var logged: (attempts: Int, sample: ArrivalSample) {
    guard let log = audit.tracker.arrivals else { return (0, ArrivalSample()) }
    return (log.sampled, log.sample)
  }

  /// Keeps attempts of a smaller sample only.
  ///
  /// - Returns: how many there are of attempts, and of ports.
  func thinLog(to sample: ArrivalSample) -> (ofAttempts: Int, ofPorts: Int) {
    audit.tracker.arrivals?.thin(to: sample) ?? (0, 0)
  }

  /// How many attempts came in which second since the last time.
  func takeSeconds() -> [(end: Int64, attempts: Int)] {
    audit.tracker.arrivals?.takeSeconds() ?? []
  }

  /// Takes the log of attempts, whose tuples are gone afterwards.
  ///
  /// - Parameters:
  ///   - addresses: what its addresses are numbered by from here on.
  ///   - clients: the same for those of clients.
  func takeLog(
    _ addresses: inout AddressTable, clients: inout AddressTable
  ) -> ArrivalLog {
    audit.takeLog(&addresses, clients: &clients)
  }

  // MARK: - Findings

  var listedFindings: Int { audit.ledger.findings.count }
  var firstHits: [Hit.Position] { audit.ledger.findings.firstHits }
  func dropFindings(behind hit: Hit.Position) { audit.dropFindings(behind: hit) }
}
