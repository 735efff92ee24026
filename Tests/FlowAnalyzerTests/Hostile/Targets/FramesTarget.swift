@testable import FlowAnalyzer

/// Frames, one after the other, through one decoder.
///
///     link type, then for each frame: length (2), missing on the wire (1), bytes
enum FramesTarget {
  static let types = LinkType.fileNumbers.compactMap { LinkType(dataLink: Int32($0)) }

  static func check(_ input: [UInt8]) throws {
    var feed = ByteFeed(input)
    let linkType = types[Int(feed.next()) % types.count]
    var decoder = FrameDecoder()
    var number: UInt64 = 0
    while !feed.isEmpty {
      let length = Int(feed.number(as: UInt16.self) & 0x7ff)
      let missing = Int(feed.next())
      let frame = feed.take(length)
      number += 1
      let origin = FrameDecoder.Origin(
        time: Timestamp(nanoseconds: Int64(number) &* 1_000_000_000), frame: number, capture: 0,
        point: 0)
      try check(frame, missing: missing, linkType, origin, &decoder)
    }
    decoder.finish()
  }

  private static func check(
    _ frame: [UInt8], missing: Int, _ linkType: LinkType, _ origin: FrameDecoder.Origin,
    _ decoder: inout FrameDecoder
  ) throws {
    var segment = Segment.none
    let bytes = unsafe frame.span.bytes
    let wireLength = frame.count + missing
    do throws(DecodeError) {
      let range = try decoder.decode(
        bytes, originalLength: wireLength, linkType: linkType, origin: origin, into: &segment)
      Self.orTrap {
        try require(range.upperBound <= frame.count, "\(range) of \(frame.count) bytes")
        if !range.isEmpty {
          try require(
            range.count >= TCPHeader.minimumLength, "a TCP header of \(range.count) bytes")
          _ = ClientAddressOption.endpoint(inTCPHeader: bytes.extracting(range))
        }
      }
    } catch {
      return
    }
    try compareWays(bytes, wireLength, linkType, origin)
  }

  /// What has common headers goes two ways, which must come to the same.
  private static func compareWays(
    _ bytes: RawSpan, _ wireLength: Int, _ linkType: LinkType, _ origin: FrameDecoder.Origin
  ) throws {
    var common = Segment.none
    guard let place = CommonLink(linkType).read(bytes, into: &common) else { return }
    common.origin = origin
    var general = Segment.none
    var decoder = FrameDecoder()
    do throws(DecodeError) {
      let link = try linkType.payload(of: bytes, wireLength: wireLength)
      let range = try decoder.decodeUncommon(
        bytes.extracting(link.offset..<bytes.byteCount), as: link.layer,
        wireLength: wireLength - link.offset, origin: origin, into: &general)
      Self.orTrap {
        try require(
          place.start == link.offset + range.lowerBound
            && place.end == link.offset + range.upperBound, "\(place), not \(range)")
      }
    } catch {
      throw Violation(description: "common headers are \(error) to the general decoder")
    }
    try require(
      "\(common)" == "\(general)", "common headers: \(common), the general decoder: \(general)")
  }

  /// A violation is none of the errors of decoding.
  private static func orTrap(_ body: () throws -> Void) {
    do { try body() } catch { fatalError("\(error)") }
  }
}
