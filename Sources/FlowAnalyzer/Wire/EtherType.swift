/// What a link-layer header says that follows it, and where that starts.
struct LinkPayload: Equatable {
  enum Network { case ipv4, ipv6 }

  var network: Network
  /// Byte offset of the IP header in the frame.
  var offset: Int
}

/// The protocol numbers of IEEE 802 that lead to IP.
enum EtherType {
  static let ipv4: UInt16 = 0x0800
  static let ipv6: UInt16 = 0x86dd
  /// The tags of IEEE 802.1Q and 802.1ad, and the QinQ tag from before 802.1ad.
  static let tags: InlineArray<3, UInt16> = [0x8100, 0x88a8, 0x9100]
  /// Values up to here are no type but the length of an 802.3 frame.
  static let largestLength: UInt16 = 1500

  /// No network stacks more tags than this; a longer chain is noise.
  static let mostTags = 8

  /// Follows VLAN tags, and the LLC and SNAP headers of 802.3, to the IP header.
  ///
  ///      0      2      4                          0    1    2    3      6      8
  ///     +------+------+                          +----+----+----+------+------+
  ///     | TCI  | type |  a tag, after its type   | AA | AA | 03 | OUI  | type |  LLC with SNAP
  ///     +------+------+                          +----+----+----+------+------+
  ///
  /// - Parameters:
  ///   - type: the type or 802.3 length that the header in front carried.
  ///   - offset: the first byte behind that header.
  @inline(__always)
  static func payload(
    type: UInt16, at offset: Int, of frame: RawSpan, wireLength: Int
  ) throws(DecodeError) -> LinkPayload {
    if type == ipv4 { return LinkPayload(network: .ipv4, offset: offset) }
    return try taggedPayload(type: type, at: offset, of: frame, wireLength: wireLength)
  }

  private static func taggedPayload(
    type: UInt16, at offset: Int, of frame: RawSpan, wireLength: Int
  ) throws(DecodeError) -> LinkPayload {
    var type = type
    var offset = offset
    var tagsLeft = mostTags
    while true {
      switch type {
      case ipv4: return LinkPayload(network: .ipv4, offset: offset)
      case ipv6: return LinkPayload(network: .ipv6, offset: offset)
      case tags[0], tags[1], tags[2]:
        guard tagsLeft > 0 else { throw .malformedLinkHeader }
        tagsLeft -= 1
        try frame.requireLinkHeader(upTo: offset + 4, wireLength: wireLength)
        type = frame.uint16(at: offset + 2)
        offset += 4
      case 0...largestLength:
        guard let inner = try subnetworkType(at: offset, of: frame, wireLength: wireLength) else {
          throw .notIP
        }
        type = inner
        offset += 8
      default: throw .notIP
      }
    }
  }

  /// The type inside of LLC and SNAP headers (RFC 1042); nil when they carry something else.
  private static func subnetworkType(
    at offset: Int, of frame: RawSpan, wireLength: Int
  ) throws(DecodeError) -> UInt16? {
    try frame.requireLinkHeader(upTo: offset + 3, wireLength: wireLength)
    guard frame.uint16(at: offset) == 0xaaaa, frame.uint8(at: offset + 2) == 3 else { return nil }
    try frame.requireLinkHeader(upTo: offset + 8, wireLength: wireLength)
    let organization = frame.uint32(at: offset + 2) & 0xff_ffff
    let type = frame.uint16(at: offset + 6)
    // Zero is RFC 1042, 0x0000f8 is the bridge tunnel of IEEE 802.1H. A length in place of the
    // type would nest without end.
    return (organization == 0 || organization == 0xf8) && type > largestLength ? type : nil
  }
}
