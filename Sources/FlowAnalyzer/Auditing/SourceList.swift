/// The addresses from which connections to servers were opened, with the ports that they used: the first
/// `SourceTable.capacity` of them to come.
struct SourceList: Sendable, Codable {
  struct Source: Sendable, Codable {
    let address: IPAddress
    /// When its first attempt began.
    var since: Timestamp
    var connections: Int
    var hits: Int
    /// A bit for each port.
    fileprivate var usedPorts: [UInt64]
    var firstPort: UInt16
    var lastPort: UInt16

    var ports: Int { usedPorts.reduce(0) { $0 + $1.nonzeroBitCount } }

    fileprivate mutating func add(_ other: Source) {
      since = min(since, other.since)
      connections += other.connections
      hits += other.hits
      firstPort = min(firstPort, other.firstPort)
      lastPort = max(lastPort, other.lastPort)
      for word in usedPorts.indices { usedPorts[word] |= other.usedPorts[word] }
    }
  }

  private(set) var sources: [Source] = []

  init(_ table: borrowing SourceTable, _ addresses: borrowing AddressTable) {
    for (position, source) in table.sources.enumerated() {
      sources.append(
        Source(
          address: addresses[source.address], since: source.since,
          connections: source.connections, hits: source.hits,
          usedPorts: table.usedPorts(at: position), firstPort: source.firstPort,
          lastPort: source.lastPort))
    }
  }

  mutating func add(_ other: SourceList) {
    var positions: [IPAddress: Int] = [:]
    for (position, source) in sources.enumerated() { positions[source.address] = position }
    for source in other.sources {
      if let position = positions[source.address] {
        sources[position].add(source)
      } else {
        sources.append(source)
      }
    }
    guard sources.count > SourceTable.capacity else { return }
    sources.sort { ($0.since, $0.address) < ($1.since, $1.address) }
    sources.removeLast(sources.count - SourceTable.capacity)
  }
}
