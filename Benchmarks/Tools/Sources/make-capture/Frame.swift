/// Writes Ethernet, IP and TCP headers of a segment, without its payload, which counts as zeros in
/// the checksum.
struct Frame {
  /// Where it is seen: in front of the load balancer or behind it.
  enum Side { case client, server }

  static let longest = 14 + 40 + 40

  var side: Side
  var isIPv6: Bool

  /// Puts the headers at `start`, which has room for `longest` bytes; tells their length.
  func write(_ segment: Segment, to start: UnsafeMutableRawPointer) -> Int {
    let isSYN = segment.flags.contains(.syn)
    let network = isIPv6 ? 40 : 20
    let transport = 20 + optionsLength(segment, isSYN)
    var out = Bytes(start)
    putEthernet(segment, &out)
    if isIPv6 {
      putIPv6(segment, length: transport, &out)
    } else {
      putIPv4(segment, length: transport, &out)
    }
    putTCP(segment, isSYN, headerLength: transport, &out)

    if !isIPv6 {
      out.put16(~folded(out.sum(from: 14, to: 34)), at: 24)
    }
    // The pseudo header: both addresses, which stand before the TCP header, length and protocol.
    let addresses = isIPv6 ? 32 : 8
    let pseudo =
      out.sum(from: 14 + network - addresses, to: 14 + network)
      + UInt64(transport) + UInt64(segment.payloadLength) + 6
    let tcp = out.sum(from: 14 + network, to: 14 + network + transport)
    out.put16(~folded(pseudo + tcp), at: 14 + network + 16)
    return 14 + network + transport
  }

  private func optionsLength(_ segment: Segment, _ isSYN: Bool) -> Int {
    isSYN ? (segment.hasTimestamps ? 20 : 12) : (segment.hasTimestamps ? 12 : 0)
  }

  /// To the load balancer or from it, as seen on either link.
  private func putEthernet(_ segment: Segment, _ out: inout Bytes) {
    let balancer: UInt32 = 0x1
    let other: UInt32 = side == .client ? 0x2 : 0x3
    let isFromBalancer = segment.isToServer == (side == .server)
    out.put16(0x0200)
    out.put32(isFromBalancer ? other : balancer)
    out.put16(0x0200)
    out.put32(isFromBalancer ? balancer : other)
    out.put16(isIPv6 ? 0x86dd : 0x0800)
  }

  private func putIPv4(_ segment: Segment, length: Int, _ out: inout Bytes) {
    out.put16(0x4500)
    out.put16(UInt16(20 + length) + segment.payloadLength)
    out.put16(segment.identification)
    out.put16(0x4000)
    out.put16(UInt16(timeToLive(segment)) << 8 | 6)
    out.put16(0)
    let (source, destination) = endpoints(segment)
    out.put32(source.address)
    out.put32(destination.address)
  }

  private func putIPv6(_ segment: Segment, length: Int, _ out: inout Bytes) {
    out.put32(0x6000_0000)
    out.put16(UInt16(length) + segment.payloadLength)
    out.put16(6 << 8 | UInt16(timeToLive(segment)))
    let (source, destination) = endpoints(segment)
    putIPv6Address(source.address, &out)
    putIPv6Address(destination.address, &out)
  }

  private func putIPv6Address(_ address: UInt32, _ out: inout Bytes) {
    out.put32(0x2001_0db8)
    out.put32(0)
    out.put32(0)
    out.put32(address)
  }

  private func putTCP(
    _ segment: Segment, _ isSYN: Bool, headerLength: Int, _ out: inout Bytes
  ) {
    let (source, destination) = endpoints(segment)
    out.put16(source.port)
    out.put16(destination.port)
    out.put32(segment.sequence)
    out.put32(segment.acknowledgment)
    out.put16(UInt16(headerLength / 4) << 12 | UInt16(segment.flags.rawValue))
    out.put16(segment.window)
    out.put32(0)
    if isSYN { out.put32(0x0204_05b4) }
    switch (isSYN, segment.hasTimestamps) {
    case (true, true): out.put32(0x0402_080a)
    case (false, true): out.put32(0x0101_080a)
    case (true, false): out.put32(0x0103_0307)
    case (false, false): return
    }
    if segment.hasTimestamps {
      out.put32(segment.timestamp)
      out.put32(segment.echo)
      if isSYN { out.put32(0x0103_0307) }
    } else {
      out.put32(0x0101_0402)
    }
  }

  private func endpoints(_ segment: Segment) -> (Segment.Endpoint, Segment.Endpoint) {
    let near = side == .client ? segment.client : segment.snat
    let far = side == .client ? Topology.virtual : Topology.server
    return segment.isToServer ? (near, far) : (far, near)
  }

  /// The load balancer is one hop.
  private func timeToLive(_ segment: Segment) -> UInt8 {
    let isBeforeBalancer = segment.isToServer == (side == .client)
    return (segment.isToServer ? 57 : 64) - (isBeforeBalancer ? 0 : 1)
  }

  private func folded(_ sum: UInt64) -> UInt16 {
    var sum = sum
    while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
    return UInt16(sum)
  }
}

/// Big-endian numbers, one after the other.
private struct Bytes {
  private let start: UnsafeMutableRawPointer
  private var offset = 0

  init(_ start: UnsafeMutableRawPointer) { self.start = start }

  mutating func put16(_ value: UInt16) {
    start.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    offset += 2
  }

  mutating func put32(_ value: UInt32) {
    start.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    offset += 4
  }

  func put16(_ value: UInt16, at offset: Int) {
    start.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
  }

  /// The sum of 16-bit words, not yet folded; both ends are even.
  func sum(from first: Int, to end: Int) -> UInt64 {
    var sum: UInt64 = 0
    for offset in stride(from: first, to: end, by: 2) {
      sum += UInt64(UInt16(bigEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
    }
    return sum
  }
}
