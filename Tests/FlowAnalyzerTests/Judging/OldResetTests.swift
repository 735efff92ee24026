import Testing

@testable import FlowAnalyzer

/// RSTs that do not look like what they are taken for.
@Suite("RSTs")
struct OldResetTests {
  /// A SYN with an older timestamp keeps the TIME_WAIT alive, but not TS.Recent young (`tcp_paws_reject`).
  private static let longTimeWait =
    Scene.timeWaitWithTimestamps + """
      50.000 > S  500  ts 200
      50.001 < .  5002 ack 1002 ts 1000 ecr 300 id 0

      """

  @Test(arguments: [
    (58.0, "time-wait unanswered lost"), (60.5, "reuse unknown"), (61.5, "reuse reset"),
  ])
  func `a RST with an older timestamp ends a TIME_WAIT whose own is a minute old`(
    at: Double, verdict: String
  ) {
    let hearing = Hearing(
      Self.longTimeWait + """
        \(at) > R  1002 ts 210
        70.000 > S  400 ts 220
        73.000 end
        """)
    #expect(hearing.verdicts.last == verdict)
  }

  @Test func `TS.Recent is younger where an ACK has renewed it`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
        30.000 > .  1002 ack 5002 ts 310 ecr 951
        65.000 > R  1002 ts 210
        70.000 > S  400 ts 220
        73.000 end
        """)
    #expect(hearing.verdicts.last == "time-wait unanswered lost")
  }

  /// It starts the timer anew and no more (`tcp_timewait_state_process`).
  @Test func `an ACK that PAWS refuses does not renew it`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
        30.000 > .  1002 ack 5002 ts 200 ecr 951
        30.001 < .  5002 ack 1002 ts 980 ecr 300 id 0
        65.000 > R  1002 ts 210
        70.000 > S  400 ts 220
        73.000 end
        """)
    #expect(hearing.verdicts.last == "reuse reset")
  }

  @Test func `a RST that acknowledges something else comes from no socket of the connection`() {
    let hearing = Hearing(
      Scene.established + """
        11.000 > S  500
        11.300 < R. 5001 ack 777
        12.000 > S  500
        12.001 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse gone", "reuse reset"])
  }

  /// What it has acknowledged was taken for a FIN until then.
  @Test func `a server that has reset stays so, though the client's FIN was a byte`() {
    let hearing = Hearing(
      Scene.established + """
         1.000 < F. 5001 ack 1002
         1.001 < R. 5002 ack 1002
         1.002 > P. 1001(10) ack 5001
        11.000 > S  500
        11.001 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
  }

  @Test func `a FIN that was captured behind the server's RST brings nothing back`() {
    let hearing = Hearing(
      Scene.established + """
         1.000 < F. 5001 ack 1001
         1.100 < R. 5002 ack 1001
         1.200 < F. 5001 ack 1001
        11.000 > S  500
        11.001 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
  }

  /// A client in SYN_SENT ignores it (RFC 9293, section 3.10.7.3), and so it is no answer; but the socket that
  /// gives up with it stood when the SYN came.
  @Test func `a RST with the old numbers answers no SYN, and shows who stood`() {
    let hearing = Hearing(
      Scene.established + """
        10.000 > R  1001                      # lost behind the capture
        11.000 > S  500
        11.300 < R. 5001 ack 1001             # the application gives up
        12.000 > S  500
        12.001 < S. clock ack 501
        """)
    #expect(
      hearing.verdicts == ["first use", "established unanswered lost", "reuse reset"])
  }

  /// A firewall, or somebody else who does not know the numbers.
  @Test func `a RST with foreign numbers leaves the TIME_WAIT alone`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        11.001 < R  0
        12.000 > S  500
        13.500 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait unanswered lost", "time-wait unanswered lost",
      ])
  }

  @Test func `a RST to what acknowledged all shows that nothing is left`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > .  1001 ack 5002
        11.001 < R  5002
        12.000 > S  500
        12.001 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
  }

  // MARK: - RSTs that did not arrive

  @Test func `who sends on has not obeyed a RST`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 > R  1001                      # lost behind the capture
        1.300 < P. 5001(10) ack 1001
        2.000 > .  1001 ack 5011
        2.001 < F. 5011 ack 1001
        2.002 > F. 1001 ack 5012
        2.003 < .  5012 ack 1002
        11.000 > S  9000
        11.001 < S. 70549 ack 9001
        """)
    #expect(hearing.verdicts.last == "time-wait accepted sequence-newer")
  }

  @Test func `what was under way when the RST came says nothing`() {
    let hearing = Hearing(
      Scene.established + """
         1.000 > R  1001
         1.010 < P. 5001(10) ack 1001
        11.000 > S  9000
        11.001 < S. clock ack 9001
        """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
  }

  @Test func `who sends on is held at the end`() {
    let hearing = Hearing(
      Scene.established + """
         1.000 > R  1001
         1.300 < P. 5001(10) ack 1001
         9.000 end
        """)
    #expect(hearing.report.heldAtEnd.established == 1)
  }

  @Test func `nor has who answers a keepalive`() {
    let hearing = Hearing(
      Scene.established + """
         1.000 > R  1001
        30.000 > .  1000 ack 5001
        30.001 < .  5001 ack 1001
        40.000 > S  9000
        43.000 end
        """)
    #expect(hearing.verdicts == ["first use", "established unanswered lost"])
  }

  @Test func `a TIME_WAIT that answers a repeated FIN lives`() {
    let hearing = Hearing(
      Scene.timeWait + """
         2.000 > R  1002                      # lost behind the capture
         3.000 > F. 1001 ack 5002
         3.001 < .  5002 ack 1002
        11.000 > S  9000
        11.001 < S. 70539 ack 9001
        """)
    #expect(hearing.verdicts.last == "time-wait accepted sequence-newer")
  }

  /// The RST that answers a challenge was lost behind the capture.
  @Test func `who sends on behind a challenge was not killed`() {
    let hearing = Hearing(
      Scene.established + """
        11.000 > S  500
        11.001 < .  5001 ack 1001
        11.002 > R  1001
        11.400 < P. 5001(10) ack 1001
        14.000 end
        """)
    #expect(hearing.verdicts == ["first use", "established rejected challenge"])
    #expect(hearing.report.summary.killedConnections == 0)
    #expect(hearing.report.heldAtEnd.established == 1)
  }

  /// The SYN and SYN-ACK of another connection on the tuple were not captured.
  @Test func `what others send on its tuple does not wake a TIME_WAIT`() {
    let hearing = Hearing(
      Scene.timeWait + """
         2.000 > R  1002
         5.000 < P. 70540(100) ack 9001
         5.001 > .  9001 ack 70640
        """)
    #expect(hearing.report.heldAtEnd.timeWait == 0)
    #expect(hearing.report.analysis.server.rfc1337 != "on")
  }
}
