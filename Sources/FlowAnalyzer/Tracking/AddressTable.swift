/// Gives every address a number of 32 bits, so that keys of tuples and attempts are 16 bytes or less
/// for both families, and comparing them compares integers.
///
/// An IPv4 address is its own number: nothing is looked up, and a flood of forged sources takes no
/// memory. The numbers that IPv4 does not use, those of its reserved class E (RFC 1112, section 4),
/// are given to IPv6 addresses, and to class E addresses themselves, as they appear.
struct AddressTable: ~Copyable {
  private static let firstGiven: UInt32 = 0xf000_0000

  private var addresses = Slab<IPAddress>()
  private var index = HashIndex(exponent: 8)

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
    let hash = UInt32(truncatingIfNeeded: mixed(address.low ^ mixed(address.high)))
    if let known = index.find(hash, matches: { addresses[$0] == address }) {
      return Self.firstGiven &+ UInt32(truncatingIfNeeded: known)
    }
    let position = addresses.insert(address)
    index.insert(hash, position: position)
    return Self.firstGiven &+ UInt32(truncatingIfNeeded: position)
  }

  subscript(identifier: UInt32) -> IPAddress {
    identifier < Self.firstGiven
      ? IPAddress(v4: identifier) : addresses[Int(identifier &- Self.firstGiven)]
  }
}
