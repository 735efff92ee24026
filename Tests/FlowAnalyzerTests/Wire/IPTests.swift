import Testing

@testable import FlowAnalyzer

@Suite struct IPTests {
  @Test func `IPv4 options are stepped over`() throws {
    let segment = try decode(
      TestPacket().ipv4(options: [7, 7, 4, 0, 0, 0, 0, 0]), as: .rawIP)
    #expect(segment.source.port == 4003)
    #expect(segment.payloadLength == 21)
  }

  @Test func `a total length of zero stands for the frame's length`() throws {
    #expect(try decode(TestPacket().ipv4(length: 0), as: .rawIP).payloadLength == 21)
    #expect(try decode(TestPacket().ipv6(length: 0), as: .rawIP).payloadLength == 21)
    let frame = TestPacket.ethernet(TestPacket().ipv4(length: 0))
    let cut = try decode(frame, originalLength: 70_000)
    #expect(cut.payloadLength == UInt32(70_000 - 14 - 20 - 40))
  }

  @Test func `payload is counted by the IP length and not by what was captured`() throws {
    let frame = TestPacket().ipv4(length: 1500)
    #expect(try decode(frame, as: .rawIP, originalLength: 1500).payloadLength == 1440)
  }

  @Test(arguments: [
    ("hop-by-hop", 0 as UInt8, TestPacket.extensionHeader(next: 6)),
    ("routing", 43, TestPacket.extensionHeader(next: 6)),
    ("destination options", 60, TestPacket.extensionHeader(next: 6)),
    ("two of them", 0, TestPacket.extensionHeader(next: 60) + TestPacket.extensionHeader(next: 6)),
    ("authentication", 51, [6, 2] + [UInt8](repeating: 0, count: 14)),
    ("a fragment that is the whole packet", 44, [6, 0, 0, 0, 1, 2, 3, 4]),
  ])
  func `IPv6 extension headers are stepped over`(
    name: String, first: UInt8, headers: [UInt8]
  ) throws {
    let segment = try decode(TestPacket().ipv6(headers + TestPacket().tcp, next: first), as: .rawIP)
    #expect(segment.source.port == 4003)
    #expect(segment.payloadLength == 21)
  }

  @Test func `an extension header that leaves its packet is malformed`() {
    #expect(throws: DecodeError.malformedIPv6) {
      try decode(TestPacket().ipv6([6, 200, 0, 0, 0, 0, 0, 0], next: 0), as: .rawIP)
    }
  }

  @Test func `the digest leaves out the hop count and the IP checksum alone`() throws {
    var other = TestPacket()
    other.timeToLive = 3
    for (one, two) in [(TestPacket().ipv4, other.ipv4), (TestPacket().ipv6, other.ipv6)] {
      #expect(try decode(one, as: .rawIP).digest == decode(two, as: .rawIP).digest)
    }
  }

  @Test(arguments: [
    TestPacket().ipv4, TestPacket().ipv4(options: [1, 1, 1, 0]), TestPacket().ipv6,
  ])
  func `the digest changes with every other header byte`(packet: [UInt8]) throws {
    let digest = try decode(packet, as: .rawIP).digest
    let isIPv6 = packet[0] >> 4 == 6
    let ignored: Set<Int> = isIPv6 ? [7] : [8, 10, 11]
    for index in 0..<packet.count - 21 where !ignored.contains(index) {
      var changed = packet
      changed[index] ^= 1
      guard let segment = try? decode(changed, as: .rawIP) else { continue }
      #expect(segment.digest != digest, "byte \(index)")
    }
  }

  @Test func `digests of neighbouring packets do not collide`() throws {
    var digests: Set<UInt64> = []
    for sequence in 0..<256 as Range<UInt32> {
      for identification in 0..<64 as Range<UInt16> {
        let packet = TestPacket(sequence: sequence, identification: identification)
        digests.insert(try decode(packet.ipv4, as: .rawIP).digest)
      }
    }
    #expect(digests.count == 256 * 64)
  }
}
