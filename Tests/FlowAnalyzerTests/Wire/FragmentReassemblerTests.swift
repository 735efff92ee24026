import Testing

@testable import FlowAnalyzer

@Suite struct FragmentReassemblerTests {
  /// A segment of 20 + 20 + 21 bytes in three fragments, of which two carry the header.
  private static let ranges = [0..<16, 16..<40, 40..<61]

  private func expectWhole(_ segment: Segment) {
    #expect(segment.source.port == 4003)
    #expect(segment.payloadLength == 21)
    #expect(segment.options.timestampValue == 7)
    #expect(!segment.options.isTruncated)
  }

  @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
  func `fragments in any order give one segment with the last of them`(order: [Int]) throws {
    for fragment in [TestPacket().ipv4Fragment, { TestPacket().ipv6Fragment($0) }] {
      var decoder = FrameDecoder()
      for index in order.dropLast() {
        #expect(throws: DecodeError.fragmentPending) {
          try decoder.decode(fragment(Self.ranges[index]), as: .rawIP)
        }
      }
      expectWhole(try decoder.decode(fragment(Self.ranges[order[2]]), as: .rawIP))
      #expect(throws: DecodeError.fragmentPending) {
        try decoder.decode(fragment(Self.ranges[0]), as: .rawIP)
      }
    }
  }

  @Test func `extension headers behind the fragment header are stepped over`() throws {
    let content = TestPacket.extensionHeader(next: 6) + TestPacket().tcp
    var decoder = FrameDecoder()
    let first = TestPacket().ipv6Fragment(0..<24, of: content, next: 60)
    let last = TestPacket().ipv6Fragment(24..<content.count, of: content, next: 60)
    #expect(throws: DecodeError.fragmentPending) { try decoder.decode(last, as: .rawIP) }
    expectWhole(try decoder.decode(first, as: .rawIP))
  }

  @Test func `overlapping and repeated fragments change nothing`() throws {
    var decoder = FrameDecoder()
    for range in [0..<16, 0..<16, 8..<32, 8..<40] {
      #expect(throws: DecodeError.fragmentPending) {
        try decoder.decode(TestPacket().ipv4Fragment(range), as: .rawIP)
      }
    }
    expectWhole(try decoder.decode(TestPacket().ipv4Fragment(24..<61), as: .rawIP))
  }

  @Test func `fragments of different datagrams do not mix`() throws {
    var decoder = FrameDecoder()
    let other = TestPacket(identification: 1)
    _ = try? decoder.decode(TestPacket().ipv4Fragment(0..<40), as: .rawIP)
    #expect(throws: DecodeError.fragmentPending) {
      try decoder.decode(other.ipv4Fragment(40..<61), as: .rawIP)
    }
    expectWhole(try decoder.decode(TestPacket().ipv4Fragment(40..<61), as: .rawIP))
  }

  @Test func `after 30 seconds a datagram is given up`() throws {
    var decoder = FrameDecoder()
    _ = try? decoder.decode(TestPacket().ipv4Fragment(0..<40), as: .rawIP, at: 0)
    #expect(throws: DecodeError.fragmentPending) {
      try decoder.decode(TestPacket().ipv4Fragment(40..<61), as: .rawIP, at: 31)
    }
    #expect(decoder.fragments.abandoned == [0: 1])
  }

  @Test func `memory is bounded, and the oldest datagram gives way`() throws {
    var decoder = FrameDecoder()
    for identification in 0...UInt16(FragmentReassembler.capacity) {
      let packet = TestPacket(identification: identification)
      _ = try? decoder.decode(packet.ipv4Fragment(0..<40), as: .rawIP)
    }
    #expect(decoder.fragments.abandoned == [0: 1])
    expectWhole(
      try decoder.decode(TestPacket(identification: 1).ipv4Fragment(40..<61), as: .rawIP))
    decoder.finish()
    #expect(decoder.fragments.abandoned == [0: 64])
  }

  @Test func `a fragment that contradicts the end of its datagram is malformed`() throws {
    var decoder = FrameDecoder()
    _ = try? decoder.decode(TestPacket().ipv4Fragment(40..<61), as: .rawIP)
    let beyond = TestPacket().ipv4([UInt8](repeating: 0, count: 16), place: 0x2000 | 8)
    #expect(throws: DecodeError.malformedFragment) { try decoder.decode(beyond, as: .rawIP) }
    let uneven = TestPacket().ipv4([1, 2, 3], place: 0x2000)
    #expect(throws: DecodeError.malformedFragment) { try decoder.decode(uneven, as: .rawIP) }
    let tooFar = TestPacket().ipv4([UInt8](repeating: 0, count: 16), place: 0x1fff)
    #expect(throws: DecodeError.malformedFragment) { try decoder.decode(tooFar, as: .rawIP) }
  }

  @Test func `a snap length that cuts a fragment's TCP header is a cut`() throws {
    var decoder = FrameDecoder()
    let first = TestPacket().ipv4Fragment(0..<40)
    _ = try? decoder.decode(Array(first[..<30]), as: .rawIP, originalLength: first.count)
    #expect(throws: DecodeError.cutTCPHeader) {
      try decoder.decode(TestPacket().ipv4Fragment(40..<61), as: .rawIP)
    }
  }

  @Test func `copies of a fragmented packet have the same digest in any order`() throws {
    var digests: Set<UInt64> = []
    for order in [[0, 1, 2], [2, 1, 0]] {
      var decoder = FrameDecoder()
      for index in order {
        let frame = TestPacket().ipv4Fragment(Self.ranges[index])
        if let segment = try? decoder.decode(frame, as: .rawIP) { digests.insert(segment.digest) }
      }
    }
    #expect(digests.count == 1)
  }
}
