/// A 64-bit hash over the header bytes that are equal in all copies of one IP packet.
///
/// Steps of 16 bytes, each a 64 × 64 bit multiplication whose halves are folded together, as the
/// hash functions of the wyhash family do it. The seed is fixed: the same packets give the same
/// report. It does not withstand somebody who builds collisions on purpose, and does not need to:
/// to make two packets look like copies, one can as well send two copies.
struct PacketDigest {
  // The fractional bits of pi, as is the key: numbers without a hidden purpose.
  private(set) var value: UInt64 = 0x243f_6a88_85a3_08d3

  private static let key: UInt64 = 0xa409_3822_299f_31d0

  @inline(__always)
  mutating func combine(_ one: UInt64, _ other: UInt64) {
    let product = (one ^ value).multipliedFullWidth(by: other ^ Self.key)
    value = product.high ^ product.low
  }

  /// Adds bytes, which must be a multiple of four. How many they are must show in them, or in
  /// what was added before.
  mutating func combine(_ bytes: RawSpan) {
    var offset = 0
    let end = bytes.byteCount & ~3
    while offset &+ 16 <= end {
      combine(bytes.uint64(at: offset), bytes.uint64(at: offset &+ 8))
      offset &+= 16
    }
    guard offset < end else { return }
    var tail: (UInt64, UInt64) = (0, 0)
    if offset &+ 8 <= end {
      tail.0 = bytes.uint64(at: offset)
      offset &+= 8
    }
    if offset < end { tail.1 = UInt64(bytes.uint32(at: offset)) }
    combine(tail.0, tail.1)
  }
}
