extension ReportProse {
  /// What stands between clients and servers, and how well the two sides were joined; nil where no
  /// client side was captured.
  package var sides: [StyledText]? {
    guard let pairs = report.summary.pairs, let syns = report.summary.clientSyns else { return nil }
    // Where both were not told apart, or have changed places, nothing of this is true.
    let untrue: [Coverage.Reason] = [.bothSides, .sidesSwapped]
    guard !report.coverage.reasons.contains(where: untrue.contains) else { return nil }
    var paragraphs: [StyledText] = []
    if !report.topology.servers.isEmpty, pairs.paired > 0 { paragraphs.append(StyledText(way)) }
    guard let notForwarded = syns.notForwarded else {
      let isClientSideOnly = report.coverage.reasons.contains(.clientSideOnly)
      if isClientSideOnly { paragraphs.append(symptoms(syns)) }
      return paragraphs.isEmpty ? nil : paragraphs
    }
    paragraphs.append(StyledText(joined(pairs)))
    let gaps = JoinGap.allCases.compactMap { gap -> String? in
      guard let count = pairs.unpaired[gap.rawValue], count > 0 else { return nil }
      return "\(Quantity.count(count)) \(gap.rawValue) (\(gap.explanation))"
    }
    if !gaps.isEmpty { paragraphs.append(StyledText("No partner: \(Quantity.list(gaps)).")) }
    if notForwarded > 0 { paragraphs.append(missing(notForwarded)) }
    return paragraphs
      + report.clock.dropFirst().map { clock in
        difference(of: clock).map { StyledText($0) }
          ?? "\("warning:", .warning) \(Self.unknownDifference(of: clock))"
      }
  }

  private func missing(_ syns: Int) -> StyledText {
    let attempts = report.summary.attempts.neverForwarded ?? 0
    let listed =
      attempts > 0
      ? " Of \(Quantity.count(attempts, "attempt")) none did; `snat-audit connections` lists them as not-forwarded."
      : ""
    return
      "\("\(Quantity.count(syns, "SYN")) of the clients never came by behind the load balancer", .bad): dropped there, or no port was free.\(listed)"
  }

  /// How the clocks of points differ where only one side was captured: a sentence each.
  var differencesOfClocks: [String] {
    guard sides == nil else { return [] }
    return report.clock.dropFirst().map { clock in
      difference(of: clock) ?? "Warning: \(Self.unknownDifference(of: clock))"
    }
  }

  /// From whom to whom, over which addresses.
  private var way: String {
    let topology = report.topology
    let servers = Quantity.list(Array(topology.servers.prefix(Self.listedAddresses)))
    var clauses: [String] = []
    if topology.isEgress {
      clauses.append("Clients ask for \(servers) directly")
    } else if topology.translation == .none {
      clauses.append("Clients reach \(servers) under their own addresses")
    } else {
      let virtual = Quantity.list(Array(topology.virtualAddresses.prefix(Self.listedAddresses)))
      clauses.append("Clients ask for \(virtual), served by \(servers)")
    }
    if !topology.snatPorts.isEmpty {
      let ranges = topology.snatPorts.prefix(Self.listedAddresses).map { range in
        "\(range.ip) (ports \(range.firstPort) to \(range.lastPort))"
      }
      clauses.append("SNAT takes \(Quantity.list(ranges))")
    }
    if topology.answersBypass { clauses.append("answers bypass the client side's capture point") }
    return clauses.joined(separator: "; ") + "."
  }

  /// How many addresses of a kind are named.
  private static var listedAddresses: Int { 4 }

  private func joined(_ pairs: AnalysisReport.Pairs) -> String {
    let methods = JoinMethod.allCases.compactMap { method -> String? in
      guard method != .none, let count = pairs.byMethod[method.rawValue] else { return nil }
      return "\(Quantity.count(count)) by \(method.plainName)"
    }
    let found =
      "\(Quantity.count(pairs.paired)) of "
      + "\(Quantity.count(pairs.clientConnections, "connection")) of the client side were found "
      + "on the server side"
    return methods.isEmpty ? found + "." : "\(found): \(Quantity.list(methods))."
  }

  private static func unknownDifference(of clock: AnalysisReport.PointClock) -> String {
    "nothing tells how the clock of \(clock.point) differs; it was taken as it is."
  }

  /// How the clock of a point differs; nil where nothing tells.
  private func difference(of clock: AnalysisReport.PointClock) -> String? {
    guard let offset = clock.offsetSeconds, let error = clock.errorSeconds else { return nil }
    let size = Seconds(nanoseconds: abs(offset.nanoseconds))
    let direction = offset.nanoseconds < 0 ? "behind" : "ahead of"
    let reference = report.clock.first?.point ?? ""
    return
      "The clock of \(clock.point) is \(Quantity.duration(size)) \(direction) \(reference)'s, to "
      + "within \(Quantity.duration(error)), by "
      + "\(Quantity.count(clock.handshakes, "connection"))\(drift(of: clock)); corrected for."
  }

  /// Empty where it does not drift, or where nothing tells.
  private func drift(of clock: AnalysisReport.PointClock) -> String {
    guard let ppm = clock.driftPpm, ppm != 0 else { return "" }
    let tenths = (abs(ppm) * 10).rounded() / 10
    return ", and runs \(tenths) ppm \(ppm < 0 ? "slow" : "fast")"
  }

  /// What the client side alone can tell.
  private func symptoms(_ syns: AnalysisReport.ClientSyns) -> StyledText {
    let symptoms = [
      "\(Quantity.count(syns.repeated)) repeated",
      "\(Quantity.count(syns.slowConnections, "connection")) took 0.9 s or longer to be set up",
      "\(Quantity.count(syns.unanswered, "attempt")) got no SYN-ACK",
    ]
    return StyledText(
      "Only the clients' side \(isServerSideKeptOut ? "is left" : "was captured"): \(Quantity.count(syns.total, "SYN")), "
        + "\(Quantity.list(symptoms)). What the servers held when they came, only the other side "
        + "shows.")
  }
}

extension Translation {
  /// In a few words.
  package var plainName: String {
    switch self {
    case .l4: "L4: addresses and ports are translated"
    case .l7: "L7: the load balancer opens connections of its own"
    case .fullnat: "FULLNAT: addresses, ports and sequence numbers are translated"
    case .none: "nothing is translated"
    case .unknown: "no pairs, so nothing tells how connections pass"
    }
  }
}

extension JoinMethod {
  /// As in "found by ...".
  package var plainName: String {
    switch self {
    case .isn: "the client's sequence number"
    case .serverISN: "the server's sequence number"
    case .timestamp: "timestamp"
    case .options: "TCP options"
    case .payload: "their requests"
    case .proxyProtocol: "PROXY header"
    case .toa: "TOA option"
    case .forwarded: "X-Forwarded-For"
    case .timing: "time alone"
    case .sameTuple: "the same tuple"
    case .none: "nothing"
    }
  }
}

extension JoinGap {
  /// In plain words.
  package var explanation: String {
    switch self {
    case .notForwarded: "nothing of them came by behind the load balancer"
    case .ambiguous: "several connections fit"
    case .noRequest: "nothing was sent on them that would tell"
    case .notCovered: "the other side was not captured then"
    case .noMatch: "nothing on the other side fits"
    }
  }
}
