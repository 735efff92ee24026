/// The protocol numbers of IEEE 802 that lead to IP, or to another header on the way there.
enum EtherType {
  static let ipv4: UInt16 = 0x0800
  static let ipv6: UInt16 = 0x86dd
  /// IEEE 802.1Q.
  static let vlan: UInt16 = 0x8100
  private static let mpls: ClosedRange<UInt16> = 0x8847...0x8848
  private static let pppoeSession: UInt16 = 0x8864
  /// A whole frame inside of another: transparent bridging in tunnels, and IEEE 802.1ah behind its
  /// service identifier of four bytes.
  private static let ethernet: UInt16 = 0x6558
  private static let providerBackbone: UInt16 = 0x88e7

  /// How many bytes a tag has behind its type, up to and with the type of what follows it; nil for what
  /// is no tag.
  static func tagLength(_ type: UInt16) -> Int? {
    switch type {
    // IEEE 802.1Q and 802.1ad, and those from before 802.1ad.
    case vlan, 0x88a8, 0x9100, 0x9200, 0x9300: 4
    // Cisco's VN tag, and its group tag.
    case 0x8926: 6
    case 0x8909: 8
    // IEEE 802.1BR.
    case 0x893f: 8
    default: nil
    }
  }

  /// Values up to here are no type but the length of an 802.3 frame.
  static let largestLength: UInt16 = 1500

  /// No network stacks more tags than this; a longer chain is noise.
  static let mostTags = 8

  /// Follows VLAN tags, and the LLC and SNAP headers of 802.3, to what they carry.
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
  ) throws(DecodeError) -> LayerPayload {
    if type == ipv4 { return LayerPayload(layer: .ipv4, offset: offset) }
    return try taggedPayload(type: type, at: offset, of: frame, wireLength: wireLength)
  }

  @inline(never)
  private static func taggedPayload(
    type: UInt16, at offset: Int, of frame: RawSpan, wireLength: Int
  ) throws(DecodeError) -> LayerPayload {
    var type = type
    var offset = offset
    var tagsLeft = mostTags
    while true {
      switch type {
      case ipv4: return LayerPayload(layer: .ipv4, offset: offset)
      case ipv6: return LayerPayload(layer: .ipv6, offset: offset)
      case mpls: return LayerPayload(layer: .mpls, offset: offset)
      case pppoeSession: return LayerPayload(layer: .pppoe, offset: offset)
      case ethernet: return LayerPayload(layer: .ethernet, offset: offset)
      case providerBackbone:
        try frame.requireLinkHeader(upTo: offset + 4, wireLength: wireLength)
        return LayerPayload(layer: .ethernet, offset: offset + 4)
      case 0...largestLength:
        try frame.requireLinkHeader(upTo: offset + 3, wireLength: wireLength)
        // IP right behind LLC, without SNAP.
        if frame.uint16(at: offset) == 0x0606, frame.uint8(at: offset + 2) == 3 {
          return LayerPayload(layer: .ipv4, offset: offset + 3)
        }
        guard let inner = try subnetworkType(at: offset, of: frame, wireLength: wireLength) else {
          throw .notIP
        }
        type = inner
        offset += 8
      default:
        guard let length = tagLength(type) else { throw .notIP }
        guard tagsLeft > 0 else { throw .malformedLinkHeader }
        tagsLeft -= 1
        try frame.requireLinkHeader(upTo: offset + length, wireLength: wireLength)
        offset += length
        type = frame.uint16(at: offset - 2)
      }
    }
  }

  /// The type inside of LLC and SNAP headers (RFC 1042); nil when they carry something else.
  private static func subnetworkType(
    at offset: Int, of frame: RawSpan, wireLength: Int
  ) throws(DecodeError) -> UInt16? {
    guard frame.uint16(at: offset) == 0xaaaa, frame.uint8(at: offset + 2) == 3 else { return nil }
    try frame.requireLinkHeader(upTo: offset + 8, wireLength: wireLength)
    let organization = frame.uint32(at: offset + 2) & 0xff_ffff
    let type = frame.uint16(at: offset + 6)
    // Zero is RFC 1042, 0x0000f8 is the bridge tunnel of IEEE 802.1H. A length in place of the
    // type would nest without end.
    return (organization == 0 || organization == 0xf8) && type > largestLength ? type : nil
  }
}
