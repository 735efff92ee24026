/// A TCP segment of known content, and the headers that can be put around it.
struct TestPacket {
  var sourcePort: UInt16 = 4003
  var destinationPort: UInt16 = 80
  var sequence: UInt32 = 0x0102_0304
  var acknowledgment: UInt32 = 0xfffe_fdfc
  var flags: UInt8 = 0x18
  var options: [UInt8] = TestPacket.synOptions
  var payload = [UInt8](repeating: 0x5a, count: 21)
  var identification: UInt16 = 0xbeef
  var timeToLive: UInt8 = 64

  /// MSS 1460, SACK permitted, timestamps 7 and 9, window scale 6.
  static let synOptions: [UInt8] = [
    2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 3, 3, 6,
  ]

  /// The TCP header with options and payload.
  var tcp: [UInt8] {
    bytes(sourcePort) + bytes(destinationPort) + bytes(sequence) + bytes(acknowledgment)
      + [UInt8((20 + options.count) / 4) << 4, flags] + bytes(UInt16(502)) + [0x12, 0x34, 0, 0]
      + options + payload
  }

  /// 10.10.1.1 to 192.168.1.1.
  var ipv4: [UInt8] { ipv4() }

  /// - Parameters:
  ///   - content: the payload; the TCP segment if nil.
  ///   - place: flags and fragment offset as they stand in the header.
  ///   - length: the length field; the true one if nil.
  func ipv4(
    _ content: [UInt8]? = nil, options: [UInt8] = [], place: UInt16 = 0x4000,
    transport: UInt8 = 6, length: UInt16? = nil
  ) -> [UInt8] {
    let content = content ?? tcp
    let headerLength = 20 + options.count
    let total = length ?? UInt16(headerLength + content.count)
    return [0x40 | UInt8(headerLength / 4), 0] + bytes(total) + bytes(identification)
      + bytes(place) + [timeToLive, transport, 0xab, timeToLive] + [10, 10, 1, 1, 192, 168, 1, 1]
      + options + content
  }

  /// The payload from `range` as a fragment of IPv4.
  func ipv4Fragment(_ range: Range<Int>) -> [UInt8] {
    let more: UInt16 = range.upperBound < tcp.count ? 0x2000 : 0
    return ipv4(Array(tcp[range]), place: more | UInt16(range.lowerBound / 8))
  }

  var ipv6: [UInt8] { ipv6() }

  /// fd10::1 to fd68:1::1.
  ///
  /// - Parameters:
  ///   - next: the number of the first header in `content`.
  ///   - length: the length field; the true one if nil.
  func ipv6(_ content: [UInt8]? = nil, next: UInt8 = 6, length: UInt16? = nil) -> [UInt8] {
    let content = content ?? tcp
    return [0x60, 0, 0, 0] + bytes(length ?? UInt16(content.count)) + [next, timeToLive]
      + [0xfd, 0x10] + [UInt8](repeating: 0, count: 13) + [1]
      + [0xfd, 0x68, 0, 1] + [UInt8](repeating: 0, count: 11) + [1]
      + content
  }

  /// The payload from `range`, of `content` or the TCP segment, as a fragment of IPv6.
  func ipv6Fragment(_ range: Range<Int>, of content: [UInt8]? = nil, next: UInt8 = 6) -> [UInt8] {
    let content = content ?? tcp
    let more: UInt16 = range.upperBound < content.count ? 1 : 0
    return ipv6(
      [next, 0] + bytes(UInt16(range.lowerBound) | more) + [0, 0, 0xbe, 0xef] + content[range],
      next: 44)
  }

  /// An extension header of eight bytes (RFC 8200, section 4).
  static func extensionHeader(next: UInt8) -> [UInt8] { [next, 0, 1, 4, 0, 0, 0, 0] }
}

extension TestPacket {
  static func ethernet(_ packet: [UInt8], type: UInt16 = 0x0800, tags: [UInt16] = []) -> [UInt8] {
    var frame: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
    for tag in tags { frame += bytes(tag) + [0, 42] }
    return frame + bytes(type) + packet
  }

  static func linuxCooked(_ packet: [UInt8], type: UInt16 = 0x0800) -> [UInt8] {
    [0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0] + bytes(type) + packet
  }

  static func linuxCooked2(_ packet: [UInt8], type: UInt16 = 0x0800) -> [UInt8] {
    bytes(type) + [0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0] + packet
  }
}

/// An integer in network byte order.
func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  (0..<Value.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}
