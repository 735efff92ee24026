import Testing

@testable import FlowAnalyzer

/// Which end holds the tuple, seen from the SYN that comes next (reference, section 1, and section
/// 8, cases 26 to 31, 47, 64 and 65).
@Suite("Who holds the tuple")
struct HolderTests {
  // Case 26
  @Test func `after FINs that crossed, both ends do`() {
    let hearing = Hearing(
      Scene.established + """
         1.000 < F. 5001 ack 1001
         1.001 > F. 1001 ack 5001         # does not cover the server's
         1.010 < .  5002 ack 1002
         1.500 > .  1002 ack 5002         # the server enters TIME_WAIT here
        11.500 > S  500
        11.501 < .  5002 ack 1002 id 0
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
    let timeWaits = hearing.report.summary.timeWaits
    #expect([timeWaits.server, timeWaits.peer, timeWaits.both] == [0, 0, 1])
    #expect(hearing.report.findings.first?.hits.first?.held.ageSeconds?.value == 10)
  }

  // Case 27
  @Test func `the client, where it closed first`() {
    let hearing = Hearing(
      Scene.clientClosedFirst + """
        2.000 > S  500
        2.001 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse other-side"])
    let timeWaits = hearing.report.summary.timeWaits
    #expect([timeWaits.server, timeWaits.peer, timeWaits.both] == [0, 1, 0])
  }

  /// Case 28: the server closed while its window was blocked, so that its FIN had to wait behind
  /// data; on the wire it looks like the passive closer.
  static let blockedClose =
    Scene.established + """
      1.000 > .  1001 ack 5001 win 0
      2.000 > F. 1001 ack 5001 win 0
      2.001 < .  5001 ack 1002
      3.000 > .  1002 ack 5001 win 1000
      3.001 < P. 5001(500) ack 1002
      3.001 < F. 5501 ack 1002
      3.002 > .  1002 ack 5502

      """

  // Case 28
  @Test func `the server, where its answer says so although it looked passive`() {
    let rejected = Hearing(
      Self.blockedClose + """
        9.000 > S  500
        9.001 < .  5502 ack 1002 id 0
        """)
    #expect(rejected.verdicts == ["first use", "inferred time-wait rejected sequence-not-newer"])
    let accepted = Hearing(
      Self.blockedClose + """
        9.000 > S  2000
        9.001 < S. 71039 ack 2001        # 5502 + 65537
        """)
    #expect(accepted.verdicts == ["first use", "inferred time-wait accepted sequence-newer"])
    let free = Hearing(
      Self.blockedClose + """
        9.000 > S  2000
        9.001 < S. clock ack 2001
        """)
    #expect(free.verdicts == ["first use", "reuse other-side"])
  }

  // Case 28: the client's own TIME_WAIT is there as well.
  @Test func `both, where the server that looked passive proves to hold it too`() {
    let hearing = Hearing(
      Self.blockedClose + """
        9.000 > S  500
        9.001 < .  5502 ack 1002 id 0
        """)
    let timeWaits = hearing.report.summary.timeWaits
    #expect([timeWaits.server, timeWaits.peer, timeWaits.both] == [0, 0, 1])
  }

  // Case 29
  @Test func `nobody, where the server ended it by a RST`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 < R. 5001 ack 1001          # SO_LINGER, 0 s
        1.010 > S  500
        1.011 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
    #expect(hearing.report.summary.timeWaits.server == 0)
  }

