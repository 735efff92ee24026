import Testing

@testable import FlowAnalyzer

@Suite struct TCPHeaderTests {
  private func options(_ bytes: [UInt8]) throws -> TCPOptions {
    try decode(TestPacket(options: bytes).ipv4, as: .rawIP).options
  }

  @Test func `a header without options has none`() throws {
    #expect(try options([]) == TCPOptions())
  }

  @Test func `options behind the end of the list do not count`() throws {
    #expect(try options([0, 0, 0, 0, 2, 4, 5, 0xb4]) == TCPOptions())
  }

  @Test(
    arguments: [
      [2, 0, 5, 0xb4], [2, 1, 5, 0xb4], [2, 200, 5, 0xb4], [1, 1, 1, 8], [1, 1, 8, 10],
    ] as [[UInt8]])
  func `an option with an impossible length ends the list`(bytes: [UInt8]) throws {
    #expect(try options(bytes) == TCPOptions())
  }

  @Test func `a window scale beyond 14 counts as 14`() throws {
    #expect(try options([3, 3, 200, 0]).windowScale == 14)
  }

  @Test func `a data offset outside of the segment is malformed`() {
    for offset in [0, 4, 15] as [UInt8] {
      var packet = TestPacket(options: [], payload: [1, 2]).ipv4
      packet[20 + 12] = offset << 4
      #expect(throws: DecodeError.malformedTCP) { try decode(packet, as: .rawIP) }
    }
  }

  @Test func `a snap length inside of the options keeps those before it`() throws {
    let frame = TestPacket().ipv4
    let segment = try decode(Array(frame[..<46]), as: .rawIP, originalLength: frame.count)
    #expect(segment.options.isTruncated)
    #expect(segment.options.maximumSegmentSize == 1460)
    #expect(segment.options.permitsSelectiveAcknowledgment)
    #expect(!segment.options.hasTimestamps)
  }

  @Test func `each reason to skip a frame has a counter of its own`() {
    #expect(DecodeError.allCases.map(\.ordinal) == Array(DecodeError.allCases.indices))
  }
}
