/// The headers of nearly all packets: IP without options, extension headers or fragments, then TCP.
///
///      0                 8            12                20                28                 36
///     +-----------------+------------+-----------------+-----------------+------------------+------
///     | 45 … length … 0 | TTL, 6 …   | source, dest.   | ports, sequence | ack, flags, wind | chk …
///     +-----------------+------------+-----------------+-----------------+------------------+------
///
/// They are loaded in whole words, once, and only if nothing about them is special. What is, goes
/// through `IPv4`, `IPv6` and `TCPHeader`, which read these packets just the same, in twice the time
/// (measured).
enum CommonHeaders {
  /// Where a packet's segment lies.
  struct Place {
    /// In the packet, the captured bytes from the TCP header on: 20 at least.
    var start: Int
    var end: Int
    /// Whether they may say more than the segment does: by a payload, or by rare options.
    var maySayMore: Bool
  }

  /// Of a TCP header with timestamps, as nearly all systems send them.
  private static let timestampsLength = TCPHeader.minimumLength + 12

  /// Reads an IPv4 packet if there is nothing special about it.
  ///
  /// - Parameters:
  ///   - packet: the captured bytes from the IP header's first on.
  ///   - segment: what the headers say is set, unless nil is returned; where the packet comes from is not.
  @inline(__always)
  static func readIPv4(_ packet: RawSpan, into segment: inout Segment) -> Place? {
    let headerLength = IPv4.minimumHeaderLength
    guard packet.byteCount >= headerLength &+ TCPHeader.minimumLength else { return nil }
    let (first, addresses) = (packet.uint64(at: 0), packet.uint64(at: 12))
    // Neither other options than none, nor a fragment.
    guard first >> 56 == 0x45, first & 0x3fff == 0,
      packet.uint8(at: 9) == IPHeader.TransportProtocol.tcp
    else { return nil }
    segment.setIdentificationAndFlags(UInt32(truncatingIfNeeded: first))
    // The same as `IPv4` makes.
    var digest = PacketDigest()
    digest.combine(first, addresses)
    return readTCP(
      packet, at: headerLength, packetLength: Int(first >> 32 & 0xffff), digest,
      source: IPAddress(v4: UInt32(truncatingIfNeeded: addresses >> 32)),
      destination: IPAddress(v4: UInt32(truncatingIfNeeded: addresses)), into: &segment)
  }

  /// The same for IPv6.
  @inline(never)
  static func readIPv6(_ packet: RawSpan, into segment: inout Segment) -> Place? {
    let headerLength = IPv6.headerLength
    guard packet.byteCount >= headerLength &+ TCPHeader.minimumLength else { return nil }
    let first = packet.uint64(at: 0)
    let length = Int(first >> 16 & 0xffff)
    // No length: a jumbogram, or segmentation that was left to the adapter.
    guard first >> 60 == 6, length > 0,
      UInt8(truncatingIfNeeded: first >> 8) == IPHeader.TransportProtocol.tcp
    else { return nil }
    segment.setIdentificationAndFlags(0)
    let source = IPAddress(v6High: packet.uint64(at: 8), low: packet.uint64(at: 16))
    let destination = IPAddress(v6High: packet.uint64(at: 24), low: packet.uint64(at: 32))
    return readTCP(
      packet, at: headerLength, packetLength: headerLength &+ length,
      IPv6.digest(first: first, source, destination), source: source, destination: destination,
      into: &segment)
  }

