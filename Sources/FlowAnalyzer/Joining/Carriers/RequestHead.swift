/// The beginning of a request: a fingerprint that passes through a proxy unchanged, and the client
/// as the proxy names it in an HTTP header.
struct RequestHead: Equatable {
  /// Of method and target in HTTP, else of the first bytes.
  var fingerprint: UInt64
  var isHTTP = false
  /// A TLS handshake record: no request yet, though its random part passes through a load balancer
  /// that does not end TLS.
  var isHandshake = false
  var forwardedAddress: IPAddress?
  /// Known from few proxies.
  var forwardedPort: UInt16?

  enum Result: Equatable {
    /// More bytes are needed.
    case incomplete
    case found(RequestHead)
  }

  /// What of a request that is not HTTP makes its fingerprint.
  static let fingerprintLength = 32
  /// A header that is longer is not read to its end.
  static let longestHeader = 16 * 1024
  private static let longestMethod = 20

  /// - Parameters:
  ///   - bytes: the request from its first byte on, as far as it was put together.
  ///   - isComplete: nothing will be added to them.
  ///   - wantsForwarded: the header is read to its end for the client that it names.
  static func parse(_ bytes: RawSpan, isComplete: Bool, wantsForwarded: Bool) -> Result {
    switch lengthOfMethod(bytes) {
    case .method(let length):
      return http(
        bytes, method: length, isComplete: isComplete, wantsForwarded: wantsForwarded)
    case .undecided where !isComplete: return .incomplete
    case .undecided, .other: return opaque(bytes, isComplete: isComplete)
    }
  }

  // MARK: - Anything but HTTP

  private static func opaque(_ bytes: RawSpan, isComplete: Bool) -> Result {
    guard bytes.byteCount >= fingerprintLength || isComplete, bytes.byteCount > 0 else {
      return .incomplete
    }
    let length = min(bytes.byteCount, fingerprintLength)
    var head = RequestHead(fingerprint: digest(bytes, 0..<length))
    // ContentType 22, version 3.x (RFC 8446, section 5.1).
    head.isHandshake =
      length >= 3 && bytes.uint8(at: 0) == 22 && bytes.uint8(at: 1) == 3 && bytes.uint8(at: 2) <= 4
    return .found(head)
  }

  // MARK: - HTTP/1.x

  private enum Method {
    case method(Int)
    case undecided
    case other
  }

  /// Whether capitals and then a space begin the bytes (RFC 9110, section 9.1: methods are tokens; those
  /// in use are capitals and hyphens).
  private static func lengthOfMethod(_ bytes: RawSpan) -> Method {
    for index in 0..<min(bytes.byteCount, longestMethod + 1) {
      let byte = bytes.uint8(at: index)
      if byte == UInt8(ascii: " ") { return index >= 3 ? .method(index) : .other }
      guard (0x41...0x5a).contains(byte) || (byte == UInt8(ascii: "-") && index > 0) else {
        return .other
      }
    }
    return bytes.byteCount > longestMethod ? .other : .undecided
  }

  private static func http(
    _ bytes: RawSpan, method: Int, isComplete: Bool, wantsForwarded: Bool
  ) -> Result {
    var text = TextCursor(offset: 0, end: min(bytes.byteCount, longestHeader))
    let isAllThereIs = isComplete || bytes.byteCount >= longestHeader
    guard let line = text.lineEnd(in: bytes, limit: longestHeader) else {
      return isAllThereIs ? opaque(bytes, isComplete: true) : .incomplete
    }
    // Without the version, which proxies put in themselves.
    var end = method + 1
    while end < line.start, bytes.uint8(at: end) != UInt8(ascii: " ") { end += 1 }
    var head = RequestHead(fingerprint: digest(bytes, 0..<end), isHTTP: true)
    guard wantsForwarded else { return .found(head) }
    text.offset = line.next
    var client = ForwardedClient()
    while let line = text.lineEnd(in: bytes, limit: longestHeader) {
      if line.start == text.offset {
        head.take(client)
        return .found(head)
      }
      client.read(bytes, text.offset..<line.start)
      text.offset = line.next
    }
    guard isAllThereIs else { return .incomplete }
    head.take(client)
    return .found(head)
  }

  private mutating func take(_ client: ForwardedClient) {
    forwardedAddress = client.best?.address
    forwardedPort = client.best?.port
  }

  private static func digest(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64 {
    var digest = PacketDigest()
    var offset = range.lowerBound
    while offset + 8 <= range.upperBound {
      digest.combine(bytes.uint64(at: offset), UInt64(truncatingIfNeeded: offset))
      offset += 8
    }
    var tail: UInt64 = 0
    while offset < range.upperBound {
      tail = tail << 8 | UInt64(bytes.uint8(at: offset))
      offset += 1
    }
    digest.combine(tail, UInt64(truncatingIfNeeded: range.count) | 1 << 32)
    return digest.value
  }
}
