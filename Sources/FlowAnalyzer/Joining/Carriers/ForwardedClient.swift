/// The client that HTTP headers of a proxy name. Proxies append to what they receive, so that the last
/// element of the last header is what the nearest one has seen.
struct ForwardedClient {
  struct Client: Equatable {
    var address: IPAddress
    var port: UInt16?
  }

  /// `X-Forwarded-For`.
  private var listed: Client?
  /// `Forwarded` (RFC 7239).
  private var forwarded: Client?
  /// `X-Real-IP`.
  private var real: Client?

  /// The one that says most.
  var best: Client? {
    if let forwarded, forwarded.port != nil { return forwarded }
    return listed ?? forwarded ?? real
  }

  /// Reads one header line.
  mutating func read(_ bytes: RawSpan, _ line: Range<Int>) {
    var text = TextCursor(offset: line.lowerBound, end: line.upperBound)
    guard let first = text.peek(bytes), first | 0x20 == 0x78 || first | 0x20 == 0x66 else { return }
    if text.skip("x-forwarded-for:", in: bytes, ignoresCase: true) {
      listed = Self.lastElement(bytes, text) ?? listed
    } else if text.skip("forwarded:", in: bytes, ignoresCase: true) {
      forwarded = Self.lastFor(bytes, text) ?? forwarded
    } else if text.skip("x-real-ip:", in: bytes, ignoresCase: true) {
      real = Self.lastElement(bytes, text) ?? real
    }
  }

  /// The last element of a list of nodes.
  private static func lastElement(_ bytes: RawSpan, _ text: TextCursor) -> Client? {
    var text = text
    for place in text.offset..<text.end where bytes.uint8(at: place) == UInt8(ascii: ",") {
      text.offset = place + 1
    }
    return node(bytes, text)
  }

  /// The `for` parameter of the last element (RFC 7239, section 4).
  private static func lastFor(_ bytes: RawSpan, _ text: TextCursor) -> Client? {
    var text = text
    var found: Client?
    var isQuoted = false
    var isStart = true
    while let byte = text.peek(bytes) {
      if isStart, !isQuoted {
        text.skipSpace(in: bytes)
        isStart = false
        if text.skip("for=", in: bytes, ignoresCase: true) {
          found = node(bytes, text)
        }
        continue
      }
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted, byte == UInt8(ascii: ",") {
        found = nil
        isStart = true
      } else if !isQuoted, byte == UInt8(ascii: ";") {
        isStart = true
      }
      text.offset += 1
    }
    return found
  }

  /// `1.2.3.4`, `1.2.3.4:5`, `[v6]`, `[v6]:5` or bare `v6`, quoted or not, up to where it ends; nil for
  /// `unknown`, obfuscated names and the rest.
  private static func node(_ bytes: RawSpan, _ start: TextCursor) -> Client? {
    var text = start
    text.skipSpace(in: bytes)
    _ = text.skip("\"", in: bytes)
    let isBracketed = text.skip("[", in: bytes)
    guard let address = text.address(in: bytes) else { return nil }
    if isBracketed {
      guard address.isIPv6, text.skip("]", in: bytes) else { return nil }
    }
    var port: UInt16?
    if isBracketed || !address.isIPv6, text.skip(":", in: bytes) { port = text.port(in: bytes) }
    _ = text.skip("\"", in: bytes)
    text.skipSpace(in: bytes)
    switch text.peek(bytes) {
    case nil, UInt8(ascii: ","), UInt8(ascii: ";"):
      return Client(address: address.unmapped, port: port)
    default: return nil
    }
  }
}
