/// Turns what the stages found into the report model. Counts and values only: the prose is made by
/// the formats.
struct ReportBuilder {
  let configuration: AnalyzerConfiguration
  let captures: [CaptureRecord]
  var clocks: [ClockReading] = []
  var window: TimeWindow?
  /// Of the key by which addresses were encrypted; nil where they are as captured.
  var keyFingerprint: String?
  let isPartial: Bool

  func report(_ found: AuditResult) -> AnalysisReport {
    let servers = ServerSummary(found.servers, configuration)
    var clockModels: [AnalysisReport.PointClock] = []
    for clock in clocks { clockModels.append(self.clock(clock)) }
    let sources = sources(found.sources)
    return AnalysisReport(
      partial: isPartial, anonymization: anonymization, selection: selection,
      captures: captures.indices.map(capture), clock: clockModels,
      topology: topology(found.join, found.addresses),
      coverage: Coverage(
        captures: captures, tracked: found.tracked, found.counts, joined: found.join.counts,
        unopened: found.unopened, timeWait: configuration.assumedTimeWait),
      analysis: analysis(found, servers), summary: summary(found),
      timeline: timeline(found.timeline, servers),
      reuseIntervals: found.reuseIntervals.model,
      sources: Array(sources.prefix(Self.listedSources)),
      sourcesOmitted: max(0, sources.count - Self.listedSources), forecast: nil,
      forecastAbsence: .notAsked,
      heldAtEnd: heldAtEnd(found.held), findings: findings(found.findings, found.addresses),
      findingsOmitted: found.findings.omitted,
      worstOmitted: worstOmitted(found.findings, found.addresses),
      servicePorts: found.services.lowest.isEmpty
        ? found.clientServices.ports : found.services.ports)
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
      contentHash: String { $0.append(hexadecimal: record.contentHash) })
  }

  private func analysis(
    _ found: AuditResult, _ servers: ServerSummary
  ) -> AnalysisReport.Analysis {
    let measured = found.timeWait
    return AnalysisReport.Analysis(
      timeWait: .init(
        assumedSeconds: Seconds(nanoseconds: configuration.assumedTimeWait),
        source: configuration.timeWait == nil
          ? "default" : configuration.timeWaitIsConfigured ? "config" : "option",
        measured: .init(
          atLeastSeconds: Seconds(measured.atLeast), lessThanSeconds: Seconds(measured.lessThan)),
        warning: measured.contradiction(of: configuration.assumedTimeWait)),
      lbHold: .init(
        atLeastSeconds: Seconds(found.hold.atLeast), atMostSeconds: Seconds(found.hold.atMost),
        named: configuration.balancers.map { balancer in
          .init(
            balancer: balancer, holdSeconds: Seconds(nanoseconds: balancer.hold),
            isContradicted: found.hold.atMost.map { $0 < balancer.hold } ?? false)
        }),
      server: servers.model)
  }

  private func summary(_ found: AuditResult) -> AnalysisReport.Summary {
    let (counts, tracked, join) = (found.counts, found.tracked, found.join)
    var reuses: [String: Int] = [:]
    for reason in ReuseReason.allCases { reuses[reason.rawValue] = counts.reuses(reason) }
    return AnalysisReport.Summary(
      syns: .init(
        total: tracked.syns, firstUses: counts.firstUses,
        timeWait: answers(counts.answers(to: .timeWait)),
        established: answers(counts.answers(to: .established)),
        closing: answers(counts.answers(to: .closing)), reasons: reasons(counts), reuses: reuses),
      attempts: .init(
        total: found.attempts,
        neverForwarded: join.hasServerSide ? join.counts.neverForwarded : nil,
        hit: counts.attemptsHit,
        connected: counts.outcomes[.connected] ?? 0, failed: counts.outcomes[.failed] ?? 0,
        undetermined: counts.outcomes[.undetermined] ?? 0, harmed: counts.attemptsHarmed),
      timeWaits: .init(
        server: tracked.timeWaitsAtServer, peer: tracked.timeWaitsAtPeer,
        both: tracked.timeWaitsAtBoth, serverFinWait2: tracked.finWait2),
      killedConnections: counts.killedConnections, clientSyns: clientSyns(join),
      pairs: pairs(join),
      addedSeconds: found.delays.model(ofAll: found.attempts),
      unopenedTuples: unopenedTuples(found))
  }

  private func unopenedTuples(_ found: AuditResult) -> AnalysisReport.UnopenedTuples {
    var model = AnalysisReport.UnopenedTuples()
    model.syns = found.unopened.syns
    model.strays = found.unopened.strays
    model.forgottenEarly = found.unopened.letGo
    model.target = found.unopenedTargets.first
    return model
  }

  private func reasons(_ counts: AuditCounts) -> [AnalysisReport.ReasonCount] {
    var reasons: [AnalysisReport.ReasonCount] = []
    for answer in Answer.allCases {
      let hits = counts.reasons(of: answer)
      for reason in HitReason.allCases {
        guard let count = hits[reason] else { continue }
        reasons.append(.init(answer: answer, reason: reason, hits: count))
      }
    }
    return reasons
  }

  private func answers(_ counts: [Answer: Int]) -> AnalysisReport.Answers {
    return AnalysisReport.Answers(
      total: counts.values.reduce(0, +), accepted: counts[.accepted] ?? 0,
      rejected: counts[.rejected] ?? 0, reset: counts[.reset] ?? 0,
      unanswered: counts[.unanswered] ?? 0, undetermined: counts[.undetermined] ?? 0)
  }

  // MARK: - Tuples held at the end

  private func heldAtEnd(_ held: HeldTuples) -> AnalysisReport.HeldAtEnd {
    let listed = held.listed
    return AnalysisReport.HeldAtEnd(
      timeWait: held.timeWait, established: held.established, closing: held.closing,
      tuples: listed.map(heldTuple), tuplesOmitted: held.total - listed.count)
  }

  private func heldTuple(_ held: HeldTuple) -> AnalysisReport.HeldTuple {
    let isTimed = held.kind == .timeWait && !held.hasUnknownTimes
    return AnalysisReport.HeldTuple(
      tuple: held.tuple, state: held.kind, since: held.hasUnknownTimes ? nil : held.since,
      freeAt: isTimed
        ? held.timerStartedAt.advanced(byNanoseconds: configuration.assumedTimeWait) : nil)
  }
}

extension AnalyzerConfiguration {
  /// Whether a server ignores RSTs in TIME_WAIT, by its stack, by option or by evidence.
  func ignoresResets(_ server: ServerKnowledge) -> Bool {
    (serverStack ?? .linux).ignoresResets ?? rfc1337 ?? server.ignoresResets ?? false
  }
}
