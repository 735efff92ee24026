/// A packet made anew of what a verdict rests on, and of nothing else: an IP header with the addresses of
/// the run, and the TCP header.
///
/// There is no link layer and no tunnel, so no MAC address, VLAN or outer address; no payload; no IP
/// options or extension headers; of the TCP options those that say nothing about a host
/// (`keptOptions`), with the others overwritten in their places. What is new in a packet of a later time
/// is not in it until somebody has thought about it.
///
/// Kept are the IPv4 identification and "don't fragment", by which Linux' sockets are told from its
/// TIME_WAITs, and all of the TCP header's own fields. Checksums are computed, for a payload of zeros:
/// a real one would tell something about the payload or, where the network adapter was to compute it,
/// about the addresses.
struct RedactedPacket {
  /// Raw IP, in the numbers of capture files.
  static let linkNumber: UInt16 = 101

  private(set) var bytes: [UInt8] = []
  /// How many bytes it has with the payload that was dropped.
  let originalLength: Int

  /// - Parameters:
  ///   - segment: with the addresses that the packet is to have.
  ///   - header: the captured bytes of the segment from its TCP header on; none where fragments made it up.
  init(_ segment: Segment, header: RawSpan) {
    let tcp =
      header.byteCount >= TCPHeader.minimumLength ? Self.redacted(header) : Self.header(of: segment)
    // Of a header that was cut the rest counts all the same.
    let length = Int(tcp[12] >> 4) * 4 + Int(segment.payloadLength)
    let isIPv6 = segment.source.address.isIPv6
    originalLength = (isIPv6 ? 40 : IPv4.minimumHeaderLength) + length
    bytes = isIPv6 ? Self.ipv6(segment, length) : Self.ipv4(segment, length)
    let start = bytes.count
    bytes += tcp
    var sum = Checksum()
    sum.add(segment.source.address)
    sum.add(segment.destination.address)
    sum.add(UInt64(IPHeader.TransportProtocol.tcp))
    sum.add(UInt64(length))
    sum.add(bytes[start...])
    put(sum.value, at: start + 16)
  }

  // MARK: - IP

  private static func ipv4(_ segment: Segment, _ length: Int) -> [UInt8] {
    // Longer than 16 bits can say, and so zero, where segmentation was left to the network adapter.
    let total = UInt16(exactly: IPv4.minimumHeaderLength + length) ?? 0
    var header: [UInt8] = [0x45, 0]
    header.append(bigEndian: total)
    header.append(bigEndian: segment.ipIdentification)
    header.append(bigEndian: segment.dontFragment ? IPv4.dontFragmentFlag : 0)
    header += [hopLimit, IPHeader.TransportProtocol.tcp, 0, 0]
    header.append(bigEndian: UInt32(truncatingIfNeeded: segment.source.address.low))
    header.append(bigEndian: UInt32(truncatingIfNeeded: segment.destination.address.low))
    var sum = Checksum()
    sum.add(header[...])
    header[10] = UInt8(sum.value >> 8)
    header[11] = UInt8(sum.value & 0xff)
    return header
  }

  private static func ipv6(_ segment: Segment, _ length: Int) -> [UInt8] {
    var header: [UInt8] = [0x60, 0, 0, 0]
    header.append(bigEndian: UInt16(exactly: length) ?? 0)
    header += [IPHeader.TransportProtocol.tcp, hopLimit]
    for address in [segment.source.address, segment.destination.address] {
      header.append(bigEndian: address.high)
      header.append(bigEndian: address.low)
    }
    return header
  }

  /// The real one tells how far away a host is.
  private static let hopLimit: UInt8 = 64

  // MARK: - TCP

  /// https://www.iana.org/assignments/tcp-parameters: segment size, window scale, selective
  /// acknowledgments and timestamps. Others may hold addresses (TOA), cookies (RFC 7413), keys or
  /// addresses of other paths (RFC 8684).
  private static let keptOptions: Set<UInt8> = [2, 3, 4, 5, 8]

