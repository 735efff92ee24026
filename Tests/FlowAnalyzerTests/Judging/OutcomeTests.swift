import Testing

@testable import FlowAnalyzer

/// Answers that the capture cannot show, how attempts end and what hits cost them (contract,
/// section 1).
@Suite("Answers, outcomes and what they cost")
struct OutcomeTests {
  static let rejectedAt11 =
    Scene.timeWait + """
      11.000 > S  500
      11.001 < .  5002 ack 1002 id 0

      """

  @Test(
    arguments: [
      (11.999, "time-wait undetermined capture-ended"), (12.000, "time-wait unanswered lost"),
    ])
  func `silence counts after one second`(end: Double, verdict: String) {
    let hearing = Hearing(Scene.timeWait + "11.000 > S 500\n\(end) end")
    #expect(hearing.verdicts.last == verdict)
    let counts = hearing.report.summary.syns.timeWait
    #expect(counts.unanswered + counts.undetermined == 1)
  }

  @Test func `silence counts as soon as the next SYN comes`() {
    let hearing = Hearing(Scene.timeWait + "11.000 > S 500\n11.300 > S 500")
    #expect(
      hearing.verdicts.suffix(2) == [
        "time-wait unanswered lost", "time-wait undetermined capture-ended",
      ])
  }

  // Contract: failed after twice the last gap without a SYN, at least 3 s
  @Test(
    arguments: [(13.999, .undetermined), (14.000, .failed)] as [(Double, Outcome)])
  func `an attempt of one SYN has failed after three seconds`(end: Double, outcome: Outcome) {
    let hearing = Hearing(Self.rejectedAt11 + "\(end) end")
    #expect(hearing.report.findings.map(\.outcome) == [outcome])
    #expect(hearing.report.findings.map(\.setupSeconds?.value) == [nil])
  }

  @Test(
    arguments: [(16.999, .undetermined), (17.000, .failed)] as [(Double, Outcome)])
  func `an attempt has failed after twice its last gap`(end: Double, outcome: Outcome) {
    let hearing = Hearing(
      Self.rejectedAt11 + """
        11.500 > S  500
        11.501 < .  5002 ack 1002 id 0
        13.000 > S  500                   # twice 1.5 s are 3 s
        13.001 < .  5002 ack 1002 id 0
        15.000 > S  500                   # twice 2 s are 4 s; here: 19 s
        15.001 < .  5002 ack 1002 id 0
        """ + "\n\(end + 2) end")
    #expect(hearing.report.findings.map(\.outcome) == [outcome])
  }

  @Test func `a refusal after the last SYN is a failure at once`() {
    let hearing = Hearing(
      Self.rejectedAt11 + """
        11.001 > R  1002
        11.010 > S  500
        11.011 < R. 0 ack 501
        """)
    #expect(hearing.report.findings.map(\.outcome) == [.failed])
  }

  @Test func `a refusal that a further SYN follows is none`() {
    let hearing = Hearing(
      Self.rejectedAt11 + """
        11.001 > R  1002
        11.010 > S  500
        11.011 < R. 0 ack 501
        12.010 > S  500
        """)
    #expect(hearing.report.findings.map(\.outcome) == [.undetermined])
  }

  @Test func `a SYN-ACK that the opener does not acknowledge connects nothing`() {
    let script =
      Scene.timeWait + """
        11.000 > S  2000
        11.001 < S. 70539 ack 2001

        """
    #expect(Hearing(script + "12.000 end").report.findings.map(\.outcome) == [.undetermined])
    #expect(Hearing(script + "14.000 end").report.findings.map(\.outcome) == [.failed])
    let connected = Hearing(script + "11.002 > . 2001 ack 70540\n11.003 end")
    #expect(connected.report.findings.map(\.outcome) == [.connected])
    #expect(connected.report.findings.map(\.setupSeconds?.value) == [0.001])
  }

  @Test func `setup lasts from the first SYN to the first SYN-ACK that acknowledges it`() {
    let hearing = Hearing(
      Self.rejectedAt11 + """
        11.001 > R  1002
        12.000 > S  500
        12.250 < S. clock ack 501
        13.250 < S. clock+0 ack 501       # once more
        13.251 > .  501 ack clock+1
        """)
    let finding = hearing.report.findings.first
    #expect(finding?.outcome == .connected)
    #expect(finding?.setupSeconds?.value == 1.25)
    #expect(finding?.addedSeconds.value == 1)
  }

  @Test func `accepted hits cost nothing`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  2000
        11.001 < S. 70539 ack 2001
        12.000 > S  2000                  # the SYN-ACK was lost behind the capture point
        12.001 < S. 70539 ack 2001
        12.002 > .  2001 ack 70540
        """)
    #expect(
      hearing.verdicts == ["first use", "time-wait accepted sequence-newer", "reuse duplicate"])
    #expect(hearing.report.findings.map(\.addedSeconds.value) == [0])
    #expect(hearing.report.findings.map(\.outcome) == [.connected])
  }

  @Test func `waits after SYNs that were lost are not charged`() {
    let hearing = Hearing(
      Self.rejectedAt11 + """
        11.001 > R  1002
        11.010 > S  500                   # lost: the TIME_WAIT is gone, somebody would answer
        12.010 > S  500
        12.011 < S. clock ack 501
        12.012 > .  501 ack clock+1
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer", "reuse reset", "reuse reset",
      ])
    #expect(hearing.report.findings.map(\.addedSeconds.value) == [0.010])
    #expect(hearing.report.findings.map(\.setupSeconds?.value) == [1.011])
  }

  @Test func `the gravest hit names the finding`() {
    // On 4003 a TIME_WAIT rejects it; from 4100 it meets somebody's established connection.
    let hearing = Hearing(
      Scene.timeWait + """
        2.000 > S  8000           port 4100
        2.001 < S. 9000 ack 8001  port 4100
        2.002 > .  8001 ack 9001  port 4100
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        11.001 > R  1002
        11.010 > S  500           port 4100
        11.011 < .  9001 ack 8001 port 4100 id 7
        11.011 > R  8001          port 4100
        11.020 > S  500           port 4100
        11.021 < S. 700000 ack 501 port 4100
        11.022 > .  501 ack 700001 port 4100
        """)
    #expect(hearing.report.findings.map(\.kind) == [.established])
    #expect(hearing.report.findings.first?.hits.map(\.held.state) == [.timeWait, .established])
    #expect(hearing.report.summary.attempts.hit == 1)
    #expect(hearing.report.summary.killedConnections == 1)
    #expect(hearing.report.findings.first?.addedSeconds.value == 0.020)
  }
}
