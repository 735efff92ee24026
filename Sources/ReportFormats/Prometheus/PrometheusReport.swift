public import FlowAnalyzer

extension AnalysisReport {
  /// The report as metrics for the textfile collector of node_exporter, some 200 lines whatever the
  /// captures hold.
  ///
  /// All counts are gauges. A counter is one thing that only grows, so that its `rate()` means
  /// something; here every run tells of other captures and replaces what the last one said, and
  /// Prometheus would take a smaller number for a restart.
  public var prometheusText: String {
    var metrics = MetricsText()
    addRun(to: &metrics)
    addCheck(to: &metrics)
    addSyns(to: &metrics)
    addDelays(to: &metrics)
    addTimers(to: &metrics)
    addClientSide(to: &metrics)
    addSources(to: &metrics)
    addForecast(to: &metrics)
    return metrics.text
  }

  /// Labels are few and closed, but for addresses: of those only the busiest are named.
  private static let listedSources = 32
}

// MARK: - The run

extension AnalysisReport {
  private func addRun(to metrics: inout MetricsText) {
    metrics.add(
      "snat_audit_report_info", help: "What the report is; always 1.",
      [
        .init(
          ("schema_version", schemaVersion), ("server_stack", analysis.server.stack),
          ("translation", topology.translation.rawValue), value: 1)
      ])
    metrics.add(
      "snat_audit_partial", help: "Whether the run was interrupted before the captures' end.",
      partial ? 1 : 0)
    metrics.add(
      "snat_audit_coverage_grade", help: "How far the captures allow a verdict: 1 for the grade.",
      Coverage.Grade.allCases.map { grade in
        .init(("grade", grade.rawValue), value: grade == coverage.grade ? 1 : 0)
      })
    metrics.add(
      "snat_audit_coverage_reason", help: "What the captures leave open: 1 for what applies.",
      Coverage.Reason.allCases.map { reason in
        .init(("reason", reason.rawValue), value: coverage.reasons.contains(reason) ? 1 : 0)
      })
    metrics.add("snat_audit_captures", help: "Capture files.", captures.count)
    let roles = CaptureRole.allCases.map { role in
      (role: role.rawValue, captures: captures.filter { $0.role == role.rawValue })
    }.filter { !$0.captures.isEmpty }
    metrics.add(
      "snat_audit_capture_packets", help: "Packets in the captures of a side.",
      roles.map { side in
        .init(("role", side.role), value: side.captures.reduce(0) { $0 + $1.packets })
      })
    metrics.add(
      "snat_audit_capture_segments", help: "TCP segments in the captures of a side.",
      roles.map { side in
        .init(("role", side.role), value: side.captures.reduce(0) { $0 + $1.tcpSegments })
      })
    metrics.add(
      "snat_audit_capture_dropped_packets",
      help: "Packets that the capturing hosts say they dropped; missing where none says anything.",
      droppedPackets)
    metrics.add(
      "snat_audit_capture_first_packet_timestamp_seconds",
      help: "Time of the first packet, as Unix time.", captureSpan?.lowerBound.sinceEpoch)
    metrics.add(
      "snat_audit_capture_last_packet_timestamp_seconds",
      help: "Time of the last packet, as Unix time: how fresh the report is.",
      captureSpan?.upperBound.sinceEpoch)
  }
}

// MARK: - The check

extension AnalysisReport {
  private func addCheck(to metrics: inout MetricsText) {
    guard let check else { return }
    metrics.add(
      "snat_audit_check_outcome", help: "What the policy says: 1 for the outcome.",
      PolicyVerdict.Outcome.allCases.map { outcome in
        .init(("outcome", outcome.rawValue), value: outcome == check.outcome ? 1 : 0)
      })
    metrics.add(
      "snat_audit_check_rule_broken", help: "Whether a rule of the policy is broken.",
      check.rules.map { rule in
        .init(("rule", rule.name), value: rule.outcome == .failed ? 1 : 0)
      })
  }
}

// MARK: - SYNs and attempts

