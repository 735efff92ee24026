import Testing

@testable import FlowAnalyzer

/// Servers that are not Linux, as `--server-stack` names them (reference, section 3.4, and section
/// 8, cases 43 to 45).
@Suite("Stacks other than Linux")
struct StackTests {
  // Case 43
  @Test func `FreeBSD drops what is not ahead without a word until TIME_WAIT ends`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        12.000 > S  500
        14.000 > S  500
        67.001 > S  500
        67.002 < S. 3000000000 ack 501
        """
    ) { $0.serverStack = .freebsd }
    #expect(
      hearing.verdicts == [
        "first use", "time-wait unanswered silent-stack", "time-wait unanswered silent-stack",
        "time-wait unanswered silent-stack", "reuse expired",
      ])
    #expect(hearing.hits.map(\.predicted) == [.unanswered, .unanswered, .unanswered])
  }

  // Case 44
  @Test func `only Linux restarts the timer for a keepalive`() {
    let script =
      Scene.timeWait + """
        30.000 > . 1001 ack 5002
        30.001 < . 5002 ack 1002
        70.000 > S 1003
        70.001 < S. 9000 ack 1004
        """
    #expect(Hearing(script) { $0.serverStack = .freebsd }.verdicts.last == "reuse expired")
    #expect(Hearing(script) { $0.serverStack = .linux }.verdicts.last == "reuse gone")
  }

  /// RFC 9293, section 3.10.7.4: only the FIN that was received starts it anew.
  @Test(arguments: [(1001, 91_000_000_000), (5000, 61_001_000_000)] as [(Int, Int64)])
  func `other stacks restart the timer for the same FIN only`(sequence: Int, freeAt: Int64) {
    let script = Scene.timeWait + "31.000 > F. \(sequence) ack 5002\n40.000 end"
    let hearing = Hearing(script) { $0.serverStack = .freebsd }
    #expect(hearing.report.heldAtEnd.tuples.map(\.freeAt?.nanoseconds) == [freeAt])
  }

  @Test func `illumos refuses inside the window and keeps its TIME_WAIT`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  1500                  # window: 1002 to 2001
        11.001 < R. 0 ack 1501
        15.000 > S  1600
        15.001 < R. 0 ack 1601
        """
    ) { $0.serverStack = .illumos }
    #expect(
      hearing.verdicts == [
        "first use", "inferred time-wait reset inside-window",
        "inferred time-wait reset inside-window",
      ])
    #expect(hearing.hits.map(\.end) == [.survived, .survived])
    #expect(hearing.report.findings.map(\.outcome) == [.failed, .failed])
  }

  // Case 45
  @Test func `macOS rejects inside the window, newer or not, for half a minute`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  1500
        11.001 < .  5002 ack 1002 id 5
        11.001 > R  1002                  # which macOS ignores
        12.000 > S  1500
        12.001 < .  5002 ack 1002 id 6
        40.000 > S  1600
        40.001 < S. 3000000000 ack 1601
        """
    ) { $0.serverStack = .macos }
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected inside-window", "time-wait rejected inside-window",
        "reuse expired",
      ])
    // The second is the last that it met before it ran out.
    #expect(hearing.hits.map(\.end) == [.survived, .expired])
    #expect(hearing.report.analysis.timeWait.assumedSeconds.value == 30)
  }

  /// A row of the second table of section 3.4: what arrives, and what each stack does.
  struct Arrival: CustomTestStringConvertible, Sendable {
    var name: String
    var hadTimestamps: Bool
    var syn: String
    var predicted: [StackProfile: Answer]
    var testDescription: String { name }

    init(
      _ name: String, _ hadTimestamps: Bool, _ syn: String, linux: Answer, freebsd: Answer,
      macos: Answer, illumos: Answer, rfc9293: Answer
    ) {
      self.name = name
      self.hadTimestamps = hadTimestamps
      self.syn = syn
      predicted = [
        .linux: linux, .freebsd: freebsd, .macos: macos, .illumos: illumos, .rfc9293: rfc9293,
        // Section 10: not verified, so nothing is predicted.
        .windows: .undetermined,
      ]
    }
  }

  static let arrivals: [Arrival] = [
    Arrival(
      "ahead, inside the window", false, "1500", linux: .accepted, freebsd: .accepted,
      macos: .rejected, illumos: .reset, rfc9293: .accepted),
    Arrival(
      "the last number of the window", false, "2001", linux: .accepted, freebsd: .accepted,
      macos: .rejected, illumos: .reset, rfc9293: .accepted),
    Arrival(
      "the first behind the window", false, "2002", linux: .accepted, freebsd: .accepted,
      macos: .accepted, illumos: .accepted, rfc9293: .accepted),
    Arrival(
      "ahead, beyond the window", false, "9000", linux: .accepted, freebsd: .accepted,
      macos: .accepted, illumos: .accepted, rfc9293: .accepted),
    Arrival(
      "d = 0", false, "1002", linux: .rejected, freebsd: .unanswered, macos: .rejected,
      illumos: .reset, rfc9293: .unanswered),
    Arrival(
      "behind", false, "500", linux: .rejected, freebsd: .unanswered, macos: .rejected,
      illumos: .rejected, rfc9293: .unanswered),
    Arrival(
      "behind, newer timestamp", true, "500 ts 301", linux: .accepted, freebsd: .unanswered,
      macos: .rejected, illumos: .rejected, rfc9293: .accepted),
    Arrival(
      "beyond the window, older timestamp", true, "9000 ts 299", linux: .rejected,
      freebsd: .accepted, macos: .unanswered, illumos: .rejected, rfc9293: .unanswered),
    // Section 3.4, RFC 6191: accepted where only the SYN has timestamps (case 11).
    Arrival(
      "behind, timestamps only now", false, "500 ts 9000", linux: .rejected, freebsd: .unanswered,
      macos: .rejected, illumos: .rejected, rfc9293: .accepted),
    Arrival(
      "behind, equal timestamp", true, "500 ts 300", linux: .rejected, freebsd: .unanswered,
      macos: .rejected, illumos: .rejected, rfc9293: .unanswered),
    Arrival(
      "ahead, equal timestamp", true, "9000 ts 300", linux: .accepted, freebsd: .accepted,
      macos: .accepted, illumos: .accepted, rfc9293: .accepted),
  ]

  /// An ACK with the old numbers proves the hit; what is looked at is the prediction beside it.
  @Test(arguments: arrivals, StackProfile.allCases)
  func `each stack is predicted by its own rules`(arrival: Arrival, stack: StackProfile) {
    let hearing = Hearing(
      (arrival.hadTimestamps ? Scene.timeWaitWithTimestamps : Scene.timeWait) + """
        11.000 > S  \(arrival.syn)
        11.001 < .  5002 ack 1002 id 0
        """
    ) { $0.serverStack = stack }
    #expect(hearing.hits.map(\.predicted) == [arrival.predicted[stack]])
    #expect(hearing.hits.map(\.answer) == [.rejected])
  }

  /// Section 3.4, last row of the table: RST with SEG.SEQ = RCV.NXT.
  @Test(
    arguments: [(.linux, 0), (.freebsd, 1), (.macos, 1), (.illumos, 0), (.rfc9293, 1)]
      as [(StackProfile, Int)])
  func `a RST ends TIME_WAIT where the stack obeys it`(stack: StackProfile, heldAtEnd: Int) {
    let hearing = Hearing(Scene.timeWait + "5.000 > R 1002\n20.000 end") {
      $0.serverStack = stack
    }
    #expect(hearing.report.heldAtEnd.timeWait == heldAtEnd)
  }

  // Section 2
  @Test(
    arguments: [
      (.linux, 60), (.freebsd, 60), (.macos, 30), (.illumos, 60), (.rfc9293, 240), (.windows, 120),
    ] as [(StackProfile, Double)])
  func `each stack holds TIME_WAIT for its own time`(stack: StackProfile, seconds: Double) {
    let hearing = Hearing(Scene.timeWait) { $0.serverStack = stack }
    #expect(hearing.report.analysis.timeWait.assumedSeconds.value == seconds)
    let freeAt = hearing.report.heldAtEnd.tuples.first?.freeAt?.nanoseconds
    #expect(freeAt == 1_001_000_000 + Int64(seconds) * 1_000_000_000)
  }

  /// The old timestamp alone has it dropped.
  @Test func `macOS rejects an old SYN that has data`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
        11.000 > S  500(10)       ts 100
        11.001 < .  5002 ack 1002 ts 1950 ecr 300
        """
    ) { $0.serverStack = .macos }
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
    #expect(hearing.hits.map(\.predicted) == [.rejected])
  }

  @Test func `the option overrides the stack's own time`() {
    let hearing = Hearing(Scene.timeWait) {
      $0.serverStack = .windows
      $0.timeWait = 30_000_000_000
    }
    #expect(hearing.report.analysis.timeWait.assumedSeconds.value == 30)
  }

  @Test func `the window counts as scaled in the handshake`() {
    let scaled = """
      0.000 > S  1000          ws 4
      0.001 < S. 5000 ack 1001 ws 7
      0.002 > .  1001 ack 5001 win 10
      1.000 < F. 5001 ack 1001 win 10     # 10 << 7 = 1280
      1.001 > F. 1001 ack 5002 win 10
      1.001 < .  5002 ack 1002 win 10
      9.000 > S  2281                     # d = 1279
      9.001 < .  5002 ack 1002 win 10 id 0
      9.600 > S  2282                     # d = 1280
      9.601 < .  5002 ack 1002 win 10 id 0
      """
    let hearing = Hearing(scaled) { $0.serverStack = .macos }
    #expect(hearing.hits.map(\.predicted) == [.rejected, .accepted])
  }
}
