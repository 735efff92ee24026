import FlowAnalyzer

/// A SYN that hit, as an event: an alert, unless the server let it in.
struct HitEvent {
  private let report: AnalysisReport
  private let finding: AnalysisReport.Finding
  private let index: Int
  private let hit: AnalysisReport.Hit

  /// - Parameter index: which of the finding's hits.
  init(_ report: AnalysisReport, _ finding: AnalysisReport.Finding, index: Int) {
    self.report = report
    self.finding = finding
    self.index = index
    hit = finding.hits[index]
  }

  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("@timestamp", hit.at)
      json.field("message", message)
      EventSchema.writeVersion(to: &json)
      json.object("event") { writeEvent(to: &$0) }
      json.object("source") { writeSource(to: &$0) }
      json.object("destination") { writeDestination(to: &$0) }
      json.object("network") { json in
        json.field("community_id", CommunityID(hit.tuple).description)
        json.field("transport", "tcp")
        json.field("type", hit.tuple.source.address.isIPv6 ? "ipv6" : "ipv4")
      }
      EventSchema.writeObserver(point: capture?.point, to: &json)
      json.object("related") { $0.field("ip", relatedAddresses) }
      json.object("rule") { $0.field("name", "\(hit.held.state.rawValue)-hit") }
      json.object("snat_audit") { writeDetails(to: &$0) }
    }
  }

  /// The file that the SYN was seen in.
  private var capture: AnalysisReport.Capture? {
    report.captures.indices.contains(hit.capture) ? report.captures[hit.capture] : nil
  }

  private var message: String {
    let age = hit.held.ageSeconds.map { age in " of " + String { age.writeText(to: &$0) } + " s" }
    return "SYN \(hit.tuple) met \(hit.held.state.rawValue)\(age ?? ""): "
      + "\(hit.answer.rawValue) (\(hit.reason.rawValue))"
      + (hit.killedConnection ? ", which killed the live connection" : "")
  }
}

// MARK: - Fields of ECS

extension HitEvent {
  private func writeEvent(to json: inout JSONWriter) {
    json.field("action", "snat-port-reuse")
    json.field("category", ["network"])
    json.field("dataset", "snat_audit.hit")
    // From the SYN to its answer.
    json.field("duration", hit.answeredAfterSeconds?.nanoseconds)
    // The same in each run over the same packets: who ingests them twice can tell.
    json.field("id", "\(finding.id)-\(index + 1)")
    json.field("kind", hit.answer == .accepted ? "event" : "alert")
    json.field("module", "snat_audit")
    json.field("outcome", outcome)
    json.field("provider", "snat-audit")
    json.field("reason", hit.reason)
    json.field("type", types)
  }

  /// Whether the SYN got what it asked for.
  private var outcome: String {
    switch hit.answer {
    case .accepted: "success"
    case .rejected, .reset, .unanswered: "failure"
    case .undetermined: "unknown"
    }
  }

  private var types: [String] {
    switch hit.answer {
    case .accepted: ["connection", "start"]
    case .rejected, .reset: ["connection", "denied"]
    case .unanswered, .undetermined: ["connection", "info"]
    }
  }

  /// The client before the load balancer, where it is known; as translated, what the server sees.
  private func writeSource(to json: inout JSONWriter) {
    let seen = hit.tuple.source
    if isUntranslated { return json.fields(of: seen) }
    if let client = finding.current.client {
      json.field("ip", client.ip)
      json.field("port", client.port)
    }
    json.object("nat") { $0.fields(of: seen) }
  }

  /// What the client asked for, where only one service can be that; as translated, the server.
  private func writeDestination(to json: inout JSONWriter) {
    let server = hit.tuple.destination
    guard let service, service != server else { return json.fields(of: server) }
    json.fields(of: service)
    json.object("nat") { $0.fields(of: server) }
  }

  private var isUntranslated: Bool {
    finding.current.method == .sameTuple || report.topology.translation == .none
  }

  private var service: Endpoint? {
    let services = report.topology.virtualServices
    return isUntranslated || services.count != 1 ? nil : services.first
  }

  /// All addresses of the event, each once.
  private var relatedAddresses: [IPAddress] {
    var addresses = [hit.tuple.source.address, hit.tuple.destination.address]
    for address in [finding.current.client?.ip, hit.previous.client?.ip, service?.address] {
      if let address, !addresses.contains(address) { addresses.append(address) }
    }
    return addresses
  }
}

extension JSONWriter {
  fileprivate mutating func fields(of end: Endpoint) {
    field("ip", end.address)
    field("port", end.port)
  }
}

// MARK: - Fields of our own

extension HitEvent {
  private func writeDetails(to json: inout JSONWriter) {
    json.field("schema_version", AnalysisReport.schemaVersion)
    json.object("capture") { json in
      json.field("frame", hit.frame)
      json.field("path", capture?.path)
    }
    json.object("client") { writeParty(finding.current, to: &$0) }
    json.object("finding") { writeFinding(to: &$0) }
    json.object("held") { writeHeld(to: &$0) }
    json.object("hit") { json in
      json.field("answer", hit.answer)
      json.field("index", index + 1)
      json.field("isn", hit.isn)
      json.field("killed_connection", hit.killedConnection)
      json.field("predicted", hit.predicted)
      json.field("sequence_distance", hit.sequenceDistance)
      json.field("timestamp_distance", hit.timestampDistance)
    }
    json.object("previous") { writeParty(hit.previous, to: &$0) }
  }

  private func writeFinding(to json: inout JSONWriter) {
    json.field("added_seconds", finding.addedSeconds)
    json.field("hits", finding.hits.count)
    json.field("id", finding.id.description)
    json.field("kind", finding.kind)
    json.field("outcome", finding.outcome)
    json.field("setup_seconds", finding.setupSeconds)
    json.field("syns", finding.syns)
  }

  private func writeHeld(to json: inout JSONWriter) {
    let held = hit.held
    json.field("age_seconds", held.ageSeconds)
    json.field("end", held.end)
    json.field("evidence", held.evidence)
    json.field("free_at", held.freeAt)
    json.field("restarted_at", held.restartedAt)
    json.field("since", held.since)
    json.field("state", held.state)
  }

  private func writeParty(_ party: AnalysisReport.Party, to json: inout JSONWriter) {
    json.field("clients", party.clientCount)
    json.field("confidence", party.confidence)
    if let client = party.client {
      json.field("ip", client.ip)
      json.field("port", client.port)
    }
    json.field("method", party.method)
  }
}
