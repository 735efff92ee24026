import Fixtures
import Foundation
import Testing

@testable import FlowAnalyzer

/// What goes from machine to machine on the way to a report makes the report that one machine makes.
@Suite("Stages")
struct StageTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private var analyzer: Analyzer {
    var configuration = AnalyzerConfiguration()
    configuration.forecast = .brief
    return Analyzer(configuration: configuration)
  }

  private func expectSameReport(
    _ inputs: [CaptureInput], by analyzer: Analyzer? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let analyzer = analyzer ?? self.analyzer
    let whole = analyzer.analyze(inputs)
    let staged = try analyzer.analyzeInStages(inputs)
    #expect(staged.report.json == whole.report.json, sourceLocation: sourceLocation)
    #expect(staged.report.text() == whole.report.text(), sourceLocation: sourceLocation)
    #expect(staged.failures == whole.failures, sourceLocation: sourceLocation)
    #expect(staged.assumed == whole.assumed, sourceLocation: sourceLocation)
  }

  private func sides(_ scenario: String, of balancer: String? = nil) -> [CaptureInput] {
    let folder = Fixtures.captures.appending(path: scenario)
    return [("server.pcap", CaptureRole.server), ("client-any.pcap", .client)].map { name, role in
      CaptureInput(path: folder.appending(path: name).path, role: role, balancer: balancer)
    }
  }

  @Test(arguments: RealCaptureTests.scenarios)
  func `the server side of a real capture`(_ scenario: String) throws {
    try expectSameReport([CaptureInput(path: KernelTruth.capture(scenario).path, role: .server)])
  }

  @Test(arguments: [
    "l4-clean", "l4-client-fin", "l4-collide", "l4-rfc1337", "l4-v6", "l7-http", "l7-proxyv2",
  ])
  func `both sides of a real capture, named or not`(_ scenario: String) throws {
    let inputs = sides(scenario)
    try expectSameReport(inputs)
    try expectSameReport(inputs.map { CaptureInput(path: $0.path) })
  }

  @Test(arguments: Rearrangement.all)
  func `a real capture in any files`(_ rearrangement: Rearrangement) throws {
    let capture = try CaptureBuilder(reading: KernelTruth.capture("l4-collide").path)
    let inputs = try rearrangement.files(capture).enumerated().map { index, contents in
      CaptureInput(path: try directory.write(contents, as: "part-\(index).pcap"), role: .server)
    }
    try expectSameReport(inputs, by: Analyzer())
  }

  @Test(arguments: Wrapping.all)
  func `a real capture in any wrapping`(_ wrapping: Wrapping) throws {
    let capture = try CaptureBuilder(reading: KernelTruth.capture("l7-http").path)
    let path = try directory.write(capture.wrapped(in: wrapping), as: "wrapped.pcap")
    try expectSameReport(
      [CaptureInput(path: path, role: .server), sides("l7-http")[1]], by: Analyzer())
  }

  /// What a fragment completes began in the file before, and each file is extracted by itself.
  @Test(arguments: Wrapping.fragmented)
  func `fragments of a datagram in two files`(_ wrapping: Wrapping) throws {
    let conversation = Conversation(
      Scene.timeWait + "30.0 > S 90000\n30.1 < . 5002 ack 1002\n31.2 > R 1002\n33.0 end")
    let capture = CaptureBuilder(conversation).wrapped(in: wrapping)
    var hits: Set<Int> = []
    for place in 1..<capture.packets.count {
      let files = [capture.packets[..<place], capture.packets[place...]].map { packets in
        var file = capture
        file.packets = Array(packets)
        return file
      }
      let inputs = try files.enumerated().map { index, file in
        CaptureInput(path: try directory.write(file, as: "part-\(index).pcap"), role: .server)
      }
      try expectSameReport(inputs)
      hits.insert(analyzer.analyze(inputs).report.summary.syns.timeWait.total)
      // A hash over a file tells its packets, and not those of another.
      #expect(
        analyzer.analyze(inputs).report.captures[1].contentHash
          == analyzer.analyze([inputs[1]]).report.captures[0].contentHash)
    }
    #expect(hits == [1])
  }

  /// Of UDP nobody but the first fragment knows whether it is a tunnel, and the others travel whole.
  @Test func `blocks stay small where fragments are large`() throws {
    var capture = CaptureBuilder(Conversation(Scene.timeWait + "30.0 > S 90000\n33.0 end"))
    let datagram = ipv4(udp([UInt8](repeating: 7, count: 60_000), 2049), 17)
    for number in 0..<300 {
      for (index, fragment) in datagram.ipFragments(number, size: 20_000).enumerated() {
        capture.insert(
          TestPacket.ethernet(fragment), at: 1 + 0.1 * Double(number) + 0.01 * Double(index))
      }
    }
    let input = CaptureInput(
      path: try directory.write(capture, as: "server.pcap"), role: .server)
    var sizes: [Int] = []
    _ = RecordExtraction(of: input, number: 0).run { frame in
      if case .block(let block) = frame { sizes.append(block.count) }
    }
    #expect(sizes.count > 1)
    #expect(sizes.allSatisfy { $0 < FlowRecorder.blockBytes + (1 << 16) })
    try expectSameReport([input])
  }

  /// Its first packets, its last ones, and those between which a clock was set back are no TCP.
  @Test func `packets without a segment say when others were captured`() throws {
    var capture = try CaptureBuilder(reading: KernelTruth.capture("l4-collide").path)
    let arp = [UInt8](repeating: 0, count: 12) + [8, 6] + [UInt8](repeating: 0, count: 46)
    var packets = capture.packets
    let second: Int64 = 1_000_000_000
    func other(_ time: Int64) -> CaptureBuilder.Packet {
      var packet = packets[0]
      packet.bytes = arp
      packet.time = time
      return packet
    }
    packets.insert(other(packets[900].time + 10 * second), at: 900)
    packets.insert(other(packets[500].time + second / 100), at: 500)
    packets.insert(other(packets[0].time - 2 * second), at: 0)
    packets.append(other(packets[packets.count - 1].time + 90 * second))
    capture.packets = packets
    let path = try directory.write(capture, as: "others.pcap")
    var earlier = capture
    earlier.packets = capture.packets.map { packet in
      var packet = packet
      packet.time += second / 500
      return packet
    }
    let secondPoint = try directory.write(earlier, as: "second.pcap")
    try expectSameReport([CaptureInput(path: path, role: .server)])
    try expectSameReport([
      CaptureInput(path: path, role: .server, pointName: "one"),
      CaptureInput(path: secondPoint, role: .server, pointName: "two"),
    ])
  }

  @Test func `captures that cannot be read, or not to their ends, are named as they were`() throws {
    let bytes = try Data(contentsOf: URL(filePath: KernelTruth.capture("l4-collide").path))
    let cut = try directory.write([UInt8](bytes.prefix(30_001)), as: "cut.pcap")
    var damaged = [UInt8](bytes)
    for place in 60_000..<60_040 { damaged[place] = 0xff }
    let broken = try directory.write(damaged, as: "broken.pcap")
    let empty = try directory.write([UInt8](bytes.prefix(24)), as: "empty.pcap")
    let nothing = try directory.write([UInt8](), as: "nothing.pcap")
    let missing = directory.path + "/missing.pcap"
    try expectSameReport(
      [cut, broken, empty, nothing, missing].map { CaptureInput(path: $0, role: .server) })
    try expectSameReport(
      [missing, cut].map { CaptureInput(path: $0, role: .server) } + [sides("l4-collide")[1]])
  }

  // MARK: - Load balancers

  @Test func `captures of several load balancers`() throws {
    try expectSameReport(
      sides("l4-collide", of: "a") + sides("l7-http", of: "b") + sides("l4-v6", of: "c")
        + [CaptureInput(path: KernelTruth.capture("half-open").path, role: .server)])
    var few = analyzer
    few.configuration.maximumFindings = 7
    try expectSameReport(sides("l4-collide", of: "a") + sides("l4-v6", of: "c"), by: few)
  }

  /// Whatever belongs together is in any order on the command line.
  @Test func `sides of load balancers that are named in turns`() throws {
    let (one, other) = (sides("l4-collide", of: "a"), sides("l7-proxyv2", of: "b"))
    try expectSameReport([one[0], other[0], other[1], one[1]])
  }

  /// The same addresses are behind both, as networks of laboratories are.
  @Test func `load balancers do not touch each other`() throws {
    let report = analyzer.analyze(sides("l4-collide", of: "a") + sides("l4-collide", of: "b"))
      .report
    let alone = analyzer.analyze(sides("l4-collide")).report
    #expect(report.summary.syns.total == 2 * alone.summary.syns.total)
    #expect(report.summary.syns.timeWait.total == 2 * alone.summary.syns.timeWait.total)
    #expect(report.summary.pairs?.paired == (alone.summary.pairs?.paired ?? 0) * 2)
    #expect(
      report.captures.map(\.point) == ["server-1@a", "client-1@a", "server-1@b", "client-1@b"])
    let captures = (0..<report.findings.count).map { report.findings[$0].hits[0].capture }
    #expect(Set(captures) == [0, 2])
    #expect(report.clock.map(\.point) == report.captures.map(\.point))
  }

  /// A second reading finds the packets of each, too.
  @Test func `findings of several load balancers are traced`() throws {
    let analysis = analyzer.analyze(
      sides("l4-collide", of: "a") + sides("l4-v6", of: "b"))
    let findings = Array(analysis.report.findings)
    let traces = try analyzer.trace(findings, of: analysis)
    #expect(traces.map(\.finding.id) == findings.map(\.id))
    for trace in traces { #expect(trace.isComplete) }
    for trace in traces {
      let captures = Set(trace.frames.map { Int($0.segment.capture) })
      let first = trace.finding.hits[0].capture
      #expect(captures.isSubset(of: [first, first + 1]))
    }
  }

  // MARK: - What does not belong together

  @Test func `records of two load balancers are not judged together`() throws {
    let spool = try RecordSpool(in: directory.path)
    try spool.addAll(of: sides("l4-clean", of: "a")[0], number: 0)
    #expect(throws: RecordSpoolError.otherBalancer) {
      try spool.addAll(of: sides("l4-clean", of: "b")[0], number: 1)
    }
  }

  @Test func `records come by the numbers of their captures, and whole`() throws {
    let spool = try RecordSpool(in: directory.path)
    #expect(throws: RecordSpoolError.empty) { _ = try analyzer.judge(spool) }
    try spool.addAll(of: sides("l4-clean")[0], number: 3)
    #expect(throws: RecordSpoolError.outOfOrder) {
      try spool.addAll(of: sides("l4-clean")[1], number: 3)
    }
    #expect(throws: RecordSpoolError.outOfOrder) { try spool.add(.block([0, 0, 0])) }
    let header = RecordedCaptureHeader(sides("l4-clean")[1], number: 4)
    try spool.add(.begin(header))
    #expect(throws: RecordSpoolError.outOfOrder) { _ = try analyzer.judge(spool) }
  }

  @Test func `what is damaged on its way is not judged`() throws {
    let spool = try RecordSpool(in: directory.path)
    let input = sides("l4-clean")[0]
    _ = try RecordExtraction(of: input, number: 0).run { frame in
      if case .block(let bytes) = frame {
        try spool.add(.block(Array(bytes.dropLast())))
      } else {
        try spool.add(frame)
      }
    }
    do {
      _ = try analyzer.judge(spool)
      Issue.record("it was judged")
    } catch {
      #expect("\(error)".hasPrefix("the records of \(input.path) are damaged; extract them again"))
    }
  }

  /// What another machine sends may say anything of what it has counted.
  @Test func `counts that no capture gives are not taken in`() throws {
    let spool = try RecordSpool(in: directory.path)
    let input = sides("l4-clean")[0]
    #expect(throws: RecordSpoolError.damaged(capture: input.path, nil)) {
      _ = try RecordExtraction(of: input, number: 0).run { frame in
        guard case .end(let record) = frame else { return try spool.add(frame) }
        let counted = String(decoding: try JSONEncoder().encode(record), as: UTF8.self)
        let claimed = counted.replacing("\"segments\":", with: "\"segments\":9", maxReplacements: 1)
        #expect(claimed != counted)
        try spool.add(.end(JSONDecoder().decode(CaptureRecord.self, from: Data(claimed.utf8))))
      }
    }
  }

  @Test func `summaries by different rules make no report`() throws {
    let one = try analyzer.summaries(of: sides("l4-clean", of: "a"))
    var others = analyzer
    others.configuration.timeWait = 30_000_000_000
    let other = try others.summaries(of: sides("l4-v6", of: "b"), from: 2)
    #expect(throws: SummaryError.otherRules) { _ = try analyzer.merge([one, other]) }
    #expect(throws: SummaryError.twice) { _ = try analyzer.merge([one, one]) }
    #expect(throws: SummaryError.none) { _ = try analyzer.merge([]) }
  }

  /// The folder of a spool goes with it.
  @Test func `nothing is left behind`() throws {
    do {
      let spool = try RecordSpool(in: directory.path)
      try spool.addAll(of: sides("l4-clean")[0], number: 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).count == 1)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
  }
}

extension RecordSpool {
  fileprivate func addAll(of input: CaptureInput, number: Int) throws {
    _ = try RecordExtraction(of: input, number: number).run { try add($0) }
  }
}

extension Analyzer {
  fileprivate func summaries(
    of inputs: [CaptureInput], from first: Int = 0
  ) throws -> PartialSummary {
    let spool = try RecordSpool(in: FileManager.default.temporaryDirectory.path)
    for (place, input) in inputs.enumerated() {
      try spool.addAll(of: input, number: first + place)
    }
    return try judge(spool)
  }
}