extension AnalysisReport {
  private func addSyns(to metrics: inout MetricsText) {
    let syns = summary.syns
    metrics.add("snat_audit_syns", help: "SYNs behind the load balancer.", syns.total)
    metrics.add(
      "snat_audit_first_use_syns", help: "SYNs on tuples that were not in use before.",
      syns.firstUses)
    metrics.add(
      "snat_audit_hit_syns",
      help: "SYNs on tuples that the server still held, by what it held and how it answered.",
      [
        (HeldKind.timeWait, syns.timeWait), (.established, syns.established),
        (.closing, syns.closing),
      ]
      .flatMap { held, answers in
        Answer.allCases.map { answer in
          .init(("answer", answer.rawValue), ("held", held.rawValue), value: answers[answer])
        }
      })
    metrics.add(
      "snat_audit_reuse_syns", help: "SYNs on used tuples that were no hits, by reason.",
      syns.reuses.sorted { $0.key < $1.key }.map { .init(("reason", $0.key), value: $0.value) })
    metrics.add(
      "snat_audit_reuse_interval_syns",
      help: "SYNs on used tuples by the time since the end of the connection before, in classes; "
        + "below: the end of the class in seconds.",
      reuseIntervals.flatMap { interval -> [MetricsText.Sample] in
        let end = interval.belowSeconds?.metricText ?? "+Inf"
        return [
          .init(("below", end), ("hit", "false"), value: interval.others),
          .init(("below", end), ("hit", "true"), value: interval.hits),
        ]
      })
    let attempts = summary.attempts
    metrics.add("snat_audit_attempts", help: "Connection attempts.", attempts.total)
    metrics.add(
      "snat_audit_hit_attempts", help: "Connection attempts with at least one hit, by outcome.",
      [
        .init(("outcome", "connected"), value: attempts.connected),
        .init(("outcome", "failed"), value: attempts.failed),
        .init(("outcome", "undetermined"), value: attempts.undetermined),
      ])
    metrics.add(
      "snat_audit_killed_connections", help: "Live connections of others that a hit destroyed.",
      summary.killedConnections)
  }

  private func addDelays(to metrics: inout MetricsText) {
    let delay = summary.addedSeconds
    let percentiles = delay.percentiles
    let quantiles = [
      ("0.5", percentiles.p50), ("0.9", percentiles.p90), ("0.95", percentiles.p95),
      ("0.99", percentiles.p99), ("0.999", percentiles.p999),
    ]
    metrics.add(
      "snat_audit_added_delay_seconds", .summary,
      help: "What hits added to the set-up of connections, over all attempts.",
      quantiles.map { .init("", ("quantile", $0.0), value: $0.1.metricText) } + [
        .init("_sum", value: delay.total.metricText),
        .init("_count", value: String(summary.attempts.total)),
      ])
    metrics.add(
      "snat_audit_added_delay_max_seconds", help: "The most that hits added to one attempt.",
      delay.maximum)
    var count = 0
    metrics.add(
      "snat_audit_hit_added_delay_seconds", .histogram,
      help: "What hits added to the attempts that they met.",
      delay.histogram.map { bin in
        count += bin.attempts
        return .init("_bucket", ("le", bin.inclusiveEnd), value: String(count))
      } + [
        .init("_sum", value: delay.total.metricText), .init("_count", value: String(count)),
      ])
  }
}

// MARK: - What is held

extension AnalysisReport {
  private func addTimers(to metrics: inout MetricsText) {
    let timeWait = analysis.timeWait
    metrics.add(
      "snat_audit_time_wait_assumed_seconds", help: "How long servers are taken to hold TIME_WAIT.",
      timeWait.assumedSeconds)
    metrics.add(
      "snat_audit_time_wait_proven_alive_seconds",
      help: "The longest age at which a TIME_WAIT was proven alive; missing without evidence.",
      timeWait.measured.atLeastSeconds)
    metrics.add(
      "snat_audit_time_wait_proven_gone_seconds",
      help: "The shortest age at which a TIME_WAIT was proven gone; missing without evidence.",
      timeWait.measured.lessThanSeconds)
    metrics.add(
      "snat_audit_lb_hold_at_least_seconds",
      help: "The load balancer was seen to hold a port for so long after its connection's end.",
      analysis.lbHold.atLeastSeconds)
    metrics.add(
      "snat_audit_lb_hold_at_most_seconds",
      help: "The load balancer was seen to give a port away so soon after its connection's end.",
      analysis.lbHold.atMostSeconds)
    metrics.add(
      "snat_audit_time_waits", help: "TIME_WAITs that were entered, by holder.",
      [
        .init(("holder", "server"), value: summary.timeWaits.server),
        .init(("holder", "peer"), value: summary.timeWaits.peer),
        .init(("holder", "both"), value: summary.timeWaits.both),
      ])
    metrics.add(
      "snat_audit_server_fin_wait_2", help: "Servers left in FIN_WAIT_2 without the peer's FIN.",
      summary.timeWaits.serverFinWait2)
    metrics.add(
      "snat_audit_held_tuples", help: "Tuples that servers held when the capture ended.",
      [
        .init(("held", HeldKind.timeWait.rawValue), value: heldAtEnd.timeWait),
        .init(("held", HeldKind.established.rawValue), value: heldAtEnd.established),
        .init(("held", HeldKind.closing.rawValue), value: heldAtEnd.closing),
      ])
    metrics.add(
      "snat_audit_time_wait_held_max", help: "The most tuples in TIME_WAIT at the end of any bin.",
      timeline?.timeWaitHeld.max())
    metrics.add(
      "snat_audit_ports_in_use_max",
      help: "The most tuples of open connections at the end of any bin.",
      timeline?.snatPortsInUse.max())
  }
}

