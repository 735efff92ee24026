/// How to look at the packets themselves.
extension FindingText {
  mutating func writePackets() {
    guard !ladder.rows.isEmpty else { return }
    canvas.heading("PACKETS")
    for filter in PacketFilters(ladder).all {
      canvas.line(StyledText(filter.title, .dim), indent: 2)
      let path = filter.capture.map { report.captures[$0].path.shellWord } ?? ""
      switch filter.tool {
      case .tshark: canvas.line("tshark -r \(path) -Y '\(filter.expression)'", indent: 4)
      case .tcpdump: canvas.line("tcpdump -nr \(path) '\(filter.expression)'", indent: 4)
      }
    }
    canvas.line(StyledText("all of them, from both sides, in one file", .dim), indent: 2)
    canvas.line("snat-audit extract \(finding.id) --output \(finding.id).pcapng ...", indent: 4)
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
    if let hits = hits {
      filters.append(hits)
    }
    if let capture = captures(of: .server).first {
      filters.append(
        Filter(
          title: "behind the load balancer, with tcpdump", tool: .tcpdump, capture: capture,
          expression: tcpdump))
    }
    return filters
  }

  private func captures(of side: Side) -> [Int] {
    Set(ladder.rows.lazy.filter { $0.gap == side }.map(\.capture)).sorted()
  }

  /// The conversations of one side, from the first frame to the last that matter.
  private func conversations(_ side: Side, _ capture: Int) -> String {
    var tuples: [FourTuple] = []
    for connection in ladder.connections
    where connection.side == side && !tuples.contains(connection.tuple) {
      tuples.append(connection.tuple)
    }
    let frames = ladder.rows.filter { $0.gap == side && $0.capture == capture }.map(\.frame)
    let parts = tuples.map { tuple in
      let name = tuple.source.address.isIPv6 ? "ipv6.addr" : "ip.addr"
      return "(\(name) == \(tuple.source.address) && tcp.port == \(tuple.source.port) && "
        + "\(name) == \(tuple.destination.address) && tcp.port == \(tuple.destination.port))"
    }
    let either = parts.count == 1 ? parts[0] : "(\(parts.joined(separator: " || ")))"
    return
      "frame.number >= \(frames.min() ?? 0) && frame.number <= \(frames.max() ?? 0) && \(either)"
  }

  private var hits: Filter? {
    let hits = ladder.rows.filter { $0.role == .hit }
    guard let first = hits.first else { return nil }
    let frames = hits.filter { $0.capture == first.capture }.map { "\($0.frame)" }
    return Filter(
      title: frames.count == 1 ? "the SYN that hit" : "the SYNs that hit", tool: .tshark,
      capture: first.capture,
      expression: frames.count == 1
        ? "frame.number == \(frames[0])"
        : "frame.number in {\(frames.joined(separator: ", "))}")
  }

  private var tcpdump: String {
    var tuples: [FourTuple] = []
    for connection in ladder.connections
    where connection.side == .server && !tuples.contains(connection.tuple) {
      tuples.append(connection.tuple)
    }
    let parts = tuples.map { tuple in
      "host \(tuple.source.address) and port \(tuple.source.port) and "
        + "host \(tuple.destination.address) and port \(tuple.destination.port)"
    }
    return parts.count == 1 ? parts[0] : parts.map { "(\($0))" }.joined(separator: " or ")
  }
}
