@testable import FlowAnalyzer

/// Segments made of bytes, through all stages behind reading.
enum FlowsTarget {
  static func check(_ input: [UInt8], hasClientSide: Bool) throws {
    var maker = SegmentMaker(input, hasPayload: hasClientSide)
    var audit = Audit(
      configuration: AnalyzerConfiguration(), hasClientSide: hasClientSide,
      listsConnections: hasClientSide)
    var listed = 0
    var shifts = 0
    while let made = maker.next() {
      _ = audit.observe(
        made.segment, made.side, bytes: unsafe made.tcp.span.bytes, clockShifts: shifts)
      listed += audit.takeConnections().count
      if made.segment.frame % 64 == 0 {
        if !audit.takeClockShifts().isEmpty { shifts += 1 }
      }
    }
    audit.finish()
    listed += audit.takeConnections().count
    try checkCounts(audit)
    if hasClientSide { try checkJoin(audit, listed: listed) }
    try checkReport(audit)
  }

  /// Every SYN is accounted for, and every attempt.
  private static func checkCounts(_ audit: borrowing Audit) throws {
    let counts = audit.ledger.counts
    let hits = counts.hits.values.reduce(0, +)
    let reuses = ReuseReason.allCases.reduce(0) { $0 + counts.reuses($1) }
    let verdicts = counts.firstUses + hits + reuses
    let syns = audit.tracker.counts.syns
    try require(syns == verdicts, "\(syns) SYNs, \(verdicts) verdicts")
    let outcomes = counts.outcomes.values.reduce(0, +)
    try require(
      outcomes == counts.attemptsHit && outcomes == audit.ledger.findings.total,
      "\(counts.attemptsHit) attempts hit, \(outcomes) outcomes")
    try require(audit.tracker.attempts.total <= syns, "more attempts than SYNs")
    try require(audit.tracker.pending.count == 0, "SYNs are left over")
  }

  /// Every connection of the client side is counted once, with a partner or with the reason why not.
  private static func checkJoin(_ audit: borrowing Audit, listed: Int) throws {
    let counts = audit.joiner.counts
    try require(
      counts.clientConnections == counts.pairedClients + counts.gaps.values.reduce(0, +)
        && counts.clientConnections == counts.methods.values.reduce(0, +),
      "connections of clients are not accounted for: \(counts)")
    try require(
      counts.serverConnections == audit.tracker.attempts.total,
      "\(counts.serverConnections) of \(audit.tracker.attempts.total) attempts ended")
    let unpaired = counts.serverConnections - counts.pairedServers
    try require(
      listed == counts.clientConnections + unpaired,
      "\(listed) connections listed of \(counts.clientConnections) and \(unpaired)")
    try require(audit.joiner.legs.count == 0, "legs are left over")
  }

  private static func checkReport(_ audit: borrowing Audit) throws {
    let builder = ReportBuilder(
      configuration: AnalyzerConfiguration(), captures: [], isPartial: false)
    let report = builder.report(audit.result(AnalyzerConfiguration()))
    var length = 0
    report.writeJSON { length += $0.count }
    try require(length > 0, "an empty report")
    try require(!report.text(TextStyle()).isEmpty, "an empty text")
  }
}