// MARK: - Both sides

extension AnalysisReport {
  /// What only a capture of the client side shows; left out without one.
  private func addClientSide(to metrics: inout MetricsText) {
    metrics.add(
      "snat_audit_never_forwarded_attempts",
      help: "Attempts of clients of which no SYN came out of the load balancer.",
      summary.attempts.neverForwarded)
    metrics.add("snat_audit_client_syns", help: "SYNs of clients.", summary.clientSyns?.total)
    metrics.add(
      "snat_audit_not_forwarded_client_syns",
      help: "SYNs of clients that did not come out of the load balancer.",
      summary.clientSyns?.notForwarded)
    metrics.add(
      "snat_audit_slow_client_connections",
      help: "Connections of clients whose SYN-ACK came 0.9 s after the first SYN, or later.",
      summary.clientSyns?.slowConnections)
    metrics.add(
      "snat_audit_client_connections",
      help: "Connections of clients, by whether their other side was found.",
      summary.pairs.map { pairs in
        [
          .init(("paired", "false"), value: pairs.clientConnections - pairs.paired),
          .init(("paired", "true"), value: pairs.paired),
        ]
      } ?? [])
  }

  private func addSources(to metrics: inout MetricsText) {
    let listed = sources.prefix(Self.listedSources)
    metrics.add(
      "snat_audit_sources", help: "Addresses that opened connections to servers.",
      sources.count + sourcesOmitted)
    metrics.add(
      "snat_audit_source_attempts", help: "Connection attempts from an address, of the busiest.",
      listed.map { .init(("ip", $0.ip.description), value: $0.connections) })
    metrics.add(
      "snat_audit_source_hit_syns", help: "SYNs from an address that hit, of the busiest.",
      listed.map { .init(("ip", $0.ip.description), value: $0.hits) })
    metrics.add(
      "snat_audit_source_ports", help: "Different ports that an address used, of the busiest.",
      listed.map { .init(("ip", $0.ip.description), value: $0.ports) })
  }
}

// MARK: - Forecast

extension AnalysisReport {
  /// What the recorded traffic would do in changed worlds; left out where there is no forecast.
  private func addForecast(to metrics: inout MetricsText) {
    guard let forecast else { return }
    metrics.add(
      "snat_audit_forecast_grade",
      help: "Whether the forecast can be relied on: 1 for the grade.",
      Coverage.Grade.allCases.map { grade in
        .init(("grade", grade.rawValue), value: grade == forecast.basis.grade ? 1 : 0)
      })
    let families: [(String, String, KeyPath<Forecast.Row, Forecast.Interval>)] = [
      (
        "snat_audit_forecast_hit_attempts",
        "Attempts that would hit if one thing were changed, by percentile of replays.",
        \.attemptsHit
      ),
      (
        "snat_audit_forecast_delayed_attempts",
        "Of those, the ones that would not be let in at once.", \.delayed
      ),
      (
        "snat_audit_forecast_refused_attempts",
        "Attempts for which the load balancer would have no port.", \.refused
      ),
    ]
    for (name, help, interval) in families {
      metrics.add(
        name, help: help,
        forecast.rows.flatMap { row in
          let value = row[keyPath: interval]
          return [("5", value.low), ("50", value.median), ("95", value.high)].map {
            var sample = MetricsText.Sample(
              ("world", row.group.rawValue), ("setting", Seconds(row.value).metricText),
              ("percentile", $0.0), value: Seconds($0.1))
            if let name = row.name { sample.labels.append((name: "name", value: name)) }
            return sample
          }
        })
    }
  }
}

extension AnalysisReport.AddedDelay.Bin {
  /// A class of ours ends before its end, one of a histogram with it. Only for the class of no delay
  /// at all, below one nanosecond, is that worth a difference.
  fileprivate var inclusiveEnd: String {
    guard let belowSeconds else { return "+Inf" }
    return belowSeconds.nanoseconds == 1 ? "0" : belowSeconds.metricText
  }
}

extension AnalysisReport.Answers {
  fileprivate subscript(answer: Answer) -> Int {
    switch answer {
    case .accepted: accepted
    case .rejected: rejected
    case .reset: reset
    case .unanswered: unanswered
    case .undetermined: undetermined
    }
  }
}

extension Timestamp {
  /// Since 1970-01-01T00:00:00Z.
  fileprivate var sinceEpoch: Seconds { Seconds(nanoseconds: nanoseconds) }
}
