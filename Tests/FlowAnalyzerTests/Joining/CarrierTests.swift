import Testing

@testable import FlowAnalyzer

/// Lends bytes as a parser wants them.
private func lend<Result>(_ bytes: [UInt8], _ body: (RawSpan) -> Result) -> Result {
  let span = bytes.span
  // SAFETY: bytes have no padding between them.
  return unsafe body(span.bytes)
}

private func lend<Result>(_ text: String, _ body: (RawSpan) -> Result) -> Result {
  lend([UInt8](text.utf8), body)
}

@Suite("PROXY headers")
struct ProxyHeaderTests {
  static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
  static let version2: [UInt8] =
    signature + [0x21, 0x11, 0, 15, 172, 16, 1, 3, 172, 20, 1, 1, 0xbb, 0x80, 0, 80, 4, 0, 0]
  static let version2IPv6: [UInt8] =
    signature + [0x21, 0x21, 0, 36] + [0xfd, 0x16] + [UInt8](repeating: 0, count: 13) + [3]
    + [0xfd, 0x20] + [UInt8](repeating: 0, count: 13) + [1] + [0xbb, 0x80, 0, 80]
  static let local: [UInt8] = signature + [0x20, 0, 0, 0]
  static let unix: [UInt8] = signature + [0x21, 0x31, 0, 2, 0, 0]
  static let wrongVersion: [UInt8] = signature + [0x31, 0x11, 0, 12]
  static let tooShort: [UInt8] = signature + [0x21, 0x11, 0, 2, 0, 0]
  static let version1 = [UInt8]("PROXY TCP4 172.16.1.3 172.20.1.1 48000 80\r\n".utf8)
  static let version1IPv6 = [UInt8]("PROXY TCP6 fd16::3 fd20::1 48000 80\r\n".utf8)

  private static func text(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

  private func text(_ result: ProxyHeader.Result) -> String {
    switch result {
    case .found(let source, let destination, let length): "\(source) \(destination) \(length)"
    case .anonymous(let length): "anonymous \(length)"
    case .incomplete: "incomplete"
    case .malformed: "malformed"
    case .notThere: "not there"
    }
  }

  private static let cases: [(bytes: [UInt8], result: String)] = [
    (version2, "172.16.1.3:48000 172.20.1.1:80 31"),
    (version2IPv6, "[fd16::3]:48000 [fd20::1]:80 52"),
    (version1, "172.16.1.3:48000 172.20.1.1:80 43"),
    (version1IPv6, "[fd16::3]:48000 [fd20::1]:80 37"),
    (local, "anonymous 16"),
    (unix, "anonymous 18"),
    (text("PROXY UNKNOWN whatever\r\n"), "anonymous 24"),
    (wrongVersion, "malformed"),
    (tooShort, "malformed"),
    (text("PROXY TCP4 172.16.1.3 172.20.1.1 048000 80\r\n"), "malformed"),
    (text("PROXY TCP4 172.16.1.300 172.20.1.1 48000 80\r\n"), "malformed"),
    (text("PROXY TCP4 fd16::3 fd20::1 48000 80\r\n"), "malformed"),
    (text("PROXY TCP4 172.16.1.3 172.20.1.1 48000 80\n"), "malformed"),
    (text("POST / HTTP/1.1\r\n"), "not there"),
    (text("GET / HTTP/1.1\r\n"), "not there"),
    ([13, 10, 13, 10, 1], "not there"),
  ]

  @Test(arguments: cases)
  func `what it says`(bytes: [UInt8], result: String) {
    #expect(lend(bytes) { text(ProxyHeader.parse($0)) } == result)
    // What follows changes nothing.
    if !result.hasPrefix("not") {
      #expect(lend(bytes + [1, 2, 3]) { text(ProxyHeader.parse($0)) } == result)
    }
  }

  @Test(arguments: [version2, version2IPv6, version1, version1IPv6])
  func `a beginning of it is incomplete`(header: [UInt8]) {
    for length in 0..<header.count {
      #expect(lend(Array(header[..<length])) { text(ProxyHeader.parse($0)) } == "incomplete")
    }
  }
}

@Suite("Requests and the clients that they name")
struct RequestHeadTests {
  private func head(_ text: String, isComplete: Bool = false) -> RequestHead? {
    lend(text) { bytes in
      guard
        case .found(let head) = RequestHead.parse(
          bytes, isComplete: isComplete, wantsForwarded: true)
      else { return nil }
      return head
    }
  }

