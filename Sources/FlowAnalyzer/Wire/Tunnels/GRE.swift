/// Generic Routing Encapsulation (RFC 2784, RFC 2890; with routing, RFC 1701; PPTP's, RFC 2637).
///
///      0       2          4             8     12         16
///     +-------+----------+-------------+-----+----------+---------
///     | flags | protocol | C: checksum | key | sequence | routing     each there if its flag is set
///     +-------+----------+-------------+-----+----------+---------
enum GRE {
  private enum Flag {
    static let checksum: UInt16 = 0x8000
    static let routing: UInt16 = 0x4000
    static let key: UInt16 = 0x2000
    static let sequence: UInt16 = 0x1000
    /// Of PPTP only.
    static let acknowledgment: UInt16 = 0x0080
    static let version: UInt16 = 0x0007
  }

  private enum Content {
    static let erspan: UInt16 = 0x88be
    static let erspan3: UInt16 = 0x22eb
    static let ppp: UInt16 = 0x880b
    static let wccp: UInt16 = 0x883e
  }

  /// No route has so many parts.
  private static let mostRoutes = 32

  static func payload(of bytes: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try bytes.requireTunnelHeader(upTo: 4, wireLength: wireLength)
    let flags = bytes.uint16(at: 0)
    var offset = 4
    if flags & (Flag.checksum | Flag.routing) != 0 { offset += 4 }
    if flags & Flag.key != 0 { offset += 4 }
    if flags & Flag.sequence != 0 { offset += 4 }
    let version = flags & Flag.version
    if version == 1, flags & Flag.acknowledgment != 0 { offset += 4 }
    guard version <= 1 else { throw .malformedTunnelHeader }
    if flags & Flag.routing != 0 {
      offset = try routingEnd(from: offset, of: bytes, wireLength: wireLength)
    }
    try bytes.requireTunnelHeader(upTo: offset, wireLength: wireLength)

    switch bytes.uint16(at: 2) {
    case Content.erspan:
      // Type I has no header of its own, and no sequence number tells it.
      if flags & Flag.sequence == 0 { return LayerPayload(layer: .ethernet, offset: offset) }
      try bytes.requireTunnelHeader(upTo: offset + ERSPAN.lengthOfType2, wireLength: wireLength)
      return LayerPayload(layer: .ethernet, offset: offset + ERSPAN.lengthOfType2)
    case Content.erspan3:
      return try ERSPAN.payload(ofType3: bytes, at: offset, wireLength: wireLength)
    case Content.ppp: return LayerPayload(layer: .ppp, offset: offset)
    case Content.wccp:
      // Version 2 has four bytes in front of the packet.
      try bytes.requireTunnelHeader(upTo: offset + 1, wireLength: wireLength)
      if bytes.uint8(at: offset) >> 4 != 4 { offset += 4 }
      try bytes.requireTunnelHeader(upTo: offset, wireLength: wireLength)
      return LayerPayload(layer: .ip, offset: offset)
    case 0...EtherType.largestLength: throw .notIP
    case let type:
      return try EtherType.payload(type: type, at: offset, of: bytes, wireLength: wireLength)
    }
  }

  /// Routes end with one of no family and no length.
  private static func routingEnd(
    from start: Int, of bytes: RawSpan, wireLength: Int
  ) throws(DecodeError) -> Int {
    var offset = start
    for _ in 0..<mostRoutes {
      try bytes.requireTunnelHeader(upTo: offset + 4, wireLength: wireLength)
      let (family, length) = (bytes.uint16(at: offset), Int(bytes.uint8(at: offset + 3)))
      offset += 4 + length
      if family == 0, length == 0 { return offset }
    }
    throw .malformedTunnelHeader
  }
}

/// What mirror ports of switches put in front of a frame
/// (draft-foschiano-erspan).
enum ERSPAN {
  static let lengthOfType2 = 8
  private static let lengthOfType3 = 12
  private static let lengthOfSubheader = 8

  ///      0               4      8     10                   12
  ///     +---------------+------+-----+--------------------+---------------
  ///     | version, VLAN | time | SGT | P, frame type, …, O | subheader if O
  ///     +---------------+------+-----+--------------------+---------------
  static func payload(
    ofType3 bytes: RawSpan, at start: Int, wireLength: Int
  ) throws(DecodeError) -> LayerPayload {
    var end = start + lengthOfType3
    try bytes.requireTunnelHeader(upTo: end, wireLength: wireLength)
    let field = bytes.uint16(at: start + 10)
    if field & 1 != 0 { end += lengthOfSubheader }
    try bytes.requireTunnelHeader(upTo: end, wireLength: wireLength)
    switch field >> 10 & 0x1f {
    case 0: return LayerPayload(layer: .ethernet, offset: end)
    case 2: return LayerPayload(layer: .ip, offset: end)
    default: throw .notIP
    }
  }
}
