import BasicContainers

struct ClientAddressOption { static func endpoint(inTCPHeader: RawSpan) -> Endpoint? { nil } }
struct ProxyHeader {
  enum ParseResult {
    case notThere, incomplete
    case found(source: Endpoint, destination: Endpoint, length: Int)
    case anonymous(length: Int)
    case malformed
  }
  static func parse(_ bytes: RawSpan) -> ParseResult { .notThere }
}
struct RequestHead {
  var fingerprint: UInt64 = 0
  var isTLS = false
  var forwardedAddress: IPAddress?
  var forwardedPort: UInt16?
  enum ParseResult {
    case incomplete
    case found(RequestHead)
  }
  static func parse(_ bytes: RawSpan, isComplete: Bool, wantsForwarded: Bool) -> ParseResult {
    guard bytes.byteCount >= 16 else { return .incomplete }
    var digest = PacketDigest()
    digest.combine(bytes.extracting(0..<16))
    var head = RequestHead()
    head.fingerprint = digest.value
    return .found(head)
  }
}
struct StreamHead: ~Copyable {
  static let capacity = 16384
  mutating func insert(_ bytes: RawSpan, at offset: UInt32) {}
  func withContiguous<R>(_ body: (RawSpan) -> R) -> R { body(RawSpan()) }
  mutating func reset() {}
}
