import Testing

@testable import FlowAnalyzer

/// FIN_WAIT_2: an orphan goes after a minute, a full socket never by itself (reference, section 1.3), and only answers
/// tell which it was.
@Suite("FIN_WAIT_2, orphan or not")
struct OrphanTests {
  // MARK: - Age

  @Test func `after a minute, silence says nothing`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        101.000 > S  500
        110.000 end
        """)
    #expect(hearing.verdicts == ["first use", "reuse unknown"])
  }

  @Test func `nor does it where the next SYN finds nothing: if it was an orphan, its time was up`()
  {
    let hearing = Hearing(
      Scene.finWait2 + """
        101.000 > S  500
        104.000 > S  500
        104.001 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse expired", "reuse expired"])
  }

  @Test func `an answer shows that it stands, at whatever age`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        101.000 > S  500
        102.000 > S  500
        102.001 < .  5002 ack 1001 id 7
        """)
    #expect(
      hearing.verdicts == [
        "first use", "closing unanswered lost", "closing rejected challenge",
      ])
  }

  /// Closed late, it would be an orphan still; or it has gone, and so has the listener.
  @Test(arguments: [
    (30.0, "closing reset orphan-refused"),
    (61.5, "inferred closing reset orphan-refused"), (101.0, "reuse unknown"),
  ])
  func `a RST after a minute may be the orphan's or not`(at: Double, verdict: String) {
    let hearing = Hearing(
      Scene.finWait2 + """
        \(at)  > S  1500
        \(at)1 < R. 0 ack 1501
        """)
    #expect(hearing.verdicts == ["first use", verdict])
  }

  // MARK: - Its end

  private static let answered =
    Scene.finWait2 + """
      9.000 > S  500
      9.001 < .  5002 ack 1001 id 0

      """

  /// `tcp_timewait_state_process`; a full socket would challenge it.
  @Test(arguments: [
    (1001, "reuse reset"), (2001, "reuse reset"), (2002, "closing unanswered lost"),
  ])
  func `a RST anywhere in its window ends it`(number: Int, verdict: String) {
    let hearing = Hearing(
      Self.answered + """
        9.002  > R  \(number)
        10.000 > S  70000
        20.000 end
        """)
    #expect(hearing.verdicts.last == verdict)
  }

  /// Nobody waits for an answer when it comes.
  @Test func `nor has it to come behind a SYN`() {
    let hearing = Hearing(
      Self.answered + """
        30.000 > R  1501
        31.000 > S  70000
        40.000 end
        """)
    #expect(hearing.verdicts.last == "reuse reset")
  }

  @Test func `a RST beside the number of a full socket ends nothing`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        9.000 > S  500
        9.001 < .  5002 ack 1001 id 7
        9.002 > R  1501
        20.000 > S  70000
        20.001 < .  5002 ack 1001 id 8
        """)
    #expect(hearing.verdicts.last == "closing rejected challenge")
  }

  @Test func `it has left in FIN_WAIT_2 where the FIN finds nothing any more`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        70.000 > F. 1001 ack 5002
        70.001 < R  5002
        71.000 > F. 1001 ack 5002
        71.001 < R  5002
        80.000 end
        """)
    #expect(hearing.report.summary.timeWaits.serverFinWait2 == 1)
    #expect(hearing.report.summary.timeWaits.server == 0)
  }

  @Test func `no orphan refuses what falls beside its window`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        101.000 > S  500
        101.001 < R. 0 ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse expired"])
  }

  /// What refused the second SYN may have been the port without a listener.
  @Test func `a RST after a minute shows no orphan that the SYN before has met`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        101.000 > S  1500
        102.000 > S  1500
        102.001 < R. 0 ack 1501
        """)
    #expect(hearing.verdicts == ["first use", "reuse expired", "reuse unknown"])
  }

  /// PAWS comes first: an orphan answers such a SYN with an ACK.
  @Test func `no orphan refuses an older timestamp, nor has the SYN before met one`() {
    let hearing = Hearing(
      Scene.establishedWithTimestamps + """
         1.000 < F. 5001 ack 1001 ts 950 ecr 102
         1.001 > .  1001 ack 5002 ts 300 ecr 950
        11.000 > S  1500 ts 200
        12.000 > S  1500 ts 201
        12.001 < R. 0 ack 1501
        """)
    #expect(hearing.verdicts == ["first use", "reuse gone", "reuse gone"])
  }

  /// An orphan resets whoever sends it data.
  @Test func `data that were not captured were taken by a socket`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        11.000 > S  500
        11.001 < .  5002 ack 1501 id 77
        """)
    #expect(hearing.verdicts == ["first use", "closing rejected challenge"])
  }

  @Test func `a keepalive's answer tells what it is`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        11.000 > .  1000 ack 5002
        11.001 < .  5002 ack 1001 id 0      # no socket
        21.000 > S  1500                    # inside the window
        24.000 end
        """)
    #expect(hearing.hits.map(\.predicted) == [.reset])
  }

  // MARK: - The limit

  @Test func `a full socket is silent for its limit, whatever the SYN`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        11.000 > S  500
        11.001 < .  5002 ack 1001 id 7      # a socket
        11.100 > S  1500                    # inside the window
        21.000 > S  7000
        21.001 < S. clock ack 7001
        """)
    #expect(
      hearing.verdicts == [
        "first use", "closing rejected challenge", "closing unanswered rate-limited", "reuse gone",
      ])
    #expect(hearing.hits.map(\.evidence) == [.tracked, .tracked])
  }

  /// An orphan refuses it without any limit.
  @Test func `an orphan that does not refuse what falls into its window has not got it`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        11.000 > S  500
        11.001 < .  5002 ack 1001 id 0      # no socket
        11.100 > S  1500                    # inside the window
        14.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "closing rejected orphan-answered", "closing unanswered lost",
      ])
    #expect(hearing.hits.map(\.predicted) == [.rejected, .reset])
  }

  /// IPv6 has no identification.
  @Test func `where nothing tells them apart, the limit is a guess`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        11.000 > S  500
        11.001 < .  5002 ack 1001
        11.100 > S  1500
        14.000 end
        """, isIPv6: true)
    #expect(
      hearing.verdicts == [
        "first use", "closing rejected challenge", "inferred closing unanswered rate-limited",
      ])
  }

  /// A live socket's count is not its TIME_WAIT's (Linux `tcp_time_wait`).
  @Test func `the limit begins anew with TIME_WAIT`() {
    let hearing = Hearing(
      Scene.established + """
        10.000 > S  500
        10.001 < .  5001 ack 1001 id 7
        10.100 < F. 5001 ack 1001
        10.101 > F. 1001 ack 5002
        10.101 < .  5002 ack 1002
        10.200 > S  400
        12.000 > S  400
        12.001 < .  5002 ack 1002 id 0
        """)
    #expect(
      hearing.verdicts.suffix(2) == [
        "time-wait unanswered lost", "time-wait rejected sequence-not-newer",
      ])
  }

  /// It becomes the TIME_WAIT itself, and keeps its count.
  @Test func `the limit of an orphan goes on in TIME_WAIT`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        11.000 > S  500
        11.001 < .  5002 ack 1001 id 0      # no socket
        11.100 > F. 1001 ack 5002
        11.101 < .  5002 ack 1002 id 0
        11.300 > S  500
        14.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "closing rejected orphan-answered", "time-wait unanswered rate-limited",
      ])
  }
}

