/// What the pairs show about the load balancer.
struct TopologyRecord {
  /// Addresses and ports by the numbers of the joiner.
  struct SNATRange: Equatable {
    var firstPort: UInt16
    var lastPort: UInt16
    var connections: Int

    fileprivate mutating func add(_ port: UInt16) {
      firstPort = min(firstPort, port)
      lastPort = max(lastPort, port)
      connections += 1
    }

    fileprivate mutating func add(_ other: SNATRange) {
      firstPort = min(firstPort, other.firstPort)
      lastPort = max(lastPort, other.lastPort)
      connections += other.connections
    }
  }

  struct Service: Hashable {
    var address: UInt32
    var port: UInt16
  }

  /// How many different addresses of a kind are kept.
  static let capacity = 4096

  private(set) var snat: [UInt32: SNATRange] = [:]
  private(set) var virtual: Set<Service> = []
  private(set) var servers: Set<Service> = []
  private(set) var translations: CaseCounts<Translation> = [:]
  /// Connections to the very address that the client asked for, from another source.
  private(set) var egress = 0
  /// The last pair: most are like the one before.
  private var last: (virtual: Service, server: Service)?

  mutating func note(_ server: ServerTuple, leg: ClientLeg) {
    if let translation = leg.method.translation { translations.add(of: translation) }
    let virtual = Service(address: leg.virtual, port: leg.virtualPort)
    let service = Service(address: server.destination, port: server.destinationPort)
    if virtual == service { egress += 1 }
    if last?.virtual != virtual || last?.server != service {
      last = (virtual, service)
      if servers.count < Self.capacity { servers.insert(service) }
      if self.virtual.count < Self.capacity { self.virtual.insert(virtual) }
    }
    guard leg.method != .sameTuple else { return }
    if snat[server.source]?.add(server.sourcePort) == nil, snat.count < Self.capacity {
      snat[server.source] = SNATRange(
        firstPort: server.sourcePort, lastPort: server.sourcePort, connections: 1)
    }
  }

  /// Adds what another load balancer has shown.
  ///
  /// - Parameter numbers: of the other's addresses that go by another number now.
  mutating func add(_ other: TopologyRecord, numbers: [UInt32: UInt32]) {
    func renumbered(_ address: UInt32) -> UInt32 { numbers[address] ?? address }
    func renumbered(_ service: Service) -> Service {
      Service(address: renumbered(service.address), port: service.port)
    }
    for (address, range) in other.snat {
      let address = renumbered(address)
      if snat[address]?.add(range) == nil { snat[address] = range }
    }
    virtual.formUnion(other.virtual.map(renumbered))
    servers.formUnion(other.servers.map(renumbered))
    translations.add(other.translations)
    egress += other.egress
  }

  /// Calls `body` with the number of each address.
  func forEachAddress(_ body: (UInt32) -> Void) {
    for address in snat.keys { body(address) }
    for service in virtual { body(service.address) }
    for service in servers { body(service.address) }
  }

  /// Notes the addresses of all that is kept.
  func noteAddresses(in uses: inout AddressTable.Uses) {
    for address in snat.keys { uses.note(address) }
    for service in virtual { uses.note(service.address) }
    for service in servers { uses.note(service.address) }
    // A number that is given again must not be taken for that of the last pair.
    uses.note(last?.virtual.address ?? .max)
    uses.note(last?.server.address ?? .max)
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

// MARK: - Written down

extension TopologyRecord: Packed, Codable {
  func write(to writer: inout PackedWriter) {
    writer.write(count: snat.count)
    for (address, range) in snat.sorted(by: { $0.key < $1.key }) {
      writer.write(address)
      writer.write(range.firstPort)
      writer.write(range.lastPort)
      writer.write(count: range.connections)
    }
    for services in [virtual, servers] {
      writer.write(count: services.count)
      for service in services.sorted(by: { ($0.address, $0.port) < ($1.address, $1.port) }) {
        service.write(to: &writer)
      }
    }
    for translation in Translation.allCases {
      writer.write(count: translations[translation] ?? 0)
    }
    writer.write(count: egress)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    let ranges = try reader.array { reader throws(DecodingError) in
      (
        try reader.number(as: UInt32.self),
        SNATRange(
          firstPort: try reader.number(), lastPort: try reader.number(),
          connections: try reader.count())
      )
    }
    snat = Dictionary(ranges) { _, last in last }
    virtual = Set(try reader.array())
    servers = Set(try reader.array())
    for translation in Translation.allCases {
      let count = try reader.count()
      if count > 0 { translations.add(count, of: translation) }
    }
    egress = try reader.count()
  }
}

extension TopologyRecord.Service: Packed {
  func write(to writer: inout PackedWriter) {
    writer.write(address)
    writer.write(port)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    address = try reader.number()
    port = try reader.number()
  }
}
