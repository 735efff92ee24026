/// Packets as firewalls and systems hand them to whoever watches them, behind a header of their own.
enum FirewallLog {
  /// LINKTYPE_PFLOG: what BSD's pf says of the packet.
  ///
  ///      0        1                        length, to whole words
  ///     +--------+--------+---------------+------
  ///     | length | family | …             | IP
  ///     +--------+--------+---------------+------
  static func pflog(_ frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: 2, wireLength: wireLength)
    let length = (Int(frame.uint8(at: 0)) + 3) & ~3
    guard length > 0 else { throw .malformedLinkHeader }
    try frame.requireLinkHeader(upTo: length, wireLength: wireLength)
    return try Loopback.payload(ofFamily: UInt32(frame.uint8(at: 1)), at: length)
  }

  /// LINKTYPE_ENC of OpenBSD: address family, index and flags of what was or will be encrypted.
  static func enc(_ frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: 12, wireLength: wireLength)
    return try Loopback.payload(ofFamily: frame.uint32(at: 0), at: 12)
  }

  /// LINKTYPE_IPNET of Solaris: version, address family, 22 bytes more.
  static func ipnet(_ frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: 24, wireLength: wireLength)
    switch frame.uint8(at: 1) {
    case 2: return LayerPayload(layer: .ipv4, offset: 24)
    case 26: return LayerPayload(layer: .ipv6, offset: 24)
    default: throw .notIP
    }
  }

  /// LINKTYPE_NFLOG of Linux: attributes, of which one is the packet.
  ///
  ///      0        1         2          4
  ///     +--------+---------+----------+--------+------+-------------------------
  ///     | family | version | resource | length | type | value, to whole words …
  ///     +--------+---------+----------+--------+------+-------------------------
  ///
  /// Lengths and types have the byte order of the machine that captured; nobody but NFLOG has types of
  /// 256 and more, so that it shows.
  static func nflog(_ frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    let packetType: UInt16 = 9
    var offset = 4
    while true {
      try frame.requireLinkHeader(upTo: offset + 4, wireLength: wireLength)
      var (length, type) = (frame.uint16(at: offset), frame.uint16(at: offset + 2))
      if type & 0xff == 0 { (length, type) = (length.byteSwapped, type.byteSwapped) }
      if type == packetType { break }
      guard length >= 4 else { throw .malformedLinkHeader }
      offset += (Int(length) + 3) & ~3
    }
    switch frame.uint8(at: 0) {
    case 2: return LayerPayload(layer: .ipv4, offset: offset + 4)
    case 10: return LayerPayload(layer: .ipv6, offset: offset + 4)
    default: return LayerPayload(layer: .ip, offset: offset + 4)
    }
  }
}
