import Testing

@testable import FlowAnalyzer

/// One tuple used again and again within a minute (reference, section 8, cases 49 and 50).
@Suite("Chains of reuses")
struct ChainTests {
  /// Accepted out of TIME_WAIT, closed by the server, accepted again, closed again.
  static let twice =
    Scene.timeWait + """
      11.000 > S  2000
      11.001 < S. 70539 ack 2001            # 5002 + 65537
      11.002 > .  2001 ack 70540
      12.000 < F. 70540 ack 2001
      12.001 > F. 2001 ack 70541            # RCV.NXT = 2002, SND.NXT = 70541
      12.001 < .  70541 ack 2002
      22.000 > S  3000
      22.001 < S. 136078 ack 3001           # 70541 + 65537
      22.002 > .  3001 ack 136079
      23.000 < F. 136079 ack 3001
      23.001 > F. 3001 ack 136080           # RCV.NXT = 3002, SND.NXT = 136080
      23.001 < .  136080 ack 3002

      """

  // Cases 49 and 50
  @Test func `each link leaves numbers and a timer of its own`() {
    let hearing = Hearing(
      Self.twice + """
        30.001 > S  2500                  # ahead of the first two, behind the third
        30.002 < .  136080 ack 3002 id 0
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait accepted sequence-newer", "time-wait accepted sequence-newer",
        "time-wait rejected sequence-not-newer",
      ])
    #expect(hearing.report.summary.timeWaits.server == 3)
    let ages = hearing.report.findings.flatMap(\.hits).compactMap(\.held.ageSeconds?.value)
    #expect(ages == [9.999, 9.999, 7])
    #expect(hearing.hits.map(\.end) == [.replaced, .replaced, .survived])
  }

  // Case 49: accepted ISNs lie off the clock's line.
  @Test func `the clock is read from the connections that had it, not from accepted ones`() {
    let hearing = Hearing(
      Self.twice + """
        30.000 > R  3002                  # the third TIME_WAIT ends
        31.000 > S  2500
        31.001 < S. clock ack 2501        # on the line through 5000 at 0.001 s
        31.002 > .  2501 ack clock+1
        32.000 < F. clock+1 ack 2501
        32.001 > F. 2501 ack clock+2
        32.001 < .  clock+2 ack 2502
        40.000 > S  9000
        40.001 < S. clock ack 9001        # TIME_WAIT gone without a trace, such as by overflow
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait accepted sequence-newer", "time-wait accepted sequence-newer",
        "reuse reset", "reuse gone",
      ])
  }

  @Test func `after an accepted reuse the client may be the one to close`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  2000
        11.001 < S. 70539 ack 2001
        11.002 > .  2001 ack 70540
        12.000 > F. 2001 ack 70540
        12.001 < F. 70540 ack 2002
        12.002 > .  2002 ack 70541
        22.000 > S  500
        22.001 < S. clock ack 501
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait accepted sequence-newer", "reuse other-side",
      ])
    let timeWaits = hearing.report.summary.timeWaits
    #expect([timeWaits.server, timeWaits.peer, timeWaits.both] == [1, 1, 0])
    #expect(hearing.report.heldAtEnd.timeWait == 0)
  }

  @Test func `one finding per attempt, in order of the first hit`() {
    let hearing = Hearing(Self.twice)
    #expect(hearing.report.findings.map(\.syns) == [1, 1])
    #expect(hearing.report.findings.map(\.outcome) == [.connected, .connected])
    #expect(hearing.report.findings.map(\.setupSeconds?.value) == [0.001, 0.001])
    #expect(hearing.report.findings.flatMap(\.hits).map(\.isn) == [2000, 3000])
  }

  /// By 50 ppm in 110 s: 5.5 ms are as good as nothing.
  @Test func `the clock may run a little faster than the capture's`() {
    let hearing = Hearing(
      Scene.established + """
        100.000 < F. 5001 ack 1001
        100.001 > F. 1001 ack 5002
        100.001 < .  5002 ack 1002
        110.000 > S  500
        110.001 < S. 1718833125 ack 501         # 5 ms ahead
        """)
    #expect(hearing.verdicts == ["first use", "reuse gone"])
  }
}
