/// What the join of both sides adds to the report.
extension ReportBuilder {
  func clock(
    _ clock: Survey.PointClock, _ joiner: borrowing Joiner
  ) -> AnalysisReport.PointClock {
    let capture = captures.first { $0.path == clock.input.path }
    let pair = joiner.clocks.keys.sorted { $0.server < $1.server }
      .first { Int($0.client) == capture?.point }
    let watch = pair.flatMap { joiner.clocks[$0] }
    return AnalysisReport.PointClock(
      point: capture.map(label) ?? "none", offsetSeconds: Seconds(clock.offset),
      driftPpm: watch?.driftPpm,
      errorSeconds: Seconds(clock.error.map { max($0, watch?.error ?? 0) }),
      handshakes: clock.handshakes)
  }

  func clientSyns(_ joiner: borrowing Joiner) -> AnalysisReport.ClientSyns? {
    guard joiner.hasClientSide else { return nil }
    return AnalysisReport.ClientSyns(
      total: joiner.counts.clientSyns,
      notForwarded: joiner.serverSide == nil ? nil : joiner.counts.notForwardedSyns,
      repeated: joiner.counts.repeatedSyns, slowConnections: joiner.counts.slowConnections,
      unanswered: joiner.counts.unanswered)
  }

  func pairs(_ joiner: borrowing Joiner) -> AnalysisReport.Pairs? {
    guard joiner.hasClientSide else { return nil }
    let counts = joiner.counts
    var unpaired: [String: Int] = [:]
    for gap in JoinGap.allCases { unpaired[gap.rawValue] = counts.gaps[gap] ?? 0 }
    var byMethod: [String: Int] = [:]
    for (method, count) in counts.methods where method != .none {
      byMethod[method.rawValue] = count
    }
    return AnalysisReport.Pairs(
      clientConnections: counts.clientConnections, serverConnections: counts.serverConnections,
      paired: counts.pairedClients, pairedServerConnections: counts.pairedServers,
      byMethod: byMethod, unpaired: unpaired, ambiguousRequests: counts.ambiguousRequests)
  }

  func topology(_ joiner: borrowing Joiner) -> AnalysisReport.Topology {
    let record = joiner.topology
    var ports: [AnalysisReport.Topology.PortRange] = []
    for (address, range) in record.snat {
      ports.append(
        .init(
          ip: joiner.addresses[address].description, firstPort: range.firstPort,
          lastPort: range.lastPort, connections: range.connections))
    }
    ports.sort { $0.ip < $1.ip }
    var virtual: Set<String> = []
    var services: [Endpoint] = []
    for service in record.virtual {
      let address = joiner.addresses[service.address]
      virtual.insert(address.description)
      services.append(Endpoint(address: address, port: service.port))
    }
    var servers: Set<String> = []
    for service in record.servers {
      servers.insert(joiner.addresses[service.address].description)
    }
    let isEgress = record.egress > 0 && record.translation != .none && virtual == servers
    return AnalysisReport.Topology(
      translation: record.translation, snatAddresses: ports.map(\.ip),
      virtualAddresses: isEgress ? [] : virtual.sorted(), servers: servers.sorted(),
      snatPorts: ports, isEgress: isEgress, answersBypass: joiner.counts.answersBypass,
      virtualServices: isEgress ? [] : services.sorted())
  }
}

extension AnalysisReport.Client {
  /// - Parameter endpoint: a port of zero is one that is not known.
  init(_ endpoint: Endpoint) {
    self.init(ip: endpoint.address, port: endpoint.port == 0 ? nil : endpoint.port)
  }
}