  private static func redacted(_ header: RawSpan) -> [UInt8] {
    let length = max(TCPHeader.minimumLength, Int(header.uint8(at: 12) >> 4) * 4)
    var bytes = (0..<min(length, header.byteCount)).map { header.uint8(at: $0) }
    bytes[16] = 0
    bytes[17] = 0
    var offset = TCPHeader.minimumLength
    while offset < bytes.count {
      let kind = bytes[offset]
      if kind == 0 { break }
      let next = offset + 1 < bytes.count ? Int(bytes[offset + 1]) : 0
      if kind == 1 {
        offset += 1
      } else if next >= 2, offset + next <= bytes.count, keptOptions.contains(kind) {
        offset += next
      } else {
        // One that is not kept; or no option at all, and then neither is what follows.
        let end = next >= 2 ? min(offset + next, bytes.count) : bytes.count
        for index in offset..<end { bytes[index] = 1 }
        offset = end
      }
    }
    for index in offset..<bytes.count { bytes[index] = 0 }
    return bytes
  }

  /// As far as the segment remembers it.
  private static func header(of segment: Segment) -> [UInt8] {
    var options: [UInt8] = []
    let known = segment.options
    if known.maximumSegmentSize != 0 {
      options += [2, 4]
      options.append(bigEndian: known.maximumSegmentSize)
    }
    if known.permitsSelectiveAcknowledgment { options += [4, 2] }
    if known.hasTimestamps {
      options += [8, 10]
      options.append(bigEndian: known.timestampValue)
      options.append(bigEndian: known.timestampEchoReply)
    }
    if known.windowScale != TCPOptions.noWindowScale { options += [3, 3, known.windowScale] }
    while options.count % 4 != 0 { options.append(1) }
    var header: [UInt8] = []
    header.append(bigEndian: segment.source.port)
    header.append(bigEndian: segment.destination.port)
    header.append(bigEndian: segment.sequence.value)
    header.append(bigEndian: segment.acknowledgment.value)
    header += [UInt8(5 + options.count / 4) << 4, segment.flags.rawValue]
    header.append(bigEndian: segment.window)
    return header + [0, 0, 0, 0] + options
  }

  private mutating func put(_ value: UInt16, at offset: Int) {
    guard offset + 1 < bytes.count else { return }
    bytes[offset] = UInt8(value >> 8)
    bytes[offset + 1] = UInt8(value & 0xff)
  }
}

/// The checksum of the Internet (RFC 1071).
private struct Checksum {
  private var sum: UInt64 = 0

  var value: UInt16 {
    var sum = sum
    while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
    return ~UInt16(sum)
  }

  /// Adds words of 16 bits.
  mutating func add(_ value: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 16) { sum += value >> shift & 0xffff }
  }

  mutating func add(_ address: IPAddress) {
    add(address.high)
    add(address.low)
  }

  mutating func add(_ bytes: ArraySlice<UInt8>) {
    for (index, byte) in bytes.enumerated() {
      sum += index.isMultiple(of: 2) ? UInt64(byte) << 8 : UInt64(byte)
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(bigEndian value: some FixedWidthInteger) {
    for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}

extension FrameFetcher.Frame {
  /// The frame as it may be given to others.
  ///
  /// - Parameter segment: the same, with the addresses that it is to have.
  func redacted(_ segment: Segment) -> FrameFetcher.Frame {
    // SAFETY: bytes have no padding between them, and outlive the span.
    let frame = unsafe bytes.span.bytes
    let packet = RedactedPacket(segment, header: frame.extracting(tcpHeader(in: frame)))
    return FrameFetcher.Frame(
      bytes: packet.bytes, originalLength: packet.originalLength,
      linkNumber: RedactedPacket.linkNumber, time: time)
  }

  /// Where its TCP segment lies; empty for the last fragment of one.
  private func tcpHeader(in frame: RawSpan) -> Range<Int> {
    var decoder = FrameDecoder()
    var segment = Segment.none
    let origin = FrameDecoder.Origin(time: time, frame: 0, capture: 0, point: 0)
    guard let linkType = LinkType(dataLink: Int32(linkNumber)) else { return 0..<0 }
    let range = try? decoder.decode(
      frame, originalLength: originalLength, linkType: linkType, origin: origin, into: &segment)
    return range ?? 0..<0
  }
}

extension FrameFetcher {
  /// The same frames as they may be given to others.
  func redacted(_ trace: FindingTrace) -> FrameFetcher {
    var fetcher = self
    for frame in trace.frames {
      let place = Place(capture: Int(frame.segment.capture), frame: frame.segment.frame)
      guard let real = frames[place] else { continue }
      fetcher.frames[place] = real.redacted(frame.segment)
    }
    return fetcher
  }
}
