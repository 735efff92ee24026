/// What the join of both sides adds to the report.
extension ReportBuilder {
  func clock(_ clock: ClockReading) -> AnalysisReport.PointClock {
    AnalysisReport.PointClock(
      point: clock.capture.map { label(of: captures[$0]) } ?? "none",
      offsetSeconds: Seconds(clock.offset), driftPpm: clock.driftPpm,
      errorSeconds: Seconds(clock.error), handshakes: clock.handshakes)
  }

  func clientSyns(_ join: JoinResult) -> AnalysisReport.ClientSyns? {
    guard join.hasClientSide else { return nil }
    return AnalysisReport.ClientSyns(
      total: join.counts.clientSyns,
      notForwarded: join.hasServerSide ? join.counts.notForwardedSyns : nil,
      repeated: join.counts.repeatedSyns, slowConnections: join.counts.slowConnections,
      unanswered: join.counts.unanswered)
  }

  func pairs(_ join: JoinResult) -> AnalysisReport.Pairs? {
    guard join.hasClientSide else { return nil }
    let counts = join.counts
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

  func topology(
    _ join: JoinResult, _ addresses: NumberedAddresses
  ) -> AnalysisReport.Topology {
    let record = join.topology
    var ports: [AnalysisReport.Topology.PortRange] = []
    for (address, range) in record.snat {
      ports.append(
        .init(
          ip: addresses[address].description, firstPort: range.firstPort,
          lastPort: range.lastPort, connections: range.connections))
    }
    ports.sort { $0.ip < $1.ip }
    var virtual: Set<String> = []
    var services: [Endpoint] = []
    for service in record.virtual {
      let address = addresses[service.address]
      virtual.insert(address.description)
      services.append(Endpoint(address: address, port: service.port))
    }
    var servers: Set<String> = []
    for service in record.servers {
      servers.insert(addresses[service.address].description)
    }
    let isEgress = record.egress > 0 && record.translation != .none && virtual == servers
    return AnalysisReport.Topology(
      translation: record.translation, snatAddresses: ports.map(\.ip),
      virtualAddresses: isEgress ? [] : virtual.sorted(), servers: servers.sorted(),
      snatPorts: ports, isEgress: isEgress, answersBypass: join.counts.answersBypass,
      virtualServices: isEgress ? [] : services.sorted())
  }
}

extension AnalysisReport.Client {
  /// - Parameter endpoint: a port of zero is one that is not known.
  init(_ endpoint: Endpoint) {
    self.init(ip: endpoint.address, port: endpoint.port == 0 ? nil : endpoint.port)
  }
}
