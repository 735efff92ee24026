import Testing

@testable import FlowAnalyzer

/// When TIME_WAIT ends (reference, sections 1.4 and 1.5, and section 8, cases 18 to 25).
///
/// The timer starts at 1.001 s. On Linux it ends 60 s later, or up to 5.2 s late.
@Suite("The timer of TIME_WAIT")
struct TimeWaitTimerTests {
  // Case 18
  @Test func `just before its end, the ISN shows that it was still there`() {
    let hearing = Hearing(
      Scene.timeWait + """
        60.000 > S  2000
        60.001 < S. 70539 ack 2001
        """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
    #expect(hearing.report.analysis.timeWait.measured.atLeastSeconds?.value == 58.999)
  }

  // Case 18
  @Test func `after its end, the tuple is free`() {
    let hearing = Hearing(
      Scene.timeWait + """
        67.001 > S  500
        67.002 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse expired"])
    #expect(hearing.hits.isEmpty)
    #expect(hearing.report.findings.isEmpty)
    #expect(hearing.report.analysis.timeWait.measured.lessThanSeconds?.value == 66)
  }

  // Case 19: the timer wheel at 250 Hz rounds up by up to 2 s.
  @Test func `at 61 s the answer decides, not the time`() {
    let alive = Hearing(
      Scene.timeWait + """
        62.001 > S  2000
        62.002 < S. 70539 ack 2001
        """)
    #expect(alive.verdicts == ["first use", "time-wait accepted sequence-newer"])
    let refusing = Hearing(
      Scene.timeWait + """
        62.001 > S  500
        62.002 < .  5002 ack 1002 id 0
        """)
    #expect(refusing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
    let gone = Hearing(
      Scene.timeWait + """
        62.001 > S  2000
        62.002 < S. clock ack 2001
        """)
    #expect(gone.verdicts == ["first use", "reuse expired"])
    let silent = Hearing(
      Scene.timeWait + """
        62.001 > S  500
        70.000 end
        """)
    #expect(silent.verdicts == ["first use", "reuse unknown"])
  }

  /// It has just answered, so it is there, and the limit is why it does not answer again.
  @Test func `silence behind an answer is the limit's, at whatever age`() {
    let hearing = Hearing(
      Scene.timeWait + """
        61.200 > S  500
        61.201 < .  5002 ack 1002 id 0
        61.221 > S  500
        62.250 > S  500
        62.251 < S. clock ack 501
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer", "time-wait unanswered rate-limited",
        "reuse expired",
      ])
  }

