/// The client's address in a TCP option of the load balancer (TOA): kind 254 of dpvs, 254 and 253 of
/// Alibaba's LVS, 200 of Tencent's gateways.
///
///      kind, length 8:  port, IPv4 address      (8 bytes in all)
///      kind, length 20: port, IPv6 address
enum ClientAddressOption {
  private static let kinds: Set<UInt8> = [200, 253, 254]

  /// - Parameter header: a TCP segment from its header's first byte on, possibly cut.
  static func endpoint(inTCPHeader header: RawSpan) -> Endpoint? {
    guard header.byteCount > TCPHeader.minimumLength else { return nil }
    let end = min(Int(header.uint8(at: 12) >> 4) * 4, header.byteCount)
    var offset = TCPHeader.minimumLength
    while offset + 2 <= end {
      let kind = header.uint8(at: offset)
      if kind == 0 { return nil }
      if kind == 1 {
        offset += 1
        continue
      }
      let length = Int(header.uint8(at: offset + 1))
      guard length >= 2, offset + length <= end else { return nil }
      if kind >= 200, kinds.contains(kind), let found = endpoint(header, offset, length) {
        return found
      }
      offset += length
    }
    return nil
  }

  private static func endpoint(_ header: RawSpan, _ offset: Int, _ length: Int) -> Endpoint? {
    guard length == 8 || length == 20 else { return nil }
    let port = header.uint16(at: offset + 2)
    let address =
      length == 8
      ? IPAddress(v4: header.uint32(at: offset + 4))
      : IPAddress(v6High: header.uint64(at: offset + 4), low: header.uint64(at: offset + 12))
    // Experiments use these kinds too (RFC 4727): what cannot be a client is none.
    guard port != 0, address.high != 0 || address.low != 0 else { return nil }
    return Endpoint(address: address.unmapped, port: port)
  }
}
