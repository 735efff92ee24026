/// Links with the LLC header of IEEE 802.2, and others that put addresses in front of a type.
enum OlderLinks {
  /// FDDI: frame control and two addresses.
  static func fddi(_ frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try llc(frame, at: 13, wireLength: wireLength)
  }

  /// IEEE 802.5: control, two addresses, and a route where the first bit of the source says so.
  static func tokenRing(_ frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: 15, wireLength: wireLength)
    let route = frame.uint8(at: 8) & 0x80 == 0 ? 0 : Int(frame.uint8(at: 14) & 0x1f)
    return try llc(frame, at: 14 + route, wireLength: wireLength)
  }

  /// Where the LLC header lies.
  static func llc(
    _ frame: RawSpan, at offset: Int, wireLength: Int
  ) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: offset, wireLength: wireLength)
    return try EtherType.payload(type: 0, at: offset, of: frame, wireLength: wireLength)
  }

  /// Where a type as of Ethernet lies, and how long the header is.
  static func typed(
    _ frame: RawSpan, at offset: Int, headerLength: Int, wireLength: Int
  ) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: headerLength, wireLength: wireLength)
    let type = frame.uint16(at: offset)
    guard type > EtherType.largestLength else { throw .notIP }
    return try EtherType.payload(
      type: type, at: headerLength, of: frame, wireLength: wireLength)
  }

  /// What lies behind a header of fixed length that says nothing of use.
  static func behind(
    _ length: Int, _ layer: Layer, _ frame: RawSpan, wireLength: Int
  ) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: length, wireLength: wireLength)
    return LayerPayload(layer: layer, offset: length)
  }
}
