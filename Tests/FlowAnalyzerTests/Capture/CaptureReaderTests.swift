import Testing

@testable import FlowAnalyzer

@Suite struct CaptureReaderTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test(arguments: CaptureBuilder.Format.allCases, [false, true])
  func `formats, byte orders and resolutions read the same`(
    format: CaptureBuilder.Format, isBigEndian: Bool
  ) throws {
    var capture = CaptureBuilder(microseconds: [1_700_000_000_000_001, 1_700_000_000_999_999])
    capture.format = format
    capture.isBigEndian = isBigEndian
    let read = ReadOut(try directory.write(capture, as: "a.pcap"))
    #expect(read.segments.map(\.frame) == [1, 2])
    #expect(read.sequences == [1, 2])
    #expect(
      read.segments.map(\.time.nanoseconds) == [
        1_700_000_000_000_001_000, 1_700_000_000_999_999_000,
      ])
    #expect(read.captures[0].firstPacket == read.segments.first?.time)
    #expect(read.captures[0].lastPacket == read.segments.last?.time)
    #expect(read.failures.isEmpty && read.isAccountedFor)
  }

  @Test func `nanoseconds are kept`() throws {
    for format in [CaptureBuilder.Format.nanosecondPcap, .pcapng] {
      var capture = CaptureBuilder(microseconds: [5])
      capture.format = format
      capture.packets[0].time = 1_700_000_000_123_456_789
      let read = ReadOut(try directory.write(capture, as: "a.pcap"))
      #expect(read.segments.map(\.time.nanoseconds) == [1_700_000_000_123_456_789])
    }
  }

  @Test func `seconds beyond 2038 are not those of 1902`() throws {
    let time: Int64 = 3_000_000_000_000_000
    let read = ReadOut(try directory.write(CaptureBuilder(microseconds: [time]), as: "a.pcap"))
    #expect(read.segments.map(\.time.nanoseconds) == [time * 1000])
  }

  @Test(arguments: CaptureBuilder.Format.allCases)
  func `a file cut anywhere gives all whole packets before the cut`(
    format: CaptureBuilder.Format
  ) throws {
    var capture = CaptureBuilder(microseconds: [1, 2])
    capture.format = format
    let contents = capture.contents
    let ends = (0...2).map { count in
      var part = capture
      part.packets.removeLast(2 - count)
      return part.contents.count
    }
    for length in 1..<contents.count {
      let path = try directory.write(Array(contents[..<length]), as: "cut.pcap")
      let read = ReadOut(path)
      let record = try #require(read.captures.first)
      guard length >= ends[0] else {
        #expect(read.failures == [.cutInFileHeader(path: path)], "\(length) bytes")
        continue
      }
      #expect(read.failures.isEmpty, "\(length) bytes")
      let whole = UInt64(ends.dropFirst().count { $0 <= length })
      #expect(record.packets == whole, "\(length) bytes")
      #expect(record.truncated == !ends.contains(length), "\(length) bytes")
      #expect(record.warnings.contains(.cutOff(packets: whole)) == record.truncated)
    }
  }

  @Test func `a capture without packets warns`() throws {
    let read = ReadOut(try directory.write(CaptureBuilder(), as: "a.pcap"))
    #expect(read.captures[0].warnings == [.noPackets])
    #expect(read.captures[0].point == nil)
    #expect(read.failures.isEmpty)
  }

  @Test func `a snap length that cuts headers is counted and warned of`() throws {
    var capture = CaptureBuilder(microseconds: [1, 2, 3])
    for (index, length) in [(1, 60), (2, 50)] {
      capture.packets[index].originalLength = capture.packets[index].bytes.count
      capture.packets[index].bytes.removeLast(capture.packets[index].bytes.count - length)
    }
    let read = ReadOut(try directory.write(capture, as: "a.pcap"))
    #expect(read.captures[0].tcpSegments == 2)
    #expect(read.captures[0].skipped[.cutTCPHeader] == 1)
    #expect(read.captures[0].cutHeaders == 2)
    #expect(read.captures[0].warnings == [.cutHeaders(packets: 2)])
    #expect(!read.captures[0].truncated)
    #expect(read.isAccountedFor)
  }

  @Test func `every packet is accounted for by its reason`() throws {
    let packet = TestPacket()
    let frames: [[UInt8]] = [
      TestPacket.ethernet(packet.ipv4),
      TestPacket.ethernet([], type: 0x0806),
      TestPacket.ethernet(packet.ipv4(transport: 17)),
      [1, 2, 3],
      TestPacket.ethernet([0x44]),
      TestPacket.ethernet([0x60], type: 0x86dd),
      TestPacket.ethernet(packet.ipv4([1, 2, 3])),
      TestPacket.ethernet(packet.ipv4Fragment(0..<40)),
      TestPacket.ethernet(packet.ipv4Fragment(40..<61)),
      TestPacket.ethernet(TestPacket(identification: 9).ipv4Fragment(0..<40)),
    ]
    let capture = CaptureBuilder(linkType: 1, frames: frames)
    let read = ReadOut(try directory.write(capture, as: "a.pcap"))
    let record = read.captures[0]
    let counts = DecodeError.allCases.map { "\($0.rawValue) \(record.skipped[$0])" }
    #expect(
      counts == [
        "not-ip 1", "not-tcp 1", "fragment-pending 2", "cut-link-header 0",
        "cut-tunnel-header 0", "cut-ip-header 0", "cut-tcp-header 0", "malformed-link-header 1",
        "malformed-tunnel-header 0", "malformed-ipv4 1", "malformed-ipv6 1",
        "malformed-fragment 0", "malformed-tcp 1", "unsupported-link-type 0",
        "filtered 0", "outside-time 0",
      ])
    #expect(read.segments.map(\.frame) == [1, 9])
    #expect(record.warnings == [.incompleteDatagrams(1)])
    #expect(read.isAccountedFor)
  }
}
