import Testing

@testable import FlowAnalyzer

/// What later segments, and the limits of what a server can do, say about SYNs that got no answer.
@Suite("Evidence beside the answer")
struct LaterEvidenceTests {
  // MARK: - A timer that has run out

  /// Nothing is left whose timer PAWS could start anew (reference, 1.5).
  @Test func `an old timestamp does not bring back a TIME_WAIT that is over`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
        101.000 > S  500 ts 290
        102.000 > S  500 ts 291
        104.000 > S  500 ts 293
        104.001 < S. clock ack 501 ts 2000 ecr 293
        """)
    #expect(
      hearing.verdicts == ["first use", "reuse expired", "reuse expired", "reuse expired"])
    #expect(hearing.report.analysis.timeWait.warning == nil)
  }

  /// Timers come late: the answer shows that this one has, and PAWS has started it anew.
  @Test func `an old timestamp that is refused after a minute starts the timer anew`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
         62.000 > S  500 ts 299
         62.001 < .  5002 ack 1002 ts 1950 ecr 300 id 0
        115.000 > S  500 ts 298
        115.001 < .  5002 ack 1002 ts 2000 ecr 300 id 0
        """)
    #expect(hearing.hits.map(\.evidence) == [.tracked, .tracked])
    #expect(
      hearing.report.findings.flatMap(\.hits).map { $0.held.ageSeconds?.value.rounded() } == [
        61, 53,
      ])
  }

  @Test func `a segment that comes late does not bring it back, either`() {
    let hearing = Hearing(
      Scene.timeWait + """
        100.000 > .  1002 ack 5002
        101.000 > S  500
        110.000 end
        """)
    #expect(hearing.verdicts == ["first use", "reuse expired"])
  }

  // MARK: - One holder for all SYNs that have met it

  @Test func `a SYN that got no answer met what answers the next one: a live socket`() {
    let hearing = Hearing(
      Scene.lastAck + """
         2.000 > .  1002 ack 5002          # captured, and lost behind that
        11.000 > S  500
        12.000 > S  500
        12.001 < .  5002 ack 1002 id 9     # a socket that counts its packets
        15.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "inferred closing unanswered lost", "inferred closing rejected challenge",
      ])
    #expect(hearing.report.findings.map(\.kind) == [.closing])
  }

  @Test func `a SYN that got no answer met what answers the next one: TIME_WAIT`() {
    let hearing = Hearing(
      """
       0.000 > .  1001 ack 5001            # the capture begins in the middle
      11.000 > S  500
      12.000 > S  500
      12.001 < .  5002 ack 1002 id 0
      15.000 end
      """)
    #expect(
      hearing.verdicts == [
        "inferred time-wait unanswered lost", "inferred time-wait rejected sequence-not-newer",
      ])
    #expect(hearing.report.findings.map(\.kind) == [.timeWait])
  }

  @Test func `the close was not captured, and the answer says that there was one`() {
    let hearing = Hearing(
      Scene.established + """
        11.000 > S  500
        12.000 > S  500
        12.001 < .  5002 ack 1002 id 0
        15.000 end
        """)
    #expect(hearing.report.findings.map(\.kind) == [.timeWait])
    #expect(hearing.hits.map(\.evidence) == [.inferred, .inferred])
    // Since when is not known, not even that it was before the SYN.
    #expect(
      hearing.report.findings.flatMap(\.hits).map { $0.held.ageSeconds?.value } == [nil, nil])
  }

  @Test func `a RST out of FIN_WAIT_2 shows that it stood when the SYN before came`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        5.000 > S  500
        8.000 > S  1500                    # window: 1001 to 2000
        8.001 < R. 0 ack 1501
        """)
    #expect(
      hearing.verdicts == [
        "first use", "closing unanswered lost", "closing reset orphan-refused",
      ])
  }

  // MARK: - The limit

  @Test func `silence a moment after a challenge is the limit's, whatever came later`() {
    let hearing = Hearing(
      Scene.established + """
         10.000 > S  500
         10.001 < .  5001 ack 1001 id 9
         10.011 > S  600
        400.000 > S  7000
        400.001 < S. clock ack 7001
        """)
    #expect(
      hearing.verdicts == [
        "first use", "established rejected challenge", "established unanswered rate-limited",
        "reuse gone",
      ])
  }

  /// Two clients of two load balancers that share an address: the RST is the first one's.
  @Test func `a RST answers the answer that was captured, and no other`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        11.005 > S  100
        11.021 > R  1002
        11.030 > S  500
        11.031 < S. clock ack 501
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer", "time-wait unanswered rate-limited",
        "reuse reset",
      ])
    #expect(hearing.hits.map(\.end) == [.killed, .survived])
  }

  @Test func `an answer on its way uses up the limit, too`() {
    let hearing = Hearing(
      Scene.established + """
        10.0000 > S  500
        10.0003 > S  600
        10.0006 < .  5001 ack 1001 id 9    # to the first
        10.0010 > R  1001
        10.0100 > S  500
        10.0101 < S. clock ack 501
        """)
    #expect(
      hearing.verdicts == [
        "first use", "established rejected challenge", "established unanswered rate-limited",
        "reuse reset",
      ])
  }

  /// The server had acknowledged the client's FIN before it sent, unseen, what may have been its own.
  private static let hiddenFIN =
    Scene.established + """
      1.000 > F. 1001 ack 5001
      1.001 < .  5001 ack 1002
      2.000 < .  5002 ack 1002
      2.100 > .  1002 ack 5002

      """

  @Test func `a FIN behind the ACK of the peer's leaves no TIME_WAIT, though it was not captured`()
  {
    let hearing = Hearing(Self.hiddenFIN + "11.000 > S  500\n14.000 end")
    #expect(hearing.verdicts == ["first use", "reuse other-side"])
    #expect(hearing.report.summary.timeWaits.server == 0)
    #expect(hearing.report.summary.timeWaits.both == 0)
  }

  @Test func `an answer that shows the TIME_WAIT leaves no doubt for the next SYN`() {
    let hearing = Hearing(
      Self.hiddenFIN + """
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        12.000 > S  500
        15.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "inferred time-wait rejected sequence-not-newer", "time-wait unanswered lost",
      ])
  }

  /// Nothing is known of its FIN, so that nothing says that it was lost.
  @Test func `what only answers show stays a TIME_WAIT when they come again`() {
    let hearing = Hearing(
      """
      11.000 > S  500
      11.001 < .  5002 ack 1002 id 0
      12.000 > S  500
      12.001 < .  5002 ack 1002 id 0
      """)
    let rejected = "inferred time-wait rejected sequence-not-newer"
    #expect(hearing.verdicts == [rejected, rejected])
  }

  /// The server closes first. The client's FIN was not captured, only its ACK: whether that FIN acknowledged the
  /// server's is not known.
  private static let doubtfulTimeWait =
    Scene.established + """
      1.000 < F. 5001 ack 1001
      1.200 < .  5002 ack 1002

      """

  @Test func `a TIME_WAIT that is in doubt proves nothing about RSTs`() {
    let hearing = Hearing(
      Self.doubtfulTimeWait + """
         5.000 > R  1002
        11.000 > S  500
        11.001 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
    #expect(hearing.report.analysis.server.rfc1337 == "unknown")
  }

  @Test func `nor how long it lasts`() {
    let answer = "11.000 > S  500\n11.001 < .  5002 ack 1002 id 0\n"
    let doubtful = Hearing(Self.doubtfulTimeWait + answer)
    #expect(doubtful.verdicts.last == "inferred time-wait rejected sequence-not-newer")
    #expect(doubtful.report.analysis.timeWait.measured.atLeastSeconds == nil)
    let certain = Hearing(Self.doubtfulTimeWait + "1.300 > .  1002 ack 5002\n" + answer)
    #expect(certain.verdicts.last == "time-wait rejected sequence-not-newer")
    #expect(certain.report.analysis.timeWait.measured.atLeastSeconds?.value == 9.7)
  }

  /// Five hundred bytes of the client and its FIN were not captured.
  @Test func `nor does one become an orphan again, where its client's FIN was not captured`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        11.000 > S  500
        11.001 < .  5002 ack 1502 id 0
        12.000 > S  500
        12.001 < .  5002 ack 1502 id 0
        """)
    let rejected = "inferred time-wait rejected sequence-not-newer"
    #expect(hearing.verdicts.dropFirst() == [rejected, rejected.replacing("inferred ", with: "")])
  }

  /// The client's FIN was captured and lost: whatever came before, the answer leaves it out.
  @Test func `an orphan is known by its answer also where the beginning was not captured`() {
    let hearing = Hearing(
      """
       0.500 < F. 5001 ack 1001
       0.501 > F. 1001 ack 5002
      11.000 > S  500
      11.001 < .  5002 ack 1001 id 0
      11.001 > R  1001
      11.010 > S  500
      11.011 < S. clock ack 501
      """)
    #expect(hearing.verdicts == ["inferred closing rejected orphan-answered", "reuse reset"])
  }

  // MARK: - Numbers

  /// `tcp_paws_check` takes the SYN, and the comparison behind it finds the timestamp newer.
  @Test func `a timestamp half the range away is newer to Linux`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
        11.000 > S  500 ts 0x8000012c
        11.001 < S. 70539 ack 501 ts 1950 ecr 0x8000012c
        """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted timestamp-newer"])
  }

  /// The server closes first. Of the client's data one byte is missing from the capture, and was taken for a FIN.
  @Test(arguments: [true, false])
  func `a byte that was not captured is no FIN once the FIN comes`(_ isAnswered: Bool) {
    let hearing = Hearing(
      Scene.established + """
        0.010 < .  5001 ack 1002
        1.000 < F. 5001 ack 1002
        1.001 > .  1002 ack 5002
        1.002 > F. 1002 ack 5002
        1.003 < .  5002 ack 1003
        11.000 > S  500
        """
        + (isAnswered ? "\n11.001 < .  5002 ack 1003 id 0" : "\n13.000 end"))
    #expect(
      hearing.verdicts.last
        == (isAnswered
          ? "time-wait rejected sequence-not-newer" : "time-wait unanswered lost"))
    #expect(hearing.report.summary.timeWaits.server == 1)
    #expect(hearing.report.summary.timeWaits.peer == 0)
  }

  /// Twenty-one numbers that were not captured are so many bytes, or twenty and a FIN.
  @Test func `a connection whose last segment is missing may be closing`() {
    let script =
      Scene.established + """
        1.000 > .  1001 ack 5022

        """
    let end = """
      11.000 > S  500
      11.001 < .  5022 ack 1001 id 9
      """
    #expect(Hearing(script + end).verdicts.last == "inferred established rejected challenge")
    let goesOn = "2.000 < P. 5022(10) ack 1001\n2.001 > . 1001 ack 5032\n"
    #expect(
      Hearing(script + goesOn + end.replacing("5022", with: "5032")).verdicts.last
        == "established rejected challenge")
  }

  @Test func `the same of the client's last segment`() {
    let hearing = Hearing(
      Scene.established + """
         1.000 < .  5001 ack 1022
        11.000 > S  500
        11.001 < .  5001 ack 1022 id 9
        """)
    #expect(hearing.verdicts.last == "inferred established rejected challenge")
  }

  /// The SYN that this answers is missing; the one before came within the limit.
  @Test func `a late answer is none to a SYN that the limit silenced`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        11.100 > S  600
        12.000 < .  5002 ack 1002 id 0
        15.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer", "time-wait unanswered rate-limited",
      ])
  }

  /// The server is far away: the FIN that was captured behind the SYN comes behind it there, too.
  @Test func `an ACK that leaves out what is under way answers the SYN`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 < F. 5001 ack 1001
        1.001 > .  1001 ack 5002
        5.000 > S  500
        5.001 > F. 1001 ack 5002
        5.020 < .  5002 ack 1001 id 0       # to the SYN
        5.021 < .  5002 ack 1002 id 0       # to the FIN
        9.000 end
        """)
    #expect(hearing.verdicts == ["first use", "closing rejected orphan-answered"])
  }

  /// FreeBSD sends identification zero from any socket (RFC 6864).
  @Test func `other systems' identifications say nothing of sockets`() {
    let script =
      Scene.closeWait + """
        11.000 > S  500
        11.001 < .  5001 ack 1002 id 0
        """
    #expect(Hearing(script).verdicts.last == "inferred time-wait rejected sequence-not-newer")
    let hearing = Hearing(script) { $0.serverStack = .freebsd }
    #expect(hearing.verdicts.last == "closing rejected challenge")
  }
}
