/// The header with which a proxy names its client at the beginning of a connection: the PROXY
/// protocol, versions 1 and 2 (HAProxy, `doc/proxy-protocol.txt`).
enum ProxyHeader {
  enum Result: Equatable {
    /// These bytes do not begin one.
    case notThere
    /// They may begin one, but more are needed.
    case incomplete
    case found(source: Endpoint, destination: Endpoint, length: Int)
    /// It names nobody: a health check, or an address family that is none of ours.
    case anonymous(length: Int)
    case malformed
  }

  static func parse(_ bytes: RawSpan) -> Result {
    switch bytes.byteCount > 0 ? bytes.uint8(at: 0) : 0 {
    case UInt8(ascii: "P"): version1(bytes)
    case signature[0]: version2(bytes)
    default: bytes.byteCount == 0 ? .incomplete : .notThere
    }
  }

  // MARK: - Version 1: a line of text

  /// With its CRLF.
  private static let longestLine = 107

  private static func version1(_ bytes: RawSpan) -> Result {
    var text = TextCursor(offset: 0, end: bytes.byteCount)
    guard text.skip("PROXY ", in: bytes) else {
      return isPrefix(bytes, of: "PROXY ") ? .incomplete : .notThere
    }
    guard let line = text.lineEnd(in: bytes, limit: longestLine - text.offset) else {
      return bytes.byteCount < longestLine ? .incomplete : .malformed
    }
    guard line.isCRLF else { return .malformed }
    text.end = line.start
    if text.skip("UNKNOWN", in: bytes) { return .anonymous(length: line.next) }
    let isIPv6 = text.skip("TCP6 ", in: bytes)
    guard isIPv6 || text.skip("TCP4 ", in: bytes),
      let source = text.address(in: bytes), source.isIPv6 == isIPv6, text.skip(" ", in: bytes),
      let destination = text.address(in: bytes), destination.isIPv6 == isIPv6,
      text.skip(" ", in: bytes), let sourcePort = text.port(in: bytes),
      text.skip(" ", in: bytes), let destinationPort = text.port(in: bytes),
      text.offset == text.end
    else { return .malformed }
    return .found(
      source: Endpoint(address: source.unmapped, port: sourcePort),
      destination: Endpoint(address: destination.unmapped, port: destinationPort),
      length: line.next)
  }

  private static func isPrefix(_ bytes: RawSpan, of text: StaticString) -> Bool {
    guard bytes.byteCount < text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { expected in
      // SAFETY: there are fewer bytes than in the buffer.
      (0..<bytes.byteCount).allSatisfy { unsafe bytes.uint8(at: $0) == expected[$0] }
    }
  }

  // MARK: - Version 2: binary

  private static let signature: [UInt8] = [
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
  ]

  private static func version2(_ bytes: RawSpan) -> Result {
    for index in 0..<min(signature.count, bytes.byteCount)
    where bytes.uint8(at: index) != signature[index] {
      return .notThere
    }
    guard bytes.byteCount >= 16 else { return .incomplete }
    let command = bytes.uint8(at: 12)
    let family = bytes.uint8(at: 13)
    let rest = Int(bytes.uint16(at: 14))
    guard command == 0x20 || command == 0x21 else { return .malformed }
    let needed =
      switch family >> 4 {
      case 1: 12
      case 2: 36
      default: 0
      }
    guard bytes.byteCount >= 16 + rest else { return .incomplete }
    // LOCAL: the proxy speaks for itself.
    if command == 0x20 || needed == 0 { return .anonymous(length: 16 + rest) }
    guard rest >= needed else { return .malformed }
    return needed == 12
      ? .found(
        source: Endpoint(
          address: IPAddress(v4: bytes.uint32(at: 16)), port: bytes.uint16(at: 24)),
        destination: Endpoint(
          address: IPAddress(v4: bytes.uint32(at: 20)), port: bytes.uint16(at: 26)),
        length: 16 + rest)
      : .found(
        source: endpoint6(bytes, at: 16, port: bytes.uint16(at: 48)),
        destination: endpoint6(bytes, at: 32, port: bytes.uint16(at: 50)), length: 16 + rest)
  }

  private static func endpoint6(_ bytes: RawSpan, at offset: Int, port: UInt16) -> Endpoint {
    let address = IPAddress(
      v6High: bytes.uint64(at: offset), low: bytes.uint64(at: offset + 8))
    return Endpoint(address: address.unmapped, port: port)
  }
}
