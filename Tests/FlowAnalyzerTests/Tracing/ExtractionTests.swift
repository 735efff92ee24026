import Testing

@testable import FlowAnalyzer

@Suite("Extracting findings")
struct ExtractionTests {
  @Test(arguments: TraceTests.sources)
  func `an extracted finding is found again, with the same hits`(
    source: TraceTests.Source
  ) throws {
    let traced = try source.traced(limit: 4096)
    let directory = try TemporaryDirectory()
    for (index, trace) in traced.traces.enumerated() {
      let path = try directory.write(try traced.extracted(index), as: "finding.pcapng")
      let report = Analyzer().analyze([CaptureInput(path: path)]).report
      let again = report.findings.first { $0.id == trace.finding.id }
      #expect(again != nil, "\(trace.finding.id)")
      guard let again else { continue }
      #expect(again.hits.map(\.tuple) == trace.finding.hits.map(\.tuple), "\(trace.finding.id)")
      #expect(again.hits.map(\.answer) == trace.finding.hits.map(\.answer), "\(trace.finding.id)")
      #expect(again.kind == trace.finding.kind)
    }
  }

  @Test(arguments: TraceTests.sources)
  func `bytes, lengths and link types are the originals', times are those of the report`(
    source: TraceTests.Source
  ) throws {
    let traced = try source.traced(limit: 4096)
    let originals = source.files.map { Reading(Traced.input(source.scenario, $0).path) }
    // The server's side comes first in what was analysed, whatever the order here.
    let paths = traced.report.captures.map(\.path)
    let order = source.files.map { paths.firstIndex(of: Traced.input(source.scenario, $0).path) }
    let directory = try TemporaryDirectory()
    for (index, trace) in traced.traces.enumerated().prefix(20) {
      let path = try directory.write(try traced.extracted(index), as: "finding.pcapng")
      let reading = Reading(path)
      #expect(reading.ending == .endOfFile)
      #expect(reading == Reading(libpcapIfOneLinkType: path, reading))
      #expect(reading.packets.count == trace.frames.count)
      for (packet, frame) in zip(reading.packets, trace.frames) {
        let file = try #require(order.firstIndex(of: Int(frame.segment.capture)))
        let original = originals[file].packets[Int(frame.segment.frame) - 1]
        #expect(packet.bytes == original.bytes)
        #expect(packet.originalLength == original.originalLength)
        #expect(packet.linkType == original.linkType)
        #expect(packet.time == frame.segment.time.nanoseconds)
      }
    }
  }

  @Test func `the same finding gives the same bytes`() throws {
    let one = try Traced("l4-collide", "client-any.pcap", "server.pcap", workers: 1)
    let two = try Traced("l4-collide", "client-any.pcap", "server.pcap", workers: 2)
    #expect(try one.extracted(0) == two.extracted(0))
  }

  @Test func `text is cut between characters, and options keep to whole words`() throws {
    let directory = try TemporaryDirectory()
    for count in 0..<9 {
      var writer = PcapngWriter(
        application: "test", comment: String(repeating: "\u{E9}", count: 40_000))
      writer.writeInterface(
        linkType: 1, name: String(repeating: "n", count: count), description: "")
      writer.writePacket(
        interface: 0, time: Timestamp(nanoseconds: 1_700_000_000_123_456_789),
        bytes: [UInt8](repeating: 7, count: count), originalLength: 1500,
        comment: String(repeating: "c", count: count))
      let path = try directory.write(writer.take(), as: "written.pcapng")
      let reading = Reading(path)
      #expect(reading == Reading(libpcap: path))
      #expect(
        reading.packets == [
          Reading.Packet(
            time: 1_700_000_000_123_456_789, originalLength: 1500, linkType: .ethernet,
            bytes: [UInt8](repeating: 7, count: count))
        ])
    }
  }
}

extension Reading {
  /// libpcap reads no file with several link types; then `reading` stands for it.
  fileprivate init(libpcapIfOneLinkType path: String, _ reading: Reading) {
    let types = Set(reading.packets.map(\.linkType))
    self = types.count > 1 ? reading : Reading(libpcap: path)
  }
}
