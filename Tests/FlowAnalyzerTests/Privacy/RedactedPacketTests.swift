import Testing

@testable import FlowAnalyzer

@Suite("Packets for others")
struct RedactedPacketTests {
  private func redacted(_ packet: [UInt8], _ change: (inout Segment) -> Void = { _ in }) throws
    -> (packet: [UInt8], segment: Segment, originalLength: Int)
  {
    var segment = try decode(packet, as: .rawIP)
    change(&segment)
    let frame = FrameFetcher.Frame(
      bytes: packet, originalLength: packet.count, linkNumber: 101,
      time: Timestamp(nanoseconds: 0)
    ).redacted(segment)
    #expect(frame.linkNumber == 101)
    return (frame.bytes, segment, frame.originalLength)
  }

  @Test(arguments: [TestPacket().ipv4, TestPacket().ipv6])
  func `what a verdict rests on is as it was`(packet: [UInt8]) throws {
    let (bytes, segment, originalLength) = try redacted(packet)
    var again = try decode(bytes, as: .rawIP, originalLength: originalLength)
    #expect(originalLength == packet.count)
    #expect(bytes.count == packet.count - 21)
    again.digest = segment.digest
    #expect("\(again)" == "\(segment)")
  }

  @Test func `addresses are those of the segment, and checksums fit them`() throws {
    for packet in [TestPacket(payload: []).ipv4, TestPacket(payload: []).ipv6] {
      let (bytes, segment, _) = try redacted(packet) { segment in
        segment.source.address.low ^= 0x00ff_00ff
        segment.destination.address.low ^= 0x0f0f_0f0f
      }
      let again = try decode(bytes, as: .rawIP)
      #expect(again.source == segment.source)
      #expect(again.destination == segment.destination)
      let isIPv6 = segment.source.address.isIPv6
      let header = isIPv6 ? 40 : 20
      if !isIPv6 { #expect(Self.sum(bytes[..<20]) == 0xffff) }
      // Addresses, protocol and length, then the segment.
      let pseudo =
        Array(bytes[(isIPv6 ? 8 : 12)..<header]) + [0, 6] + [0, UInt8(bytes.count - header)]
      #expect(Self.sum((pseudo + bytes[header...])[...]) == 0xffff)
    }
  }

  @Test func `a payload does not even show in the checksum`() throws {
    let one = try redacted(TestPacket(payload: Array("GET /".utf8)).ipv4)
    let other = try redacted(TestPacket(payload: Array("PUT /".utf8)).ipv4)
    #expect(one.packet == other.packet)
  }

  @Test(
    arguments: [
      // TOA, Fast Open, MD5, Multipath TCP: whole, between others.
      ([254, 8, 0xbb, 0x80, 172, 16, 1, 3], [1, 1, 1, 1, 1, 1, 1, 1]),
      ([2, 4, 5, 180, 34, 6, 1, 2, 3, 4, 1, 1], [2, 4, 5, 180, 1, 1, 1, 1, 1, 1, 1, 1]),
      ([19, 18] + Array(1...16) + [4, 2], Array(repeating: 1, count: 18) + [4, 2]),
      (
        [30, 8, 9, 9, 9, 9, 9, 9, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1]
      ),
      ([5, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1], [5, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1]),
      // Behind the end, and behind what is none.
      ([0, 7, 7, 7], [0, 0, 0, 0]), ([2, 1, 172, 16], [1, 1, 1, 1]),
      ([200, 60, 172, 16], [1, 1, 1, 1]),
    ] as [([UInt8], [UInt8])])
  func `options that may tell of a host are overwritten in their places`(
    options: [UInt8], expected: [UInt8]
  ) throws {
    let packet = TestPacket(options: options, payload: [])
    let (bytes, _, _) = try redacted(packet.ipv4)
    #expect(Array(bytes[40...]) == expected)
    #expect(try decode(bytes, as: .rawIP).sequence.value == packet.sequence)
  }

  @Test func `IP options, extension headers and other fields are not carried over`() throws {
    let route: [UInt8] = [7, 7, 4, 172, 16, 1, 3, 0]
    let plain = try redacted(TestPacket().ipv4)
    let routed = try redacted(TestPacket().ipv4(options: route))
    #expect(routed.packet == plain.packet)
    var other = TestPacket()
    other.timeToLive = 3
    #expect(try redacted(other.ipv4).packet == plain.packet)
    let chain = TestPacket().ipv6(
      TestPacket.extensionHeader(next: 6) + TestPacket().tcp, next: 60)
    #expect(try redacted(chain).packet == redacted(TestPacket().ipv6).packet)
  }

  @Test func `a header that was cut stays cut`() throws {
    let packet = TestPacket().ipv4
    let segment = try decode(Array(packet[..<46]), as: .rawIP, originalLength: packet.count)
    let frame = FrameFetcher.Frame(
      bytes: Array(packet[..<46]), originalLength: packet.count, linkNumber: 101,
      time: Timestamp(nanoseconds: 0)
    ).redacted(segment)
    #expect(frame.bytes.count == 46)
    #expect(frame.originalLength == packet.count)
    let again = try decode(frame.bytes, as: .rawIP, originalLength: frame.originalLength)
    #expect(again.options.isTruncated && again.payloadLength == segment.payloadLength)
  }

  @Test func `what fragments made up is made anew as a whole`() throws {
    let segment = try decode(TestPacket().ipv4, as: .rawIP)
    let frame = FrameFetcher.Frame(
      bytes: TestPacket().ipv4Fragment(40..<61), originalLength: 41, linkNumber: 101,
      time: Timestamp(nanoseconds: 0)
    ).redacted(segment)
    let again = try decode(frame.bytes, as: .rawIP, originalLength: frame.originalLength)
    #expect(again.options == segment.options)
    #expect(again.sequence == segment.sequence && again.flags == segment.flags)
    #expect(again.payloadLength == segment.payloadLength)
  }

  private static func sum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var sum: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
      sum += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte)
    }
    while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
    return sum
  }
}
