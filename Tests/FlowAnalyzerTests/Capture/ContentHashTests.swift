import Testing

@testable import FlowAnalyzer

/// Whether two files hold the same packets, and what a file says of those that it lacks.
@Suite("Content of captures")
struct ContentHashTests {
  private let directory: TemporaryDirectory
  private let capture = CaptureBuilder(microseconds: (0..<20).map { 1_000_000 + 1000 * $0 })

  init() throws { directory = try TemporaryDirectory() }

  private func hash(_ capture: CaptureBuilder, _ name: String) throws -> UInt64 {
    try #require(ReadOut(directory.write(capture, as: name)).captures.first).contentHash
  }

  @Test func `the format and the name of a file are not its content`() throws {
    let expected = try hash(capture, "a")
    for format in CaptureBuilder.Format.allCases {
      for isBigEndian in [false, true] {
        var other = capture
        other.format = format
        other.isBigEndian = isBigEndian
        #expect(try hash(other, "\(format)-\(isBigEndian)") == expected)
      }
    }
  }

  @Test func `another time, number, order or count of packets is another content`() throws {
    var hashes = [try hash(capture, "whole")]
    var changed = capture
    changed.packets[7].time += 1000
    hashes.append(try hash(changed, "time"))
    changed = capture
    changed.packets[7].bytes[14 + 20 + 7] ^= 1
    hashes.append(try hash(changed, "sequence number"))
    changed = capture
    changed.packets.swapAt(7, 8)
    hashes.append(try hash(changed, "order"))
    changed = capture
    changed.packets.removeLast()
    hashes.append(try hash(changed, "count"))
    changed = capture
    changed.packets[7] = .init(
      time: changed.packets[7].time, bytes: [UInt8](repeating: 0, count: 60))
    hashes.append(try hash(changed, "no TCP"))
    changed.packets[7].originalLength = 61
    hashes.append(try hash(changed, "no TCP, longer"))
    #expect(Set(hashes).count == hashes.count)
  }

  // MARK: - Drops

  private func dropped(_ build: (inout PcapngBuilder) -> Void) throws -> UInt64? {
    var builder = PcapngBuilder()
    builder.section()
    builder.interface()
    builder.interface()
    build(&builder)
    builder.packet(TestPacket.ethernet(TestPacket().ipv4), at: 1)
    let file = try directory.write(builder.contents, as: "drops.pcapng")
    let record = try #require(ReadOut(file).captures.first)
    #expect(record.packets == 1 && record.failure == nil)
    #expect(
      record.warnings.contains(.dropped(packets: record.dropped ?? 0)) == (record.dropped ?? 0 > 0))
    return record.dropped
  }

  @Test func `a file without statistics says nothing of drops`() throws {
    #expect(try dropped { _ in } == nil)
    #expect(try dropped { $0.statistics(interface: 0, [(4, 100)]) } == nil)
  }

  @Test func `the last statistics of each interface and section count`() throws {
    let drops = try dropped { builder in
      builder.statistics(interface: 0, [(4, 100), (5, 3)])
      builder.statistics(interface: 0, [(5, 7), (7, 10)])
      builder.statistics(interface: 1, [(7, 100)])
      builder.section()
      builder.interface()
      builder.statistics(interface: 0, [(5, 1000)])
    }
    #expect(drops == 1117)
  }

  @Test func `malformed statistics cost no packet`() throws {
    #expect(try dropped { $0.block(5, []) } == nil)
    #expect(try dropped { $0.block(5, [UInt8](repeating: 0xff, count: 40)) } == nil)
    #expect(try dropped { $0.block(5, [UInt8](repeating: 0, count: 12) + [5, 0, 8, 0]) } == nil)
  }

  @Test func `drops limit what a report can say`() throws {
    var builder = PcapngBuilder()
    builder.section()
    builder.interface()
    builder.packet(TestPacket.ethernet(TestPacket().ipv4), at: 1)
    builder.statistics(interface: 0, [(5, 2)])
    let file = try directory.write(builder.contents, as: "drops.pcapng")
    let report = Analyzer().analyze([CaptureInput(path: file, role: .server)]).report
    #expect(report.coverage.reasons.contains(.dropsRecorded))
    #expect(report.captures.map(\.dropped) == [2])
  }
}
