/// Turns frames into segments: link layer, IP, TCP, and whatever tunnels lie in between.
///
/// The segment is that of the innermost packet: the headers around it change nothing about it.
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
  /// Whether some frame had a fragment, and what it gives hangs on others; who asks may set it back.
  var hasMetFragment = false

  /// Decodes a frame in place: a segment is large, and every copy of one would cost a tenth of this.
  ///
  /// - Parameters:
  ///   - frame: the captured bytes.
  ///   - originalLength: how many bytes the frame had on the wire.
  ///   - segment: set, unless an error is thrown.
  /// - Returns: where in the frame the captured bytes of the segment lie, from the TCP header on; empty
  ///   where fragments made up the segment.
  mutating func decode(
    _ frame: RawSpan, originalLength: Int, linkType: LinkType, origin: Origin,
    into segment: inout Segment
  ) throws(DecodeError) -> Range<Int> {
    let link = try linkType.payload(of: frame, wireLength: originalLength)
    let packet = frame.extracting(link.offset..<frame.byteCount)
    if link.layer == .ipv4, let place = CommonHeaders.readIPv4(packet, into: &segment) {
      segment.origin = origin
      return link.offset &+ place.start..<link.offset &+ place.end
    }
    let range = try decodeUncommon(
      packet, as: link.layer, wireLength: max(originalLength, frame.byteCount) - link.offset,
      origin: origin, into: &segment)
    return range.isEmpty
      ? range : range.lowerBound &+ link.offset..<range.upperBound &+ link.offset
  }

  /// How many headers may lie around a TCP segment. A tunnel takes two or three; more is noise.
  static let mostLayers = 16

  /// Follows headers to a TCP segment. Out of line, so that it does not slow down what is common.
  ///
  /// - Parameters:
  ///   - packet: the captured bytes from the first header on.
  ///   - wireLength: how many bytes there were on the wire from there on.
  ///   - layersLeft: how many headers may come.
  /// - Returns: where in the packet the segment lies; empty where fragments made it up.
  @inline(never)
  mutating func decodeUncommon(
    _ packet: RawSpan, as first: Layer, wireLength: Int, layersLeft: Int = Self.mostLayers,
    origin: Origin, into segment: inout Segment
  ) throws(DecodeError) -> Range<Int> {
    var layer = first
    // What is still to be read: the captured bytes in `start..<end`, of so many on the wire.
    var (start, end, wireLength) = (0, packet.byteCount, wireLength)
    for left in (0..<max(layersLeft, 0)).reversed() {
      let bytes = packet.extracting(start..<end)
      var next: LayerPayload
      if layer == .ipv4 || layer == .ipv6 {
        let ip =
          layer == .ipv4
          ? try IPv4.header(of: bytes, wireLength: wireLength)
          : try IPv6.header(of: bytes, wireLength: wireLength)
        let range = ip.payloadRange(captured: bytes.byteCount)
        let payload = bytes.extracting(range)
        if let fragment = ip.fragment {
          try decodeDatagram(
            completedBy: fragment, ip: ip, payload: payload, layersLeft: left, origin: origin,
            into: &segment)
          return 0..<0
        }
        let wire = wireLength - ip.payloadOffset
        if ip.transport == IPHeader.TransportProtocol.tcp {
          segment = try Self.segment(
            of: payload, wireLength: wire, length: ip.payloadLength, ip: ip, origin: origin)
          return start + range.lowerBound..<start + range.upperBound
        }
        wireLength = min(wire, ip.payloadLength)
        guard
          let inner = try IPTunnel.payload(ip.transport, of: payload, wireLength: wireLength)
        else { throw .notTCP }
        // What follows on the packet in its frame is not the tunnel's.
        end = start + range.upperBound
        start += range.lowerBound
        next = inner
      } else {
        next = try layer.payload(of: bytes, wireLength: wireLength)
      }
      start += next.offset
      wireLength -= next.offset
      layer = next.layer
    }
    throw .malformedTunnelHeader
  }

  /// Gives up the datagrams that still wait for fragments.
  mutating func finish() { fragments.abandonAll() }

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

extension Segment {
  /// Where its frame comes from.
  var origin: FrameDecoder.Origin {
    @inline(__always) get {
      FrameDecoder.Origin(time: time, frame: frame, capture: capture, point: point)
    }
    @inline(__always) set {
      time = newValue.time
      frame = newValue.frame
      capture = newValue.capture
      point = newValue.point
    }
  }
}

extension FrameDecoder {
  /// Decodes the datagram that `fragment` completes.
  ///
  /// - Throws: `.fragmentPending` where it does not complete any.
  private mutating func decodeDatagram(
    completedBy fragment: IPHeader.Fragment, ip: IPHeader, payload: RawSpan, layersLeft: Int,
    origin: Origin, into segment: inout Segment
  ) throws(DecodeError) {
    let isIPv6 = ip.source.isIPv6
    let key = FragmentReassembler.Key(
      source: ip.source, destination: ip.destination, identification: fragment.identification,
      transport: isIPv6 ? 0 : ip.transport, point: origin.point)
    guard mayHoldTCP(fragment, key, transport: ip.transport, payload) else {
      // It hangs on the first one, which may lie in another file.
      if ip.transport == IPTunnel.udp, fragment.offset > 0 { hasMetFragment = true }
      throw .notTCP
    }
    hasMetFragment = true
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
    let content = bytes.extracting(chain.offset..<bytes.byteCount)
    let wireLength = datagram.length - chain.offset
    guard chain.next == IPHeader.TransportProtocol.tcp else {
      guard let inner = try IPTunnel.payload(chain.next, of: content, wireLength: wireLength) else {
        throw .notTCP
      }
      _ = try decodeUncommon(
        content.extracting(inner.offset..<content.byteCount), as: inner.layer,
        wireLength: wireLength - inner.offset, layersLeft: layersLeft, origin: origin,
        into: &segment)
      return
    }

    // The IP header of the completing fragment says little about the whole: this hash is over
    // what all fragments agree in.
    var whole = ip
    whole.digest = PacketDigest()
    whole.digest.combine(ip.source.high, ip.source.low)
    whole.digest.combine(ip.destination.high, ip.destination.low)
    whole.digest.combine(UInt64(fragment.identification), UInt64(datagram.length))
    segment = try Self.segment(
      of: content, wireLength: wireLength, length: wireLength, ip: whole, origin: origin)
  }

  /// Whether it is worth waiting for the rest of a datagram. UDP is fragmented often, and seldom a
  /// tunnel: there the first fragment must have come, which tells.
  private func mayHoldTCP(
    _ fragment: IPHeader.Fragment, _ key: FragmentReassembler.Key, transport: UInt8,
    _ payload: RawSpan
  ) -> Bool {
    switch transport {
    case IPHeader.TransportProtocol.tcp: true
    case IPTunnel.udp:
      fragment.offset == 0 ? UDPTunnel.isTunnel(payload) : fragments.isWaiting(for: key)
    default:
      // In IPv6 an extension header may come first and TCP behind it.
      IPTunnel.isTunnel(transport) || (key.source.isIPv6 && IPv6.Kind(rawValue: transport) != nil)
    }
  }
}