  // Case 20
  @Test func `a retransmitted FIN restarts it`() {
    let hearing = Hearing(
      Scene.timeWait + """
        41.000 > F. 1001 ack 5002
        41.001 < .  5002 ack 1002
        71.000 > S  500
        71.001 < .  5002 ack 1002 id 0
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
    let held = hearing.report.findings.first?.hits.first?.held
    #expect(held?.ageSeconds?.value == 30)
    #expect(held?.since?.nanoseconds == 1_001_000_000)
    #expect(held?.restartedAt?.nanoseconds == 41_000_000_000)
    #expect(held?.freeAt?.nanoseconds == 101_000_000_000)
  }

  // Case 21
  @Test func `a keepalive restarts it`() {
    let hearing = Hearing(
      Scene.timeWait + """
        31.000 > .  1001 ack 5002         # SEG.SEQ = RCV.NXT - 1
        31.001 < .  5002 ack 1002 id 0
        81.000 > S  2000
        81.001 < S. 70539 ack 2001
        """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
    #expect(hearing.report.findings.first?.hits.first?.held.ageSeconds?.value == 50)
  }

  // Case 22
  @Test func `a FIN without ACK does not restart it`() {
    let hearing = Hearing(
      Scene.timeWait + """
        31.000 > F  1001
        31.001 < .  5002 ack 1002 id 0
        51.001 > S  500
        51.002 < .  5002 ack 1002 id 0
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
    #expect(hearing.report.findings.first?.hits.first?.held.ageSeconds?.value == 50)
  }

  // Case 23: RFC 5961, section 3
  @Test func `a RST one number off does not end it`() {
    let hearing = Hearing(
      Scene.timeWait + """
         5.000 > R  1003
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
  }

  // Case 24
  @Test func `a RST with the exact number ends it`() {
    let hearing = Hearing(
      Scene.timeWait + """
         5.000 > R  1002
        11.000 > S  500
        11.001 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
  }

  // Case 25
  @Test func `a RST with an older timestamp does not end it`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
         5.000 > R  1002          ts 299
        11.000 > S  500           ts 300
        11.001 < .  5002 ack 1002 ts 1950 ecr 300 id 0
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
    #expect(hearing.report.analysis.server.rfc1337 == "unknown")
  }

  /// A segment that arrives at 31 s, and what it does to the timer.
  struct Arrival: CustomTestStringConvertible, Sendable {
    enum Effect: Sendable { case restarted, unchanged, destroyed }
    var name: String
    var segment: String
    var effect: Effect
    var testDescription: String { name }
  }

  /// Section 1.4; TS.Recent is 300.
  static let arrivals: [Arrival] = [
    Arrival(
      name: "bare ACK in order", segment: "> . 1002 ack 5002 ts 310 ecr 951", effect: .restarted),
    Arrival(name: "keepalive", segment: "> . 1001 ack 5002 ts 310 ecr 951", effect: .restarted),
    Arrival(name: "old data", segment: "> P. 990(5) ack 5002 ts 310 ecr 951", effect: .restarted),
    Arrival(
      name: "ACK beyond the window", segment: "> . 99999 ack 5002 ts 310 ecr 951",
      effect: .restarted),
    Arrival(
      name: "SYN with ACK", segment: "> S. 777 ack 5002 ts 310 ecr 951", effect: .restarted),
    Arrival(
      name: "FIN with ACK", segment: "> F. 1001 ack 5002 ts 310 ecr 951", effect: .restarted),
    Arrival(name: "FIN without ACK", segment: "> F 1001 ts 310 ecr 0", effect: .unchanged),
    Arrival(
      name: "FIN without ACK, with an older timestamp", segment: "> F 1001 ts 299 ecr 0",
      effect: .restarted),
    Arrival(
      name: "SYN refused by sequence", segment: "> S 500 ts 300", effect: .unchanged),
    Arrival(name: "SYN refused by PAWS", segment: "> S 9000 ts 299", effect: .restarted),
    Arrival(name: "RST in order", segment: "> R 1002 ts 310", effect: .destroyed),
    Arrival(name: "RST in order without timestamp", segment: "> R 1002", effect: .destroyed),
    Arrival(name: "RST one off", segment: "> R 1003 ts 310", effect: .unchanged),
    Arrival(name: "RST with an older timestamp", segment: "> R 1002 ts 299", effect: .unchanged),
  ]

  @Test(arguments: arrivals) func `is restarted by what restarts that of Linux`(arrival: Arrival) {
    let answer = "31.001 < . 5002 ack 1002 ts 1950 ecr 300 id 0\n"
    let isAnswered = !arrival.segment.contains("R ") && !arrival.name.contains("in order")
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + "31.000 \(arrival.segment)\n" + (isAnswered ? answer : "")
        + "40.000 end")
    let freeAt = hearing.report.heldAtEnd.tuples.first?.freeAt?.nanoseconds
    switch arrival.effect {
    case .restarted: #expect(freeAt == 91_000_000_000)
    case .unchanged: #expect(freeAt == 61_001_000_000)
    case .destroyed: #expect(hearing.report.heldAtEnd.timeWait == 0)
    }
    #expect(hearing.report.summary.timeWaits.server == 1)
  }

  // Section 1.4: RST with rfc1337=1 leaves the timer alone in 6.18.
  @Test func `is not restarted by a RST that RFC 1337 ignores`() {
    let hearing = Hearing(Scene.timeWait + "31.000 > R 1002\n40.000 end") { $0.rfc1337 = true }
    #expect(hearing.report.heldAtEnd.tuples.map(\.freeAt?.nanoseconds) == [61_001_000_000])
  }

  // Section 1.4, "consequence"
  @Test func `runs for ever where older timestamps keep coming`() {
    var script = Scene.timeWaitWithTimestamps
    for at in stride(from: 50, through: 300, by: 50) {
      script += "\(at).000 > S 9000 ts 200\n"
      script += "\(at).001 < . 5002 ack 1002 ts 2000 ecr 300 id 0\n"
    }
    let hearing = Hearing(script)
    let expected = Array(repeating: "time-wait rejected timestamp-older", count: 6)
    #expect(hearing.verdicts == ["first use"] + expected)
    let ages = hearing.report.findings.flatMap(\.hits).compactMap(\.held.ageSeconds?.value)
    #expect(ages == [48.999, 50, 50, 50, 50, 50])
  }

  @Test func `as long as the option says`() {
    let script =
      Scene.timeWait + """
        41.001 > S  500
        41.002 < S. clock ack 501
        """
    #expect(Hearing(script).verdicts == ["first use", "reuse gone"])
    let short = Hearing(script) { $0.timeWait = 30_000_000_000 }
    #expect(short.verdicts == ["first use", "reuse expired"])
    let long = Hearing(Scene.timeWait + "201.000 > S 500\n300.000 end") {
      $0.timeWait = 240_000_000_000
    }
    #expect(long.verdicts == ["first use", "time-wait unanswered lost"])
  }
}
