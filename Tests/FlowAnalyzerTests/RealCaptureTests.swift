import Testing

@testable import FlowAnalyzer

/// Real captures from a real load balancer between real kernels: every count must be the one that
/// the server's own kernel kept.
@Suite("Real captures")
struct RealCaptureTests {
  static let layer4 = ["l4-clean", "l4-client-fin", "l4-collide", "l4-rfc1337", "l4-v6"]
  /// Other states than TIME_WAIT, and other ways to end it.
  static let others = [
    "closewait", "expired", "fin-wait-1", "half-open", "half-open-v6", "loss-lb", "no-timestamps",
    "reset",
  ]
  static let scenarios = layer4 + ["l7-http", "l7-proxyv2"] + others

  static func report(_ scenario: String) -> AnalysisReport {
    Analyzer().analyze([KernelTruth.capture(scenario)]).report
  }

  /// A number of the kernel's, and the one of the report that must be the same.
  enum Identity: CaseIterable {
    /// A live socket counts every SYN that it refuses, also where its answer is withheld.
    case challenges
    /// Every SYN that TIME_WAIT refuses for its timestamp counts, answered or not.
    case refusalsByTimestamp
    /// TIME_WAIT answers at most once in half a second.
    case answersWithheld
    /// Linux counts mini-sockets as they are made: an orphan in FIN_WAIT_2 is one already.
    case timeWaits
    /// Resets that ended ESTABLISHED or CLOSE_WAIT; it tells where the server itself ends nothing.
    case killedUnclosed
    /// What was opened and is no longer there was killed, where no connection ends in order.
    case killed

    func kernel(_ truth: KernelTruth) -> Int {
      switch self {
      case .challenges: truth("TcpExtTCPSYNChallenge") + truth("TcpExtTCPACKSkippedFinWait2")
      case .refusalsByTimestamp: truth("TcpExtPAWSTimewait")
      case .answersWithheld: truth("TcpExtTCPACKSkippedTimeWait")
      case .timeWaits: truth("TcpExtTW")
      case .killedUnclosed: truth("TcpEstabResets")
      case .killed:
        truth("TcpPassiveOpens") - (truth.peers(.established)?.count ?? 0)
          - (truth.peers(.closing)?.count ?? 0)
      }
    }

    func report(_ report: AnalysisReport, _ truth: KernelTruth) -> Int {
      let hits = report.findings.flatMap(\.hits)
      func withheld(_ isCounted: (HeldKind) -> Bool) -> Int {
        hits.count { $0.reason == .rateLimited && isCounted($0.held.state) }
      }
      let syns = report.summary.syns
      switch self {
      case .challenges:
        return syns.established.rejected + syns.closing.rejected + withheld { $0 != .timeWait }
          - hits.count { $0.reason == .orphanAnswered }
      case .refusalsByTimestamp:
        // What was withheld gives no reason of its own; with timestamps it is this one.
        let rejected = hits.count {
          $0.held.state == .timeWait && $0.answer == .rejected && $0.reason == .timestampOlder
        }
        return rejected + (truth.arguments.timestamps == 1 ? withheld { $0 == .timeWait } : 0)
      case .answersWithheld: return syns.timeWait.unanswered
      case .timeWaits:
        let timeWaits = report.summary.timeWaits
        return timeWaits.server + timeWaits.both + timeWaits.serverFinWait2
      case .killedUnclosed, .killed: return report.summary.killedConnections
      }
    }

    /// The captures of which it is true.
    var scenarios: [String] {
      switch self {
      case .challenges, .refusalsByTimestamp, .answersWithheld, .timeWaits:
        RealCaptureTests.scenarios
      case .killedUnclosed: ["closewait", "half-open", "half-open-v6"]
      case .killed: ["closewait", "fin-wait-1", "half-open", "half-open-v6"]
      }
    }
  }

  @Test(arguments: Identity.allCases)
  func `the report's number is the kernel's`(identity: Identity) throws {
    var exercised = 0
    for scenario in identity.scenarios {
      let truth = try KernelTruth.load(scenario)
      let expected = identity.kernel(truth)
      #expect(identity.report(Self.report(scenario), truth) == expected, "\(scenario)")
      if expected > 0 { exercised += 1 }
    }
    #expect(exercised > 0, "no capture shows it")
  }