  /// - Parameters:
  ///   - packetLength: by the IP header, captured or not.
  ///   - digest: of the IP header.
  @inline(__always)
  private static func readTCP(
    _ packet: RawSpan, at start: Int, packetLength: Int, _ digest: PacketDigest, source: IPAddress,
    destination: IPAddress, into segment: inout Segment
  ) -> Place? {
    let (first, second) = (packet.uint64(at: start), packet.uint64(at: start &+ 8))
    let length = Int(second >> 28 & 0xf) &* 4
    let end = min(packet.byteCount, packetLength)
    // All of the options must have been captured.
    guard length >= TCPHeader.minimumLength, start &+ length <= end else { return nil }
    segment.setHeaders(source: source, destination: destination, first, second)
    segment.payloadLength = UInt32(truncatingIfNeeded: packetLength &- start &- length)
    // The same as `TCPHeader` makes.
    var digest = digest
    digest.combine(first, second)
    // What is left are half a word and the options: as a rule timestamps, in one word and a half, or none.
    if length == timestampsLength,
      segment.options.readTimestamps(
        kinds: packet.uint32(at: start &+ 20), packet.uint64(at: start &+ 24))
    {
      digest.combine(packet.uint64(at: start &+ 16), packet.uint64(at: start &+ 24))
      segment.digest = digest.value
    } else if length == TCPHeader.minimumLength {
      segment.options = TCPOptions()
      digest.combine(0, UInt64(packet.uint32(at: start &+ 16)))
      segment.digest = digest.value
    } else {
      return readRest(
        packet.extracting(start..<start &+ length), at: start, end: end, digest, into: &segment)
    }
    return Place(start: start, end: end, maySayMore: end > start &+ length)
  }

  /// Reads options that are not quite as common, of a segment with the digest of all in front of them.
  ///
  /// - Parameter header: that of TCP.
  @inline(never)
  private static func readRest(
    _ header: RawSpan, at start: Int, end: Int, _ digest: PacketDigest, into segment: inout Segment
  ) -> Place {
    var digest = digest
    digest.combine(header.extracting(16..<header.byteCount))
    segment.digest = digest.value
    let areUsual = segment.options.readAnew(
      header.extracting(TCPHeader.minimumLength..<header.byteCount))
    return Place(
      start: start, end: end, maySayMore: !areUsual || end > start &+ header.byteCount)
  }
}

extension Segment {
  /// The digest of the packet if all that a segment does not tell is as usual: IPv4 without options and type of
  /// service, no urgent pointer, and no TCP options but those that nearly all systems send, word for word.
  ///
  /// - Parameter checksum: of the TCP header.
  func commonDigest(checksum: UInt16) -> UInt64 {
    let optionsLength: UInt64 = options.hasTimestamps ? options.areOfSyn ? 20 : 12 : 0
    let headerLength = UInt64(TCPHeader.minimumLength) + optionsLength
    let length = UInt64(IPv4.minimumHeaderLength) + headerLength + UInt64(payloadLength)
    let identification = UInt64(ipIdentification) << 16 | (dontFragment ? 0x4000 : 0)
    var digest = PacketDigest()
    digest.combine(
      0x45 << 56 | length << 32 | identification,
      source.address.low << 32 | destination.address.low)
    digest.combine(
      UInt64(source.port) << 48 | UInt64(destination.port) << 32 | UInt64(sequence.value),
      UInt64(acknowledgment.value) << 32 | (headerLength / 4) << 28 | UInt64(flags.rawValue) << 16
        | UInt64(window))
    let (value, echo) = (UInt64(options.timestampValue), UInt64(options.timestampEchoReply))
    if !options.hasTimestamps {
      digest.combine(0, UInt64(checksum) << 16)
    } else if options.areOfSyn {
      digest.combine(
        UInt64(checksum) << 48 | UInt64(TCPOptions.Usual.segmentSize) << 16
          | UInt64(options.maximumSegmentSize),
        UInt64(TCPOptions.Usual.selectiveAndTimestamps) << 32 | value)
      digest.combine(echo << 32 | UInt64(TCPOptions.Usual.scale) | UInt64(options.windowScale), 0)
    } else {
      digest.combine(
        UInt64(checksum) << 48 | UInt64(TCPOptions.Usual.timestamps), value << 32 | echo)
    }
    return digest.value
  }
}

extension TCPOptions {
  /// Whether they say what those of a SYN say as a rule.
  @inline(__always)
  fileprivate var areOfSyn: Bool {
    hasTimestamps && permitsSelectiveAcknowledgment && windowScale != Self.noWindowScale
  }
}
