import Testing

@testable import FlowAnalyzer

/// Where a time decides, on both sides of it: limits that are certain, and what lies between them.
@Suite("Where limits end")
struct LimitBoundaryTests {
  /// Answered at once, which is seen 1 ms later.
  private static let rejected =
    Scene.timeWait + """
      11.000 > S  500
      11.001 < .  5002 ack 1002 id 0

      """

  // MARK: - Half a second between two answers

  /// The server counts it in ticks of up to 10 ms.
  @Test(arguments: [(11.509, "rate-limited"), (11.510, "lost")])
  func `a tick longer than half a second the limit explains silence`(at: Double, reason: String) {
    let hearing = Hearing(
      Self.rejected + """
        \(at)  > S  500
        14.000 end
        """)
    #expect(hearing.verdicts.last == "time-wait unanswered \(reason)")
  }

  @Test func `a tick less than half a second later the next answer may come`() {
    let hearing = Hearing(
      Self.rejected + """
        11.496 > S  500
        11.497 < .  5002 ack 1002 id 0
        14.000 end
        """)
    #expect(hearing.verdicts.last == "time-wait rejected sequence-not-newer")
  }

  /// SYNs come to the server as far apart as they come by on their way, and its answers a round trip later.
  @Test func `far from the server half a second counts from SYN to SYN`() {
    let hearing = Hearing(
      Scene.established + """
        11.000 > S  500
        11.080 < .  5001 ack 1001 id 9
        11.520 > S  600
        11.600 < .  5001 ack 1001 id 10
        11.601 > R  1001
        14.000 end
        """)
    #expect(
      hearing.verdicts.suffix(2) == [
        "established rejected challenge", "established rejected challenge",
      ])
    #expect(hearing.report.summary.killedConnections == 1)
  }

  /// In order, and refused for its timestamp alone.
  @Test func `so does a TIME_WAIT's answer to an ACK with an old timestamp`() {
    let hearing = Hearing(
      Scene.establishedWithTimestamps + """
        1.000 < F. 5001 ack 1001 ts 910 ecr 102
        1.001 > F. 1001 ack 5002 ts 110 ecr 910
        1.002 < .  5002 ack 1002 ts 911 ecr 110
        5.000 > .  1002 ack 5002 ts 60 ecr 911
        5.001 < .  5002 ack 1002 ts 915 ecr 110 id 0
        5.200 > S  700  ts 50
        14.000 end
        """)
    #expect(hearing.verdicts.last == "time-wait unanswered rate-limited")
  }

  /// LAST_ACK ends between the two.
  @Test func `of two copies of a SYN the server let in the one that the limit did not silence`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 > F. 1001 ack 5001
        1.001 < F. 5001 ack 1002
        2.000 > S  600
        2.001 < .  5002 ack 1002
        2.002 > S  70000 ts 400
        2.010 < F. 5001 ack 1002
        2.011 > .  1002 ack 5002
        2.030 > S  70000 ts 400
        2.031 < S. 90000 ack 70001 ts 950 ecr 400
        2.032 > .  70001 ack 90001 ts 401 ecr 950
        14.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "closing rejected challenge", "closing unanswered rate-limited",
        "reuse other-side",
      ])
  }

  /// Either may be the first that the limit let through.
  @Test func `of two SYNs around half a second it answers the one right before it`() {
    let hearing = Hearing(
      Self.rejected + """
        11.496 > S  500
        11.506 > S  600
        11.507 < .  5002 ack 1002 id 0
        14.000 end
        """)
    #expect(
      hearing.verdicts.suffix(2) == [
        "time-wait unanswered rate-limited", "time-wait rejected sequence-not-newer",
      ])
  }

  @Test func `of two within a millisecond it answers the first`() {
    let hearing = Hearing(
      Self.rejected + """
        11.4960 > S  500
        11.4965 > S  600
        11.4970 < .  5002 ack 1002 id 0
        14.0000 end
        """)
    #expect(
      hearing.verdicts.suffix(2) == [
        "time-wait rejected sequence-not-newer", "time-wait unanswered rate-limited",
      ])
  }

  /// The SYN of the connection itself, as an old duplicate, is one more that the limit silences.
  @Test func `the limit of a live socket is for its own SYN, too`() {
    let hearing = Hearing(
      Scene.established + """
        10.000 > S  500
        10.001 < .  5001 ack 1001 id 9
        10.200 > S  1000
        14.000 end
        """)
    #expect(hearing.verdicts.last == "established unanswered rate-limited")
  }

  /// Nothing would have come, however long one had watched.
  @Test(arguments: [(10.489, "unanswered rate-limited"), (10.495, "undetermined capture-ended")])
  func `a SYN that the limit silences for sure needs no longer capture`(
    at: Double, verdict: String
  ) {
    let hearing = Hearing(
      Scene.established + """
        10.000 > S  500
        10.001 < .  5001 ack 1001 id 9
        \(at) > S  600
        """)
    #expect(hearing.verdicts.last == "established \(verdict)")
  }

  // MARK: - What counts as an answer within that limit

  @Test func `an ACK long after a keepalive is none to it`() {
    let hearing = Hearing(
      Scene.established + """
        10.000 > .  1000 ack 5001
        10.200 < .  5001 ack 1001 id 7
        10.400 > S  500
        12.000 end
        """)
    #expect(hearing.verdicts == ["first use", "established unanswered lost"])
  }

  @Test func `an ACK that data wait for is none to the keepalive behind them`() {
    let hearing = Hearing(
      Scene.established + """
        10.0000 > P. 1001(10) ack 5001
        10.0005 > .  1000 ack 5001
        10.0010 < .  5001 ack 1011 id 7
        10.3000 > S  500
        12.0000 end
        """)
    #expect(hearing.verdicts == ["first use", "established unanswered lost"])
  }

  /// TIME_WAIT answers nothing to an ACK that is in order.
  @Test func `an ACK behind one that draws none is none to it`() {
    let hearing = Hearing(
      Scene.timeWait + """
        10.800 > .  1002 ack 5002
        10.801 < .  5002 ack 1002 id 0
        11.000 > S  500
        14.000 end
        """)
    #expect(hearing.verdicts == ["first use", "time-wait unanswered lost"])
  }

  // MARK: - A second for the answer

  @Test(arguments: [
    (12.000, "time-wait rejected sequence-not-newer"), (12.001, "time-wait unanswered lost"),
  ])
  func `what comes later than a second answers no SYN`(at: Double, verdict: String) {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        \(at)  < .  5002 ack 1002 id 0
        15.000 end
        """)
    #expect(hearing.verdicts.last == verdict)
  }

  // MARK: - The end of TIME_WAIT

  /// It began at 1.001 s, ends 60 s later, and may be off by 0.1 s before that and 5.2 s behind.
  @Test(arguments: [
    (60.900, "time-wait unanswered lost"), (60.902, "reuse unknown"),
    (66.200, "reuse unknown"), (66.202, "reuse expired"),
  ])
  func `silence about its end tells nothing`(at: Double, verdict: String) {
    let hearing = Hearing(Scene.timeWait + "\(at) > S  500\n80.000 end")
    #expect(hearing.verdicts == ["first use", verdict])
  }

  @Test(arguments: [(66.200, HeldEnd.survived), (66.202, .expired)])
  func `one that has answered is over when its timer surely is`(end: Double, expected: HeldEnd) {
    let hearing = Hearing(
      Scene.timeWait + """
        51.001 > S  500
        51.002 < .  5002 ack 1002 id 0
        \(end) end
        """)
    #expect(hearing.hits.map(\.end) == [expected])
  }

  @Test func `a SYN without an answer about its end met nothing, where the next finds nothing`() {
    let hearing = Hearing(
      Scene.timeWait + """
        62.001 > S  500
        64.001 > S  500
        64.002 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse expired", "reuse expired"])
  }

  // MARK: - How long an attempt may go on

  /// Its SYNs lie 63 s apart, as the last of Linux do: it has failed 126 s after the last of them.
  @Test func `an attempt with long gaps is not over before its next SYN is overdue`() {
    let hearing = Hearing(
      Self.rejected + """
         74.000 > S  500
         80.000 > S  7000                       # another attempt has the tuple
         80.001 < S. clock ack 7001
        150.000 > S  9000           port 4100
        150.001 < S. 70000 ack 9001 port 4100
        151.000 > S  9000           port 4101
        151.001 < S. 70000 ack 9001 port 4101
        250.000 > S  9000           port 4102
        250.001 < S. 70000 ack 9001 port 4102
        """)
    #expect(hearing.report.findings.map(\.outcome) == [.failed])
  }
}
