/// How a link group spreads packets (Linux bonding documentation, `xmit_hash_policy`).
public enum LinkPolicy: String, Sendable, CaseIterable {
  /// By MAC addresses: between one load balancer and one server, or their routers, always the same link.
  case layer2
  /// By MAC and IP addresses.
  case layer23 = "layer2+3"
  /// By IP addresses and ports.
  case layer34 = "layer3+4"

  /// The link of a connection; `source` and `destination` are IPv4 addresses.
  ///
  /// MAC addresses are the same for all packets behind one router, so that they move all links alike and
  /// are left out.
  func link(
    source: UInt32, port: UInt16, destination: UInt32, destinationPort: UInt16, of links: Int
  ) -> Int {
    var hash: UInt32
    switch self {
    case .layer2: return 0
    case .layer23: hash = source ^ destination
    case .layer34:
      hash = UInt32(port) << 16 | UInt32(destinationPort)
      hash ^= source ^ destination
    }
    hash ^= hash >> 16
    hash ^= hash >> 8
    return Int(hash % UInt32(links))
  }
}

extension Forecast.LinkSpread {
  /// How the recorded tuples spread, and how they would with `factor` times the addresses, each next to
  /// the one that it takes load from.
  static func spreads(
    of log: ArrivalLog, addresses: borrowing AddressTable
  ) -> [Forecast.LinkSpread] {
    var v4: [UInt32?] = []
    for source in log.sources { v4.append(addresses[source].v4Value) }
    var servers: [UInt32?] = []
    for service in log.services { servers.append(addresses[service.address].v4Value) }
    let count = Set(v4.compactMap(\.self)).count
    guard count > 0 else { return [] }
    var spreads: [Forecast.LinkSpread] = []
    for policy in LinkPolicy.allCases {
      for links in [2, 4, 8] {
        for factor in [1, 2, 4] as [UInt32] {
          var connections = [Int](repeating: 0, count: links)
          for (number, arrival) in log.arrivals.enumerated() {
            guard arrival.notes.contains(.ofAttempts), let source = v4[Int(arrival.source)],
              let server = servers[Int(arrival.service)]
            else { continue }
            let link = policy.link(
              source: source &+ UInt32(truncatingIfNeeded: number) % factor, port: arrival.port,
              destination: server,
              destinationPort: log.services[Int(arrival.service)].port, of: links)
            connections[link] += 1
          }
          spreads.append(
            .init(
              policy: policy, links: links, addresses: count * Int(factor),
              connections: connections))
        }
      }
    }
    return spreads
  }
}

extension IPAddress {
  /// The 32 bits of an IPv4 address.
  fileprivate var v4Value: UInt32? { isIPv6 ? nil : UInt32(truncatingIfNeeded: low) }
}
