/// A record of Endace's format, as pcap files have it (LINKTYPE_ERF).
///
///      0      8      9       10       12     14     16
///     +------+------+-------+--------+------+------+-------------------------
///     | time | type | flags | length | loss | wire | extensions of eight bytes, each with a type …
///     +------+------+-------+--------+------+------+-------------------------
///
/// The first bit of a type says that an extension follows.
enum ERF {
  private static let mostExtensions = 16

  static func payload(of frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: 16, wireLength: wireLength)
    let type = frame.uint8(at: 8)
    var offset = 16
    var hasMore = type & 0x80 != 0
    for _ in 0..<mostExtensions where hasMore {
      try frame.requireLinkHeader(upTo: offset + 8, wireLength: wireLength)
      hasMore = frame.uint8(at: offset) & 0x80 != 0
      offset += 8
    }
    switch type & 0x7f {
    // Ethernet, in four flavours: two bytes stand in front of it.
    case 2, 11, 16, 20:
      try frame.requireLinkHeader(upTo: offset + 2, wireLength: wireLength)
      return LayerPayload(layer: .ethernet, offset: offset + 2)
    case 22: return LayerPayload(layer: .ipv4, offset: offset)
    case 23: return LayerPayload(layer: .ipv6, offset: offset)
    default: throw .notIP
    }
  }
}
