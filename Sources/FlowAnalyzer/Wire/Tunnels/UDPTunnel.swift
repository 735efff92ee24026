/// Tunnels in UDP, told by the port that they are sent to, and by what their headers must say.
///
///      0       2       4        6          8
///     +-------+-------+--------+----------+--------
///     | from  | to    | length | checksum | tunnel
///     +-------+-------+--------+----------+--------
enum UDPTunnel {
  static let headerLength = 8

  /// https://www.iana.org/assignments/service-names-port-numbers, but for that of Linux.
  private enum Port {
    static let vxlan: UInt16 = 4789
    /// The default of Linux, from before there was a number.
    static let vxlanOfLinux: UInt16 = 8472
    static let vxlanGPE: UInt16 = 4790
    static let geneve: UInt16 = 6081
    static let gue: UInt16 = 6080
    static let mpls: UInt16 = 6635
  }

  /// Whether the datagram, of which this is the beginning, goes to a port of tunnels.
  static func isTunnel(_ bytes: RawSpan) -> Bool {
    guard bytes.byteCount >= 4 else { return false }
    return [
      Port.vxlan, Port.vxlanOfLinux, Port.vxlanGPE, Port.geneve, Port.gue, Port.mpls,
    ].contains(bytes.uint16(at: 2))
  }

  /// Nil where it is no tunnel.
  static func payload(of bytes: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload? {
    // A header that was cut says nothing of a tunnel.
    guard bytes.byteCount >= 4 else { return nil }
    switch bytes.uint16(at: 2) {
    case Port.vxlan, Port.vxlanOfLinux: return try vxlan(bytes, wireLength: wireLength)
    case Port.vxlanGPE: return try vxlanGPE(bytes, wireLength: wireLength)
    case Port.geneve: return try geneve(bytes, wireLength: wireLength)
    case Port.gue: return try gue(bytes, wireLength: wireLength)
    case Port.mpls:
      try bytes.requireTunnelHeader(upTo: headerLength, wireLength: wireLength)
      return LayerPayload(layer: .mpls, offset: headerLength)
    default: return nil
    }
  }

  /// VXLAN (RFC 7348, section 5); the flag says that there is a network identifier.
  ///
  ///      0       1          4         7
  ///     +-------+----------+---------+---+----------
  ///     | flags | …        | network | 0 | Ethernet
  ///     +-------+----------+---------+---+----------
  private static func vxlan(
    _ bytes: RawSpan, wireLength: Int
  ) throws(DecodeError) -> LayerPayload? {
    try bytes.requireTunnelHeader(upTo: headerLength + 8, wireLength: wireLength)
    guard bytes.uint8(at: headerLength) & 0x08 != 0 else { return nil }
    return LayerPayload(layer: .ethernet, offset: headerLength + 8)
  }

  /// The generic protocol extension of VXLAN (draft-ietf-nvo3-vxlan-gpe): byte 3 says what follows.
  private static func vxlanGPE(
    _ bytes: RawSpan, wireLength: Int
  ) throws(DecodeError) -> LayerPayload? {
    try bytes.requireTunnelHeader(upTo: headerLength + 8, wireLength: wireLength)
    // Without the flag it is plain VXLAN.
    let hasProtocol = bytes.uint8(at: headerLength) & 0x04 != 0
    switch hasProtocol ? bytes.uint8(at: headerLength + 3) : 3 {
    case 1: return LayerPayload(layer: .ipv4, offset: headerLength + 8)
    case 2: return LayerPayload(layer: .ipv6, offset: headerLength + 8)
    case 3: return LayerPayload(layer: .ethernet, offset: headerLength + 8)
    default: return nil
    }
  }

  /// Geneve (RFC 8926, section 3.4).
  ///
  ///      0                      2      4         7   8
  ///     +-----------------+----+------+---------+---+---------
  ///     | version, length | OC | type | network | 0 | options
  ///     +-----------------+----+------+---------+---+---------
  private static func geneve(
    _ bytes: RawSpan, wireLength: Int
  ) throws(DecodeError) -> LayerPayload? {
    try bytes.requireTunnelHeader(upTo: headerLength + 8, wireLength: wireLength)
    let first = bytes.uint8(at: headerLength)
    // A packet with the O flag is for the tunnel's end itself.
    guard first >> 6 == 0, bytes.uint8(at: headerLength + 1) & 0x80 == 0 else { return nil }
    let end = headerLength + 8 + Int(first & 0x3f) * 4
    try bytes.requireTunnelHeader(upTo: end, wireLength: wireLength)
    let type = bytes.uint16(at: headerLength + 2)
    guard type > EtherType.largestLength else { throw .notIP }
    return try EtherType.payload(type: type, at: end, of: bytes, wireLength: wireLength)
  }

  /// Generic UDP Encapsulation (draft-ietf-intarea-gue), as IPVS sends it in tunnel mode.
  ///
  ///      0                    1          2       4
  ///     +---------+---+------+----------+-------+---------
  ///     | version | C | hlen | protocol | flags | options
  ///     +---------+---+------+----------+-------+---------
  ///
  /// In version 1 there is no header at all: the version is the beginning of IP's own.
  private static func gue(
    _ bytes: RawSpan, wireLength: Int
  ) throws(DecodeError) -> LayerPayload? {
    try bytes.requireTunnelHeader(upTo: headerLength + 4, wireLength: wireLength)
    let first = bytes.uint8(at: headerLength)
    if first >> 6 == 1 { return LayerPayload(layer: .ip, offset: headerLength) }
    // Control messages carry nothing.
    guard first >> 6 == 0, first & 0x20 == 0 else { return nil }
    let end = headerLength + 4 + Int(first & 0x1f) * 4
    try bytes.requireTunnelHeader(upTo: end, wireLength: wireLength)
    let transport = bytes.uint8(at: headerLength + 1)
    let inner = bytes.extracting(end..<bytes.byteCount)
    // GUE in GUE is no tunnel of anybody.
    guard transport != IPTunnel.udp,
      let payload = try IPTunnel.payload(transport, of: inner, wireLength: wireLength - end)
    else { return nil }
    return LayerPayload(layer: payload.layer, offset: end + payload.offset)
  }
}
