/// Finds the legs of a client by its address and port. Several may share them: one client, two
/// virtual addresses, or one port used again.
struct EndpointIndex: ~Copyable {
  struct Entry: BitwiseCopyable {
    var address: UInt32
    var port: UInt16
    var leg: UInt32
  }

  /// How many legs of one endpoint are found; a further one takes the place of the oldest. A client has
  /// few connections from one port at a time.
  static let mostOfOneEndpoint = 64

  private var entries = Slab<Entry>()
  private var index = HashIndex(exponent: 6)

  var count: Int { index.count }

  /// Has the processor fetch where an endpoint that comes soon will be looked up.
  @inline(__always)
  func prefetch(address: UInt32, port: UInt16) { index.prefetch(Self.hash(address, port)) }

  /// The same for its legs' entries, once the former is there.
  @inline(__always)
  func prefetchEntry(address: UInt32, port: UInt16) {
    if let position = index.guess(Self.hash(address, port)) { entries.prefetch(position) }
  }

  mutating func insert(_ leg: UInt32, address: UInt32, port: UInt16) {
    let hash = Self.hash(address, port)
    var count = 0
    // The index has the last to come first.
    let oldest = index.find(hash) { position in
      if entries[position].address == address, entries[position].port == port { count += 1 }
      return count == Self.mostOfOneEndpoint
    }
    if let oldest { remove(oldest, hash) }
    let position = entries.insert(Entry(address: address, port: port, leg: leg))
    index.insert(hash, position: position)
  }

  mutating func remove(_ leg: UInt32, address: UInt32, port: UInt16) {
    let hash = Self.hash(address, port)
    if let position = index.find(hash, matches: { entries[$0].leg == leg }) {
      remove(position, hash)
    }
  }

  private mutating func remove(_ position: Int, _ hash: UInt32) {
    index.remove(hash, position: position)
    entries.remove(position)
  }

  /// Calls `body` with each leg of the endpoint, in no order.
  func forEach(address: UInt32, port: UInt16, _ body: (UInt32) -> Void) {
    _ = index.find(Self.hash(address, port)) { position in
      if entries[position].address == address, entries[position].port == port {
        body(entries[position].leg)
      }
      return false
    }
  }

  private static func hash(_ address: UInt32, _ port: UInt16) -> UInt32 {
    UInt32(truncatingIfNeeded: mixed(UInt64(address) << 16 | UInt64(port)))
  }
}
