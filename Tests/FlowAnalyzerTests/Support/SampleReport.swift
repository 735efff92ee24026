import Fixtures
import Foundation

@testable import FlowAnalyzer

extension AnalysisReport {
  /// Ten attempts, ten SYNs, nothing found; tests change what they are about.
  static let sample = AnalysisReport(
    partial: false,
    captures: [
      Capture(
        path: "server.pcap", point: "server-1", role: "server", packets: 100, tcpSegments: 100,
        duplicates: 0, truncated: false, firstPacket: Timestamp(nanoseconds: 0),
        lastPacket: Timestamp(nanoseconds: 200_000_000_000), warnings: [], error: nil, skipped: [:],
        dropped: nil, contentHash: "0123456789abcdef")
    ],
    clock: [],
    topology: Topology(
      translation: .unknown, snatAddresses: [], virtualAddresses: [], servers: [], snatPorts: [],
      isEgress: false, answersBypass: false),
    coverage: Coverage(grade: .full, reasons: []),
    analysis: Analysis(
      timeWait: .init(
        assumedSeconds: Seconds(nanoseconds: 60_000_000_000), source: "default",
        measured: .init(atLeastSeconds: nil, lessThanSeconds: nil), warning: nil),
      lbHold: .init(atLeastSeconds: nil, atMostSeconds: nil, named: []),
      server: .init(
        stack: "linux", stackSource: "default", rfc1337: "unknown", rfc1337Source: "default")),
    summary: Summary(
      syns: Syns(
        total: 10, firstUses: 10, timeWait: .none, established: .none, closing: .none, reuses: [:]),
      attempts: Attempts(total: 10, hit: 0, connected: 0, failed: 0, undetermined: 0),
      timeWaits: TimeWaits(server: 10, peer: 0, both: 0, serverFinWait2: 0), killedConnections: 0,
      addedSeconds: DelayStatistics().model(ofAll: 10)),
    timeline: nil, reuseIntervals: [], sources: [], sourcesOmitted: 0, forecast: nil,
    forecastAbsence: .notAsked,
    heldAtEnd: HeldAtEnd(
      timeWait: 0, established: 0, closing: 0, tuples: [], tuplesOmitted: 0),
    findings: .init([]), findingsOmitted: 0)

  /// Makes the first attempt hit once, or as often as it kills; it connects in the end.
  mutating func hit(
    _ held: HeldKind, _ answer: Answer, killing killed: Int = 0, outcome: Outcome = .connected
  ) {
    var answers = Answers.none
    let count = max(killed, 1)
    answers.total = count
    switch answer {
    case .accepted: answers.accepted = count
    case .rejected: answers.rejected = count
    case .reset: answers.reset = count
    case .unanswered: answers.unanswered = count
    case .undetermined: answers.undetermined = count
    }
    switch held {
    case .timeWait: summary.syns.timeWait = answers
    case .established: summary.syns.established = answers
    case .closing: summary.syns.closing = answers
    }
    summary.syns.firstUses = 10 - count
    summary.attempts.hit = 1
    summary.attempts.connected = 1
    summary.attempts.harmed = answer != .accepted || killed > 0 || outcome == .failed ? 1 : 0
    summary.syns.reasons = [.init(answer: answer, reason: .challenge, hits: count)]
    let tuple = FourTuple(
      source: Endpoint(address: IPAddress(v4: 0x0a0a_0101), port: 4003),
      destination: Endpoint(address: IPAddress(v4: 0xc0a8_0101), port: 80))
    let hit = Hit(
      at: Timestamp(nanoseconds: 1_000_000_000), capture: 0, frame: 7, tuple: tuple, isn: 1,
      held: Held(
        state: held, since: nil, restartedAt: nil, freeAt: nil, ageSeconds: nil, evidence: .tracked,
        end: killed > 0 ? .killed : .survived),
      previous: .unknown, predicted: answer, answer: answer, reason: .challenge,
      killedConnection: killed > 0, answeredAfterSeconds: nil, sequenceDistance: nil,
      timestampDistance: nil)
    findings = Findings([
      Finding(
        id: FindingIdentifier(value: 0x0123_4567_89ab_cdef), kind: .established, current: .unknown,
        hits: Array(repeating: hit, count: count), outcome: outcome, setupSeconds: nil,
        addedSeconds: Seconds(nanoseconds: 0), syns: 2)
    ])
  }
}

extension AnalysisReport.Findings {
  init(_ findings: [AnalysisReport.Finding]) { self.init(count: findings.count) { findings[$0] } }
}

extension AnalysisReport.Answers {
  static let none = AnalysisReport.Answers(
    total: 0, accepted: 0, rejected: 0, reset: 0, unanswered: 0, undetermined: 0)
}

extension AnalysisReport {
  /// Of a committed capture, taken for the server side.
  init(real file: String) {
    let path = Fixtures.captures.appending(path: file).path
    self = Analyzer().analyze([CaptureInput(path: path, role: .server)]).report
  }
}
