import Testing

@testable import FlowAnalyzer

@Suite struct FrameDecoderTests {
  /// Every way to wrap an IPv4 packet.
  static let ipv4Frames: [(name: String, linkType: UInt32, frame: [UInt8])] = {
    let packet = TestPacket().ipv4
    let snap: [UInt8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0]
    return [
      ("Ethernet", 1, TestPacket.ethernet(packet)),
      ("VLAN", 1, TestPacket.ethernet(packet, tags: [0x8100])),
      ("QinQ", 1, TestPacket.ethernet(packet, tags: [0x88a8, 0x8100])),
      ("old QinQ, three tags", 1, TestPacket.ethernet(packet, tags: [0x9100, 0x9100, 0x8100])),
      ("802.3 with SNAP", 1, TestPacket.ethernet(snap + packet, type: UInt16(packet.count + 8))),
      ("padding", 1, TestPacket.ethernet(packet + [UInt8](repeating: 0xee, count: 9))),
      ("SLL", 113, TestPacket.linuxCooked(packet)),
      ("SLL with VLAN", 113, TestPacket.linuxCooked([0, 42, 8, 0] + packet, type: 0x8100)),
      ("SLL with LLC", 113, TestPacket.linuxCooked(snap + packet, type: 4)),
      ("SLL2", 276, TestPacket.linuxCooked2(packet)),
      ("RAW", 101, packet),
      ("DLT_RAW", 12, packet),
      ("RAW of OpenBSD", 14, packet),
      ("IPV4", 228, packet),
      ("NULL, little-endian", 0, [2, 0, 0, 0] + packet),
      ("NULL, big-endian", 0, [0, 0, 0, 2] + packet),
      ("LOOP", 108, [0, 0, 0, 2] + packet),
    ]
  }()

  static let ipv6Frames: [(name: String, linkType: UInt32, frame: [UInt8])] = {
    let packet = TestPacket().ipv6
    return [
      ("Ethernet", 1, TestPacket.ethernet(packet, type: 0x86dd)),
      ("VLAN", 1, TestPacket.ethernet(packet, type: 0x86dd, tags: [0x8100])),
      ("SLL", 113, TestPacket.linuxCooked(packet, type: 0x86dd)),
      ("SLL2", 276, TestPacket.linuxCooked2(packet, type: 0x86dd)),
      ("RAW", 101, packet),
      ("IPV6", 229, packet),
      ("NULL of Linux", 0, [10, 0, 0, 0] + packet),
      ("NULL of OpenBSD", 0, [24, 0, 0, 0] + packet),
      ("NULL of FreeBSD", 0, [28, 0, 0, 0] + packet),
      ("NULL of macOS", 0, [30, 0, 0, 0] + packet),
      ("LOOP", 108, [0, 0, 0, 24] + packet),
    ]
  }()

