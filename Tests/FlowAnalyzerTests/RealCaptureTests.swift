import Testing

@testable import FlowAnalyzer

/// Real captures from a real load balancer between real kernels: every count must be the one that
/// the server's own kernel kept.
@Suite("Real captures")
struct RealCaptureTests {
  static let layer4 = ["l4-clean", "l4-client-fin", "l4-collide", "l4-rfc1337", "l4-v6"]
  static let scenarios = layer4 + ["l7-http", "l7-proxyv2"]

  static func report(_ scenario: String) -> AnalysisReport {
    Analyzer().analyze([KernelTruth.capture(scenario)]).report
  }

  @Test(arguments: scenarios) func `challenges are those that the kernel sent`(scenario: String)
    throws
  {
    let truth = try KernelTruth.load(scenario)
    let syns = Self.report(scenario).summary.syns
    #expect(syns.established.rejected + syns.closing.rejected == truth("TcpExtTCPSYNChallenge"))
  }

  @Test(arguments: scenarios) func `answers withheld are those of the rate limit`(scenario: String)
    throws
  {
    let truth = try KernelTruth.load(scenario)
    let syns = Self.report(scenario).summary.syns
    #expect(syns.timeWait.unanswered == truth("TcpExtTCPACKSkippedTimeWait"))
  }

