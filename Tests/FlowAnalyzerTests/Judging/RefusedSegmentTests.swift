import Testing

@testable import FlowAnalyzer

/// Segments that were captured, and of which the server took nothing. All of it was found by random
/// conversations with a real kernel (`Scripts/lab`, `--script random`).
@Suite("Segments that the server refused")
struct RefusedSegmentTests {
  // MARK: - By their timestamps (Linux `tcp_validate_incoming`, `tcp_check_req`)

  @Test func `a FIN with an old timestamp closes nothing`() {
    let hearing = Hearing(
      Scene.establishedWithTimestamps + """
        5.000 > F. 1001 ack 5001 ts 50 ecr 900
        5.001 < .  5001 ack 1001 ts 951 ecr 102
        9.000 > S  700  ts 400
        9.001 < .  5001 ack 1001 ts 955 ecr 102
        20.000 end
        """)
    #expect(hearing.verdicts == ["first use", "established rejected challenge"])
  }

  @Test func `a timestamp that is older by one is forgiven`() {
    let hearing = Hearing(
      Scene.establishedWithTimestamps + """
        5.000 > F. 1001 ack 5001 ts 101 ecr 900
        5.001 < .  5001 ack 1002 ts 951 ecr 101
        9.000 > S  700  ts 400
        9.001 < .  5001 ack 1002 ts 955 ecr 101
        20.000 end
        """)
    #expect(hearing.verdicts == ["first use", "closing rejected challenge"])
  }

  @Test func `an ACK with an old timestamp ends no handshake`() {
    let hearing = Hearing(
      """
      0.000 > S  1000          ts 100
      0.001 < S. 5000 ack 1001 ts 900 ecr 100
      0.100 > .  1001 ack 5001 ts 99 ecr 900
      0.101 < .  5001 ack 1001 ts 901 ecr 100 id 0
      0.200 > S  700           ts 50
      9.000 end
      """)
    #expect(hearing.verdicts == ["first use", "reuse syn-received"])
  }

  @Test func `what answers an old timestamp uses up the right to answer a SYN`() {
    let hearing = Hearing(
      Scene.establishedWithTimestamps + """
        5.000 > .  1001 ack 5001 ts 50 ecr 900
        5.001 < .  5001 ack 1001 ts 951 ecr 102
        5.200 > S  700  ts 400
        20.000 end
        """)
    #expect(hearing.verdicts == ["first use", "established unanswered rate-limited"])
  }

  /// `tcp_check_req`; a full socket would take it.
  @Test func `a RST with an old timestamp ends no handshake`() {
    let hearing = Hearing(
      """
      0.000 > S  1000          ts 100
      0.001 < S. 5000 ack 1001 ts 900 ecr 100
      0.100 > R  1001          ts 99
      0.200 > .  1001 ack 5001 ts 101 ecr 900
      2.000 > S  700           ts 150
      2.001 < .  5001 ack 1001 ts 950 ecr 101
      9.000 end
      """)
    #expect(hearing.verdicts == ["first use", "established rejected challenge"])
  }

  // MARK: - By their numbers

  /// `tcp_check_req`: not in the window.
  @Test func `an ACK from before the ISN ends no handshake`() {
    let hearing = Hearing(
      """
      0.000 > S  1000
      0.001 < S. 5000 ack 1001
      0.100 > .  1000 ack 5001
      0.101 < .  5001 ack 1001 id 0
      0.200 > S  700
      9.000 end
      """)
    #expect(hearing.verdicts == ["first use", "reuse syn-received"])
  }

  /// RFC 9293, section 3.10.7.4, fifth.
  @Test func `a FIN without an ACK closes nothing, and is not answered`() {
    let hearing = Hearing(
      Scene.established + """
        5.000 > F  1001
        9.000 > S  700
        9.001 < .  5001 ack 1001
        9.900 > S  600
        9.9001 > F 1001
        9.901 < .  5001 ack 1001
        20.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "established rejected challenge", "established rejected challenge",
      ])
    #expect(hearing.report.heldAtEnd.established == 1)
  }

  @Test func `a FIN before data that were acknowledged is an earlier incarnation's`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 > P. 1001(400) ack 5001
        1.001 < .  5001 ack 1401
        5.000 > F. 1101 ack 5001
        5.001 < .  5001 ack 1401
        9.000 > S  700
        9.001 < .  5001 ack 1401
        20.000 end
        """)
    #expect(hearing.verdicts == ["first use", "established rejected challenge"])
  }

