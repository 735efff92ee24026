/// Gives every address a number of 32 bits, so that keys of tuples and attempts are 16 bytes or less
/// for both families, and comparing them compares integers.
///
/// An IPv4 address is its own number: nothing is looked up, and a flood of forged sources takes no
/// memory. The numbers that IPv4 does not use, those of its reserved class E (RFC 1112, section 4),
/// are given to IPv6 addresses, and to class E addresses themselves, as they appear.
struct AddressTable: ~Copyable {
  static let firstGiven: UInt32 = 0xf000_0000

  private var addresses = Slab<IPAddress>()
  private var index = HashIndex(exponent: 8)
  /// With so many given numbers, those that nobody uses any more are taken back.
  private var sweepAt = 2 * Embryos.usualLimit

  /// The number of `address`, the same for the whole run.
  @inline(__always)
  mutating func identifier(of address: IPAddress) -> UInt32 {
    let value = UInt32(truncatingIfNeeded: address.low)
    return !address.isIPv6 && value < Self.firstGiven ? value : given(to: address)
  }

  /// The number of an address that needs no look-up for it.
  @inline(__always)
  func knownIdentifier(of address: IPAddress) -> UInt32? {
    let value = UInt32(truncatingIfNeeded: address.low)
    return !address.isIPv6 && value < Self.firstGiven ? value : nil
  }

  private mutating func given(to address: IPAddress) -> UInt32 {
    let hash = Self.hash(address)
    if let known = index.find(hash, matches: { addresses[$0] == address }) {
      return Self.firstGiven &+ UInt32(truncatingIfNeeded: known)
    }
    let position = addresses.insert(address)
    index.insert(hash, position: position)
    return Self.firstGiven &+ UInt32(truncatingIfNeeded: position)
  }

  // MARK: - Taking numbers back

  var givenCount: Int { addresses.count }
  var isSweepDue: Bool { givenCount >= sweepAt }

  mutating func sweep(at count: Int) { sweepAt = count }

  /// The numbers in use, as they are found out.
  struct Uses: ~Copyable {
    private var isUsed: [Bool]

    fileprivate init(count: Int) { isUsed = [Bool](repeating: false, count: count) }

    mutating func note(_ identifier: UInt32) {
      guard identifier >= AddressTable.firstGiven else { return }
      let position = Int(identifier &- AddressTable.firstGiven)
      // Numbers that stand for nobody lie beyond.
      if position < isUsed.count { isUsed[position] = true }
    }

    fileprivate func contains(_ position: Int) -> Bool { isUsed[position] }
  }

  /// Takes back every number that `note` does not note. The next sweep comes when there are twice as
  /// many as stay, so that it costs each address little.
  mutating func sweep(keeping note: (inout Uses) -> Void) {
    var uses = Uses(count: addresses.endPosition)
    note(&uses)
    for position in 0..<addresses.endPosition
    where !uses.contains(position) && addresses[position] != Self.vacant {
      index.remove(Self.hash(addresses[position]), position: position)
      addresses[position] = Self.vacant
      addresses.remove(position)
    }
    sweepAt = max(sweepAt, 2 * givenCount)
  }

  /// An IPv4 address that is its own number, and so never given one.
  private static let vacant = IPAddress(v4: 0)

  private static func hash(_ address: IPAddress) -> UInt32 {
    UInt32(truncatingIfNeeded: mixed(address.low ^ mixed(address.high)))
  }

  subscript(identifier: UInt32) -> IPAddress {
    identifier < Self.firstGiven
      ? IPAddress(v4: identifier) : addresses[Int(identifier &- Self.firstGiven)]
  }
}
