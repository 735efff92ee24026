/// Ends that SYNs were sent to. They tell who serves whom where a connection's own SYN was not
/// captured.
struct KnownServers {
  /// More than any LB has servers; SYNs to ever new ends, a scan, must not fill the memory.
  static let limit = 65_536

  private var ends: Set<UInt64> = []
  private var last: UInt64?

  mutating func note(address: UInt32, port: UInt16) {
    let end = Self.end(address, port)
    guard end != last, ends.count < Self.limit else { return }
    last = end
    ends.insert(end)
  }

  /// Calls `body` with the port of each, in no order.
  func forEachPort(_ body: (UInt16) -> Void) {
    for end in ends { body(UInt16(truncatingIfNeeded: end)) }
  }

  func noteAddresses(in uses: inout AddressTable.Uses) {
    for end in ends { uses.note(UInt32(truncatingIfNeeded: end >> 16)) }
  }

  /// Whether the lower end of a tuple is the likelier one to have opened it: not the end that SYNs
  /// were sent to, and without such knowledge the one with the higher port.
  func originatorIsLow(_ key: TupleKey) -> Bool {
    let lowServes = ends.contains(Self.end(key.lowAddress, key.lowPort))
    let highServes = ends.contains(Self.end(key.highAddress, key.highPort))
    return lowServes == highServes ? key.lowPort >= key.highPort : highServes
  }

  private static func end(_ address: UInt32, _ port: UInt16) -> UInt64 {
    UInt64(address) << 16 | UInt64(port)
  }
}
