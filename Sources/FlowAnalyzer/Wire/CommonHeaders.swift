/// The headers of nearly all packets: IPv4 without options or fragments, then TCP.
///
///      0                 8                 16     20                28                 36      40
///     +-----------------+-----------------+------+-----------------+------------------+-------+----
///     | 45 … length … 0 | TTL … 6 … source| dest | ports, sequence | ack, flags, wind | chk … | options
///     +-----------------+-----------------+------+-----------------+------------------+-------+----
///          ip.0               ip.1         ip.2        tcp.0              tcp.1         tcp.2
///
/// They are loaded whole, once, and only if nothing about them is special. What is, goes through
/// `IPv4` and `TCPHeader`, which read these packets just the same, in twice the time (measured).
struct CommonHeaders: BitwiseCopyable {
  /// Of both headers without TCP options.
  private static let length = 40
  /// Of a TCP header with timestamps, as nearly all systems send them.
  private static let timestampsLength = 32

  private let ip: (UInt64, UInt64, UInt32)
  private let tcp: (UInt64, UInt64, UInt32)
  /// Bytes of the packet by its IP header: 40 at least, captured or not.
  private let packetLength: Int
  /// Bytes of the TCP header with its options, all of them captured: 20…60.
  private let tcpLength: Int

  /// Nil if there is anything special about the packet.
  ///
  /// - Parameter packet: the captured bytes from the IP header's first on.
  @inline(__always)
  init?(_ packet: RawSpan) {
    guard packet.byteCount >= Self.length else { return nil }
    ip = (packet.uint64(at: 0), packet.uint64(at: 8), packet.uint32(at: 16))
    tcp = (packet.uint64(at: 20), packet.uint64(at: 28), packet.uint32(at: 36))
    packetLength = Int(ip.0 >> 32 & 0xffff)
    tcpLength = Int(tcp.1 >> 28 & 0xf) &* 4
    let isWholeIPv4 = ip.0 >> 56 == 0x45 && ip.0 & 0x3fff == 0
    let isTCP = ip.1 >> 48 & 0xff == UInt64(IPHeader.TransportProtocol.tcp)
    let end = 20 &+ tcpLength
    guard isWholeIPv4, isTCP, tcpLength >= TCPHeader.minimumLength, end <= packetLength,
      end <= packet.byteCount
    else { return nil }
  }

  /// Reads a packet if there is nothing special about it.
  ///
  /// A function of its own: what reads packets one after the other needs the registers, too.
  ///
  /// - Parameters:
  ///   - packet: the captured bytes from the IP header's first on.
  ///   - segment: set, unless zero is returned.
  /// - Returns: where in the packet the captured bytes of the segment end, whose TCP header follows on
  ///   the shortest IP header; zero if there is something special.
  @inline(never)
  static func read(
    _ packet: RawSpan, _ origin: FrameDecoder.Origin, into segment: inout Segment
  ) -> Int {
    guard let headers = CommonHeaders(packet) else { return 0 }
    headers.read(packet, origin, into: &segment)
    return min(packet.byteCount, headers.packetLength)
  }

  @inline(__always)
  private func read(_ packet: RawSpan, _ origin: FrameDecoder.Origin, into segment: inout Segment) {
    segment = Segment(
      time: origin.time,
      source: Endpoint(
        address: IPAddress(v4: UInt32(truncatingIfNeeded: ip.1)),
        port: UInt16(truncatingIfNeeded: tcp.0 >> 48)),
      destination: Endpoint(
        address: IPAddress(v4: ip.2), port: UInt16(truncatingIfNeeded: tcp.0 >> 32)),
      sequence: SequenceNumber(UInt32(truncatingIfNeeded: tcp.0)),
      acknowledgment: SequenceNumber(UInt32(truncatingIfNeeded: tcp.1 >> 32)),
      flags: TCPFlags(rawValue: UInt8(truncatingIfNeeded: tcp.1 >> 16)),
      window: UInt16(truncatingIfNeeded: tcp.1),
      payloadLength: UInt32(truncatingIfNeeded: packetLength &- 20 &- tcpLength),
      options: TCPOptions(),
      ipIdentification: UInt16(truncatingIfNeeded: ip.0 >> 16),
      dontFragment: ip.0 & UInt64(IPv4.dontFragmentFlag) != 0,
      digest: 0,
      frame: origin.frame, capture: origin.capture, point: origin.point)
    // The same as `IPv4` and `TCPHeader` make.
    var digest = PacketDigest()
    digest.combine(ip.0, ip.1 & ~IPv4.changingFields)
    digest.combine(UInt64(ip.2), 0)
    digest.combine(tcp.0, tcp.1)
    // In place: a value that several branches make would go through the stack.
    if tcpLength == Self.timestampsLength {
      // What is left are two words, as a rule with nothing but timestamps in them.
      let (rest, values) = (packet.uint64(at: 36), packet.uint64(at: 44))
      digest.combine(rest, values)
      segment.options.read(
        kinds: UInt32(truncatingIfNeeded: rest), values: values,
        of: packet.extracting(Self.length..<20 &+ Self.timestampsLength))
    } else {
      digest.combine(packet.extracting(36..<20 &+ tcpLength))
      if tcpLength > TCPHeader.minimumLength {
        segment.options.read(packet.extracting(Self.length..<20 &+ tcpLength))
      }
    }
    segment.digest = digest.value
  }
}
