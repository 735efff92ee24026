import Testing

@testable import FlowAnalyzer

/// The fast path must be no other path: whatever it takes reads as the general one reads it.
@Suite struct CommonHeadersTests {
  private enum Outcome: Equatable {
    case segment([AnyHashable], Range<Int>)
    case error(DecodeError)
  }

  private static func fields(of segment: Segment) -> [AnyHashable] {
    [
      segment.time, segment.source, segment.destination, segment.sequence, segment.acknowledgment,
      segment.flags, segment.window, segment.payloadLength, segment.options,
      segment.ipIdentification, segment.dontFragment, segment.digest, segment.frame,
      segment.capture, segment.point,
    ]
  }

  /// What is in front of IP on the links that have common headers.
  private static let links: [(type: LinkType, header: @Sendable (_ etherType: UInt16) -> [UInt8])] =
    [
      (.ethernet, { TestPacket.ethernet([], type: $0) }),
      (.ethernet, { TestPacket.ethernet([], type: $0, tags: [0x8100]) }),
      (.ethernet, { TestPacket.ethernet([], type: $0, tags: [0x8100, 0x8100]) }),
      (.linuxCooked, { [UInt8](repeating: 0, count: 14) + bytes($0) }),
      (.linuxCooked2, { bytes($0) + [UInt8](repeating: 0, count: 18) }),
      (.rawIP, { _ in [] }),
    ]

  private static func describe(
    _ read: (inout Segment) throws(DecodeError) -> Range<Int>
  ) -> Outcome {
    do throws(DecodeError) {
      var segment = Segment.none
      let range = try read(&segment)
      segment.origin = FrameDecoder.Origin(
        time: Timestamp(nanoseconds: 1), frame: 2, capture: 3, point: 4)
      return .segment(fields(of: segment), range)
    } catch {
      return .error(error)
    }
  }

  /// Reads a frame on the short way; nil if it has to go the long one.
  private static func shortWay(_ frame: [UInt8], _ linkType: LinkType) -> Outcome? {
    var segment = Segment.none
    guard unsafe CommonLink(linkType).read(frame.span.bytes, into: &segment) != nil else {
      return nil
    }
    return describe { segment throws(DecodeError) in
      guard let place = unsafe CommonLink(linkType).read(frame.span.bytes, into: &segment) else {
        throw .notIP
      }
      return place.start..<place.end
    }
  }

  /// Reads a frame header by header.
  private static func longWay(
    _ frame: [UInt8], _ linkType: LinkType, wireLength: Int
  ) -> Outcome {
    describe { segment throws(DecodeError) in
      let bytes = unsafe frame.span.bytes
      var decoder = FrameDecoder()
      let link = try linkType.payload(of: bytes, wireLength: wireLength)
      let range = try decoder.decodeUncommon(
        bytes.extracting(link.offset..<frame.count), as: link.layer,
        wireLength: wireLength - link.offset,
        origin: FrameDecoder.Origin(
          time: Timestamp(nanoseconds: 1), frame: 2, capture: 3, point: 4),
        into: &segment)
      return range.lowerBound + link.offset..<range.upperBound + link.offset
    }
  }

  /// Compares both ways on each link.
  ///
  /// - Returns: how many frames went the short one.
  private func compare(_ packet: [UInt8], etherType: UInt16, wireLength: Int, _ hint: String) -> Int
  {
    var count = 0
    for (index, link) in Self.links.enumerated() {
      let header = link.header(etherType)
      let frame = header + packet
      guard let short = Self.shortWay(frame, link.type) else { continue }
      let long = Self.longWay(frame, link.type, wireLength: header.count + wireLength)
      #expect(short == long, "\(hint), link \(index)")
      count += 1
    }
    return count
  }

  @Test(arguments: FixtureTests.all)
  func `real packets, whole and cut`(scenario: String) throws {
    let capture = try CaptureBuilder(reading: KernelTruth.capture(scenario).path)
    for packet in capture.packets.prefix(200) {
      let start = capture.tcpOffset(of: packet) - 20
      guard packet.bytes[start] == 0x45 else { continue }
      let whole = Array(packet.bytes[start...])
      for length in [whole.count, 60, 52, 40, 39] where length <= whole.count {
        _ = compare(
          Array(whole.prefix(length)), etherType: 0x0800, wireLength: whole.count, scenario)
      }
    }
  }

  /// TCP options as they are common, as they are not, and none.
  private static let options: [[UInt8]] = [
    [], TestPacket.synOptions, [1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9],
    [8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 1], [2, 4, 5, 0xb4],
    [1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2],
  ]

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `packets with some bits flipped`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var common = 0
    for round in 0..<200 {
      let isIPv6 = round % 3 == 0
      let content = TestPacket(options: Self.options[round % Self.options.count])
      var packet = isIPv6 ? content.ipv6 : content.ipv4
      // More often in the lengths and flags than elsewhere.
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let place = [0, 2, 3, 4, 5, 6, 7, 9, 32, 52, .random(in: 0..<packet.count, using: &random)]
          .randomElement(using: &random)
        packet[place ?? 0] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      }
      let wireLength = packet.count
      if Bool.random(using: &random) {
        packet.removeLast(.random(in: 0..<wireLength, using: &random))
      } else {
        packet += [0, 0, 0, 0]  // padding of short frames
      }
      common += compare(
        packet, etherType: isIPv6 ? 0x86dd : 0x0800, wireLength: max(wireLength, packet.count),
        "seed \(seed), round \(round)")
    }
    #expect(common > 200)
  }

  @Test func `the fast path is taken for what is common`() {
    for (packet, type) in [(TestPacket().ipv4, 0x0800), (TestPacket().ipv6, 0x86dd)] {
      // All but two tags.
      #expect(
        compare(packet, etherType: UInt16(type), wireLength: packet.count, "whole")
          == Self.links.count - 1)
    }
    let fragment = TestPacket().ipv4Fragment(0..<40)
    #expect(compare(fragment, etherType: 0x0800, wireLength: fragment.count, "fragment") == 0)
    let cut = Array(TestPacket().ipv4.prefix(39))
    #expect(compare(cut, etherType: 0x0800, wireLength: 81, "cut") == 0)
  }
}
