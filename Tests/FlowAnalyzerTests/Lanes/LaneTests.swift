import Foundation
import Testing

@testable import FlowAnalyzer

/// Lanes change nothing: whoever audits which part of the traffic, the report is that of one audit of all.
@Suite("Lanes")
struct LaneTests {
  @Test(arguments: RealCaptureTests.scenarios, [1, 2, 3])
  func `a real capture gives the same report`(_ scenario: String, workers: Int) {
    var configuration = AnalyzerConfiguration()
    configuration.workers = workers
    configuration.forecast = .brief
    let input = CaptureInput(path: KernelTruth.capture(scenario).path, role: .server)
    let inLanes = Analyzer(configuration: configuration).analyze([input]).report
    configuration.usesLanes = false
    let whole = Analyzer(configuration: configuration).analyze([input]).report
    #expect(inLanes.json == whole.json)
  }

  @Test(arguments: RealCaptureTests.scenarios)
  func `so does the traffic of many addresses`(_ scenario: String) {
    let traffic = Traffic(scenario, copies: 8)
    #expect(traffic.lanesWithTraffic > 3)
    #expect(traffic.reportInLanes(batches: 100).json == traffic.reportOfOneAudit.json)
  }

  @Test(arguments: [1, 3, 2048])
  func `in batches of any size`(_ size: Int) {
    let traffic = Traffic("reset", copies: 8)
    #expect(traffic.reportInLanes(batches: size).json == traffic.reportOfOneAudit.json)
  }

  @Test func `results add up in any order`() {
    let traffic = Traffic("l4-collide", copies: 12)
    var random = SeededGenerator(seed: 5)
    let whole = traffic.reportOfOneAudit.json
    for _ in 0..<8 {
      let results = traffic.results(batches: 512).shuffled(using: &random)
      var sum = results[0]
      for result in results.dropFirst() { sum.add(result) }
      #expect(traffic.report(sum).json == whole)
    }
  }

  @Test func `only as many findings are listed as the report may, the first ones of all`() {
    var traffic = Traffic("l4-collide", copies: 12)
    traffic.configuration.maximumFindings = 17
    let report = traffic.reportInLanes(batches: 256)
    let ofOneAudit = traffic.reportOfOneAudit
    #expect(report.findings.count == 17 && report.findingsOmitted > 17)
    #expect(report.json == ofOneAudit.json)
    #expect(!report.worstOmitted.isEmpty)
    #expect(report.worstOmitted.map(\.id) == ofOneAudit.worstOmitted.map(\.id))
    #expect(report.text() == ofOneAudit.text())
  }

  @Test func `both directions are of one lane, and neighbouring addresses of several`() {
    var lanes: Set<Int> = []
    for number in 1...16 as ClosedRange<UInt32> {
      var segment = Segment.none
      segment.source = Endpoint(address: IPAddress(v4: 0x0a0a_0100 + number % 4), port: 4003)
      segment.destination = Endpoint(address: IPAddress(v4: 0xc0a8_0100 + number / 4), port: 80)
      var answer = Segment.none
      (answer.source, answer.destination) = (segment.destination, segment.source)
      answer.source.port = 8080
      #expect(Traffic.lane(of: segment) == Traffic.lane(of: answer))
      lanes.insert(Traffic.lane(of: segment))
    }
    #expect(lanes.count >= 5)
  }

  /// A connection is met in its middle, from the server's end, whose port is the higher one: that the
  /// server is one was seen on another lane only.
  @Test func `a server that a SYN of another lane was sent to is known`() throws {
    let server = Endpoint(address: IPAddress(v4: 0xc0a8_0101), port: 50_000)
    func segment(_ flags: TCPFlags, host: UInt32, at second: Int64, fromServer: Bool) -> Segment {
      var segment = Segment.none
      let peer = Endpoint(address: IPAddress(v4: 0x0a0a_0100 + host), port: 4003)
      (segment.source, segment.destination) = fromServer ? (server, peer) : (peer, server)
      segment.flags = flags
      segment.time = Timestamp(nanoseconds: second * 1_000_000_000)
      segment.sequence = SequenceNumber(UInt32(second) * 1000)
      segment.digest = UInt64(second) << 32 | UInt64(host)
      segment.frame = UInt64(second)
      return segment
    }
    // Twelve hosts open a connection to the server; others are met in the middle, where it closes first.
    var segments = (1...12 as ClosedRange<UInt32>).map {
      segment(.syn, host: $0, at: Int64($0), fromServer: false)
    }
    for host in 101...112 as ClosedRange<UInt32> {
      segments.append(segment([.fin, .ack], host: host, at: Int64(host), fromServer: true))
    }
    let traffic = Traffic(segments)
    let held = traffic.reportInLanes(batches: 8).heldAtEnd
    #expect(held.closing == 12)
    #expect(held.tuples.allSatisfy { $0.tuple.destination == server })
    #expect(traffic.reportInLanes(batches: 8).json == traffic.reportOfOneAudit.json)
  }

