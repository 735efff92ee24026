/// Turns frames into segments: link layer, IP, TCP.
///
/// No bytes are read beyond those captured, and lengths are those that the IP headers claim. The
/// only state is that of fragmented datagrams; a whole packet allocates nothing.
struct FrameDecoder {
  /// Where a frame comes from; it goes into the segment as it is.
  struct Origin {
    var time: Timestamp
    var frame: UInt64
    var capture: UInt32
    var point: UInt32
  }

  private(set) var fragments = FragmentReassembler()

  /// Decodes a frame in place: a segment is large, and every copy of one would cost a tenth of this.
  ///
  /// - Parameters:
  ///   - frame: the captured bytes.
  ///   - originalLength: how many bytes the frame had on the wire.
  ///   - segment: set, unless an error is thrown.
  /// - Returns: where in the frame the captured bytes of the segment lie, from the TCP header on; empty
  ///   where fragments made up the segment.
  @inline(__always)
  mutating func decode(
    _ frame: RawSpan, originalLength: Int, linkType: LinkType, origin: Origin,
    into segment: inout Segment
  ) throws(DecodeError) -> Range<Int> {
    let link = try Self.linkPayload(of: frame, wireLength: originalLength, linkType: linkType)
    let packet = frame.extracting(link.offset..<frame.byteCount)
    if link.network == .ipv4 {
      let end = CommonHeaders.read(packet, origin, into: &segment)
      if end > 0 { return link.offset &+ IPv4.minimumHeaderLength..<link.offset &+ end }
    }
    return try decodeUncommon(
      packet, link: link, wireLength: max(originalLength, frame.byteCount) - link.offset,
      origin: origin, into: &segment)
  }

  /// Out of line, so that it does not slow down what is common.
  @inline(never)
  mutating func decodeUncommon(
    _ packet: RawSpan, link: LinkPayload, wireLength: Int, origin: Origin,
    into segment: inout Segment
  ) throws(DecodeError) -> Range<Int> {
    let ip =
      switch link.network {
      case .ipv4: try IPv4.header(of: packet, wireLength: wireLength)
      case .ipv6: try IPv6.header(of: packet, wireLength: wireLength)
      }
    let range = ip.payloadRange(captured: packet.byteCount)
    let payload = packet.extracting(range)
    if let fragment = ip.fragment {
      segment = try self.segment(completedBy: fragment, ip: ip, payload: payload, origin: origin)
      return 0..<0
    }
    guard ip.transport == IPHeader.TransportProtocol.tcp else { throw .notTCP }
    segment = try Self.segment(
      of: payload, wireLength: wireLength - ip.payloadOffset, length: ip.payloadLength, ip: ip,
      origin: origin)
    return link.offset + range.lowerBound..<link.offset + range.upperBound
  }

  /// Gives up the datagrams that still wait for fragments.
  mutating func finish() { fragments.abandonAll() }

  @inline(__always)
  private static func linkPayload(
    of frame: RawSpan, wireLength: Int, linkType: LinkType
  ) throws(DecodeError) -> LinkPayload {
    // Not left to the switch, which would jump by a table.
    if linkType == .ethernet { return try Ethernet.payload(of: frame, wireLength: wireLength) }
    return switch linkType {
    case .ethernet: try Ethernet.payload(of: frame, wireLength: wireLength)
    case .linuxCooked: try LinuxCooked.payload(of: frame, wireLength: wireLength)
    case .linuxCooked2: try LinuxCooked.payload2(of: frame, wireLength: wireLength)
    case .rawIP: try RawIP.payload(of: frame, wireLength: wireLength)
    case .loopback: try Loopback.payload(of: frame, wireLength: wireLength)
    }
  }

  private static func segment(
    of bytes: RawSpan, wireLength: Int, length: Int, ip: IPHeader, origin: Origin
  ) throws(DecodeError) -> Segment {
    let tcp = try TCPHeader(bytes, wireLength: wireLength, segmentLength: length)
    return Segment(
      time: origin.time,
      source: Endpoint(address: ip.source, port: tcp.sourcePort),
      destination: Endpoint(address: ip.destination, port: tcp.destinationPort),
      sequence: tcp.sequence, acknowledgment: tcp.acknowledgment, flags: tcp.flags,
      window: tcp.window, payloadLength: UInt32(truncatingIfNeeded: length - tcp.length),
      options: tcp.options, ipIdentification: ip.identification, dontFragment: ip.dontFragment,
      digest: tcp.digest(of: bytes, startingWith: ip.digest),
      frame: origin.frame, capture: origin.capture, point: origin.point)
  }
}

extension FrameDecoder {
  /// The segment of the datagram that `fragment` completes.
  private mutating func segment(
    completedBy fragment: IPHeader.Fragment, ip: IPHeader, payload: RawSpan, origin: Origin
  ) throws(DecodeError) -> Segment {
    let isIPv6 = ip.source.isIPv6
    // In IPv6 an extension header may come first and TCP behind it.
    guard
      ip.transport == IPHeader.TransportProtocol.tcp
        || (isIPv6 && IPv6.Kind(rawValue: ip.transport) != nil)
    else { throw .notTCP }
    let key = FragmentReassembler.Key(
      source: ip.source, destination: ip.destination, identification: fragment.identification,
      transport: isIPv6 ? 0 : ip.transport, point: origin.point)
    guard
      let datagram = try fragments.add(
        fragment, key: key, transport: ip.transport, bytes: payload, length: ip.payloadLength,
        time: origin.time, capture: origin.capture)
    else { throw .fragmentPending }

    let head = datagram.head.bytes.span
    // SAFETY: bytes have no padding between them, and `head` outlives the span.
    let bytes = unsafe head.bytes.extracting(0..<datagram.head.count)
    // The fragments had all bytes on the wire; what is missing in the head was not captured.
    var chain = IPv6.ExtensionChain(next: datagram.transport, offset: 0, end: datagram.length)
    if isIPv6 { try chain.follow(in: bytes, wireLength: datagram.length) }
    guard chain.fragment == nil else { throw .malformedFragment }
    guard chain.next == IPHeader.TransportProtocol.tcp else { throw .notTCP }

    // The IP header of the completing fragment says little about the whole: this hash is over
    // what all fragments agree in.
    var whole = ip
    whole.digest = PacketDigest()
    whole.digest.combine(ip.source.high, ip.source.low)
    whole.digest.combine(ip.destination.high, ip.destination.low)
    whole.digest.combine(UInt64(fragment.identification), UInt64(datagram.length))
    return try Self.segment(
      of: bytes.extracting(chain.offset..<bytes.byteCount),
      wireLength: datagram.length - chain.offset, length: datagram.length - chain.offset,
      ip: whole, origin: origin)
  }
}
