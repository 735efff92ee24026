/// IPv6 (RFC 8200, section 3) with its extension headers (section 4).
///
///      0            4        6      7     8        24            40
///     +------------+--------+------+-----+--------+-------------+------------
///     | 6|class|flow| length | next | hop | source | destination | extensions
///     +------------+--------+------+-----+--------+-------------+------------
enum IPv6 {
  static let headerLength = 40

  /// The hop limit, which differs between copies of one packet, in bytes 0 to 7.
  private static let changingFields: UInt64 = 0xff

  /// - Parameters:
  ///   - packet: the captured bytes from the header's first on.
  ///   - wireLength: how many bytes the frame had from there on.
  static func header(of packet: RawSpan, wireLength: Int) throws(DecodeError) -> IPHeader {
    try packet.require(
      headerLength, wireLength: wireLength, cut: .cutIPHeader, malformed: .malformedIPv6)
    guard packet.uint8(at: 0) >> 4 == 6 else { throw .malformedIPv6 }
    // Zero for a jumbogram (RFC 2675), and where the sending host left segmentation to its
    // network adapter: then the frame knows.
    let lengthField = Int(packet.uint16(at: 4))
    let length = lengthField == 0 ? max(wireLength, headerLength) : headerLength + lengthField

    var chain = ExtensionChain(next: packet.uint8(at: 6), offset: headerLength, end: length)
    try chain.follow(in: packet, wireLength: wireLength)

    let source = IPAddress(v6High: packet.uint64(at: 8), low: packet.uint64(at: 16))
    let destination = IPAddress(v6High: packet.uint64(at: 24), low: packet.uint64(at: 32))
    return IPHeader(
      source: source,
      destination: destination,
      transport: chain.next,
      payloadOffset: chain.offset,
      payloadLength: length - chain.offset,
      fragment: chain.fragment,
      identification: 0,
      dontFragment: false,
      digest: digest(first: packet.uint64(at: 0), source, destination))
  }

  /// Extension headers are left out: some change on the way, and the length counts them.
  ///
  /// - Parameter first: the first eight bytes of the header.
  @inline(__always)
  static func digest(
    first: UInt64, _ source: IPAddress, _ destination: IPAddress
  ) -> PacketDigest {
    var digest = PacketDigest()
    digest.combine(first & ~changingFields, source.high)
    digest.combine(source.low, destination.high)
    digest.combine(destination.low, 0)
    return digest
  }

  /// A walk along extension headers, up to the transport header or to the payload of a fragment.
  struct ExtensionChain {
    /// The number of the header at `offset`.
    private(set) var next: UInt8
    private(set) var offset: Int
    private(set) var fragment: IPHeader.Fragment?
    /// Where the packet ends by its own length field.
    private let end: Int

    /// A chain has few headers, and each takes eight bytes at least: the end of the packet bounds
    /// the walk. This keeps a jumbogram of minimal headers from taking long.
    private static let mostHeaders = 64

    init(next: UInt8, offset: Int, end: Int) {
      self.next = next
      self.offset = offset
      self.end = end
    }

    /// - Parameters:
    ///   - packet: the captured bytes that `offset` and `end` count in.
    ///   - wireLength: how many bytes the frame had from there on.
    mutating func follow(in packet: RawSpan, wireLength: Int) throws(DecodeError) {
      for _ in 0..<Self.mostHeaders {
        guard let kind = Kind(rawValue: next) else { return }
        try require(8, in: packet, wireLength: wireLength)
        let length =
          switch kind {
          case .fragment: 8
          // RFC 4302, section 2.2: in words of four bytes, less two.
          case .authentication: (Int(packet.uint8(at: offset + 1)) + 2) * 4
          case .hopByHop, .routing, .destination, .mobility, .hostIdentity, .shim6:
            (Int(packet.uint8(at: offset + 1)) + 1) * 8
          }
        try require(length, in: packet, wireLength: wireLength)
        if kind == .fragment {
          let place = packet.uint16(at: offset + 2)
          let found = IPHeader.Fragment(
            offset: Int(place & 0xfff8), moreFollow: place & 1 != 0,
            identification: packet.uint32(at: offset + 4))
          // A fragment that is the whole packet needs no reassembly (RFC 6946).
          if found.offset != 0 || found.moreFollow { fragment = found }
        }
        next = packet.uint8(at: offset)
        offset += length
        if fragment != nil { return }
      }
      throw .malformedIPv6
    }

    private func require(
      _ length: Int, in packet: RawSpan, wireLength: Int
    ) throws(DecodeError) {
      guard offset + length <= end else { throw .malformedIPv6 }
      try packet.require(
        offset + length, wireLength: wireLength, cut: .cutIPHeader, malformed: .malformedIPv6)
    }
  }

  /// The extension headers that something can follow, by their protocol numbers.
  ///
  /// ESP is not among them: what follows it is encrypted.
  enum Kind: UInt8 {
    case hopByHop = 0
    case routing = 43
    case fragment = 44
    case authentication = 51
    case destination = 60
    case mobility = 135
    case hostIdentity = 139
    case shim6 = 140
  }
}
