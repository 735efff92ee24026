/// IPv4 (RFC 791, section 3.1).
///
///      0     1     2        4    6       8     9      10       12    16     20
///     +-----+-----+--------+----+-------+-----+------+--------+-----+------+---------
///     | 4|n | TOS | length | id | F|off | TTL | prot | chksum | src | dst  | options
///     +-----+-----+--------+----+-------+-----+------+--------+-----+------+---------
enum IPv4 {
  static let minimumHeaderLength = 20

  static let dontFragmentFlag: UInt16 = 0x4000
  private static let moreFragmentsFlag: UInt16 = 0x2000
  private static let fragmentOffsetMask: UInt16 = 0x1fff

  /// - Parameters:
  ///   - packet: the captured bytes from the header's first on.
  ///   - wireLength: how many bytes the frame had from there on.
  static func header(of packet: RawSpan, wireLength: Int) throws(DecodeError) -> IPHeader {
    try packet.require(
      minimumHeaderLength, wireLength: wireLength, cut: .cutIPHeader, malformed: .malformedIPv4)
    let first = packet.uint8(at: 0)
    let headerLength = Int(first & 0xf) * 4
    guard first >> 4 == 4, headerLength >= minimumHeaderLength else { throw .malformedIPv4 }

    // Zero where the sending host left segmentation to its network adapter and the length does
    // not fit 16 bits: then only the frame knows.
    let lengthField = Int(packet.uint16(at: 2))
    let length = lengthField == 0 ? wireLength : lengthField
    guard length >= headerLength else { throw .malformedIPv4 }
    try packet.require(
      headerLength, wireLength: wireLength, cut: .cutIPHeader, malformed: .malformedIPv4)

    let flags = packet.uint16(at: 6)
    let identification = packet.uint16(at: 4)
    let fragmentOffset = Int(flags & fragmentOffsetMask) * 8
    let moreFollow = flags & moreFragmentsFlag != 0

    // Without TTL and checksum, which differ between copies of one packet, nor the protocol, which is
    // TCP wherever a digest is asked for.
    var digest = PacketDigest()
    digest.combine(packet.uint64(at: 0), packet.uint64(at: 12))
    digest.combine(packet.extracting(minimumHeaderLength..<headerLength))

    return IPHeader(
      source: IPAddress(v4: packet.uint32(at: 12)),
      destination: IPAddress(v4: packet.uint32(at: 16)),
      transport: packet.uint8(at: 9),
      payloadOffset: headerLength,
      payloadLength: length - headerLength,
      fragment: fragmentOffset == 0 && !moreFollow
        ? nil
        : IPHeader.Fragment(
          offset: fragmentOffset, moreFollow: moreFollow,
          identification: UInt32(identification)),
      identification: identification,
      dontFragment: flags & dontFragmentFlag != 0,
      digest: digest)
  }
}