/// What else than SYNs uses up the right of a live socket to answer the next one (Linux `last_oow_ack_time`).
@Suite("The limit of a live socket")
struct LiveLimitTests {
  @Test(arguments: [
    ("a keepalive", "> . 1000 ack 5001"), ("a RST that does not fit", "> R 1500"),
    ("a SYN-ACK", "> S. 1000 ack 5001"),
  ])
  func `an answer to it is the last for half a second`(what: String, packet: String) {
    let hearing = Hearing(
      Scene.established + """
        10.000 \(packet)
        10.001 <  .  5001 ack 1001 id 7
        10.300 > S  500
        12.000 > S  500
        12.001 <  .  5001 ack 1001 id 8
        """)
    #expect(
      hearing.verdicts == [
        "first use", "established unanswered rate-limited", "established rejected challenge",
      ])
    #expect(hearing.report.findings.first?.addedSeconds.value == 1.7)
  }

  @Test func `traffic in between changes nothing`() {
    let hearing = Hearing(
      Scene.established + """
        10.000 > .  1000 ack 5001
        10.001 < .  5001 ack 1001 id 7
        10.100 < P. 5001(10) ack 1001
        10.101 > .  1001 ack 5011
        10.300 > S  500
        12.000 > S  500
        12.001 < .  5011 ack 1001 id 8
        """)
    #expect(hearing.verdicts[1] == "established unanswered rate-limited")
  }

  /// Windows sends a byte that the peer has, and Linux answers data without limit.
  @Test func `a keepalive with a byte does not count`() {
    let hearing = Hearing(
      Scene.established + """
        10.000 > .  1000(1) ack 5001
        10.001 < .  5001 ack 1001 id 7
        10.300 > S  500
        12.000 end
        """)
    #expect(hearing.verdicts == ["first use", "established unanswered lost"])
  }

  @Test func `nor does one that got no answer`() {
    let hearing = Hearing(
      Scene.established + """
        10.000 > .  1000 ack 5001
        10.300 > S  500
        12.000 end
        """)
    #expect(hearing.verdicts == ["first use", "established unanswered lost"])
  }

  @Test func `nor does the ACK of data`() {
    let hearing = Hearing(
      Scene.established + """
        10.000 > P. 1001(10) ack 5001
        10.001 < .  5001 ack 1011 id 7
        10.300 > S  500
        12.000 end
        """)
    #expect(hearing.verdicts == ["first use", "established unanswered lost"])
  }

  /// They share one answer, which is the first one's.
  @Test func `a keepalive right behind a SYN leaves the answer to that`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.0000 > S  500
        11.0002 > .  1001 ack 5002
        11.0004 < .  5002 ack 1002 id 0
        14.0000 end
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
  }

  /// So its TS.Recent is what it was, and the SYN is not older.
  @Test func `an orphan takes no timestamp of an ACK, and refuses the SYN inside its window`() {
    let hearing = Hearing(
      Scene.establishedWithTimestamps + """
        1.000 < F. 5001 ack 1001 ts 950 ecr 102 id 7
        1.001 > .  1001 ack 5002 ts 103 ecr 950
        2.000 > .  1001 ack 5002 ts 500 ecr 950
        3.000 > S  2000 ts 400
        3.001 < R. 0 ack 2001
        """)
    #expect(hearing.verdicts == ["first use", "closing reset orphan-refused"])
  }

  // MARK: - Its end

  /// The kernel's TcpExtTW counts it once, and no TIME_WAIT.
  @Test func `a FIN behind the RST that ended it begins no TIME_WAIT`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        10.000 > R  1001
        10.001 > F. 1001 ack 5002
        10.002 < R  5002
        20.000 end
        """)
    #expect(hearing.report.summary.timeWaits.serverFinWait2 == 1)
    #expect(hearing.report.summary.timeWaits.server == 0)
    #expect(hearing.report.heldAtEnd.tuples.isEmpty)
  }

  /// It was in FIN_WAIT_1 when the RST came, so that there never was one.
  @Test func `nor does the ACK of its FIN make one behind the RST`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 < F. 5001 ack 1001
        1.200 > R  1001
        1.400 > .  1001 ack 5002
        1.401 < R  5002
        20.000 end
        """)
    #expect(hearing.report.summary.timeWaits.serverFinWait2 == 0)
    #expect(hearing.report.heldAtEnd.tuples.isEmpty)
  }

  @Test func `one that acknowledges that FIN has entered TIME_WAIT`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        10.000 > R  1001
        10.001 > F. 1001 ack 5002
        10.002 < .  5002 ack 1002
        20.000 end
        """)
    #expect(hearing.report.summary.timeWaits.serverFinWait2 == 0)
    #expect(hearing.report.summary.timeWaits.server == 1)
  }

  /// The RST was lost on its way behind the capture.
  @Test func `who acknowledges a FIN has taken the ACK that came with it`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 < F. 5001 ack 1001
        1.100 > R  1001
        1.150 > F. 1001 ack 5002
        1.151 < .  5002 ack 1002
        20.000 end
        """)
    #expect(hearing.report.summary.timeWaits.server == 1)
    #expect(hearing.report.summary.timeWaits.serverFinWait2 == 0)
  }
}
