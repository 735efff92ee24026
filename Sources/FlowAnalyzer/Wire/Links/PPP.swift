/// The Point-to-Point Protocol (RFC 1661), with or without the two bytes of HDLC in front (RFC 1662).
///
///      0    1    2          4
///     +----+----+----------+------
///     | ff | 03 | protocol | …        either may be left out or shortened by agreement
///     +----+----+----------+------
enum PPP {
  /// https://www.iana.org/assignments/ppp-numbers
  private enum NetworkProtocol {
    static let ipv4: UInt16 = 0x0021
    static let ipv6: UInt16 = 0x0057
    static let mpls: ClosedRange<UInt16> = 0x0281...0x0283
  }

  static func payload(of bytes: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try bytes.requireLinkHeader(upTo: 2, wireLength: wireLength)
    let start = bytes.uint16(at: 0) == 0xff03 ? 2 : 0
    return try payload(of: bytes, at: start, wireLength: wireLength)
  }

  /// - Parameter start: of the protocol, which is shortened to a byte where the first bit of it that
  ///   goes over the line is set.
  static func payload(
    of bytes: RawSpan, at start: Int, wireLength: Int
  ) throws(DecodeError) -> LayerPayload {
    try bytes.requireLinkHeader(upTo: start + 1, wireLength: wireLength)
    let isShort = bytes.uint8(at: start) & 1 == 1
    let end = start + (isShort ? 1 : 2)
    try bytes.requireLinkHeader(upTo: end, wireLength: wireLength)
    switch isShort ? UInt16(bytes.uint8(at: start)) : bytes.uint16(at: start) {
    case NetworkProtocol.ipv4: return LayerPayload(layer: .ipv4, offset: end)
    case NetworkProtocol.ipv6: return LayerPayload(layer: .ipv6, offset: end)
    case NetworkProtocol.mpls: return LayerPayload(layer: .mpls, offset: end)
    default: throw .notIP
    }
  }
}

/// PPP over Ethernet, session stage (RFC 2516, section 4).
///
///      0    1      2         4        6
///     +----+------+---------+--------+------
///     | 11 | code | session | length | PPP
///     +----+------+---------+--------+------
enum PPPoE {
  private static let headerLength = 6

  static func payload(of bytes: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try bytes.requireLinkHeader(upTo: headerLength, wireLength: wireLength)
    // Version and type are 1, and other codes are those of discovery.
    guard bytes.uint16(at: 0) == 0x1100 else { throw .notIP }
    return LayerPayload(layer: .ppp, offset: headerLength)
  }
}

/// Cisco's HDLC: address, control, and a protocol as Ethernet has it.
enum CiscoHDLC {
  private static let headerLength = 4

  /// Unicast and broadcast.
  static func isAddress(_ byte: UInt8) -> Bool { byte == 0x0f || byte == 0x8f }

  static func payload(of bytes: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try bytes.requireLinkHeader(upTo: headerLength, wireLength: wireLength)
    guard isAddress(bytes.uint8(at: 0)) else { throw .notIP }
    let type = bytes.uint16(at: 2)
    guard type > EtherType.largestLength else { throw .notIP }
    return try EtherType.payload(
      type: type, at: headerLength, of: bytes, wireLength: wireLength)
  }
}

/// Frame Relay with the multiprotocol header of RFC 2427.
///
///      0         2    3
///     +---------+----+-------+------
///     | address | 03 | NLPID | …      the address has two bytes as a rule, four at most
///     +---------+----+-------+------
enum FrameRelay {
  private enum Network {
    static let ipv4: UInt8 = 0xcc
    static let ipv6: UInt8 = 0x8e
    static let subnetwork: UInt8 = 0x80
  }

  static func payload(of bytes: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    try bytes.requireLinkHeader(upTo: 4, wireLength: wireLength)
    // The last byte of an address has its lowest bit set.
    guard let last = (1..<4).first(where: { bytes.uint8(at: $0) & 1 == 1 }) else {
      throw .malformedLinkHeader
    }
    // A byte of padding brings a SNAP header to an even place.
    var offset = last + 2
    try bytes.requireLinkHeader(upTo: offset + 1, wireLength: wireLength)
    guard bytes.uint8(at: last + 1) == 3 else { throw .notIP }
    if bytes.uint8(at: offset) == 0 { offset += 1 }
    try bytes.requireLinkHeader(upTo: offset + 1, wireLength: wireLength)
    switch bytes.uint8(at: offset) {
    case Network.ipv4: return LayerPayload(layer: .ipv4, offset: offset + 1)
    case Network.ipv6: return LayerPayload(layer: .ipv6, offset: offset + 1)
    case Network.subnetwork:
      // Organization and type.
      try bytes.requireLinkHeader(upTo: offset + 6, wireLength: wireLength)
      guard bytes.uint32(at: offset) & 0xff_ffff == 0 else { throw .notIP }
      let type = bytes.uint16(at: offset + 4)
      guard type > EtherType.largestLength else { throw .notIP }
      return try EtherType.payload(type: type, at: offset + 6, of: bytes, wireLength: wireLength)
    default: throw .notIP
    }
  }
}
