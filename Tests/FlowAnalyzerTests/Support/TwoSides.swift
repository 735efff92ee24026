@testable import FlowAnalyzer

/// A conversation on both sides of a load balancer, each side a script as `Conversation` has them. On
/// the client side, client N is 172.16.1.N and the service is 172.20.1.1:80.
struct TwoSides {
  var connections: [JoinedConnection] = []
  var report: AnalysisReport

  /// - Parameter inOneFile: whether both sides are in one capture, as `tcpdump -i any` writes it.
  init(client: String, server: String, inOneFile: Bool = false) {
    let clientSide = Conversation(client)
    let serverSide = Conversation(server)
    typealias Event = (segment: Segment, side: Side, payload: [UInt8])
    var (inFront, behind): ([Event], [Event]) = ([], [])
    for var segment in clientSide.segments.map(Self.inFront) {
      segment.capture = inOneFile ? 0 : 1
      segment.point = segment.capture
      inFront.append((segment, .client, clientSide.payloads[segment.frame] ?? []))
    }
    for segment in serverSide.segments {
      behind.append((segment, .server, serverSide.payloads[segment.frame] ?? []))
    }
    // Each side in its own order, as captures are merged.
    var events: [Event] = []
    var (client, server) = (inFront[...], behind[...])
    while let next = [client.first, server.first].compactMap(\.self).min(by: {
      ($0.segment.time, $0.side.rawValue) < ($1.segment.time, $1.side.rawValue)
    }) {
      events.append(next)
      if next.side == .client { client.removeFirst() } else { server.removeFirst() }
    }
    var audit = Audit(
      configuration: AnalyzerConfiguration(), hasClientSide: true, listsConnections: true)
    for event in events {
      let bytes = Self.tcp(event.payload)
      // SAFETY: bytes have no padding between them.
      _ = unsafe audit.observe(event.segment, event.side, bytes: bytes.span.bytes)
    }
    audit.finish()
    connections = audit.takeConnections()
    report = ReportBuilder(
      configuration: AnalyzerConfiguration(), captures: [], isPartial: false
    ).report(audit.result(AnalyzerConfiguration()))
  }

  /// A TCP header without options, which only its length field is read of, and the payload.
  static func tcp(_ payload: [UInt8]) -> [UInt8] {
    [UInt8](repeating: 0, count: 12) + [5 << 4] + [UInt8](repeating: 0, count: 7) + payload
  }

  /// A segment with the addresses of the client side.
  static func inFront(_ segment: Segment) -> Segment {
    var segment = segment
    segment.source.address = inFront(segment.source.address)
    segment.destination.address = inFront(segment.destination.address)
    return segment
  }

  private static func inFront(_ address: IPAddress) -> IPAddress {
    let value = UInt32(truncatingIfNeeded: address.low)
    switch value >> 8 {
    case 0x0a0a01: return IPAddress(v4: 0xac10_0100 | value & 0xff)
    case 0xc0a801: return IPAddress(v4: 0xac14_0100 | value & 0xff)
    default: return address
    }
  }

  /// `CLIENT > SNAT, SNAT (method)` for each connection with a client, in order of their beginnings.
  var pairs: [String] {
    connections.filter { $0.client != nil }
      .sorted { ($0.start?.nanoseconds ?? 0) < ($1.start?.nanoseconds ?? 0) }
      .map { connection in
        let servers = connection.servers.map { Self.short($0.source) }.joined(separator: ", ")
        let client = connection.client.map { Self.short($0.source) } ?? "none"
        return servers.isEmpty
          ? "\(client) > \(connection.gap?.rawValue ?? "none")"
          : "\(client) > \(servers) (\(connection.method.rawValue))"
      }
  }

  /// The last byte of the address and the port.
  private static func short(_ endpoint: Endpoint) -> String {
    "\(endpoint.address.low & 0xff):\(endpoint.port)"
  }
}