  // Case 30
  @Test func `nobody, where a RST answered the server's FIN`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 < F. 5001 ack 1001
        1.001 > R. 1001 ack 5002          # HAProxy, option nolinger
        1.010 > S  500
        1.011 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
    let timeWaits = hearing.report.summary.timeWaits
    #expect([timeWaits.server, timeWaits.peer, timeWaits.both] == [0, 0, 0])
  }

  // Case 31
  /// It had acknowledged the client's FIN before that came by.
  @Test func `the client, whose FIN was captured last`() {
    let hearing = Hearing(
      Scene.established + """
         1.0000 < F. 5001 ack 1022
         1.0002 > .  1022 ack 5002
         1.0004 > FP. 1001(20) ack 5001
        11.0000 > S  500
        14.0000 end
        """)
    #expect(hearing.verdicts == ["first use", "reuse other-side"])
    #expect(hearing.report.summary.timeWaits.server == 0)
  }

  /// Its FIN was captured behind the ACK that covers it.
  @Test func `an orphan of the server, in FIN_WAIT_2`() {
    let hearing = Hearing(
      Scene.established + """
         1.0000 > .  1001 ack 5022
         1.0005 < FP. 5001(20) ack 1001
        11.0000 > S  1500
        11.0010 < R. 0 ack 1501
        """)
    #expect(hearing.verdicts == ["first use", "inferred closing reset orphan-refused"])
  }

  @Test func `the server, from the client's FIN on after a long half-close`() {
    let hearing = Hearing(
      Scene.established + """
          1.000 < F. 5001 ack 1001
          1.001 > .  1001 ack 5002
        100.000 > P. 1001(1000) ack 5002
        100.001 < .  5002 ack 2001
        200.000 > P. 2001(1000) ack 5002
        200.001 < .  5002 ack 3001
        301.000 > F. 3001 ack 5002
        301.001 < .  5002 ack 3002
        331.000 > S  3002                 # d = 0
        331.001 < .  5002 ack 3002 id 0
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
    #expect(hearing.report.findings.first?.hits.first?.held.ageSeconds?.value == 30)
  }

  // Case 47: tcp_tw_reuse
  @Test func `the client, where its ISN shows that it reused its own`() {
    let hearing = Hearing(
      Scene.clientClosedFirst + """
        3.000 > S  66539                  # 1002 + 65537
        3.001 < S. clock ack 66540
        """)
    #expect(hearing.verdicts == ["first use", "reuse other-side"])
  }

  // Case 64: row 16 of section 1.2
  @Test func `nobody, where a repeated last ACK drew the RST of a closed client`() {
    let hearing = Hearing(
      Scene.timeWait + """
        1.500 < .  5002 ack 1002          # the network's copy
        1.501 > R  1002
        9.000 > S  500
        9.001 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
    #expect(hearing.report.heldAtEnd.timeWait == 0)
  }

  /// Case 65: the server's FIN was lost before the capture point, and only its retransmission, which
  /// covers the client's FIN, was seen.
  static let lostFIN =
    Scene.established + """
      1.100 > F. 1001 ack 5001              # crosses the server's FIN, which was lost
      1.300 < F. 5001 ack 1002              # the FIN once more
      1.301 > .  1002 ack 5002

      """

  // Case 65
  @Test func `the server, where a rejection or the ISN proves it later`() {
    let rejected = Hearing(
      Self.lostFIN + """
        9.000 > S  500
        9.001 < .  5002 ack 1002 id 0
        """)
    #expect(rejected.verdicts == ["first use", "inferred time-wait rejected sequence-not-newer"])
    let accepted = Hearing(
      Self.lostFIN + """
        9.000 > S  2000
        9.001 < S. 70539 ack 2001
        """)
    #expect(accepted.verdicts == ["first use", "inferred time-wait accepted sequence-newer"])
    let free = Hearing(
      Self.lostFIN + """
        9.000 > S  2000
        9.001 < S. clock ack 2001
        """)
    #expect(free.verdicts == ["first use", "reuse other-side"])
  }

  // Case 65, where an ACK shows that the FIN had been sent: the holder is known before the SYN.
  @Test func `the server, where an ACK from behind its lost FIN was seen`() {
    let hearing = Hearing(
      Scene.established + """
        1.100 > F. 1001 ack 5001
        1.101 < .  5002 ack 1002          # behind a FIN that was not captured
        1.300 < F. 5001 ack 1002
        1.301 > .  1002 ack 5002
        9.000 end
        """)
    #expect(hearing.report.summary.timeWaits.both == 1)
    #expect(hearing.report.heldAtEnd.timeWait == 1)
  }

  @Test func `the server, although its repeated FIN crossed the FIN that acknowledged it`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 < F. 5001 ack 1001
        1.200 > F. 1001 ack 5002
        1.200010 < F. 5001 ack 1001       # left before that came
        1.200020 < .  5002 ack 1002
        1.200050 > R  1001                # not RCV.NXT: ignored
        9.000 > S  900
        9.001 < .  5002 ack 1002 id 0
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
    #expect(hearing.report.summary.timeWaits.server == 1)
    #expect(hearing.report.heldAtEnd.timeWait == 1)
  }
}