  @Test(arguments: scenarios) func `rejections are those that PAWS refused`(scenario: String) throws
  {
    let truth = try KernelTruth.load(scenario)
    try #require(truth.arguments.timestamps == 1)
    let syns = Self.report(scenario).summary.syns
    #expect(
      syns.timeWait.rejected + syns.timeWait.unanswered == truth("TcpExtPAWSTimewait"))
  }

  @Test(arguments: scenarios) func `acceptances are those whose ISN says so`(scenario: String) {
    #expect(
      Self.report(scenario).summary.syns.timeWait.accepted
        == Self.isnsAfterTimeWait(in: segments(of: KernelTruth.capture(scenario))))
  }

  /// SYN-ACKs whose ISN lies 65537 behind the highest number that the server has sent on the tuple.
  static func isnsAfterTimeWait(in segments: [Segment]) -> Int {
    var ends: [Endpoint: UInt32] = [:]
    var count = 0
    for segment in segments where segment.source.port == 80 {
      let end = segment.sequenceEnd.value
      if segment.flags == [.syn, .ack] {
        if let old = ends[segment.destination] {
          let expected = old &+ 65_537
          if segment.sequence.value == (expected == 0 ? 1 : expected) { count += 1 }
        }
        ends[segment.destination] = end
      } else if let old = ends[segment.destination], Int32(bitPattern: end &- old) > 0 {
        ends[segment.destination] = end
      }
    }
    return count
  }

  @Test(arguments: scenarios) func `TIME_WAITs at the server are those counted`(scenario: String)
    throws
  {
    let truth = try KernelTruth.load(scenario)
    let timeWaits = Self.report(scenario).summary.timeWaits
    #expect(timeWaits.server + timeWaits.both == truth("TcpExtTW"))
  }

  @Test(arguments: scenarios) func `tuples held at the end are those listed`(scenario: String)
    throws
  {
    let truth = try KernelTruth.load(scenario)
    let held = Self.report(scenario).heldAtEnd
    let peers = held.tuples.filter { $0.state == .timeWait }.map(\.tuple.source.description)
    #expect(Set(peers) == truth.peersInTimeWait)
    #expect(peers.count == truth.peersInTimeWait.count)
    #expect(held.timeWait == truth.peersInTimeWait.count)
  }

  @Test(arguments: scenarios) func `every SYN gets one verdict`(scenario: String) {
    let syns = Self.report(scenario).summary.syns
    #expect(syns.total == syns.firstUses + syns.hits + syns.reuses.values.reduce(0, +))
    let naive = segments(of: KernelTruth.capture(scenario)).count { $0.flags == .syn }
    #expect(syns.total == naive)
    for answers in [syns.timeWait, syns.established, syns.closing] {
      let parts = [
        answers.accepted, answers.rejected, answers.reset, answers.unanswered,
        answers.undetermined,
      ]
      #expect(answers.total == parts.reduce(0, +))
    }
  }

  @Test(arguments: ["l4-clean", "l4-client-fin"])
  func `without reuse inside TIME_WAIT there is no hit`(scenario: String) {
    let summary = Self.report(scenario).summary
    #expect(summary.syns.hits == 0)
    #expect(summary.attempts.hit == 0)
    #expect(summary.killedConnections == 0)
  }

  @Test func `l4-collide has 140 attempts, all of them connected`() {
    let report = Self.report("l4-collide")
    let attempts = report.summary.attempts
    #expect(attempts.total == 140)
    #expect(attempts.connected == attempts.hit)
    #expect(report.findings.count == attempts.hit)
    #expect(report.findings.flatMap(\.hits).count == report.summary.syns.hits)
  }

  @Test func `a capture given bare and for the server side has the counts of one`() {
    let named = KernelTruth.capture("l4-collide")
    let bare = CaptureInput(path: named.path)
    let once = Analyzer().analyze([named]).report
    for inputs in [[named, bare], [bare, named]] {
      let report = Analyzer().analyze(inputs).report
      #expect(report.summary.syns.total == once.summary.syns.total)
      #expect(report.summary.syns.timeWait.accepted == once.summary.syns.timeWait.accepted)
      #expect(report.summary.attempts.hit == once.summary.attempts.hit)
      #expect(report.findings.map(\.id) == once.findings.map(\.id))
    }
  }

  @Test(arguments: [Int.max, Int.max / 2 + 1, 2, 1, 0])
  func `a report lists as much as it may, and counts the rest`(limit: Int) {
    let whole = Self.report("l4-collide")
    var configuration = AnalyzerConfiguration()
    configuration.maximumFindings = limit
    configuration.maximumHeldTuples = limit
    let report = Analyzer(configuration: configuration)
      .analyze([KernelTruth.capture("l4-collide")]).report
    #expect(report.findings.map(\.id) == whole.findings.prefix(limit).map(\.id))
    #expect(report.findings.count + report.findingsOmitted == whole.findings.count)
    #expect(
      report.heldAtEnd.tuples.map(\.tuple) == whole.heldAtEnd.tuples.prefix(limit).map(\.tuple))
    #expect(
      report.heldAtEnd.tuples.count + report.heldAtEnd.tuplesOmitted
        == whole.heldAtEnd.tuples.count)
  }

  @Test func `whether RFC 1337 is on is found out`() {
    #expect(Self.report("l4-rfc1337").analysis.server.rfc1337 == "on")
    #expect(Self.report("l4-collide").analysis.server.rfc1337 == "off")
  }

  @Test(arguments: scenarios) func `no answer surprises`(scenario: String) {
    let hits = Self.report(scenario).findings.flatMap(\.hits)
    #expect(hits.filter { $0.reason == .unexpected }.map(\.frame) == [])
    #expect(hits.filter { $0.answer != $0.predicted }.map(\.frame) == [])
  }

  /// Section 3.2 of the reference against the kernel, and the analyzer against both.
  @Test(arguments: layer4) func `a simple model of the table comes to the same`(scenario: String)
    throws
  {
    let truth = try KernelTruth.load(scenario)
    var oracle = TimeWaitOracle(ignoresResets: truth.arguments.rfc1337 == 1)
    for segment in segments(of: KernelTruth.capture(scenario)) { oracle.hear(segment) }
    oracle.finish()
    #expect(oracle.tally.surprises == [])
    let timeWait = Self.report(scenario).summary.syns.timeWait
    #expect(
      [timeWait.accepted, timeWait.rejected, timeWait.unanswered]
        == [oracle.tally.accepted, oracle.tally.rejected, oracle.tally.unanswered])
  }
}
