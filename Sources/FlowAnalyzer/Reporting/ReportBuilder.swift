/// Turns what the stages found into the report model. Counts and values only: the prose is made by
/// the formats.
struct ReportBuilder {
  let configuration: AnalyzerConfiguration
  let captures: [CaptureRecord]
  var clocks: [Survey.PointClock] = []
  var window: TimeWindow?
  /// What the client side shows of tuples that never carried a connection.
  var unopenedByClients = UnopenedCounts()
  var targetOfClients: Endpoint?
  let isPartial: Bool

  func report(
    _ tracker: borrowing FlowTracker, _ ledger: borrowing AuditLedger, _ joiner: borrowing Joiner
  ) -> AnalysisReport {
    let servers = ServerSummary(tracker.knowledge.all, configuration)
    var clockModels: [AnalysisReport.PointClock] = []
    for clock in clocks { clockModels.append(self.clock(clock, joiner)) }
    let sources = sources(tracker)
    let unopened = tracker.unopened + unopenedByClients
    return AnalysisReport(
      partial: isPartial, anonymization: anonymization, selection: selection,
      captures: captures.indices.map(capture), clock: clockModels,
      topology: topology(joiner),
      coverage: Coverage(
        captures: captures, tracked: tracker.counts, ledger.counts, joined: joiner.counts,
        unopened: unopened, timeWait: configuration.assumedTimeWait),
      analysis: analysis(ledger, servers), summary: summary(tracker, ledger, joiner, unopened),
      timeline: timeline(tracker.timeline, servers),
      reuseIntervals: ledger.reuseIntervals.model,
      sources: Array(sources.prefix(Self.listedSources)),
      sourcesOmitted: max(0, sources.count - Self.listedSources), forecast: nil,
      forecastAbsence: .notAsked,
      heldAtEnd: heldAtEnd(tracker), findings: findings(ledger.findings, joiner),
      findingsOmitted: ledger.findings.omitted)
  }

  private func capture(_ number: Int) -> AnalysisReport.Capture {
    let record = captures[number]
    var skipped: [String: UInt64] = [:]
    for reason in DecodeError.allCases where record.skipped[reason] > 0 {
      skipped[reason.rawValue] = record.skipped[reason]
    }
    let role = record.role ?? .server
    return AnalysisReport.Capture(
      path: name(of: number), point: label(of: record), role: role.rawValue,
      packets: record.packets, tcpSegments: record.tcpSegments, duplicates: record.duplicates,
      truncated: record.truncated, firstPacket: record.firstPacket, lastPacket: record.lastPacket,
      warnings: record.warnings.map { text(of: $0) }, error: text(of: record.failure),
      skipped: skipped, dropped: record.dropped,
      contentHash: String {
        let hash = record.contentHash
        $0.append(hexadecimal: configuration.anonymizer?.disguised(hash) ?? hash)
      })
  }

  private func analysis(
    _ ledger: borrowing AuditLedger, _ servers: ServerSummary
  ) -> AnalysisReport.Analysis {
    let measured = ledger.timeWait
    return AnalysisReport.Analysis(
      timeWait: .init(
        assumedSeconds: Seconds(nanoseconds: configuration.assumedTimeWait),
        source: configuration.timeWait == nil
          ? "default" : configuration.timeWaitIsConfigured ? "config" : "option",
        measured: .init(
          atLeastSeconds: Seconds(measured.atLeast), lessThanSeconds: Seconds(measured.lessThan)),
        warning: measured.contradiction(of: configuration.assumedTimeWait)),
      lbHold: .init(
        atLeastSeconds: Seconds(ledger.hold.atLeast), atMostSeconds: Seconds(ledger.hold.atMost),
        named: configuration.balancers.map { balancer in
          .init(
            balancer: balancer, holdSeconds: Seconds(nanoseconds: balancer.hold),
            isContradicted: ledger.hold.atMost.map { $0 < balancer.hold } ?? false)
        }),
      server: servers.model)
  }

