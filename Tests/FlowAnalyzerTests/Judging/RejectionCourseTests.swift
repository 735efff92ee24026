import Testing

@testable import FlowAnalyzer

/// What follows a rejection: the opener's RST, and the SYN once more (reference, section 4.1, and
/// section 8, cases 13 to 17, 41, 48, 53, 54, 60, 62 and 63).
@Suite("After a rejection")
struct RejectionCourseTests {
  static let rejected =
    Scene.timeWait + """
      11.000 > S  500
      11.001 < .  5002 ack 1002 id 0
      11.001 > R  1002

      """

  // Cases 13 and 14: Linux from 5.6 on; older Linux; stacks that begin with 3 s
  @Test(arguments: [(11.010, 0.010), (12.000, 1.000), (14.000, 3.000)])
  func `the RST clears the way for the next SYN`(at: Double, added: Double) {
    let hearing = Hearing(
      Self.rejected + """
        \(at)   > S  500
        \(at)1  < S. clock ack 501
        \(at)2  > .  501 ack clock+1
        """)
    #expect(
      hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer", "reuse reset"])
    #expect(hearing.hits.map(\.end) == [.killed])
    #expect(hearing.hits.map(\.killedLiveConnection) == [false])
    let finding = hearing.report.findings.first
    #expect(finding?.outcome == .connected)
    #expect(finding?.addedSeconds.value == added)
    #expect(hearing.report.summary.killedConnections == 0)
    #expect(hearing.report.summary.attempts.total == 2)
    #expect(hearing.report.summary.attempts.hit == 1)
  }

  // Case 15
  @Test func `a RST lost before the server leaves the next SYN to the same fate`() {
    let hearing = Hearing(
      Self.rejected + """
        12.000 > S  500
        12.001 < .  5002 ack 1002 id 0    # so the RST did not get there
        12.001 > R  1002
        14.000 > S  500
        14.001 < S. clock ack 501
        14.002 > .  501 ack clock+1
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer",
        "time-wait rejected sequence-not-newer", "reuse reset",
      ])
    #expect(hearing.hits.map(\.end) == [.survived, .killed])
    #expect(hearing.report.findings.first?.addedSeconds.value == 3)
  }

  // Case 17
  @Test func `silence within half a second of an answer is the rate limit`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        11.300 > S  500
        14.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer", "time-wait unanswered rate-limited",
      ])
    #expect(hearing.hits.map(\.predicted) == [.rejected, .unanswered])
  }

  @Test(arguments: [(11.499, "rate-limited"), (11.600, "lost")])
  func `the rate limit explains silence for half a second only`(at: Double, reason: String) {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        \(at)  > S  500
        14.000 end
        """)
    #expect(hearing.verdicts.last == "time-wait unanswered \(reason)")
  }

  // Section 3.1: bare ACKs count against the same limit.
  @Test func `an answered keepalive uses up the right to answer as well`() {
    let hearing = Hearing(
      Scene.timeWait + """
        10.800 > .  1001 ack 5002         # a keepalive of the old connection
        10.801 < .  5002 ack 1002 id 0
        11.000 > S  500
        14.000 end
        """)
    #expect(hearing.verdicts == ["first use", "time-wait unanswered rate-limited"])
  }

  // Case 63
  @Test func `the ACK to a retransmitted FIN is no answer to the SYN`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        11.300 > S  500                   # inside the limit: no answer
        11.400 > F. 1001 ack 5002         # a FIN is answered without limit
        11.401 < .  5002 ack 1002 id 0
        14.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer", "time-wait unanswered rate-limited",
      ])
  }

  // Case 63, without an earlier answer
  @Test func `nor where the SYN itself was lost`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        11.400 > F. 1001 ack 5002
        11.401 < .  5002 ack 1002 id 0
        14.000 end
        """)
    #expect(hearing.verdicts == ["first use", "time-wait unanswered lost"])
  }

  // Case 41
  @Test func `where nobody listens any more, a SYN ahead is rejected and then refused`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  2000
        11.001 < .  5002 ack 1002 id 0
        11.001 > R  1002
        11.010 > S  2000
        11.011 < R. 0 ack 2001
        """
    ) { $0.serverStack = .linux }
    #expect(
      hearing.verdicts == ["first use", "time-wait rejected no-listener", "reuse reset"])
    #expect(hearing.hits.map(\.predicted) == [.accepted])
    #expect(hearing.report.findings.map(\.outcome) == [.failed])
  }

  // Case 48: MASQUERADE --random-fully
  @Test func `the SYN that comes back from another port is the same attempt`() {
    let hearing = Hearing(
      Self.rejected + """
        11.010 > S  500            port 4077
        11.011 < S. 900000 ack 501 port 4077
        11.012 > .  501 ack 900001 port 4077
        """)
    #expect(
      hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer", "first use"])
    let attempts = hearing.report.summary.attempts
    #expect([attempts.total, attempts.hit, attempts.connected] == [2, 1, 1])
    let finding = hearing.report.findings.first
    #expect(finding?.syns == 2)
    #expect(finding?.setupSeconds?.value == 0.011)
    #expect(finding?.addedSeconds.value == 0.010)
  }

  // Case 53
  @Test func `a RST that answers an ACK never seen tells of the rejection`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        11.001 > R  1002                  # in SYN_SENT only an unacceptable ACK provokes this
        11.010 > S  500
        11.011 < S. clock ack 501
        """)
    #expect(
      hearing.verdicts == [
        "first use", "inferred time-wait rejected sequence-not-newer", "reuse reset",
      ])
    #expect(hearing.hits.map(\.end) == [.killed])
  }

  // Case 54: nf_conntrack let the RST out with the client's own address.
  @Test func `a RST from another address does not end the TIME_WAIT`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        11.001 > R  1002 from 99
        12.000 > S  500
        12.001 < .  5002 ack 1002 id 0
        12.001 > R  1002 from 99
        16.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer",
        "time-wait rejected sequence-not-newer",
      ])
    #expect(hearing.hits.map(\.end) == [.survived, .survived])
    #expect(hearing.report.heldAtEnd.timeWait == 1)
    #expect(hearing.report.summary.timeWaits.server == 1)
  }

  // Case 60: behind a SYN proxy the client is connected long before; the server side is judged.
  @Test func `the server's leg of a SYN proxy is judged like any other`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0    # the proxy swallows it and does not answer
        12.000 > S  500
        12.001 < .  5002 ack 1002 id 0
        13.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer",
        "time-wait rejected sequence-not-newer",
      ])
    #expect(hearing.report.findings.map(\.outcome) == [.undetermined])
  }

  // Case 62
  @Test func `an old duplicate of the SYN is rejected and belongs to its own attempt`() {
    let hearing = Hearing(
      Scene.timeWait + """
        2.000 > S  1000                   # the network's copy of the SYN at 0 s
        2.001 < .  5002 ack 1002 id 0
        2.001 > R  1002                   # the client is CLOSED
        9.000 end
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
    let attempts = hearing.report.summary.attempts
    #expect([attempts.total, attempts.hit, attempts.connected] == [1, 1, 1])
    #expect(hearing.report.findings.first?.addedSeconds.value == 0)
  }

  @Test func `the same SYN in the same tick of its clock is another SYN`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
        11.000 > S  900 ts 300
        11.001 < .  5002 ack 1002 ts 990 ecr 300 id 0
        11.002 > R  1002
        11.003 > S  900 ts 300
        11.004 < S. 9000 ack 901 ts 991 ecr 300
        """)
    #expect(
      hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer", "reuse reset"])
  }
}
