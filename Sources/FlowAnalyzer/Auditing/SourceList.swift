/// The addresses from which connections to servers were opened, with the ports that they used: the first
/// `SourceTable.capacity` of them to come.
struct SourceList: Sendable {
  struct Source: Sendable, Equatable {
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

// MARK: - Written down

extension SourceList: Packed, Codable {
  func write(to writer: inout PackedWriter) { writer.write(sources) }

  init(from reader: inout PackedReader) throws(DecodingError) {
    sources = try reader.array()
  }
}

extension SourceList.Source: Packed {
  func write(to writer: inout PackedWriter) {
    writer.write(address)
    writer.write(since)
    writer.write(count: connections)
    writer.write(count: hits)
    writer.write(firstPort)
    writer.write(lastPort)
    // Most have used no port or all ports for long stretches.
    var start = 0
    while start < usedPorts.count {
      let end = usedPorts[start...].firstIndex { $0 != usedPorts[start] } ?? usedPorts.count
      writer.write(count: end - start)
      writer.write(usedPorts[start])
      start = end
    }
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    address = try reader.address()
    since = try reader.time()
    connections = try reader.count()
    hits = try reader.count()
    firstPort = try reader.number()
    lastPort = try reader.number()
    usedPorts = []
    while usedPorts.count < SourceTable.wordsPerSource {
      let count: Int = try reader.number()
      let word: UInt64 = try reader.number()
      guard (1...SourceTable.wordsPerSource - usedPorts.count).contains(count) else {
        throw reader.error("there are no such ports")
      }
      usedPorts += repeatElement(word, count: count)
    }
  }
}