  private func summary(
    _ tracker: borrowing FlowTracker, _ ledger: borrowing AuditLedger, _ joiner: borrowing Joiner,
    _ unopened: UnopenedCounts
  ) -> AnalysisReport.Summary {
    let counts = ledger.counts
    var reuses: [String: Int] = [:]
    for reason in ReuseReason.allCases { reuses[reason.rawValue] = counts.reuses(reason) }
    return AnalysisReport.Summary(
      syns: .init(
        total: tracker.counts.syns, firstUses: counts.firstUses,
        timeWait: answers(counts.hits[.timeWait]), established: answers(counts.hits[.established]),
        closing: answers(counts.hits[.closing]), reuses: reuses),
      attempts: .init(
        total: tracker.attempts.total,
        neverForwarded: joiner.serverSide == nil ? nil : joiner.counts.neverForwarded,
        hit: counts.attemptsHit,
        connected: counts.outcomes[.connected] ?? 0, failed: counts.outcomes[.failed] ?? 0,
        undetermined: counts.outcomes[.undetermined] ?? 0),
      timeWaits: .init(
        server: tracker.counts.timeWaitsAtServer, peer: tracker.counts.timeWaitsAtPeer,
        both: tracker.counts.timeWaitsAtBoth, serverFinWait2: tracker.counts.finWait2),
      killedConnections: counts.killedConnections, clientSyns: clientSyns(joiner),
      pairs: pairs(joiner),
      addedSeconds: ledger.delays.model(ofAll: tracker.attempts.total),
      unopenedTuples: unopenedTuples(unopened, tracker))
  }

  private func unopenedTuples(
    _ counts: UnopenedCounts, _ tracker: borrowing FlowTracker
  ) -> AnalysisReport.UnopenedTuples {
    var model = AnalysisReport.UnopenedTuples()
    model.syns = counts.syns
    model.strays = counts.strays
    model.forgottenEarly = counts.letGo
    model.target = tracker.unopenedTarget ?? targetOfClients
    return model
  }

  private func answers(_ counts: [Answer: Int]?) -> AnalysisReport.Answers {
    let counts = counts ?? [:]
    return AnalysisReport.Answers(
      total: counts.values.reduce(0, +), accepted: counts[.accepted] ?? 0,
      rejected: counts[.rejected] ?? 0, reset: counts[.reset] ?? 0,
      unanswered: counts[.unanswered] ?? 0, undetermined: counts[.undetermined] ?? 0)
  }

  // MARK: - Tuples held at the end

  private func heldAtEnd(_ tracker: borrowing FlowTracker) -> AnalysisReport.HeldAtEnd {
    let configuration = configuration
    var counts = (timeWait: 0, established: 0, closing: 0)
    var listed: [HeldTuple] = []
    let limit = configuration.maximumHeldTuples
    // What comes behind the last of a full list will not be listed.
    var last: HeldTuple?
    tracker.forEachHeldTuple(ignoresResets: configuration.ignoresResets) { held in
      switch held.kind {
      case .timeWait: counts.timeWait += 1
      case .established: counts.established += 1
      case .closing: counts.closing += 1
      }
      if let last, !held.precedes(last) { return }
      listed.append(held)
      guard (listed.count - 1) / 2 >= limit else { return }
      Self.cut(&listed, to: limit)
      last = listed.last
    }
    Self.cut(&listed, to: limit)
    let total = counts.timeWait + counts.established + counts.closing
    return AnalysisReport.HeldAtEnd(
      timeWait: counts.timeWait, established: counts.established, closing: counts.closing,
      tuples: listed.map(heldTuple),
      tuplesOmitted: total - listed.count)
  }

  private static func cut(_ tuples: inout [HeldTuple], to limit: Int) {
    tuples.sort { $0.precedes($1) }
    if tuples.count > limit { tuples.removeLast(tuples.count - limit) }
  }

  private func heldTuple(_ held: HeldTuple) -> AnalysisReport.HeldTuple {
    let isTimed = held.kind == .timeWait && !held.hasUnknownTimes
    return AnalysisReport.HeldTuple(
      tuple: held.tuple, state: held.kind, since: held.hasUnknownTimes ? nil : held.since,
      freeAt: isTimed
        ? held.timerStartedAt.advanced(byNanoseconds: configuration.assumedTimeWait) : nil)
  }
}

extension HeldTuple {
  var kind: HeldKind {
    switch state {
    case .timeWait: .timeWait
    case .finWait1, .finWait2, .closeWait, .closing, .lastAck: .closing
    case .established, .closed, .synSent, .synReceived: .established
    }
  }

  /// TIME_WAIT first, then by tuple.
  fileprivate func precedes(_ other: HeldTuple) -> Bool {
    let isFirst = state == .timeWait
    if isFirst != (other.state == .timeWait) { return isFirst }
    if tuple.destination != other.tuple.destination {
      return tuple.destination < other.tuple.destination
    }
    return tuple.source < other.tuple.source
  }
}

extension AnalyzerConfiguration {
  /// Whether a server ignores RSTs in TIME_WAIT, by its stack, by option or by evidence.
  func ignoresResets(_ server: ServerKnowledge) -> Bool {
    (serverStack ?? .linux).ignoresResets ?? rfc1337 ?? server.ignoresResets ?? false
  }
}
