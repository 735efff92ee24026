/// What an audit has found, without the tables by which it was found.
///
/// Parts of the traffic, each with all connections of its tuples and all SYNs of its attempts, can be
/// audited apart: their results add up to that of the whole, in whatever order they are added.
struct AuditResult: Sendable, Codable {
  var tracked: TrackingCounts
  /// How many attempts there were.
  var attempts: Int
  var counts: AuditCounts
  var timeWait: TimeWaitMeasurement
  var hold: LoadBalancerHold
  var reuseIntervals: ReuseIntervals
  var delays: DelayStatistics
  var findings: FindingList
  var held: HeldTuples
  var timeline: TimelineRecorder
  var sources: SourceList
  /// What is known of each server, from all parts.
  @PackedArray var servers: [ServerKnowledge]
  var unopened: UnopenedCounts
  /// The ends that most unopened tuples lead to.
  var unopenedTargets: HeavyHitters<Endpoint>
  /// The ports that servers are reached by, and those that clients ask for.
  var services: ServicePorts
  var clientServices: ServicePorts
  var join: JoinResult
  /// The addresses that parties and the join go by.
  var addresses: NumberedAddresses

  /// Adds what another part of the traffic has shown.
  mutating func add(_ other: AuditResult) {
    tracked.add(other.tracked)
    attempts += other.attempts
    counts.add(other.counts)
    timeWait.add(other.timeWait)
    hold.add(other.hold)
    reuseIntervals.add(other.reuseIntervals)
    delays.add(other.delays)
    held.add(other.held)
    timeline.add(other.timeline)
    sources.add(other.sources)
    servers += other.servers
    unopened = unopened + other.unopened
    unopenedTargets.add(other.unopenedTargets)
    services.add(other.services)
    clientServices.add(other.clientServices)
    let numbers = addresses.add(other.addresses)
    findings.add(other.findings, numbers: numbers)
    join.add(other.join, numbers: numbers)
  }
}

/// What the join of both sides has found.
struct JoinResult: Sendable, Codable {
  var hasClientSide: Bool
  var hasServerSide: Bool
  var counts: JoinCounts
  var topology: TopologyRecord

  /// Adds the join at another load balancer: it needs all of one's traffic, and nothing of another's.
  ///
  /// - Parameter numbers: of the other's addresses that go by another number now.
  fileprivate mutating func add(_ other: JoinResult, numbers: [UInt32: UInt32]) {
    hasClientSide = hasClientSide || other.hasClientSide
    hasServerSide = hasServerSide || other.hasServerSide
    counts.add(other.counts)
    topology.add(other.topology, numbers: numbers)
  }
}

extension Audit {
  /// What was found. All must have been finished.
  func result(_ configuration: AnalyzerConfiguration) -> AuditResult {
    var tracked = tracker.counts
    tracked.translatedSyns = translatedSyns
    var joined = joiner.counts
    var unopened = tracker.unopened
    var held = HeldTuples(limit: configuration.maximumHeldTuples)
    tracker.forEachHeldTuple(ignoresResets: configuration.ignoresResets) { held.add($0) }
    var targets = tracker.namedUnopenedTargets
    var (services, clientServices) = (ServicePorts(), ServicePorts())
    tracker.servers.forEachPort { services.note($0) }
    if let clients {
      joined.translatedSyns = clients.side.translatedSyns
      unopened.add(clients.side.tracker.unopened)
      targets.add(clients.side.tracker.namedUnopenedTargets)
      clients.side.tracker.servers.forEachPort { clientServices.note($0) }
    }
    var addresses = NumberedAddresses()
    ledger.findings.forEachParty { party in
      if party.isKnown { addresses.note(party.address, joiner.addresses) }
    }
    joiner.topology.forEachAddress { addresses.note($0, joiner.addresses) }
    return AuditResult(
      tracked: tracked, attempts: tracker.attempts.total, counts: ledger.counts,
      timeWait: ledger.timeWait, hold: ledger.hold, reuseIntervals: ledger.reuseIntervals,
      delays: ledger.delays, findings: ledger.findings, held: held,
      timeline: tracker.timeline, sources: SourceList(tracker.sources, tracker.addresses),
      servers: tracker.knowledge.all, unopened: unopened,
      unopenedTargets: targets, services: services, clientServices: clientServices,
      join: JoinResult(
        hasClientSide: joiner.hasClientSide, hasServerSide: joiner.coverage.hasServerSide,
        counts: joined, topology: joiner.topology),
      addresses: addresses)
  }
}
