/// What an IP packet can carry in place of a transport protocol: another packet, or a frame.
enum IPTunnel {
  /// https://www.iana.org/assignments/protocol-numbers
  private enum Number {
    static let ipv4: UInt8 = 4
    static let ipv6: UInt8 = 41
    static let gre: UInt8 = 47
    static let etherIP: UInt8 = 97
    static let mpls: UInt8 = 137
    /// Of segment routing (RFC 8986, section 4.9).
    static let ethernet: UInt8 = 143
  }

  /// UDP, which is a tunnel where its port is one's.
  static let udp: UInt8 = 17

  /// Whether it always is a tunnel.
  static func isTunnel(_ transport: UInt8) -> Bool {
    [Number.ipv4, Number.ipv6, Number.gre, Number.etherIP, Number.mpls, Number.ethernet]
      .contains(transport)
  }

  /// What follows on the tunnel's header.
  ///
  /// - Parameters:
  ///   - transport: the protocol number.
  ///   - bytes: the captured bytes of the packet's payload.
  ///   - wireLength: how many bytes it had on the wire.
  /// - Returns: nil where it is no tunnel.
  static func payload(
    _ transport: UInt8, of bytes: RawSpan, wireLength: Int
  ) throws(DecodeError) -> LayerPayload? {
    switch transport {
    case Number.ipv4: return LayerPayload(layer: .ipv4, offset: 0)
    case Number.ipv6: return LayerPayload(layer: .ipv6, offset: 0)
    case udp: return try UDPTunnel.payload(of: bytes, wireLength: wireLength)
    case Number.gre: return try GRE.payload(of: bytes, wireLength: wireLength)
    case Number.mpls: return LayerPayload(layer: .mpls, offset: 0)
    case Number.ethernet: return LayerPayload(layer: .ethernet, offset: 0)
    case Number.etherIP:
      // RFC 3378: version 3, and twelve bits of nothing.
      try bytes.requireTunnelHeader(upTo: 2, wireLength: wireLength)
      guard bytes.uint8(at: 0) >> 4 == 3 else { throw .malformedTunnelHeader }
      return LayerPayload(layer: .ethernet, offset: 2)
    default: return nil
    }
  }
}

extension RawSpan {
  func requireTunnelHeader(upTo end: Int, wireLength: Int) throws(DecodeError) {
    try require(
      end, wireLength: wireLength, cut: .cutTunnelHeader, malformed: .malformedTunnelHeader)
  }
}
