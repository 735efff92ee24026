/// Gives every address a small number, so that keys of tuples and attempts are 16 bytes or less
/// for both families, and comparing them compares integers.
struct AddressTable: ~Copyable {
  private var addresses = Slab<IPAddress>()
  private var index = HashIndex(exponent: 8)

  /// The number of `address`, given out at its first appearance; the same for the whole run.
  @inline(__always)
  mutating func identifier(of address: IPAddress) -> UInt32 {
    let hash = UInt32(truncatingIfNeeded: mixed(address.low ^ mixed(address.high)))
    if let known = index.find(hash, matches: { addresses[$0] == address }) {
      return UInt32(truncatingIfNeeded: known)
    }
    let position = addresses.insert(address)
    index.insert(hash, position: position)
    return UInt32(truncatingIfNeeded: position)
  }

  subscript(identifier: UInt32) -> IPAddress { addresses[Int(identifier)] }
}
