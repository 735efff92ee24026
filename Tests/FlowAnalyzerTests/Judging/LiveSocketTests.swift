import Testing

@testable import FlowAnalyzer

/// SYNs that meet a socket which is not in TIME_WAIT (reference, sections 1.3, 3.3 and 5.1, and
/// section 8, cases 32 to 38).
@Suite("A SYN meets a socket that is not in TIME_WAIT")
struct LiveSocketTests {
  // Case 32
  @Test func `an orphan in FIN_WAIT_2 refuses what falls into its window`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        21.000 > S  1500                  # window: 1001 to 2000
        21.001 < R. 0 ack 1501
        """)
    #expect(hearing.verdicts == ["first use", "closing reset orphan-refused"])
    #expect(hearing.hits.map(\.end) == [.killed])
    #expect(hearing.hits.map(\.killedLiveConnection) == [false])
    #expect(hearing.report.findings.map(\.outcome) == [.failed])
  }

  // Case 32: the mini-socket went with its RST.
  @Test func `after that refusal the tuple is free`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        21.000 > S  1500
        21.001 < R. 0 ack 1501
        22.000 > S  7000
        22.001 < S. clock ack 7001
        """)
    #expect(hearing.verdicts == ["first use", "closing reset orphan-refused", "reuse reset"])
  }

  // Case 33
  @Test func `an orphan in FIN_WAIT_2 answers what falls outside its window`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        21.000 > S  500
        21.001 < .  5002 ack 1001 id 0    # from no socket
        21.001 > R  1001
        21.010 > S  500
        21.011 < S. clock ack 501
        21.012 > .  501 ack clock+1
        """)
    #expect(hearing.verdicts == ["first use", "closing rejected orphan-answered", "reuse reset"])
    #expect(hearing.hits.map(\.end) == [.killed])
    #expect(hearing.report.summary.killedConnections == 0)
    #expect(hearing.report.findings.map(\.kind) == [.closing])
  }

  // Case 34
  @Test func `an orphan in FIN_WAIT_2 goes by itself after a minute`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        71.001 > S  500
        71.002 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse expired"])
  }

  /// The client's FIN was captured, but lost before the server.
  static let finLostBehindCapture =
    Scene.established + """
      1.000 < F. 5001 ack 1001
      1.001 > F. 1001 ack 5002
      1.200 < F. 5001 ack 1001            # asks again
      1.201 > .  1002 ack 5002
      2.000 > S  500
      2.001 < .  5002 ack 1001 id 0       # an orphan that has not seen the FIN

      """

  // Case 33 where frames were lost
  @Test func `an orphan that never got the client's FIN is known by its answer`() {
    let hearing = Hearing(
      Self.finLostBehindCapture + """
        2.001 > R  1001
        2.010 > S  500
        2.011 < S. clock ack 501
        """)
    #expect(
      hearing.verdicts == [
        "first use", "inferred closing rejected orphan-answered", "reuse reset",
      ])
    #expect(hearing.hits.map(\.end) == [.killed])
    #expect(hearing.report.summary.killedConnections == 0)
  }

  @Test func `it enters TIME_WAIT when the FIN comes again`() {
    let hearing = Hearing(
      Self.finLostBehindCapture + """
        3.000 > F. 1001 ack 5002
        3.001 < .  5002 ack 1002
        9.000 > S  500
        9.001 < .  5002 ack 1002 id 0
        """)
    #expect(
      hearing.verdicts == [
        "first use", "inferred closing rejected orphan-answered",
        "time-wait rejected sequence-not-newer",
      ])
    #expect(hearing.report.findings.first?.hits.last?.held.ageSeconds?.value == 6)
  }

  // Case 35
  @Test(arguments: [500, 1500] as [UInt32])
  func `a full socket in FIN_WAIT_2 challenges whatever comes`(sequence: UInt32) {
    let hearing = Hearing(
      Scene.finWait2 + """
        21.000 > S  \(sequence)
        21.001 < .  5002 ack 1001 id 77   # a live socket counts its packets
        """)
    #expect(hearing.verdicts == ["first use", "closing rejected challenge"])
  }

  // Case 36
  @Test func `a half-open connection challenges the SYN`() {
    let hearing = Hearing(
      Scene.established + """
        400.000 > S  500
        400.001 < .  5001 ack 1001 id 9
        """)
    #expect(hearing.verdicts == ["first use", "established rejected challenge"])
    #expect(hearing.hits.map(\.end) == [.survived])
    #expect(hearing.report.findings.map(\.kind) == [.established])
    #expect(hearing.report.summary.killedConnections == 0)
  }

  /// A counter passes zero, too.
  @Test func `a connection that was followed is live, though its answer has no identification`() {
    let hearing = Hearing(
      Scene.established + """
        400.000 > S  500
        400.001 < .  5001 ack 1001 id 0
        """)
    #expect(hearing.verdicts == ["first use", "established rejected challenge"])
  }

  /// As long as its FIN is sent again: a quarter of an hour.
  @Test func `a socket in LAST_ACK is remembered longer than a TIME_WAIT`() {
    let hearing = Hearing(
      Scene.lastAck + """
        302.000 > S  500
        302.001 < .  5002 ack 1002 id 7
        """)
    #expect(hearing.verdicts == ["first use", "closing rejected challenge"])
  }

  // Case 36, and what it may cost: the worst case for an operator
  @Test func `the RST that follows kills the live connection, which is counted`() {
    let hearing = Hearing(
      Scene.established + """
        400.000 > S  500
        400.001 < .  5001 ack 1001 id 9
        400.001 > R  1001
        400.010 > S  500
        400.011 < S. clock ack 501
        400.012 > .  501 ack clock+1
        """)
    #expect(hearing.verdicts == ["first use", "established rejected challenge", "reuse reset"])
    #expect(hearing.hits.map(\.end) == [.killed])
    #expect(hearing.report.summary.killedConnections == 1)
  }

  @Test func `a live connection that goes on after the RST was not killed`() {
    let hearing = Hearing(
      Scene.established + """
        9.000 > S  500
        9.001 < .  5001 ack 1001 id 9
        9.001 > R  1001                   # lost
        9.800 > S  500
        9.801 < .  5001 ack 1001 id 10    # still the old numbers
        15.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "established rejected challenge", "established rejected challenge",
      ])
    #expect(hearing.hits.map(\.end) == [.survived, .survived])
    #expect(hearing.report.summary.killedConnections == 0)
  }

  // A challenge does not look at numbers or timestamps (section 5.1).
  @Test(arguments: ["1001", "1002", "500", "2147484649", "9000 ts 1"])
  func `a challenge comes whatever the SYN says`(syn: String) {
    let hearing = Hearing(
      Scene.established + """
        50.000 > S  \(syn)
        50.001 < .  5001 ack 1001 id 9
        """)
    #expect(hearing.verdicts == ["first use", "established rejected challenge"])
    #expect(hearing.hits.map(\.predicted) == [.rejected])
  }

  // Section 5.1: at most one challenge per 500 ms and socket
  @Test func `a second SYN within half a second finds the challenge used up`() {
    let hearing = Hearing(
      Scene.established + """
        50.000 > S  500
        50.001 < .  5001 ack 1001 id 9
        50.300 > S  500
        55.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "established rejected challenge", "established unanswered rate-limited",
      ])
  }

  // Case 37, and the other states of section 5.1
  @Test func `every state of a close challenges the SYN`() {
    let closeWait = Hearing(
      Scene.closeWait + "9.000 > S 500\n9.001 < . 5001 ack 1002 id 9")
    #expect(closeWait.verdicts == ["first use", "closing rejected challenge"])

    let finWait1 = Hearing(
      Scene.established + """
        1.000 < F. 5001 ack 1001
        1.200 < F. 5001 ack 1001
        1.600 < F. 5001 ack 1001
        2.000 > S  500
        2.001 < .  5002 ack 1001 id 9
        """)
    #expect(finWait1.verdicts == ["first use", "closing rejected challenge"])

    let closing = Hearing(
      Scene.established + """
        1.000 < F. 5001 ack 1001
        1.001 > F. 1001 ack 5001
        1.002 < .  5002 ack 1002          # the ACK of the server's FIN is missing
        2.000 > S  500
        2.001 < .  5002 ack 1002 id 9
        """)
    #expect(closing.verdicts == ["first use", "closing rejected challenge"])
  }

  // Case 37
  @Test func `in LAST_ACK a FIN sent again is no answer, the challenge is`() {
    let hearing = Hearing(
      Scene.lastAck + """
        1.200 < F. 5001 ack 1002
        2.000 > S  500
        2.100 < F. 5001 ack 1002          # the timer, not the SYN
        2.101 < .  5002 ack 1002 id 9
        """)
    #expect(hearing.verdicts == ["first use", "closing rejected challenge"])
    let silent = Hearing(
      Scene.lastAck + """
        2.000 > S  500
        2.100 < F. 5001 ack 1002
        9.000 end
        """)
    #expect(silent.verdicts == ["first use", "closing unanswered lost"])
  }

  // Section 5.1: tcp_reset_check
  @Test(arguments: [1001, 1002])
  func `behind the client's FIN, a RST with its number counts as well`(number: Int) {
    let hearing = Hearing(
      Scene.closeWait + """
        5.000 > R  \(number)
        9.000 > S  500
        9.001 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
  }

  // Case 38
  @Test func `a SYN repeated on its half-open connection is a duplicate`() {
    let hearing = Hearing(
      """
      0.000 > S  1000
      0.001 < S. 5000 ack 1001
      1.000 > S  1000
      1.001 < S. 5000 ack 1001
      1.002 > .  1001 ack 5001
      """)
    #expect(hearing.verdicts == ["first use", "reuse duplicate"])
    #expect(hearing.report.summary.attempts.total == 1)
  }

  // Case 38
  @Test func `a new ISN on a half-open connection is no hit`() {
    let refused = Hearing(
      """
      0.000 > S  1000
      0.001 < S. 5000 ack 1001
      0.500 > S  1200                     # inside the window
      0.501 < R. 0 ack 1201
      """)
    #expect(refused.verdicts == ["first use", "reuse syn-received"])
    let answered = Hearing(
      """
      0.000 > S  1000
      0.001 < S. 5000 ack 1001
      0.500 > S  900000                   # outside
      0.501 < .  5001 ack 1001 id 0
      """)
    #expect(answered.verdicts == ["first use", "reuse syn-received"])
    #expect(answered.report.findings.isEmpty)
  }
}
