import Foundation
import Testing

@testable import FlowAnalyzer

@Suite("Points whose clocks differ")
struct ClockComparisonTests {
  // MARK: - From files to the report

  /// The report on a real capture and on itself, taken with another clock.
  private func report(shift milliseconds: Int) throws -> AnalysisReport {
    let directory = try TemporaryDirectory()
    let original = KernelTruth.capture("l4-collide")
    let contents = try Data(contentsOf: URL(filePath: original.path))
    let path = try directory.write(
      CaptureBuilder.shifted([UInt8](contents), milliseconds: milliseconds), as: "again.pcap")
    return Analyzer().analyze([original, CaptureInput(path: path, role: .server)]).report
  }

  @Test(arguments: [100, 51, 3000, -200])
  func `a clock ahead is found, and both are read anew by one clock`(milliseconds: Int) throws {
    let report = try report(shift: milliseconds)
    let once = Analyzer().analyze([KernelTruth.capture("l4-collide")]).report
    #expect(!report.coverage.reasons.contains(.clocksDiffer))
    #expect(report.captures.flatMap(\.warnings) == [])
    #expect(report.summary.syns.total == once.summary.syns.total)
    #expect(report.summary.attempts.hit == once.summary.attempts.hit)
    #expect(report.findings.map(\.id) == once.findings.map(\.id))
    #expect(report.captures.map(\.tcpSegments).reduce(0, +) == once.captures[0].tcpSegments)
    // The one that was read first is the reference; by one clock it is numbered by its place.
    #expect(
      report.clock.map(\.point)
        == (milliseconds < 0 ? ["server-2", "server-1"] : ["server-1", "server-2"]))
    #expect(report.clock[0].offsetSeconds?.nanoseconds == 0)
    let offset = try #require(report.clock[1].offsetSeconds?.nanoseconds)
    let error = try #require(report.clock[1].errorSeconds?.nanoseconds)
    #expect(abs(offset - Int64(milliseconds.magnitude) * 1_000_000) <= error)
    #expect(report.clock[1].handshakes > 100)
    #expect(report.text().contains("The clock of \(report.clock[1].point) is "))
  }

  /// The files lie in front of each other on one way: SYNs come later, answers earlier.
  @Test func `the way between two points is not taken for an offset`() throws {
    let directory = try TemporaryDirectory()
    let server = try CaptureBuilder(reading: Translations.file("l4-collide", "server.pcap"))
    var front = server
    for index in front.packets.indices {
      let tcp = front.tcpOffset(of: front.packets[index])
      let isAnswer = front.packets[index].bytes.number(at: tcp) >> 16 == 80
      front.packets[index].time += 2_000_000_000 + (isAnswer ? 150_000 : -150_000)
    }
    let inputs = [
      CaptureInput(path: try directory.write(server, as: "a.pcap"), role: .server),
      CaptureInput(path: try directory.write(front, as: "b.pcap"), role: .server),
    ]
    let report = Analyzer().analyze(inputs).report
    let once = Analyzer().analyze([inputs[0]]).report
    let clock = try #require(report.clock.last)
    #expect(abs(try #require(clock.offsetSeconds?.nanoseconds) - 2_000_000_000) <= 1000)
    #expect(report.summary.syns.total == once.summary.syns.total)
    #expect(report.findings.map(\.id) == once.findings.map(\.id))
  }

  /// Half a second over the whole capture, which no one number makes good.
  @Test func `a clock that drifts too far allows no verdict`() throws {
    let directory = try TemporaryDirectory()
    let server = try CaptureBuilder(reading: Translations.file("l4-collide", "server.pcap"))
    let length = try #require(server.packets.last).time - server.packets[0].time
    let ppm = 1_000_000 * 500_000_000 / Double(length)
    let path = try directory.write(
      server.delayed(by: 100_000_000, driftPpm: ppm), as: "drifting.pcap")
    let report = Analyzer().analyze([
      KernelTruth.capture("l4-collide"), CaptureInput(path: path, role: .server),
    ]).report
    #expect(report.coverage.grade == .inconclusive)
    #expect(report.coverage.reasons.contains(.clocksDiffer))
    let warning = try #require(report.captures[1].warnings.first)
    #expect(warning.hasPrefix("its clock seems to be 0."))
    #expect(warning.contains(" s ahead of that of server-1; "))
    #expect(report.text().hasPrefix("VERDICT  None: "))
    #expect(report.clock.isEmpty)
  }

  @Test func `three points are held against the first, over one another`() throws {
    let directory = try TemporaryDirectory()
    let server = try CaptureBuilder(reading: Translations.file("l4-collide", "server.pcap"))
    // The second shares its first half with the first, and its second half with the third.
    var (first, third) = (server, server.delayed(by: 86_400_000_000_000))
    first.packets = Array(server.packets.prefix(server.packets.count / 2))
    third.packets = Array(third.packets.dropFirst(server.packets.count / 2))
    let files = [("a", first), ("b", server.delayed(by: 3_000_000_000)), ("c", third)]
    let inputs = try files.map { name, capture in
      CaptureInput(
        path: try directory.write(capture, as: "\(name).pcap"), role: .server, pointName: name)
    }
    let report = Analyzer().analyze(inputs).report
    let once = Analyzer().analyze([KernelTruth.capture("l4-collide")]).report
    #expect(report.findings.map(\.id) == once.findings.map(\.id))
    #expect(report.clock.map(\.point) == ["a", "b", "c"])
    for (clock, seconds) in zip(report.clock, [0, 3, 86_400] as [Int64]) {
      let offset = try #require(clock.offsetSeconds?.nanoseconds)
      #expect(abs(offset - seconds * 1_000_000_000) <= clock.errorSeconds?.nanoseconds ?? 0)
    }
  }

  @Test(arguments: [0, 5, 50]) func `clocks within the window give the counts of one`(
    milliseconds: Int
  ) throws {
    let report = try report(shift: milliseconds)
    let once = Analyzer().analyze([KernelTruth.capture("l4-collide")]).report
    #expect(!report.coverage.reasons.contains(.clocksDiffer))
    #expect(report.captures.flatMap(\.warnings) == [])
    #expect(report.summary.syns.total == once.summary.syns.total)
    #expect(report.findings.map(\.id) == once.findings.map(\.id))
  }

  @Test func `captures of other traffic say nothing about clocks`() throws {
    let directory = try TemporaryDirectory()
    let one = CaptureBuilder(microseconds: [0, 400_000], sequence: 1)
    let two = CaptureBuilder(microseconds: [100_000, 500_000], sequence: 100)
    let inputs = try [one, two].enumerated().map { index, capture in
      CaptureInput(path: try directory.write(capture, as: "\(index).pcap"), role: .server)
    }
    #expect(ReadOut(inputs).captures.flatMap(\.warnings) == [])
  }

  // MARK: - The comparison itself

  private func syn(_ digest: UInt64, at milliseconds: Int64, point: UInt32) -> Segment {
    Segment(
      time: Timestamp(nanoseconds: milliseconds * 1_000_000),
      source: Endpoint(address: IPAddress(v4: 1), port: 1),
      destination: Endpoint(address: IPAddress(v4: 2), port: 2), sequence: SequenceNumber(0),
      acknowledgment: SequenceNumber(0), flags: .syn, window: 0, payloadLength: 0,
      options: TCPOptions(), ipIdentification: 0, dontFragment: false, digest: digest, frame: 1,
      capture: point, point: point)
  }

  /// Two points that see SYNs of the given digests, the second so many milliseconds later.
  private func differences(
    _ offsets: [(digest: UInt64, milliseconds: Int64)], sides: [CaptureRole] = [.server, .server]
  ) -> [ClockComparison.Difference] {
    var clocks = ClockComparison()
    for (digest, offset) in offsets {
      clocks.observe(syn(digest, at: 1000, point: 0), side: sides[0])
      clocks.observe(syn(digest, at: 1000 + offset, point: 1), side: sides[1])
    }
    return clocks.differences
  }

  @Test func `most of the shared SYNs decide`() {
    #expect(differences([(1, 0), (2, 0), (3, 1000)]) == [])
    #expect(differences([(1, 0), (2, 1000)]) == [])
    #expect(
      differences([(1, 0), (2, 990), (3, 1000)])
        == [.init(point: 1, reference: 0, offset: 990_000_000)])
  }

  @Test func `a single SYN proves nothing`() {
    #expect(differences([(1, 1000)]) == [])
  }

  @Test func `the two sides are not compared`() {
    #expect(differences([(1, 1000), (2, 1000)], sides: [.client, .server]) == [])
  }

  @Test func `each point is compared with the first that saw the same`() {
    var clocks = ClockComparison()
    for digest in UInt64(0)..<10 {
      // Points 0 and 1 see other traffic; 2 agrees with 0, 3 does not agree with 1.
      let isEven = digest % 2 == 0
      clocks.observe(syn(digest, at: 1000, point: isEven ? 0 : 1), side: .server)
      clocks.observe(syn(digest, at: isEven ? 1010 : 400, point: isEven ? 2 : 3), side: .server)
    }
    #expect(clocks.differences == [.init(point: 3, reference: 1, offset: -600_000_000)])
  }

  @Test func `an offset longer than the memory of any one packet is found by the sample`() {
    var clocks = ClockComparison()
    var random = SplitMix(state: 1)
    let digests = (0..<50_000).map { _ in random.next() }
    for (index, digest) in digests.enumerated() {
      clocks.observe(syn(digest, at: Int64(index), point: 0), side: .server)
    }
    // The second point sees a fifth of the traffic, an hour later.
    for (index, digest) in digests.enumerated() where index % 5 == 0 {
      clocks.observe(syn(digest, at: Int64(index) + 3_600_000, point: 1), side: .server)
    }
    #expect(clocks.differences == [.init(point: 1, reference: 0, offset: 3_600_000_000_000)])
    #expect(clocks.sampleSizes.allSatisfy { (1...ClockComparison.capacity).contains($0) })
  }
}

/// Even digests, as a hash gives them.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
