@testable import FlowAnalyzer

/// What load balancers write into streams, whole and in pieces.
///
///     pieces (1), where they begin (2 for each), then the stream
enum HeadersTarget {
  static func check(_ input: [UInt8]) throws {
    var feed = ByteFeed(input)
    let count = Int(feed.next() & 0xf)
    let cuts = (0..<count).map { _ in (Int(feed.number(as: UInt16.self)), Int(feed.next())) }
    let stream = feed.rest()
    try checkProxyHeader(stream)
    try checkRequest(stream)
    try checkPieces(stream, cuts)
    _ = ClientAddressOption.endpoint(inTCPHeader: unsafe stream.span.bytes)
  }

  /// What a prefix settles, the whole does not change.
  private static func checkProxyHeader(_ stream: [UInt8]) throws {
    let bytes = unsafe stream.span.bytes
    let whole = ProxyHeader.parse(bytes)
    switch whole {
    case .found(_, _, let length), .anonymous(let length):
      try require(length > 0 && length <= stream.count, "a PROXY header of \(length) bytes")
      try require(
        ProxyHeader.parse(bytes.extracting(0..<length)) == whole, "a PROXY header needs more")
    case .notThere, .incomplete, .malformed: break
    }
    for end in 0..<min(stream.count, 160) {
      let part = ProxyHeader.parse(bytes.extracting(0..<end))
      try require(
        part == .incomplete || part == whole,
        "a PROXY header is \(part) by \(end) bytes, \(whole) by all")
    }
  }

  private static func checkRequest(_ stream: [UInt8]) throws {
    let bytes = unsafe stream.span.bytes
    for wants in [false, true] {
      let whole = RequestHead.parse(bytes, isComplete: false, wantsForwarded: wants)
      _ = RequestHead.parse(bytes, isComplete: true, wantsForwarded: wants)
      for end in stride(from: 0, to: min(stream.count, 512), by: 7) {
        let part = RequestHead.parse(
          bytes.extracting(0..<end), isComplete: false, wantsForwarded: wants)
        try require(
          part == .incomplete || part == whole,
          "a request is \(part) by \(end) bytes, \(whole) by all")
      }
    }
  }

  /// Pieces of one stream, in any order, overlapping, come together to its beginning.
  private static func checkPieces(_ stream: [UInt8], _ cuts: [(Int, Int)]) throws {
    var head = StreamHead()
    var isThere = [Bool](repeating: false, count: stream.count)
    var isOverfull = false
    for (place, length) in cuts {
      let start = place % (stream.count + 1)
      let end = min(start + length, stream.count)
      head.insert(unsafe stream.span.bytes.extracting(start..<end), at: UInt32(start))
      for index in start..<end { isThere[index] = true }
      isOverfull = isOverfull || cuts.count > 8
    }
    let expected = isThere.prefix { $0 }.count
    let contiguous = head.contiguousCount
    try require(
      isOverfull ? contiguous <= expected : contiguous == expected,
      "\(contiguous) bytes without a hole in place of \(expected)")
    var isRight = true
    head.withContiguous { bytes in
      for index in 0..<bytes.byteCount where bytes.uint8(at: index) != stream[index] {
        isRight = false
      }
    }
    try require(isRight, "the pieces came together to something else")
  }
}
