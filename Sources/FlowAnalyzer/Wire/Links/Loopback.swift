/// The address family that BSD puts in front of packets on its loopback interface.
///
/// LINKTYPE_NULL has it in the byte order of the writing machine, LINKTYPE_LOOP in network byte
/// order. The numbers fit a byte, so that both orders can be told apart from the value alone.
enum Loopback {
  static let headerLength = 4

  static func payload(of frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: headerLength, wireLength: wireLength)
    return try payload(ofFamily: frame.uint32(at: 0), at: headerLength)
  }

  /// - Parameter family: in either byte order.
  static func payload(ofFamily family: UInt32, at offset: Int) throws(DecodeError) -> LayerPayload {
    switch family > 0xffff ? family.byteSwapped : family {
    case 2: return LayerPayload(layer: .ipv4, offset: offset)
    // AF_INET6 of Linux, of NetBSD and OpenBSD, of FreeBSD, of macOS.
    case 10, 24, 28, 30: return LayerPayload(layer: .ipv6, offset: offset)
    default: throw .notIP
    }
  }
}

/// Frames that start with the IP header.
enum RawIP {
  static func payload(of frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: 1, wireLength: wireLength)
    switch frame.uint8(at: 0) >> 4 {
    case 4: return LayerPayload(layer: .ipv4, offset: 0)
    case 6: return LayerPayload(layer: .ipv6, offset: 0)
    default: throw .notIP
    }
  }
}
