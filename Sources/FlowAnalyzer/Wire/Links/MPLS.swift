/// A stack of MPLS labels (RFC 3032), which does not say what follows it.
///
///      0               20    23  24    32
///     +---------------+-----+---+-----+
///     | label         | TC  | S | TTL |   S is set in the last one
///     +---------------+-----+---+-----+
enum MPLS {
  private static let entryLength = 4
  /// More than any network stacks.
  private static let mostLabels = 32
  /// Labels that tell what follows them (RFC 3032, section 2.1).
  private static let explicitNullIPv4: UInt32 = 0
  private static let explicitNullIPv6: UInt32 = 2

  static func payload(of bytes: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    var offset = 0
    for _ in 0..<mostLabels {
      try bytes.requireLinkHeader(upTo: offset + entryLength, wireLength: wireLength)
      let entry = bytes.uint32(at: offset)
      offset += entryLength
      guard entry & 0x100 != 0 else { continue }
      switch entry >> 12 {
      case explicitNullIPv4: return LayerPayload(layer: .ipv4, offset: offset)
      case explicitNullIPv6: return LayerPayload(layer: .ipv6, offset: offset)
      default: return try guess(at: offset, of: bytes, wireLength: wireLength)
      }
    }
    throw .malformedLinkHeader
  }

  /// IP by its version, as routers guess (RFC 4928, section 3); or an Ethernet frame, with or without
  /// the control word of a pseudowire (RFC 4448), where its type and what follows that agree.
  private static func guess(
    at offset: Int, of bytes: RawSpan, wireLength: Int
  ) throws(DecodeError) -> LayerPayload {
    try bytes.requireLinkHeader(upTo: offset + 1, wireLength: wireLength)
    let packet = bytes.extracting(offset..<bytes.byteCount)
    if packet.looksLikeIP(wireLength: wireLength - offset) {
      return LayerPayload(layer: .ip, offset: offset)
    }
    let controlWord = 4
    for start in [packet.uint8(at: 0) >> 4 == 0 ? controlWord : 0, 0]
    where packet.hasEthernet(at: start) {
      return LayerPayload(layer: .ethernet, offset: offset + start)
    }
    throw .notIP
  }
}

extension RawSpan {
  /// Whether version and lengths could be those of an IP packet.
  fileprivate func looksLikeIP(wireLength: Int) -> Bool {
    switch uint8(at: 0) >> 4 {
    case 4:
      guard byteCount >= 4 else { return true }
      let header = Int(uint8(at: 0) & 0xf) * 4
      let length = Int(uint16(at: 2))
      return header >= IPv4.minimumHeaderLength
        && (length == 0 || header...max(header, wireLength) ~= length)
    case 6:
      guard byteCount >= 6 else { return true }
      return IPv6.headerLength + Int(uint16(at: 4)) <= wireLength
    default: return false
    }
  }

  /// Whether an Ethernet header with IP, or with a tag, lies there.
  fileprivate func hasEthernet(at start: Int) -> Bool {
    let end = start + Ethernet.headerLength
    guard byteCount > end else { return false }
    let version = uint8(at: end) >> 4
    switch uint16(at: end - 2) {
    case EtherType.ipv4: return version == 4
    case EtherType.ipv6: return version == 6
    case let type: return EtherType.tagLength(type) != nil
    }
  }
}