  @Test(arguments: ipv4Frames)
  func `every link layer gives the same segment of IPv4`(
    name: String, linkType: UInt32, frame: [UInt8]
  ) throws {
    let segment = try decode(frame, as: try #require(LinkType(dataLink: Int32(linkType))))
    #expect("\(segment.tuple)" == "10.10.1.1:4003 > 192.168.1.1:80")
    #expect(segment.ipIdentification == 0xbeef)
    #expect(segment.dontFragment)
    try expectTestPacket(segment, like: decode(TestPacket().ipv4, as: .rawIP))
  }

  @Test(arguments: ipv6Frames)
  func `every link layer gives the same segment of IPv6`(
    name: String, linkType: UInt32, frame: [UInt8]
  ) throws {
    let segment = try decode(frame, as: try #require(LinkType(dataLink: Int32(linkType))))
    #expect("\(segment.tuple)" == "[fd10::1]:4003 > [fd68:1::1]:80")
    #expect(segment.ipIdentification == 0)
    #expect(!segment.dontFragment)
    try expectTestPacket(segment, like: decode(TestPacket().ipv6, as: .rawIP))
  }

  private func expectTestPacket(_ segment: Segment, like reference: Segment) {
    #expect(segment.digest == reference.digest)
    #expect(segment.sequence == SequenceNumber(0x0102_0304))
    #expect(segment.acknowledgment == SequenceNumber(0xfffe_fdfc))
    #expect(segment.flags == [.psh, .ack])
    #expect(segment.window == 502)
    #expect(segment.payloadLength == 21)
    var options = TCPOptions()
    options.maximumSegmentSize = 1460
    options.permitsSelectiveAcknowledgment = true
    options.hasTimestamps = true
    options.timestampValue = 7
    options.timestampEchoReply = 9
    options.windowScale = 6
    #expect(segment.options == options)
  }

  @Test(arguments: ipv4Frames + ipv6Frames)
  func `a frame cut anywhere by the snap length gives an error or what was left`(
    name: String, linkType: UInt32, frame: [UInt8]
  ) throws {
    let linkType = try #require(LinkType(dataLink: Int32(linkType)))
    let cuts: Set<DecodeError> = [.cutLinkHeader, .cutIPHeader, .cutTCPHeader]
    for length in 0...frame.count {
      do throws(DecodeError) {
        let segment = try decode(
          Array(frame[..<length]), as: linkType, originalLength: frame.count)
        #expect(segment.payloadLength == 21)
        #expect(segment.options.isTruncated == !segment.options.permitsEverything)
      } catch {
        #expect(cuts.contains(error), "\(length) bytes")
      }
    }
  }

  @Test(arguments: ipv4Frames + ipv6Frames)
  func `a frame that was short on the wire is malformed and not cut`(
    name: String, linkType: UInt32, frame: [UInt8]
  ) throws {
    let linkType = try #require(LinkType(dataLink: Int32(linkType)))
    for length in 0..<frame.count {
      do throws(DecodeError) {
        _ = try decode(Array(frame[..<length]), as: linkType)
      } catch {
        #expect(error.rawValue.hasPrefix("malformed"), "\(length) bytes: \(error)")
      }
    }
  }

  @Test func `damage of any one byte neither traps nor reads beyond the frame`() {
    for (_, number, frame) in Self.ipv4Frames + Self.ipv6Frames {
      guard let linkType = LinkType(dataLink: Int32(number)) else { continue }
      for index in frame.indices {
        for value in [0, 1, 0x0f, 0x40, 0x45, 0x7f, 0x80, 0xff] as [UInt8] {
          var damaged = frame
          damaged[index] = value
          _ = try? decode(damaged, as: linkType)
          _ = try? decode(damaged, as: linkType, originalLength: 70_000)
        }
      }
    }
  }

  @Test func `what is not TCP over IP says so`() {
    #expect(throws: DecodeError.notIP) { try decode(TestPacket.ethernet([], type: 0x0806)) }
    #expect(throws: DecodeError.notIP) {
      try decode(TestPacket.ethernet([0x42, 0x42, 3], type: 38))
    }
    #expect(throws: DecodeError.notIP) { try decode([7, 0, 0, 0], as: .loopback) }
    #expect(throws: DecodeError.notTCP) {
      try decode(TestPacket().ipv4(transport: 17), as: .rawIP)
    }
    #expect(throws: DecodeError.notTCP) { try decode(TestPacket().ipv6(next: 59), as: .rawIP) }
    #expect(throws: DecodeError.malformedIPv4) {
      try decode(TestPacket.ethernet(TestPacket().ipv6))
    }
  }

  @Test func `a chain of tags longer than any network stacks is malformed`() {
    let tags = [UInt16](repeating: 0x8100, count: 9)
    #expect(throws: DecodeError.malformedLinkHeader) {
      try decode(TestPacket.ethernet(TestPacket().ipv4, tags: tags))
    }
  }
}

extension TCPOptions {
  fileprivate var permitsEverything: Bool {
    maximumSegmentSize != 0 && permitsSelectiveAcknowledgment && hasTimestamps
      && windowScale != Self.noWindowScale
  }
}