  private func client(_ headers: String) -> String? {
    guard let head = head("GET / HTTP/1.1\r\nHost: a\r\n\(headers)\r\n\r\n"),
      let address = head.forwardedAddress
    else { return nil }
    return head.forwardedPort.map { "\(Endpoint(address: address, port: $0))" } ?? "\(address)"
  }

  @Test(arguments: [
    ("X-Forwarded-For: 1.2.3.4", "1.2.3.4"),
    ("x-forwarded-for:1.2.3.4", "1.2.3.4"),
    ("X-Forwarded-For: 9.9.9.9, 1.2.3.4", "1.2.3.4"),
    ("X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 1.2.3.4", "1.2.3.4"),
    ("X-Forwarded-For: 1.2.3.4:567", "1.2.3.4:567"),
    ("X-Forwarded-For: fd16::3", "fd16::3"),
    ("X-Forwarded-For: [fd16::3]:567", "[fd16::3]:567"),
    ("X-Forwarded-For: ::ffff:1.2.3.4", "1.2.3.4"),
    ("Forwarded: for=1.2.3.4;proto=http;by=5.6.7.8", "1.2.3.4"),
    ("Forwarded: proto=http;For=\"1.2.3.4:567\"", "1.2.3.4:567"),
    ("Forwarded: for=9.9.9.9, for=\"[2001:db8::1]:4711\"", "[2001:db8::1]:4711"),
    ("Forwarded: for=\"a,for=9.9.9.9\", for=1.2.3.4", "1.2.3.4"),
    ("X-Real-IP: 1.2.3.4", "1.2.3.4"),
    ("X-Real-IP: 9.9.9.9\r\nX-Forwarded-For: 1.2.3.4", "1.2.3.4"),
    ("X-Forwarded-For: 1.2.3.4\r\nForwarded: for=\"1.2.3.4:567\"", "1.2.3.4:567"),
  ])
  func `a client is named`(headers: String, client expected: String) {
    #expect(client(headers) == expected)
  }

  @Test(arguments: [
    "X-Forwarded-For: unknown", "X-Forwarded-For: 1.2.3", "X-Forwarded-For: 1.2.3.4x",
    "X-Forwarded-For:", "Forwarded: for=_secret", "Forwarded: for=unknown", "Forwarded: by=1.2.3.4",
    "Forwarded: for=1.2.3.4, by=5.6.7.8", "X-Forwarded-For: fd16:::3", "X-Forwarded-Forx: 1.2.3.4",
    "X-Forwarded-For: 1:2:3:4:5:6:7:8:9", "Host: 1.2.3.4",
  ])
  func `nobody is named`(headers: String) {
    #expect(client(headers) == nil)
  }

  @Test func `what a proxy adds leaves the fingerprint as it is`() throws {
    let plain = try #require(head("GET /1/26 HTTP/1.1\r\nHost: a\r\n\r\n"))
    let added = try #require(
      head("GET /1/26 HTTP/1.0\r\nX-Forwarded-For: 1.2.3.4\r\nHost: a\r\n\r\n"))
    let other = try #require(head("GET /1/27 HTTP/1.1\r\nHost: a\r\n\r\n"))
    #expect(plain.fingerprint == added.fingerprint)
    #expect(plain.fingerprint != other.fingerprint)
    #expect(plain.isHTTP)
  }

  @Test func `a header is incomplete up to its empty line`() {
    let request = "GET / HTTP/1.1\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n"
    for length in 0..<request.count {
      #expect(head(String(request.prefix(length))) == nil)
    }
    #expect(head(request)?.forwardedAddress?.description == "1.2.3.4")
  }

