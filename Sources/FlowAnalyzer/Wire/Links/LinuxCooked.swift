/// The headers that Linux puts in front of packets captured on "any" device.
///
///      0      2        4        6         14         16
///     +------+--------+--------+---------+----------+
///     | type | ARPHRD | length | address | protocol |            LINKTYPE_LINUX_SLL
///     +------+--------+--------+---------+----------+
///      0          2          4           8        10     11       12         20
///     +----------+----------+-----------+--------+------+--------+---------+
///     | protocol | reserved | interface | ARPHRD | type | length | address |   LINKTYPE_LINUX_SLL2
///     +----------+----------+-----------+--------+------+--------+---------+
///
/// Source: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html and …_SLL2.html.
enum LinuxCooked {
  /// ETH_P_802_2 of Linux: an LLC header follows, as it does behind an 802.3 length.
  private static let llc: UInt16 = 4

  static func payload(of frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try payload(of: frame, wireLength: wireLength, headerLength: 16, protocolOffset: 14)
  }

  static func payload2(of frame: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try payload(of: frame, wireLength: wireLength, headerLength: 20, protocolOffset: 0)
  }

  private static func payload(
    of frame: RawSpan, wireLength: Int, headerLength: Int, protocolOffset: Int
  ) throws(DecodeError) -> LayerPayload {
    try frame.requireLinkHeader(upTo: headerLength, wireLength: wireLength)
    let type = frame.uint16(at: protocolOffset)
    // Other small numbers name protocols of Linux (802.3, CAN, …) that carry no IP.
    guard type == llc || type > EtherType.largestLength else { throw .notIP }
    return try EtherType.payload(
      type: type, at: headerLength, of: frame, wireLength: wireLength)
  }
}