  @Test func `a FIN behind a hole does not hide the one that comes in order`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 > F. 1101 ack 5001
        1.001 < .  5001 ack 1001
        5.000 > F. 1001 ack 5001
        5.001 < .  5001 ack 1002
        9.000 > S  700
        9.001 < .  5001 ack 1002
        20.000 end
        """)
    #expect(hearing.verdicts == ["first use", "closing rejected challenge"])
  }

  /// Duplicate ACKs for what lies behind a hole have no limit (`tcp_oow_rate_limited` asks for empty segments).
  @Test func `the answer to data behind a hole is none to the SYN before`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 > S  700
        1.001 < .  5001 ack 1001
        1.700 > .  1101(13) ack 5001
        1.701 < .  5001 ack 1001
        1.800 > S  800
        1.801 < .  5001 ack 1001
        20.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "established rejected challenge", "established rejected challenge",
      ])
  }

  @Test func `the answer of TIME_WAIT to a FIN is none to the SYN before`() {
    let hearing = Hearing(
      Scene.timeWait + """
        2.000 > S  500
        2.001 < .  5002 ack 1002 id 0
        2.700 > F. 1101 ack 5002
        2.701 < .  5002 ack 1002 id 0
        2.800 > S  400
        2.801 < .  5002 ack 1002 id 0
        20.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer",
        "time-wait rejected sequence-not-newer",
      ])
  }

  // MARK: - SYNs right before the holder's number

  /// Its peer goes on behind the ISN, which looks as if that had been let in.
  @Test func `who goes on with the old numbers was let in by no SYN`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 > S  1000000
        1.001 < .  5001 ack 1001
        2.000 > S  999
        2.001 < .  5001 ack 1001
        2.100 > S  1000          # and its own SYN again
        3.000 > .  1001 ack 5001
        3.100 > P. 1001(50) ack 5001
        3.101 < .  5001 ack 1051
        20.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "established rejected challenge", "established rejected challenge",
        "established unanswered rate-limited",
      ])
  }

  @Test func `a SYN one before the number of a closing socket is a hit`() {
    let hearing = Hearing(
      Scene.closeWait + """
        5.000 > S  1001
        5.001 < .  5001 ack 1002
        6.000 > .  1002 ack 5001
        20.000 end
        """)
    #expect(hearing.verdicts == ["first use", "closing rejected challenge"])
  }

  @Test func `a SYN at the holder's number was not let in by the FIN that follows`() {
    let hearing = Hearing(
      Scene.established + """
        3.000 > S  1001
        3.001 < .  5001 ack 1001
        3.500 > F. 1001 ack 5001
        3.501 < F. 5001 ack 1002
        3.502 > .  1002 ack 5002
        3.900 > .  1002 ack 5002
        3.901 < R  5002
        20.000 end
        """)
    #expect(hearing.verdicts == ["first use", "established rejected challenge"])
  }

  @Test func `a SYN at the holder's number is silenced by the limit`() {
    let hearing = Hearing(
      Scene.closeWait + """
        3.000 > S  700
        3.001 < .  5001 ack 1002
        3.300 > S  1001
        3.400 < F. 5001 ack 1002
        3.401 > .  1002 ack 5002
        3.700 > .  1002 ack 5002
        3.701 < R  5002
        20.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "closing rejected challenge", "closing unanswered rate-limited",
      ])
  }

  @Test func `a RST ends the close that a FIN in order began, whatever came behind a hole`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 > F. 1101 ack 5001
        1.001 < .  5001 ack 1001
        1.100 > F. 1001 ack 5001
        1.101 < F. 5001 ack 1002
        1.200 > R  1002
        9.000 end
        """)
    #expect(hearing.report.heldAtEnd.closing == 0)
  }

  /// The server's `RCV.NXT` is its number, so that it is obeyed, whatever else its sender has made up.
  @Test func `a RST in order ends LAST_ACK behind data that no window had room for`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 > F. 1001 ack 5001
        1.001 < F. 5001 ack 1002
        1.100 > .  1003(1) ack 5001
        1.101 > R  1002
        9.000 end
        """)
    #expect(hearing.report.heldAtEnd.closing == 0)
  }

  @Test
  func `a SYN-ACK answers the copy that came just before, where both have the same timestamp`() {
    let hearing = Hearing(
      Scene.establishedWithTimestamps + """
        1.000 > F. 1001 ack 5001 ts 110 ecr 900
        1.001 < F. 5001 ack 1002 ts 951 ecr 110
        3.000 > S  700 ts 400
        3.001 < .  5002 ack 1002 ts 955 ecr 110
        3.100 > S  800 ts 401
        3.400 < F. 5001 ack 1002 ts 956 ecr 110
        3.401 > .  1002 ack 5002 ts 120 ecr 956
        4.000 > S  800 ts 401
        4.001 < S. clock ack 801 ts 960 ecr 401
        20.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "closing rejected challenge", "closing unanswered rate-limited",
        "reuse other-side",
      ])
  }

  // MARK: - Limits

  /// The SYN before has had its answer long ago.
  @Test func `the challenge of a RST beside the number uses up the right to answer a SYN`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 < .  5001 ack 1001 win 5000
        3.000 > S  700
        3.001 < .  5001 ack 1001 win 5000
        6.000 > R  1003
        6.001 < .  5001 ack 1001 win 5000
        6.100 > S  800
        20.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "established rejected challenge", "established unanswered rate-limited",
      ])
  }

  @Test func `data behind a hole keep no keepalive from using up the right to answer a SYN`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 > .  1101(13) ack 5001
        1.001 < .  5001 ack 1001
        6.000 > .  1000 ack 5001
        6.001 < .  5001 ack 1001
        6.100 > S  800
        20.000 end
        """)
    #expect(hearing.verdicts == ["first use", "established unanswered rate-limited"])
  }

  /// `tcp_time_wait` makes the orphan a mini-socket, whose limit is its own.
  @Test func `an orphan answers although its socket has just done so`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 < F. 5001 ack 1001 id 7
        1.010 > S  700000
        1.011 < .  5002 ack 1001 id 8
        1.020 > .  1001 ack 5002
        1.300 > S  800000
        1.301 < .  5002 ack 1001 id 0
        20.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "closing rejected challenge", "closing rejected orphan-answered",
      ])
  }

  /// A keepalive was answered in FIN_WAIT_1.
  @Test func `nor does TIME_WAIT know what the socket has answered that it was`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 < F. 5001 ack 1001 id 7
        1.200 > .  1000 ack 5001
        1.201 < .  5002 ack 1001 id 8
        1.202 > .  1001 ack 5002
        1.203 > F. 1001 ack 5002
        1.204 < .  5002 ack 1002 id 0
        1.280 > S  700
        1.281 < .  5002 ack 1002 id 0
        20.000 end
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
  }

  /// `tcp_timewait_state_process` forgives no timestamp, `tcp_validate_incoming` one that is older by one
  /// (TCP_PAWS_WINDOW).
  @Test func `an orphan's answer to a timestamp older by one uses up its right to answer a SYN`() {
    let hearing = Hearing(
      Scene.establishedWithTimestamps + """
        1.000 < F. 5001 ack 1001 ts 950 ecr 102 id 7
        1.001 > .  1001 ack 5002 ts 102 ecr 950
        2.000 > .  1001 ack 5002 ts 101 ecr 950
        2.001 < .  5002 ack 1001 ts 960 ecr 102 id 0
        2.060 > S  700000 ts 103
        20.000 end
        """)
    #expect(hearing.verdicts == ["first use", "closing unanswered rate-limited"])
  }

  @Test func `a socket in FIN_WAIT_2 has no answer to it, and has one to the SYN`() {
    let hearing = Hearing(
      Scene.establishedWithTimestamps + """
        1.000 < F. 5001 ack 1001 ts 950 ecr 102 id 7
        1.001 > .  1001 ack 5002 ts 102 ecr 950
        2.000 > .  1001 ack 5002 ts 101 ecr 950
        2.060 > S  700000 ts 103
        2.061 < .  5002 ack 1001 ts 960 ecr 102 id 8
        20.000 end
        """)
    #expect(hearing.verdicts == ["first use", "closing rejected challenge"])
  }
}