  @Test func `other protocols are told by their first bytes`() throws {
    #expect(head("short") == nil)
    #expect(head("short", isComplete: true) != nil)
    let first = try #require(head(String(repeating: "a", count: 40)))
    let second = try #require(head(String(repeating: "a", count: 32) + "b"))
    #expect(first.fingerprint == second.fingerprint)
    #expect(!first.isHTTP)
    let hello = lend([22, 3, 1, 2, 0] + [UInt8](repeating: 7, count: 40)) { bytes in
      RequestHead.parse(bytes, isComplete: false, wantsForwarded: false)
    }
    guard case .found(let head) = hello else {
      Issue.record("no head")
      return
    }
    #expect(head.isHandshake)
  }
}

@Suite("The client's address in a TCP option")
struct ClientAddressOptionTests {
  private func option(_ options: [UInt8]) -> String? {
    let padded = options + [UInt8](repeating: 1, count: -options.count & 3)
    let header =
      [UInt8](repeating: 0, count: 12) + [UInt8((20 + padded.count) / 4) << 4]
      + [UInt8](repeating: 0, count: 7) + padded
    return lend(header + [9, 9, 9]) { ClientAddressOption.endpoint(inTCPHeader: $0)?.description }
  }

  @Test(arguments: [200, 253, 254] as [UInt8])
  func `the kinds in use`(kind: UInt8) {
    #expect(option([kind, 8, 0xbb, 0x80, 172, 16, 1, 3]) == "172.16.1.3:48000")
    #expect(option([1, 1, kind, 8, 0xbb, 0x80, 172, 16, 1, 3]) == "172.16.1.3:48000")
    let address: [UInt8] = [0xfd, 0x16] + [UInt8](repeating: 0, count: 13) + [3]
    #expect(option([kind, 20, 0xbb, 0x80] + address) == "[fd16::3]:48000")
  }

  @Test func `nothing else is taken for one`() {
    #expect(option([28, 8, 0xbb, 0x80, 172, 16, 1, 3]) == nil)
    #expect(option([254, 7, 0xbb, 0x80, 172, 16, 1]) == nil)
    #expect(option([254, 8, 0, 0, 172, 16, 1, 3]) == nil)
    #expect(option([0, 254, 8, 0xbb, 0x80, 172, 16, 1, 3]) == nil)
    #expect(option([254, 40, 0xbb, 0x80]) == nil)
    #expect(option([254, 0, 0, 0]) == nil)
  }
}

@Suite("The head of a stream")
struct StreamHeadTests {
  private static let text = [UInt8](
    "GET /index HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 172.16.1.3\r\n\r\nbody".utf8)

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `however it was cut, mixed up and repeated, it is the same`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var pieces: [Range<Int>] = []
    var start = 0
    while start < Self.text.count {
      let end = min(Self.text.count, start + Int.random(in: 1...12, using: &random))
      pieces.append(max(0, start - Int.random(in: 0...3, using: &random))..<end)
      start = end
    }
    // With more pieces than are remembered behind holes, the far ones come again, as TCP sends them.
    pieces.shuffle(using: &random)
    var head = StreamHead()
    for _ in 0..<4 {
      for piece in pieces {
        lend(Array(Self.text[piece])) { head.insert($0, at: UInt32(piece.lowerBound)) }
      }
    }
    let count = head.contiguousCount
    #expect(count == Self.text.count)
    let put = head.withContiguous { bytes in (0..<bytes.byteCount).map { bytes.uint8(at: $0) } }
    #expect(put == Self.text)
  }

  @Test func `the first copy of a byte counts`() {
    var head = StreamHead()
    lend("abc") { head.insert($0, at: 2) }
    lend("XXXXX") { head.insert($0, at: 0) }
    let put = head.withContiguous { bytes in (0..<bytes.byteCount).map { bytes.uint8(at: $0) } }
    #expect(String(decoding: put, as: UTF8.self) == "XXabc")
  }

  @Test func `no more is kept than needed`() {
    var head = StreamHead()
    let block = [UInt8](repeating: 7, count: 60_000)
    lend(block) { head.insert($0, at: 0) }
    lend(block) { head.insert($0, at: 4_000_000_000) }
    let count = head.contiguousCount
    #expect(count == StreamHead.capacity)
  }
}
