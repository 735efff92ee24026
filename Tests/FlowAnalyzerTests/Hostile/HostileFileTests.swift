import Testing

@testable import FlowAnalyzer

/// Files that mean no packet's harm but the reader's.
@Suite("Hostile files") struct HostileFileTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// One handshake whose SYN and SYN-ACK lie centuries apart, by the offsets of two interfaces.
  private func handshake(_ name: String, offsets: [Int64]) throws -> String {
    var file = PcapngBuilder()
    file.section()
    for offset in offsets { file.interface([file.offset(offset)]) }
    for number in 0..<4 as Range<UInt16> {
      var syn = TestPacket(sourcePort: 4000 + number, sequence: 77 + UInt32(number), flags: 2)
      syn.payload = []
      var answer = TestPacket(sourcePort: 80, destinationPort: 4000 + number, flags: 0x12)
      answer.acknowledgment = 78 + UInt32(number)
      answer.payload = []
      var reply = TestPacket.ethernet(answer.ipv4)
      let addresses = Array(reply[30..<34] + reply[26..<30])
      reply.replaceSubrange(26..<34, with: addresses)
      file.packet(TestPacket.ethernet(syn.ipv4), at: UInt64(number) * 1000, interface: 0)
      file.packet(reply, at: UInt64(number) * 1000 + 1, interface: 1)
    }
    return try directory.write(file.contents, as: name)
  }

  @Test(arguments: [4_500_000_000, 9_000_000_000, 4_000_000_001, 2_000_000_000] as [Int64])
  func `clocks centuries apart are compared without a trap`(seconds: Int64) throws {
    let client = try handshake("client.pcapng", offsets: [-seconds, seconds])
    let server = try handshake("server.pcapng", offsets: [seconds, -seconds])
    let inputs = [
      CaptureInput(path: client, role: .client), CaptureInput(path: server, role: .server),
    ]
    let report = Analyzer().analyze(inputs).report
    #expect(report.captures.map(\.packets) == [8, 8])
    #expect(report.summary.syns.total == 4)
    // Nor where the sides have to be found.
    let bare = Analyzer().analyze([CaptureInput(path: client), CaptureInput(path: server)])
    #expect(bare.report.captures.map(\.packets) == [8, 8])
  }

  @Test func `a section of nothing but interfaces takes no more memory than its limit`() throws {
    var file = PcapngBuilder()
    file.section()
    file.interface()
    let interface = Array(file.contents.suffix(20))
    var contents = file.contents
    contents.reserveCapacity(contents.count + 20 * (PcapngFile.mostInterfaces + 1))
    for _ in 0..<PcapngFile.mostInterfaces { contents += interface }
    let path = try directory.write(contents, as: "interfaces.pcapng")
    let read = ReadOut(path)
    let failure = try #require(read.failures.first)
    #expect("\(failure)".contains("interfaces"))
  }
}
