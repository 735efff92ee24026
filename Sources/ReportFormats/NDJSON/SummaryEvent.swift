import FlowAnalyzer

/// All counts of a report as one event, so that a report without findings is seen too.
struct SummaryEvent {
  private let report: AnalysisReport
  private let span: ClosedRange<Timestamp>?

  init(_ report: AnalysisReport) {
    self.report = report
    span = report.captureSpan
  }

  func write(to json: inout JSONWriter) {
    json.object { json in
      // Without a packet there is no time to tell; who ships the line has one.
      json.field("@timestamp", span?.upperBound)
      json.field("message", message)
      EventSchema.writeVersion(to: &json)
      json.object("event") { writeEvent(to: &$0) }
      EventSchema.writeObserver(point: nil, to: &json)
      json.object("snat_audit") { json in
        if let check = report.check { json.object("check") { write(check, to: &$0) } }
        json.field("schema_version", AnalysisReport.schemaVersion)
        json.object("summary") { writeSummary(to: &$0) }
      }
    }
  }

  private var message: String {
    let attempts = report.summary.attempts
    return "\(attempts.hit) of \(attempts.total) connection attempts hit a tuple that the server "
      + "still held; coverage \(report.coverage.grade.rawValue)"
  }

  private func writeEvent(to json: inout JSONWriter) {
    json.field("action", "snat-audit-summary")
    json.field("category", ["network"])
    json.field("dataset", "snat_audit.summary")
    json.field("duration", span.map { $0.upperBound.nanoseconds(since: $0.lowerBound) })
    json.field("end", span?.upperBound)
    json.field("kind", "metric")
    json.field("module", "snat_audit")
    let isKnown = report.coverage.grade != .inconclusive && !report.partial
    json.field("outcome", isKnown ? "success" : "unknown")
    json.field("provider", "snat-audit")
    json.field("start", span?.lowerBound)
    json.field("type", ["info"])
  }
}

// MARK: - Fields of our own

extension SummaryEvent {
  private func write(_ check: PolicyVerdict, to json: inout JSONWriter) {
    json.field("broken", check.rules.filter { $0.outcome == .failed }.map(\.name))
    json.field("outcome", check.outcome)
    json.field("policy", check.policy)
    json.field("rules", check.rules.count)
  }

  private func writeSummary(to json: inout JSONWriter) {
    let summary = report.summary
    json.object("added_seconds") { writeAddedDelay(summary.addedSeconds, to: &$0) }
    json.object("attempts") { writeAttempts(summary.attempts, to: &$0) }
    json.object("captures") { json in
      json.field("count", report.captures.count)
      json.field("dropped", report.droppedPackets)
      json.field("packets", report.captures.reduce(0) { $0 + $1.packets })
    }
    if let syns = summary.clientSyns {
      json.object("client_syns") { writeClientSyns(syns, to: &$0) }
    }
    json.object("coverage") { json in
      json.field("grade", report.coverage.grade)
      json.field("reasons", report.coverage.reasons.map(\.rawValue))
    }
    json.object("findings") { json in
      json.field("listed", report.findings.count)
      json.field("omitted", report.findingsOmitted)
    }
    json.object("held_at_end") { json in
      json.field("closing", report.heldAtEnd.closing)
      json.field("established", report.heldAtEnd.established)
      json.field("time_wait", report.heldAtEnd.timeWait)
    }
    json.field("killed_connections", summary.killedConnections)
    json.object("lb_hold") { json in
      json.field("at_least_seconds", report.analysis.lbHold.atLeastSeconds)
      json.field("at_most_seconds", report.analysis.lbHold.atMostSeconds)
    }
    if let pairs = summary.pairs {
      json.object("pairs") { json in
        json.field("client_connections", pairs.clientConnections)
        json.field("paired", pairs.paired)
        json.field("server_connections", pairs.serverConnections)
      }
    }
    json.field("partial", report.partial)
    json.object("syns") { writeSyns(summary.syns, to: &$0) }
    json.object("time_wait") { json in
      let timeWait = report.analysis.timeWait
      json.field("assumed_seconds", timeWait.assumedSeconds)
      json.field("measured_at_least_seconds", timeWait.measured.atLeastSeconds)
      json.field("measured_less_than_seconds", timeWait.measured.lessThanSeconds)
      json.field("source", timeWait.source)
    }
    json.object("time_waits") { json in
      json.field("both", summary.timeWaits.both)
      json.field("peer", summary.timeWaits.peer)
      json.field("server", summary.timeWaits.server)
      json.field("server_fin_wait_2", summary.timeWaits.serverFinWait2)
    }
    json.field("translation", report.topology.translation)
  }

  private func writeAddedDelay(_ delay: AnalysisReport.AddedDelay, to json: inout JSONWriter) {
    json.field("maximum", delay.maximum)
    json.field("p50", delay.percentiles.p50)
    json.field("p90", delay.percentiles.p90)
    json.field("p95", delay.percentiles.p95)
    json.field("p99", delay.percentiles.p99)
    json.field("p999", delay.percentiles.p999)
    json.field("total", delay.total)
  }

  private func writeAttempts(_ attempts: AnalysisReport.Attempts, to json: inout JSONWriter) {
    json.field("connected", attempts.connected)
    json.field("failed", attempts.failed)
    json.field("hit", attempts.hit)
    json.field("never_forwarded", attempts.neverForwarded)
    json.field("total", attempts.total)
    json.field("undetermined", attempts.undetermined)
  }

  private func writeClientSyns(_ syns: AnalysisReport.ClientSyns, to json: inout JSONWriter) {
    json.field("not_forwarded", syns.notForwarded)
    json.field("repeated", syns.repeated)
    json.field("slow_connections", syns.slowConnections)
    json.field("total", syns.total)
    json.field("unanswered", syns.unanswered)
  }

  private func writeSyns(_ syns: AnalysisReport.Syns, to json: inout JSONWriter) {
    json.object("closing") { writeAnswers(syns.closing, to: &$0) }
    json.object("established") { writeAnswers(syns.established, to: &$0) }
    json.field("first_uses", syns.firstUses)
    json.object("reuses") { json in
      for (reason, count) in syns.reuses.sorted(by: { $0.key < $1.key }) {
        json.name(String(reason.map { $0 == "-" ? "_" : $0 }))
        json.number(Int64(count))
      }
    }
    json.object("time_wait") { writeAnswers(syns.timeWait, to: &$0) }
    json.field("total", syns.total)
  }

  private func writeAnswers(_ answers: AnalysisReport.Answers, to json: inout JSONWriter) {
    json.field("accepted", answers.accepted)
    json.field("rejected", answers.rejected)
    json.field("reset", answers.reset)
    json.field("total", answers.total)
    json.field("unanswered", answers.unanswered)
    json.field("undetermined", answers.undetermined)
  }
}
