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

  /// What the decoder makes of an IPv4 packet, and what it makes of it without the fast path.
  private func bothWays(_ packet: [UInt8], wireLength: Int) -> (Outcome, Outcome) {
    let origin = FrameDecoder.Origin(
      time: Timestamp(nanoseconds: 1), frame: 2, capture: 3, point: 4)
    let describe = { (uncommon: Bool) -> Outcome in
      var decoder = FrameDecoder()
      let frame = TestPacket.ethernet(packet)
      let bytes = unsafe frame.span.bytes
      do throws(DecodeError) {
        var segment = Segment.none
        guard uncommon else {
          let range = try decoder.decode(
            bytes, originalLength: 14 + wireLength, linkType: .ethernet, origin: origin,
            into: &segment)
          return .segment(Self.fields(of: segment), range)
        }
        let range = try decoder.decodeUncommon(
          bytes.extracting(14..<frame.count), as: .ipv4, wireLength: wireLength, origin: origin,
          into: &segment)
        return .segment(
          Self.fields(of: segment), range.lowerBound + 14..<range.upperBound + 14)
      } catch {
        return .error(error)
      }
    }
    return (describe(false), describe(true))
  }

  @Test(arguments: FixtureTests.all)
  func `real packets, whole and cut`(scenario: String) throws {
    let capture = try CaptureBuilder(reading: KernelTruth.capture(scenario).path)
    for packet in capture.packets.prefix(200) {
      let start = capture.tcpOffset(of: packet) - 20
      guard packet.bytes[start] == 0x45 else { continue }
      let whole = Array(packet.bytes[start...])
      for length in [whole.count, 60, 52, 40, 39] where length <= whole.count {
        let (one, other) = bothWays(Array(whole.prefix(length)), wireLength: whole.count)
        #expect(one == other)
      }
    }
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `packets with some bits flipped`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for round in 0..<200 {
      var packet = TestPacket().ipv4
      // More often in the lengths and flags than elsewhere.
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let place = [0, 2, 3, 6, 7, 9, 32, .random(in: 0..<packet.count, using: &random)]
          .randomElement(using: &random)
        packet[place ?? 0] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      }
      let wireLength = packet.count
      if Bool.random(using: &random) {
        packet.removeLast(.random(in: 0..<wireLength, using: &random))
      } else {
        packet += [0, 0, 0, 0]  // padding of short frames
      }
      let (one, other) = bothWays(packet, wireLength: max(wireLength, packet.count))
      #expect(one == other, "seed \(seed), round \(round)")
    }
  }

  @Test func `the fast path is taken for what is common`() {
    #expect(isCommon(TestPacket().ipv4))
    #expect(!isCommon(TestPacket().ipv4Fragment(0..<40)))
    #expect(!isCommon(Array(TestPacket().ipv4.prefix(39))))
  }

  private func isCommon(_ packet: [UInt8]) -> Bool {
    let bytes = unsafe packet.span.bytes
    return CommonHeaders(bytes) != nil
  }
}
