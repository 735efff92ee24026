/// What the pairs show about the load balancer.
struct TopologyRecord {
  /// Addresses and ports by the numbers of the joiner.
  struct SNATRange: Equatable {
    var firstPort: UInt16
    var lastPort: UInt16
    var connections: Int
  }

  struct Service: Hashable {
    var address: UInt32
    var port: UInt16
  }

  /// How many different addresses of a kind are kept.
  static let capacity = 4096

  private(set) var snat: [UInt32: SNATRange] = [:]
  private(set) var virtual: [Service: Int] = [:]
  private(set) var servers: [Service: Int] = [:]
  private(set) var translations: [Translation: Int] = [:]
  /// Connections to the very address that the client asked for, from another source.
  private(set) var egress = 0

  mutating func note(_ server: ServerTuple, leg: ClientLeg) {
    if let translation = leg.method.translation { translations[translation, default: 0] += 1 }
    let isSameService =
      leg.virtual == server.destination && leg.virtualPort == server.destinationPort
    if isSameService { egress += 1 }
    count(Service(address: server.destination, port: server.destinationPort), in: \.servers)
    count(Service(address: leg.virtual, port: leg.virtualPort), in: \.virtual)
    guard leg.method != .sameTuple else { return }
    if var range = snat[server.source] {
      range.firstPort = min(range.firstPort, server.sourcePort)
      range.lastPort = max(range.lastPort, server.sourcePort)
      range.connections += 1
      snat[server.source] = range
    } else if snat.count < Self.capacity {
      snat[server.source] = SNATRange(
        firstPort: server.sourcePort, lastPort: server.sourcePort, connections: 1)
    }
  }

  private mutating func count(
    _ service: Service, in kind: WritableKeyPath<TopologyRecord, [Service: Int]>
  ) {
    if self[keyPath: kind][service] == nil, self[keyPath: kind].count >= Self.capacity { return }
    self[keyPath: kind][service, default: 0] += 1
  }

  /// The load balancer passes handshakes on, as far as this can be said of all connections.
  var passesHandshakes: Bool {
    let passed = (translations[.l4] ?? 0) + (translations[.fullnat] ?? 0)
    return passed >= 16 && passed > 10 * (translations[.l7] ?? 0)
  }

  /// What most connections show.
  var translation: Translation {
    translations.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key ?? .unknown
  }
}
