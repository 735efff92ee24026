import Testing

@testable import FlowAnalyzer

@Suite("Filters")
struct PacketFilterTests {
  private static let packet = TestPacket().ipv4
  private static let packet6 = TestPacket().ipv6

  /// Each link layer has its own headers in front of what the expression is about.
  @Test(
    arguments: [
      (1, TestPacket.ethernet(packet), true), (113, TestPacket.linuxCooked(packet), true),
      (276, TestPacket.linuxCooked2(packet), true), (101, packet, true), (228, packet, true),
      (108, [0, 0, 0, 2] + packet, true), (0, [2, 0, 0, 0] + packet, true),
      (1, TestPacket.ethernet(packet, tags: [0x8100]), false),
      (1, TestPacket.ethernet(packet6, type: 0x86dd), true), (229, packet6, true),
    ] as [(UInt32, [UInt8], Bool)])
  func `an expression means the same on every link layer`(
    linkType: UInt32, frame: [UInt8], isMatch: Bool
  ) throws {
    for (expression, expected) in [
      ("tcp port 80", isMatch), ("tcp port 81", false), ("udp", false), ("", true),
      ("tcp dst port 80 and tcp src port 4003", isMatch),
    ] {
      #expect(try matches(expression, linkType: linkType, frame) == expected, "\(expression)")
    }
  }

  @Test func `behind a VLAN tag it must say so`() throws {
    let tagged = TestPacket.ethernet(Self.packet, tags: [0x8100])
    #expect(try matches("vlan 42 and tcp port 80", tagged))
    #expect(try !matches("vlan 42 and tcp port 80", TestPacket.ethernet(Self.packet)))
  }

  /// Loopback headers are in the byte order of who wrote them.
  @Test func `the byte order of the file is that of its loopback headers`() throws {
    let swapped: [UInt8] = [0, 0, 0, 2] + Self.packet
    #expect(try matches("tcp", linkType: 0, order: .big, swapped))
    #expect(try !matches("tcp", linkType: 0, order: .little, swapped))
    var builder = CaptureBuilder(linkType: 0, frames: [swapped])
    builder.isBigEndian = true
    for format in CaptureBuilder.Format.allCases {
      builder.format = format
      let directory = try TemporaryDirectory()
      let path = try directory.write(builder, as: "capture")
      var source = SegmentSource(
        inputs: [CaptureInput(path: path)], selection: PacketSelection(filter: "tcp"))
      #expect(source.next() != nil)
      #expect(source.next() == nil)
    }
  }

  @Test func `lengths are those on the wire, and nothing behind what was captured is looked at`()
    throws
  {
    let frame = TestPacket.ethernet(Self.packet)
    #expect(try !matches("greater 1000", frame))
    #expect(try matches("greater 1000", frame, originalLength: 1500))
    for length in 0..<frame.count {
      let cut = Array(frame[..<length])
      // Up to the destination port.
      #expect(try matches("tcp port 80", cut, originalLength: frame.count) == (length >= 38))
    }
  }

  /// Of interfaces with several link layers each has a program of its own.
  @Test func `interfaces of one pcapng are filtered each by its own headers`() throws {
    var builder = PcapngBuilder()
    builder.section()
    builder.interface(linkType: 1)
    builder.interface(linkType: 101)
    builder.interface(linkType: 276)
    var other = TestPacket()
    other.destinationPort = 443
    builder.packet(TestPacket.ethernet(Self.packet), at: 1, interface: 0)
    builder.packet(TestPacket.ethernet(other.ipv4), at: 2, interface: 0)
    builder.packet(Self.packet, at: 3000, interface: 1)
    builder.packet(other.ipv4, at: 4000, interface: 1)
    builder.packet(TestPacket.linuxCooked2(Self.packet), at: 5000, interface: 2)
    let directory = try TemporaryDirectory()
    let path = try directory.write(builder.contents, as: "several.pcapng")
    var source = SegmentSource(
      inputs: [CaptureInput(path: path)], selection: PacketSelection(filter: "tcp port 80"))
    var frames: [UInt64] = []
    while let segment = source.next() { frames.append(segment.frame) }
    #expect(frames == [1, 3, 5])
    let record = try #require(source.captures.first)
    #expect(record.packets == 5)
    #expect(record.skipped[.filtered] == 2)
    #expect(record.tcpSegments + record.duplicates + record.skipped.total == record.packets)
  }

  @Test func `a wrong expression is refused with the words of libpcap`() {
    #expect(throws: PacketFilterError.self) {
      try PacketSelection(filter: "tcp prot 80").requireFilter()
    }
    // One that suits one link layer at least is not wrong.
    #expect(throws: Never.self) {
      try PacketSelection(filter: "ether host 00:00:00:00:00:01").requireFilter()
    }
    #expect(throws: Never.self) { try PacketSelection().requireFilter() }
  }

  @Test func `nothing is asked where every packet is wanted`() {
    let (none, some) = (PacketSelection(), PacketSelection(filter: ""))
    #expect((PacketSelector(none) == nil, PacketSelector(some) == nil) == (true, false))
  }
}

/// Compiles the expression and applies it to a frame.
private func matches(
  _ expression: String, linkType: UInt32 = 1, order: ByteOrder = .little, _ frame: [UInt8],
  originalLength: Int? = nil
) throws -> Bool {
  let filter = try PacketFilter(expression, linkType: linkType, order: order)
  // SAFETY: bytes have no padding between them.
  let bytes = unsafe frame.span.bytes
  return filter.matches(bytes, originalLength: originalLength ?? frame.count)
}
