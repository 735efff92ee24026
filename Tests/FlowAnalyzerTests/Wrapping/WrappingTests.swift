import Foundation
import Testing

@testable import FlowAnalyzer

/// Whatever the packets of a real capture are carried in, the report says the same of them.
@Suite("Wrappings that change nothing")
struct WrappingTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  static let scenarios = ["l4-collide", "l4-v6"]

  /// Of the captures as they are.
  static let originals: [String: AnalysisReport] = Dictionary(
    uniqueKeysWithValues: (scenarios + ["half-open", "no-timestamps"]).map {
      ($0, RealCaptureTests.report($0))
    })

  private func report(_ capture: CaptureBuilder) throws -> AnalysisReport {
    let path = try directory.write(capture, as: "wrapped.pcap")
    return Analyzer().analyze([CaptureInput(path: path, role: .server)]).report
  }

  @Test(arguments: Wrapping.all, scenarios)
  func `verdicts are the same`(wrapping: Wrapping, scenario: String) throws {
    let capture = try CaptureBuilder(reading: KernelTruth.capture(scenario).path)
    let wrapped = capture.wrapped(in: wrapping)
    let report = try report(wrapped)
    let original = try #require(Self.originals[scenario])
    let change: ReportContent.Change = wrapped.packets.count == capture.packets.count ? [] : .frames
    expectSame(
      try ReportContent(report, without: change), try ReportContent(original, without: change),
      wrapping.name)
    #expect(report.captures[0].packets == UInt64(wrapped.packets.count))
    #expect(report.captures[0].tcpSegments == original.captures[0].tcpSegments)
    #expect(report.captures[0].warnings == [])
  }

  /// A pcapng that libpcap refuses, as its interfaces have different link types.
  @Test(arguments: scenarios)
  func `each frame may come in another wrapping, from an interface of its own`(
    scenario: String
  ) throws {
    let capture = try CaptureBuilder(reading: KernelTruth.capture(scenario).path)
    let file = capture.interleaved(Wrapping.all)
    let path = try directory.write(file.contents, as: "mixed.pcapng")
    let report = Analyzer().analyze([CaptureInput(path: path, role: .server)]).report
    expectSame(
      try ReportContent(report, without: .frames),
      try ReportContent(#require(Self.originals[scenario]), without: .frames))
    #expect(report.captures[0].packets == UInt64(file.packets))
  }

  /// What it says of the link types and tunnels that it knows, frame by frame.
  @Test(.needs("tshark")) func `tshark sees the same segments`() throws {
    let capture = try CaptureBuilder(reading: KernelTruth.capture("l4-collide").path)
    var some = capture
    some.packets = Array(capture.packets.prefix(600))
    let wrappings = Wrapping.all.filter(\.isKnownToTshark)
    let file = some.interleaved(wrappings)
    let path = try directory.write(file.contents, as: "mixed.pcapng")
    let fields = ["frame.number", "tcp.srcport", "tcp.seq_raw", "tcp.len", "frame.interface_id"]
      .flatMap { ["-e", $0] }
    let output = try Program("tshark").output(
      ["-r", path, "-Y", "tcp", "-o", "ip.check_checksum:FALSE", "-T", "fields"] + fields)
    let theirs = String(decoding: output, as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: "\t").map(String.init)
    }
    let ours = ReadOut(path).segments.map {
      "\($0.frame) \($0.source.port) \($0.sequence.value) \($0.payloadLength)"
    }
    #expect(ours.count == some.packets.count)
    for (mine, other) in zip(ours, theirs) where mine != other.dropLast().joined(separator: " ") {
      let name = try wrappings[#require(other.last.flatMap { Int($0) })].name
      Issue.record("\(name): \(mine), tshark's: \(other)")
      break
    }
    #expect(ours.count == theirs.count)
  }

  /// One packet on the tunnel's outer interface and again inside of it: one segment.
  @Test func `a packet that is captured in its tunnel and without it counts once`() throws {
    let capture = try CaptureBuilder(reading: KernelTruth.capture("l4-collide").path)
    let vxlan = try #require(Wrapping.all.first { $0.name == "VXLAN" })
    var both = PcapngBuilder()
    both.section()
    both.interface([.resolution(9)])
    both.interface([.resolution(9)])
    let wrapped = capture.wrapped(in: vxlan)
    for (packet, outer) in zip(capture.packets, wrapped.packets) {
      both.packet(outer.bytes, at: UInt64(packet.time), interface: 0)
      both.packet(packet.bytes, at: UInt64(packet.time + 2000), interface: 1)
    }
    let path = try directory.write(both.contents, as: "both.pcapng")
    let report = Analyzer().analyze([CaptureInput(path: path, role: .server)]).report
    let original = try #require(Self.originals["l4-collide"])
    expectSame(
      try ReportContent(report, without: .frames), try ReportContent(original, without: .frames))
    #expect(report.captures[0].duplicates == UInt64(capture.packets.count))
  }

  @Test func `headers are followed to a depth, and no deeper`() throws {
    let packet = TestPacket().ipv4
    for depth in 0...40 {
      let nested = (0..<depth).reduce(packet) { inner, _ in ipv4(inner, 4) }
      let result = Result { () throws(DecodeError) in try decode(nested, as: .rawIP) }
      if depth < 16 {
        #expect(try result.get().source.port == 4003)
      } else {
        #expect(throws: DecodeError.malformedTunnelHeader) { try result.get() }
      }
    }
  }

  /// Every header in every wrapping cut at every length: an error says so, and nothing traps.
  @Test(arguments: Wrapping.all)
  func `a frame cut anywhere gives the same segment or none`(wrapping: Wrapping) throws {
    let linkType = try #require(LinkType(dataLink: Int32(wrapping.linkType)))
    for packet in [TestPacket().ipv4, TestPacket().ipv6] {
      let frames = wrapping.frames(packet, 1)
      guard frames.count == 1 else { continue }
      let frame = frames[0]
      let whole = try decode(frame, as: linkType)
      for length in 0..<frame.count {
        let cut = Result { () throws(DecodeError) in
          try decode(Array(frame[..<length]), as: linkType, originalLength: frame.count)
        }
        switch cut {
        case .success(let segment):
          #expect(segment.tuple == whole.tuple && segment.sequence == whole.sequence)
          #expect(segment.payloadLength == whole.payloadLength)
        case .failure(let error):
          // What was cut may have been what tells that there is a tunnel.
          #expect(error.isCut || [.notTCP, .notIP].contains(error), "\(length): \(error)")
        }
        // As if the frame had been so short.
        _ = try? decode(Array(frame[..<length]), as: linkType)
      }
    }
  }

  @Test(arguments: Wrapping.all, 1...4 as ClosedRange<UInt64>)
  func `a damaged frame does not trap`(wrapping: Wrapping, seed: UInt64) throws {
    let linkType = try #require(LinkType(dataLink: Int32(wrapping.linkType)))
    var random = SeededGenerator(seed: seed)
    var decoder = FrameDecoder()
    for _ in 0..<200 {
      for frame in wrapping.frames(TestPacket().ipv4, Int(seed)) {
        _ = try? decoder.decode(frame.damaged(using: &random), as: linkType)
      }
    }
  }

  // MARK: - What is no tunnel

  @Test func `other protocols in place of tunnels are not taken for one`() throws {
    let packet = TestPacket().ipv4
    func udpTo(_ port: UInt16, _ parts: [UInt8]...) -> [UInt8] {
      ipv4(udp(Array(parts.joined()), port), 17)
    }
    let inner = ethernet(packet)
    let frames: [(String, [UInt8], DecodeError)] = [
      ("VXLAN without the flag", udpTo(4789, [0, 0, 0, 0, 0, 0, 42, 0], inner), .notTCP),
      ("another port", udpTo(4788, vxlan, inner), .notTCP),
      ("Geneve of a later version", udpTo(6081, [0x40, 0, 8, 0, 0, 0, 42, 0], packet), .notTCP),
      ("Geneve's own messages", udpTo(6081, [0, 0x80, 8, 0, 0, 0, 42, 0], packet), .notTCP),
      ("GUE's own messages", udpTo(6080, [0x20, 4, 0, 0], packet), .notTCP),
      ("GUE in GUE", udpTo(6080, [0, 17, 0, 0], udp(join([0, 4, 0, 0], packet), 6080)), .notTCP),
      ("GRE of a later version", ipv4(join([0, 2, 8, 0], packet), 47), .malformedTunnelHeader),
      ("GRE of something else", ipv4(join(gre(0x8035), packet), 47), .notIP),
      ("ESP", ipv4(packet, 50), .notTCP),
      ("EtherIP of another version", ipv4(join([0x40, 0], inner), 97), .malformedTunnelHeader),
      ("labels without end", ipv4((0..<40).flatMap { _ in label(16) }, 137), .malformedLinkHeader),
      (
        "a pseudowire's own messages",
        ipv4(join(label(16, isLast: true), [0x10, 0, 0, 0x21], packet), 137), .notIP
      ),
    ]
    for (name, frame, error) in frames {
      #expect(throws: error, "\(name)") { try decode(frame, as: .rawIP) }
    }
  }

  /// Fragments of UDP are waited for where the first one goes to a tunnel's port.
  @Test func `fragments of other UDP are passed over`() throws {
    var decoder = FrameDecoder()
    for fragment in ipv4(udp([UInt8](repeating: 0, count: 200), 53), 17).ipFragments(7, size: 64) {
      #expect(throws: DecodeError.notTCP) { try decoder.decode(fragment, as: .rawIP) }
    }
    decoder.finish()
    #expect(decoder.fragments.abandoned.isEmpty)
  }
}

extension CaptureBuilder {
  /// The IP packet of each frame, without what the link layer has put around it.
  var ipPackets: [[UInt8]] {
    packets.map { packet in
      let link = linkType == 1 ? 14 : 20
      let ip = Array(packet.bytes[link...])
      let length =
        ip.isIPv6 ? 40 + Int(ip[4]) << 8 + Int(ip[5]) : Int(ip[2]) << 8 + Int(ip[3])
      return Array(ip.prefix(length))
    }
  }

  func wrapped(in wrapping: Wrapping) -> CaptureBuilder {
    var result = self
    result.linkType = wrapping.linkType
    result.packets = zip(packets, ipPackets).enumerated().flatMap { index, pair in
      wrapping.frames(pair.1, index + 1).map { Packet(time: pair.0.time, bytes: $0) }
    }
    return result
  }

  /// A pcapng with an interface for each wrapping, each with another resolution, and the packets by turns.
  func interleaved(_ wrappings: [Wrapping]) -> (contents: [UInt8], packets: Int) {
    var file = PcapngBuilder()
    file.section()
    for (index, wrapping) in wrappings.enumerated() {
      file.interface(
        linkType: UInt16(wrapping.linkType), [.resolution(index.isMultiple(of: 2) ? 9 : 6)])
    }
    var count = 0
    for (index, (packet, ip)) in zip(packets, ipPackets).enumerated() {
      let turn = index % wrappings.count
      let time = UInt64(turn.isMultiple(of: 2) ? packet.time : packet.time / 1000)
      for frame in wrappings[turn].frames(ip, index + 1) {
        file.packet(frame, at: time, interface: UInt32(turn))
        count += 1
      }
    }
    return (file.contents, count)
  }
}
