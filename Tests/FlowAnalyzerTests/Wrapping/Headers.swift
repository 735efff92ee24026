// Headers to put around IP packets, each from its specification.

let macs: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]

/// One behind the other. Long sums of array literals take the compiler long.
func join(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }

extension [UInt8] {
  var isIPv6: Bool { self[0] >> 4 == 6 }
  var etherType: UInt16 { isIPv6 ? 0x86dd : 0x0800 }
}

/// - Parameter type: that of the packet if nil.
func ethernet(_ packet: [UInt8], type: UInt16? = nil, tags: [UInt16] = []) -> [UInt8] {
  TestPacket.ethernet(packet, type: type ?? packet.etherType, tags: tags)
}

func snap(_ packet: [UInt8]) -> [UInt8] {
  join([0xaa, 0xaa, 3, 0, 0, 0], bytes(packet.etherType), packet)
}

func ppp(_ packet: [UInt8]) -> [UInt8] { join([0, packet.isIPv6 ? 0x57 : 0x21], packet) }

func pppoe(_ packet: [UInt8]) -> [UInt8] {
  let content = ppp(packet)
  return join([0x11, 0, 0, 7], bytes(UInt16(content.count)), content)
}

func label(_ value: UInt32, isLast: Bool = false) -> [UInt8] {
  bytes(value << 12 | (isLast ? 0x100 : 0) | 64)
}

/// 198.51.100.1 to 198.51.100.2.
func ipv4(_ content: [UInt8], _ transport: UInt8, options: [UInt8] = []) -> [UInt8] {
  let length = 20 + options.count
  var header = join(
    [0x40 | UInt8(length / 4), 0], bytes(UInt16(length + content.count)), [0, 0, 0, 0],
    [63, transport, 0, 0, 198, 51, 100, 1, 198, 51, 100, 2], options)
  let sum = header.internetChecksum
  header.replaceSubrange(10..<12, with: bytes(sum))
  return header + content
}

/// 2001:db8::1 to 2001:db8::2.
func ipv6(_ content: [UInt8], _ next: UInt8) -> [UInt8] {
  let network = join([0x20, 1, 0x0d, 0xb8], [UInt8](repeating: 0, count: 11))
  return join(
    [0x60, 0, 0, 0], bytes(UInt16(content.count)), [next, 63], network, [1], network, [2], content)
}

func udp(_ content: [UInt8], _ port: UInt16) -> [UInt8] {
  join(bytes(UInt16(50_000)), bytes(port), bytes(UInt16(8 + content.count)), [0, 0], content)
}

let vxlan: [UInt8] = [8, 0, 0, 0, 0, 0, 42, 0]

func geneve(_ type: UInt16, options: [UInt8] = []) -> [UInt8] {
  join([UInt8(options.count / 4), 0], bytes(type), [0, 0, 42, 0], options)
}

/// - Parameter flags: that there are a checksum (0x8000), a key (0x2000), a sequence number (0x1000).
func gre(_ type: UInt16, flags: UInt16 = 0) -> [UInt8] {
  let words = [0x8000, 0x2000, 0x1000].count { flags & $0 != 0 }
  return join(bytes(flags), bytes(type), [UInt8](repeating: 0, count: 4 * words))
}

func erspan3(hasSubheader: Bool) -> [UInt8] {
  join(
    gre(0x22eb, flags: 0x1000), [0x20, 100, 0, 7, 1, 2, 3, 4, 0, 0, 0, hasSubheader ? 1 : 0],
    [UInt8](repeating: 3, count: hasSubheader ? 8 : 0))
}

extension [UInt8] {
  /// RFC 1071.
  var internetChecksum: UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: count & ~1, by: 2) {
      sum += UInt32(self[index]) << 8 | UInt32(self[index + 1])
    }
    if count & 1 == 1 { sum += UInt32(self[count - 1]) << 8 }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return ~UInt16(sum)
  }

  /// An IP packet in fragments, IPv4 without options or IPv6 without extension headers.
  ///
  /// - Parameters:
  ///   - number: the identification in IPv6.
  ///   - size: how many bytes of payload each has, a multiple of eight.
  func ipFragments(_ number: Int, size: Int) -> [[UInt8]] {
    let header = isIPv6 ? 40 : 20
    let payload = Array(self[header...])
    guard payload.count > size else { return [self] }
    return stride(from: 0, to: payload.count, by: size).map { start in
      let part = payload[start..<Swift.min(start + size, payload.count)]
      let hasMore = part.endIndex < payload.count
      var fragment = Array(self[..<header])
      if isIPv6 {
        let place = UInt16(start) | (hasMore ? 1 : 0)
        fragment.replaceSubrange(4..<6, with: bytes(UInt16(8 + part.count)))
        fragment[6] = 44
        fragment += join(
          [self[6], 0], bytes(place), bytes(UInt32(truncatingIfNeeded: number)))
      } else {
        // The identification and "don't fragment" tell servers apart: they stay.
        let place = UInt16(start / 8) | (hasMore ? 0x2000 : 0)
        fragment.replaceSubrange(2..<4, with: bytes(UInt16(20 + part.count)))
        fragment.replaceSubrange(6..<8, with: bytes(place | UInt16(self[6] & 0x40) << 8))
        fragment.replaceSubrange(10..<12, with: [0, 0])
        let sum = fragment.internetChecksum
        fragment.replaceSubrange(10..<12, with: bytes(sum))
      }
      return fragment + part
    }
  }

  /// A packet with TCP right behind its IP header whose sender left the sums to its network adapter.
  var withoutChecksums: [UInt8] {
    var packet = self
    let header = isIPv6 ? 40 : 20
    if !isIPv6 { packet.replaceSubrange(10..<12, with: [0, 0]) }
    packet.replaceSubrange(header + 16..<header + 18, with: [0xba, 0xad])
    return packet
  }

  /// An IP packet whose sender left segmentation, and with it the length, to its network adapter.
  var withoutLength: [UInt8] {
    var packet = self
    let place = isIPv6 ? 4 : 2
    packet.replaceSubrange(place..<place + 2, with: [0, 0])
    return packet
  }

  /// An IP packet, IPv4 without options or IPv6 without extension headers, with some.
  var withOptions: [UInt8] {
    var packet = self
    if isIPv6 {
      // Options for all on the way, then for the destination: both are padding.
      packet[6] = 0
      packet.insert(
        contentsOf: [60, 0, 1, 4, 0, 0, 0, 0, self[6], 0, 1, 4, 0, 0, 0, 0], at: 40)
      packet.replaceSubrange(4..<6, with: bytes(UInt16(packet.count - 40)))
    } else {
      packet[0] = 0x47
      packet.insert(contentsOf: [0x94, 4, 0, 0, 1, 1, 1, 0], at: 20)
      packet.replaceSubrange(2..<4, with: bytes(UInt16(packet.count)))
      packet.replaceSubrange(10..<12, with: [0, 0])
      let sum = Array(packet[..<28]).internetChecksum
      packet.replaceSubrange(10..<12, with: bytes(sum))
    }
    return packet
  }
}
