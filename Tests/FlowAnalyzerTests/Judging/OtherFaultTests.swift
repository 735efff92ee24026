import Testing

@testable import FlowAnalyzer

/// What resembles a collision, and what begins before the capture does (reference, section 5, and
/// section 8, cases 39, 40, 42, 46, 51, 52, 56 and 57).
@Suite("Look-alikes and unseen beginnings")
struct OtherFaultTests {
  // Case 39
  @Test func `a silent SYN on a fresh tuple is its first use, the next its duplicate`() {
    let hearing = Hearing(
      """
      0.000 > S  1000
      1.000 > S  1000
      3.000 > S  1000
      9.000 end
      """)
    #expect(hearing.verdicts == ["first use", "reuse duplicate", "reuse duplicate"])
    #expect(hearing.report.summary.attempts.total == 1)
    #expect(hearing.report.findings.isEmpty)
  }

  // Case 40: tcp_tw_recycle dropped by source address, not by tuple.
  @Test func `silent SYNs on tuples never used before are no hits`() {
    let hearing = Hearing(
      """
      0.000 > S  1000 port 4001           ts 9000
      0.001 < S. 5000 ack 1001 port 4001  ts 1 ecr 9000
      0.002 > .  1001 ack 5001 port 4001  ts 9001 ecr 1
      1.000 > S  7000 port 4002           ts 300
      2.000 > S  7000 port 4002           ts 1300
      4.000 > S  7777 port 4002           ts 3300  # another attempt
      9.000 end
      """)
    #expect(
      hearing.verdicts == ["first use", "first use", "reuse duplicate", "reuse never-opened"])
    #expect(hearing.report.summary.attempts.total == 3)
    #expect(hearing.report.summary.syns.hits == 0)
  }

  // Case 42
  @Test func `a full accept queue swallows the SYN and the TIME_WAIT with it`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  2000
        12.000 > S  2000
        12.001 < S. clock ack 2001        # not 70539: no TIME_WAIT any more
        12.002 > .  2001 ack clock+1
        """)
    #expect(
      hearing.verdicts == ["first use", "time-wait unanswered accept-queue-full", "reuse gone"])
    #expect(hearing.hits.map(\.predicted) == [.accepted])
    #expect(hearing.hits.map(\.end) == [.killed])
  }

  @Test(arguments: [11.5, 13.0])
  func `a TIME_WAIT that a SYN with FIN has ended is not held at the end`(end: Double) {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > SF 2000
        \(end) end
        """)
    #expect(hearing.report.heldAtEnd.timeWait == 0)
  }

  // The opposite of case 42: the TIME_WAIT lived on, so the first SYN never arrived.
  @Test func `a SYN lost before a TIME_WAIT that accepts the next one is no hit`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  2000
        12.000 > S  2000
        12.001 < S. 70539 ack 2001
        12.002 > .  2001 ack 70540
        """)
    #expect(
      hearing.verdicts == ["first use", "reuse lost", "time-wait accepted sequence-newer"])
    #expect(hearing.report.findings.map(\.addedSeconds.value) == [0])
  }

  // Case 46, first half
  @Test func `a SYN with FIN ends the TIME_WAIT and is dropped`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > SF 2000
        12.000 > S  3000
        12.001 < S. clock ack 3001
        """)
    #expect(hearing.verdicts == ["first use", "time-wait unanswered syn-with-fin", "reuse gone"])
    #expect(hearing.hits.map(\.predicted) == [.unanswered])
    #expect(hearing.hits.map(\.end) == [.killed])
  }

  /// Case 51: the capture begins behind the server's FIN.
  static let beganInClose = """
    0.000 > .  1001 ack 5002              # acknowledges a FIN, or data: nobody knows
    0.100 > F. 1001 ack 5002
    0.101 < .  5002 ack 1002

    """

  // Case 51
  @Test func `a close seen from its middle is told by the server's answer`() {
    let rejected = Hearing(
      Self.beganInClose + """
        9.000 > S  500
        9.001 < .  5002 ack 1002 id 0
        """)
    #expect(rejected.verdicts == ["inferred time-wait rejected sequence-not-newer"])
    let accepted = Hearing(
      Self.beganInClose + """
        9.000 > S  2000
        9.001 < S. 70539 ack 2001
        """)
    #expect(accepted.verdicts == ["inferred time-wait accepted sequence-newer"])
  }

  // Case 51
  @Test func `a close seen from its middle proves no holder by itself`() {
    let hearing = Hearing(
      Self.beganInClose + """
        9.000 > S  2000
        9.001 < S. 123456789 ack 2001
        """)
    #expect(hearing.verdicts == ["reuse unknown"])
    #expect(hearing.hits.isEmpty)
  }

  // Case 52
  @Test func `a rejection on a tuple never seen before proves the holder`() {
    let hearing = Hearing(
      """
      0.000 > S  500
      0.001 < .  5002 ack 1002 id 0
      0.001 > R  1002
      0.010 > S  500
      0.011 < S. 900000 ack 501
      0.012 > .  501 ack 900001
      """)
    #expect(
      hearing.verdicts == ["inferred time-wait rejected sequence-not-newer", "reuse reset"])
    #expect(hearing.hits.map(\.end) == [.killed])
    // It was entered before the capture.
    #expect(hearing.report.summary.timeWaits.server == 0)
    let held = hearing.report.findings.first?.hits.first?.held
    #expect(held?.since == nil)
    #expect(held?.freeAt == nil)
    #expect(held?.ageSeconds == nil)
  }

  // Case 52 with a live socket: it counts its packets.
  @Test func `a challenge on a tuple never seen before proves a live connection`() {
    let hearing = Hearing(
      """
      0.000 > S  500
      0.001 < .  5001 ack 1001 id 4711
      0.001 > R  1001
      0.010 > S  500
      0.011 < S. 900000 ack 501
      0.012 > .  501 ack 900001
      """)
    #expect(hearing.verdicts == ["inferred established rejected challenge", "reuse reset"])
    #expect(hearing.report.summary.killedConnections == 1)
  }

  // Case 56: two LBs with clocks of their own behind one SNAT address.
  @Test func `SYNs from alternating clocks are judged each by its own numbers`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
         2.000 > S  90000            ts 5000      # LB 1
         2.001 < S. 70539 ack 90001  ts 1950 ecr 5000
         2.002 > .  90001 ack 70540  ts 5002 ecr 1950
         2.100 < F. 70540 ack 90001  ts 2050 ecr 5002
         2.101 > F. 90001 ack 70541  ts 5101 ecr 2050
         2.101 < .  70541 ack 90002  ts 2051 ecr 5101
         3.000 > S  95000            ts 700       # LB 2: ahead, but its clock is far behind
         3.001 < .  70541 ack 90002  ts 2950 ecr 5101 id 0
         3.700 > S  96000            ts 6700      # LB 1 again: another attempt
         3.701 < S. 136078 ack 96001 ts 3650 ecr 6700
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait accepted sequence-newer", "time-wait rejected timestamp-older",
        "time-wait accepted sequence-newer",
      ])
    #expect(hearing.report.summary.attempts.total == 4)
    #expect(hearing.report.findings.map(\.syns) == [1, 1, 1])
  }

  // Case 57
  @Test func `a TIME_WAIT that a restart of the server took away is gone`() {
    let hearing = Hearing(
      Scene.timeWait + Scene.fingerprintElsewhere + """
        11.000 > S  500
        11.001 < S. 3000000000 ack 501    # neither 70539 nor on the clock's line
        """)
    #expect(
      hearing.verdicts == [
        "first use", "first use", "time-wait accepted sequence-newer", "reuse gone",
      ])
    #expect(hearing.hits.count == 1)
  }

  // Contract, section 1: what the numbers mean where the server never showed Linux's marks
  @Test func `on an unknown stack an ordinary ISN inside TIME_WAIT is an inferred hit`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  2000
        11.001 < S. 3000000000 ack 2001
        """)
    #expect(hearing.verdicts == ["first use", "inferred time-wait accepted sequence-newer"])
  }

  @Test func `the fingerprint may come after the SYN that it explains`() {
    let hearing = Hearing(
      Scene.timeWait + """
        2.000 > S  2000
        2.001 < S. 3000000000 ack 2001
        """ + "\n" + Scene.fingerprintElsewhere)
    #expect(
      hearing.verdicts == [
        "first use", "reuse gone", "first use", "time-wait accepted sequence-newer",
      ])
    #expect(hearing.report.summary.syns.timeWait.accepted == 1)
    #expect(hearing.report.summary.syns.reuses["gone"] == 1)
  }

  @Test func `a fingerprint of one server says nothing about another`() {
    let hearing = Hearing(
      Scene.fingerprintElsewhere + """
         8.000 > S  1000          to 2
         8.001 < S. 5000 ack 1001 to 2
         8.002 > .  1001 ack 5001 to 2
         9.000 < F. 5001 ack 1001 to 2
         9.001 > F. 1001 ack 5002 to 2
         9.001 < .  5002 ack 1002 to 2
        11.000 > S  2000          to 2
        11.001 < S. 3000000000 ack 2001 to 2
        """)
    #expect(
      hearing.verdicts.suffix(2) == ["first use", "inferred time-wait accepted sequence-newer"])
  }
}
