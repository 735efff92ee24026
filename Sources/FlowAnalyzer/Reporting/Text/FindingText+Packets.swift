/// How to look at the packets themselves.
extension FindingText {
  mutating func writePackets() {
    guard !ladder.rows.isEmpty else { return }
    canvas.heading("PACKETS")
    var title = ""
    for filter in PacketFilters(ladder).all {
      if filter.title != title { canvas.line(StyledText(filter.title, .dim), indent: 2) }
      title = filter.title
      let path = filter.capture.map { report.captures[$0].path.shellWord } ?? ""
      switch filter.tool {
      case .tshark: canvas.line("tshark -r \(path) -Y '\(filter.expression)'", indent: 4)
      case .tcpdump: canvas.line("tcpdump -nr \(path) '\(filter.expression)'", indent: 4)
      }
    }
    canvas.line(StyledText("all of them, from both sides, in one file", .dim), indent: 2)
    let captures = ReportProse(report, ranking: 0).captureArguments
    canvas.line(
      "snat-audit extract \(finding.id) --output \(finding.id).pcapng \(captures)", indent: 4)
    if hasSeveralCaptures {
      canvas.blank()
      let used = Set(ladder.rows.map(\.capture)).sorted()
      for capture in used {
        canvas.line(
          StyledText("file \(capture + 1) is \(report.captures[capture].path.printable)", .dim),
          indent: 2)
      }
    }
  }
}

/// Ready-made filters for the packets of a finding.
struct PacketFilters {
  struct Filter {
    enum Tool { case tshark, tcpdump }
    var title: String
    var tool: Tool
    /// Index into the report's captures.
    var capture: Int?
    var expression: String
  }

  let ladder: Ladder

  init(_ ladder: Ladder) { self.ladder = ladder }

  var all: [Filter] {
    var filters: [Filter] = []
    for side in [Side.server, .client] {
      let name = side == .server ? "behind the load balancer" : "in front of it"
      for capture in captures(of: side) {
        filters.append(
          Filter(
            title: name, tool: .tshark, capture: capture,
            expression: conversations(side, capture)))
      }
    }
    for capture in captures(of: .server) {
      if let hits = hits(in: capture) { filters.append(hits) }
    }
    for capture in captures(of: .server) {
      filters.append(
        Filter(
          title: "behind the load balancer, with tcpdump (behind VLAN tags: 'vlan and ...')",
          tool: .tcpdump, capture: capture,
          expression: tcpdump))
    }
    return filters
  }

  private func captures(of side: Side) -> [Int] {
    Set(ladder.rows.lazy.filter { $0.gap == side }.map(\.capture)).sorted()
  }

  /// The conversations of one side, from the first frame to the last that matter.
  private func conversations(_ side: Side, _ capture: Int) -> String {
    let frames = ladder.rows.filter { $0.gap == side && $0.capture == capture }.map(\.frame)
    let parts = services(of: side).map { service in
      let name = service.server.address.isIPv6 ? "ipv6.addr" : "ip.addr"
      let clients = service.clients.map { client in
        let ports = client.ports.map { "\($0)" }
        let port = ports.count == 1 ? "== \(ports[0])" : "in {\(ports.joined(separator: ", "))}"
        return "\(name) == \(client.address) && tcp.port \(port)"
      }
      return "\(name) == \(service.server.address) && tcp.port == \(service.server.port) && "
        + Self.either(clients, "||")
    }
    return "frame.number >= \(frames.min() ?? 0) && frame.number <= \(frames.max() ?? 0) && "
      + Self.either(parts, "||")
  }

  /// Who has talked to a server, by address.
  private struct Service {
    var server: Endpoint
    var clients: [(address: IPAddress, ports: [UInt16])]
  }

  private func services(of side: Side) -> [Service] {
    var services: [Service] = []
    for connection in ladder.connections where connection.side == side {
      let (source, destination) = (connection.tuple.source, connection.tuple.destination)
      let place = services.firstIndex { $0.server == destination } ?? services.count
      if place == services.count { services.append(Service(server: destination, clients: [])) }
      let client =
        services[place].clients.firstIndex { $0.address == source.address }
        ?? services[place].clients.count
      if client == services[place].clients.count {
        services[place].clients.append((source.address, []))
      }
      if !services[place].clients[client].ports.contains(source.port) {
        services[place].clients[client].ports.append(source.port)
      }
    }
    return services
  }

  private static func either(_ parts: [String], _ or: String) -> String {
    parts.count == 1 ? parts[0] : "(\(parts.map { "(\($0))" }.joined(separator: " \(or) ")))"
  }

  private func hits(in capture: Int) -> Filter? {
    let frames = ladder.rows.filter { $0.role == .hit && $0.capture == capture }.map {
      "\($0.frame)"
    }
    guard !frames.isEmpty else { return nil }
    return Filter(
      title: frames.count == 1 ? "the SYN that hit" : "the SYNs that hit", tool: .tshark,
      capture: capture,
      expression: frames.count == 1
        ? "frame.number == \(frames[0])"
        : "frame.number in {\(frames.joined(separator: ", "))}")
  }

  private var tcpdump: String {
    let parts = services(of: .server).map { service in
      let clients = service.clients.map { client in
        "host \(client.address) and "
          + (client.ports.count == 1
            ? "port \(client.ports[0])"
            : "(\(client.ports.map { "port \($0)" }.joined(separator: " or ")))")
      }
      return "host \(service.server.address) and port \(service.server.port) and "
        + Self.either(clients, "or")
    }
    return Self.either(parts, "or")
  }
}