  /// Toward the load balancer and from there to the server a SYN goes between other addresses.
  @Test func `both sides of a translation are noticed, though they are of different lanes`() {
    let segments = (1...12).flatMap { number in
      Conversation(
        """
        \(number).000 > S  \(number)000 from \(number) to 9
        \(number).001 > S  \(number)000 from 99 to 1 port \(4100 + number)
        \(number).002 < S. 5000 ack \(number)001 from 99 to 1 port \(4100 + number)
        """
      ).segments.map { segment in
        var segment = segment
        segment.digest |= UInt64(number) << 32
        return segment
      }
    }
    #expect(segments.filter(\.isOpening).contains { Traffic.lane(of: $0) != 0 })
    let traffic = Traffic(segments)
    #expect(traffic.reportInLanes(batches: 8).coverage.reasons.contains(.bothSides))
    #expect(traffic.reportInLanes(batches: 8).json == traffic.reportOfOneAudit.json)
  }

  @Test(arguments: [1, 2, 4])
  func `a run that is interrupted reports what was read`(workers: Int) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).pcap")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(Traffic.manyPackets).write(to: file)
    var configuration = AnalyzerConfiguration()
    configuration.workers = workers
    let input = CaptureInput(path: file.path(percentEncoded: false), role: .server)
    let report = Analyzer(configuration: configuration).analyze([input]) { _ in false }.report
    let capture = try #require(report.captures.first)
    #expect(report.partial)
    #expect(capture.packets > 60_000 && capture.packets < 100_000)
    #expect(capture.tcpSegments == capture.packets)
    // The whole of it, for comparison.
    let whole = Analyzer(configuration: configuration).analyze([input]).report
    #expect(!whole.partial && whole.captures.first?.packets == 100_000)
  }
}

/// Traffic that one audit can take in, or lanes.
private struct Traffic {
  var configuration = AnalyzerConfiguration()
  let segments: [Segment]

  init(_ segments: [Segment]) { self.segments = segments }

  /// The segments of a real capture several times over, each time from other addresses and a little
  /// later.
  init(_ scenario: String, copies: Int) {
    var source = SegmentSource(
      inputs: [CaptureInput(path: KernelTruth.capture(scenario).path, role: .server)])
    var segments: [Segment] = []
    while let segment = source.next() {
      for copy in 0..<copies {
        var other = segment
        // Servers stay the same, so that lanes have to share what they know of them.
        let client =
          segment.source.port > segment.destination.port ? \Segment.source : \.destination
        other[keyPath: client].address.low ^= UInt64(copy) << 9
        other.time = segment.time.advanced(byNanoseconds: Int64(copy) * 370_000_000)
        other.digest ^= UInt64(copy) &* 0x9e37_79b9_7f4a_7c15
        other.frame = segment.frame * UInt64(copies) + UInt64(copy)
        segments.append(other)
      }
    }
    // In a stable order of times.
    self.segments = segments.sorted { ($0.time, $0.frame) < ($1.time, $1.frame) }
  }

  /// 100,000 packets of a few tuples.
  static var manyPackets: [UInt8] {
    CaptureBuilder(microseconds: (0..<100_000).map { Int64($0) * 700 }).contents
  }

  var reportOfOneAudit: AnalysisReport {
    var audit = Audit(configuration: configuration)
    for segment in segments { _ = audit.observe(segment) }
    audit.finish()
    return report(audit.result(configuration))
  }

  func reportInLanes(batches size: Int) -> AnalysisReport {
    let lanes = lanes(batches: size)
    return report(LaneRun.result(of: lanes, at: nil, configuration))
  }

  /// What each lane has found.
  func results(batches size: Int) -> [AuditResult] {
    let lanes = lanes(batches: size)
    _ = LaneRun.result(of: lanes, at: nil, configuration)
    return lanes.compactMap(\.result)
  }

  func report(_ result: AuditResult) -> AnalysisReport {
    ReportBuilder(configuration: configuration, captures: [], isPartial: false).report(result)
  }

  private func lanes(batches size: Int) -> [Lane] {
    let lanes = (0..<LaneRouter.laneCount).map { Lane($0, configuration) }
    var router = LaneRouter()
    var routes = Routes(capacity: size)
    for start in stride(from: 0, to: segments.count, by: size) {
      let batch = Self.batch(segments[start..<min(start + size, segments.count)], capacity: size)
      router.route(batch, into: &routes)
      for lane in lanes { lane.observe(batch, routes) }
    }
    return lanes
  }

  private static func batch(_ segments: ArraySlice<Segment>, capacity: Int) -> SegmentBatch {
    var batch = SegmentBatch(capacity: capacity)
    for segment in segments {
      batch.next = segment
      batch.appendNext(
        side: .server, of: RawSpan(), at: CommonHeaders.Place(start: 0, end: 0, maySayMore: false))
    }
    return batch
  }

  static func lane(of segment: Segment) -> Int {
    var router = LaneRouter()
    var routes = Routes(capacity: 1)
    router.route(batch([segment], capacity: 1), into: &routes)
    return (0..<LaneRouter.laneCount).first { lane in
      routes.withShare(of: lane) { $0.count } == 1
    } ?? -1
  }

  var lanesWithTraffic: Int { Set(segments.map(Self.lane)).count }
}