  /// Without timestamps no counter tells how many SYNs were refused.
  @Test func `without timestamps, rejections are the ACKs with foreign numbers`() {
    let scenario = "no-timestamps"
    let answers = Self.answersWithForeignNumbers(
      in: segments(of: KernelTruth.capture(scenario)))
    let syns = Self.report(scenario).summary.syns
    #expect(syns.timeWait.rejected + syns.established.rejected + syns.closing.rejected == answers)
    #expect(answers > 0)
  }

  /// SYNs whose first answer within a second is a bare ACK of anything but the SYN.
  static func answersWithForeignNumbers(in segments: [Segment]) -> Int {
    var pending: [FourTuple: Segment] = [:]
    var count = 0
    for segment in segments {
      if segment.flags == .syn { pending[segment.tuple] = segment }
      guard segment.source.port == 80, let syn = pending[segment.tuple.reversed],
        segment.time.nanoseconds(since: syn.time) <= 1_000_000_000
      else { continue }
      let isOwn = segment.acknowledgment == syn.sequence.advanced(by: 1)
      if segment.flags.contains(.rst) || segment.flags.contains(.syn) && isOwn {
        pending[segment.tuple.reversed] = nil
      } else if segment.flags == .ack, segment.payloadLength == 0 {
        pending[segment.tuple.reversed] = nil
        count += 1
      }
    }
    return count
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

  @Test(arguments: scenarios) func `tuples held at the end are those listed`(scenario: String)
    throws
  {
    let truth = try KernelTruth.load(scenario)
    let held = Self.report(scenario).heldAtEnd
    #expect(held.timeWait == truth.peersInTimeWait.count)
    let counts: [HeldKind: Int] = [
      .timeWait: held.timeWait, .established: held.established, .closing: held.closing,
    ]
    for (kind, count) in counts {
      let listed = held.tuples.filter { $0.state == kind }.map(\.tuple.source.description)
      #expect(listed.count == count)
      let peers = kind == .timeWait ? truth.peersInTimeWait : truth.peers(kind)
      guard let peers else { continue }
      #expect(Set(listed) == peers, "\(kind)")
      #expect(listed.count == peers.count, "\(kind)")
    }
  }

  @Test func `some capture ends with tuples held in every way`() throws {
    var seen: [HeldKind: Int] = [:]
    for scenario in Self.others {
      let truth = try KernelTruth.load(scenario)
      for kind in [HeldKind.timeWait, .established, .closing] {
        seen[kind, default: 0] += try #require(truth.peers(kind)).count
      }
      #expect(truth.peers(.timeWait) == truth.peersInTimeWait)
    }
    #expect(seen.count == 3 && seen.values.allSatisfy { $0 > 0 }, "\(seen)")
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

  @Test(arguments: ["l4-clean", "l4-client-fin", "expired", "reset"])
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

  @Test(arguments: [Int.max, Int.max / 2 + 1, 60, 50, 20, 2, 1, 0])
  func `a report lists as much as it may, and counts the rest`(limit: Int) {
    let whole = Self.report("l4-collide")
    var configuration = AnalyzerConfiguration()
    configuration.maximumFindings = limit
    configuration.maximumHeldTuples = limit
    let report = Analyzer(configuration: configuration)
      .analyze([KernelTruth.capture("l4-collide")]).report
    #expect(report.findings.map(\.id) == whole.findings.prefix(limit).map(\.id))
    #expect(
      report.findings.map { $0.hits.map(\.frame) }
        == whole.findings.prefix(limit).map { $0.hits.map(\.frame) })
    #expect(report.findings.count + report.findingsOmitted == whole.findings.count)
    #expect(report.worstFindings(9).map(\.id) == whole.worstFindings(9).map(\.id))
    #expect(report.summary.attempts.harmed == whole.findings.count { $0.isHarmful })
    #expect(report.summary.syns.reasons == whole.summary.syns.reasons)
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
