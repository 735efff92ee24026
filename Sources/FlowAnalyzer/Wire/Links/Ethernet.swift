/// Ethernet II and IEEE 802.3, with any VLAN tags.
///
///      0             6          12      14
///     +-------------+-----------+------+------
///     | destination |  source   | type | …
///     +-------------+-----------+------+------
enum Ethernet {
  static let headerLength = 14
  private static let typeOffset = 12

  @inline(__always)
  static func payload(of frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: headerLength, wireLength: wireLength)
    return try EtherType.payload(
      type: frame.uint16(at: typeOffset), at: headerLength, of: frame, wireLength: wireLength)
  }
}
