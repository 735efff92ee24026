/// A side of the load balancer.
public enum Side: UInt8, BitwiseCopyable, Sendable {
  /// In front of it.
  case client
  /// Behind it.
  case server
}

/// What addresses a load balancer stands between, as far as translations have shown them: tells
/// the sides of its segments apart where one capture holds both.
struct LoadBalancerEndpoints: Sendable {
  /// Where clients connect to: virtual addresses, or the servers themselves (egress SNAT).
  private(set) var virtual: Set<Endpoint> = []
  private(set) var servers: Set<Endpoint> = []
  private(set) var snatAddresses: Set<IPAddress> = []

  /// How many translations are looked at before the sets count as known: a flood of forged ones
  /// must not fill the memory.
  static let capacity = 65_536

  var isEmpty: Bool { servers.isEmpty }

  /// Notes one connection as it appears on both sides.
  mutating func learn(client: FourTuple, server: FourTuple) {
    guard client != server, virtual.count + servers.count + snatAddresses.count < Self.capacity
    else { return }
    virtual.insert(client.destination)
    servers.insert(server.destination)
    snatAddresses.insert(server.source.address)
  }

  /// The side that a segment belongs to. What touches nothing that is known counts as server side,
  /// as a capture does whose side cannot be told.
  @inline(never)
  func side(of segment: Segment) -> Side {
    side(from: segment.source, to: segment.destination)
      ?? side(from: segment.destination, to: segment.source) ?? .server
  }

  private func side(from source: Endpoint, to destination: Endpoint) -> Side? {
    if snatAddresses.contains(source.address), servers.contains(destination) { return .server }
    if virtual.contains(destination) { return .client }
    // A connection that the load balancer opened for itself, such as a health check.
    return servers.contains(destination) ? .server : nil
  }
}
