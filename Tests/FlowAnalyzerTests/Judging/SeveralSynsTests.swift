import Testing

@testable import FlowAnalyzer

/// What one answer, or none, tells of several SYNs that came before it.
@Suite("Several SYNs and one answer")
struct SeveralSynsTests {
  // MARK: - Copies of a SYN

  /// The SYN-ACK was on its way when the SYN was sent again.
  @Test func `the echoed timestamp tells which copy of a SYN was let in`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
        11.000 > S  2000           ts 400
        12.000 > S  2000           ts 1400
        12.001 < S. 70539 ack 2001 ts 1950 ecr 400
        """)
    #expect(
      hearing.verdicts
        == ["first use", "time-wait accepted sequence-newer", "reuse duplicate"])
  }

  /// Something on the way replaces timestamps; nothing else than the SYN can be meant so soon.
  @Test func `a SYN-ACK that comes at once answers the SYN, whatever it echoes`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
        11.000 > S  2000           ts 400
        11.001 < S. 70539 ack 2001 ts 1950 ecr 7
        """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
  }

  /// Its ISN shows that the TIME_WAIT stood until then, so that the SYN before has not arrived.
  @Test func `a SYN-ACK to a SYN that was not captured tells of the SYN before`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  2000
        12.000 < S. 70539 ack 3001
        12.001 > .  3001 ack 70540
        15.000 end
        """)
    #expect(hearing.verdicts == ["first use", "reuse lost"])
  }

  // MARK: - Half open

  @Test func `a half-open connection that has answered is none that was closed`() {
    let hearing = Hearing(
      """
      0.000 > S  1000
      0.001 < S. 5000 ack 1001
      5.000 > S  500
      5.001 < .  5001 ack 1001 id 9        # its RST is lost
      5.010 > S  500
      6.010 > S  500
      6.011 < .  5001 ack 1001 id 9
      9.000 end
      """)
    #expect(
      hearing.verdicts
        == ["first use", "reuse syn-received", "reuse syn-received", "reuse syn-received"])
  }

  /// As health checks do.
  @Test func `a half-open connection ends by a RST`() {
    let hearing = Hearing(
      """
      0.000 > S  1000
      0.001 < S. 5000 ack 1001
      0.002 > R  1001
      5.000 > S  500
      5.001 < S. clock ack 501
      """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
  }

  @Test func `a SYN between another and its answer meets that one's half-open connection`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  2000
        11.001 > S  9000
        11.002 < S. 70539 ack 2001
        11.003 > .  2001 ack 70540
        """)
    #expect(
      hearing.verdicts
        == ["first use", "time-wait accepted sequence-newer", "reuse syn-received"])
  }

  // MARK: - A full accept queue

  /// The TIME_WAIT goes with the SYN for which there is no place (Linux `tcp_v4_rcv`).
  @Test func `of several SYNs that found no place only the first has met the TIME_WAIT`() {
    let hearing = Hearing(
      Scene.fingerprintElsewhere + Scene.timeWait + """
        11.000 > S  2000
        12.000 > S  2000
        14.000 > S  2000
        18.000 > S  2000
        18.001 < S. clock ack 2001
        """)
    #expect(
      hearing.verdicts.suffix(4) == [
        "time-wait unanswered accept-queue-full", "reuse duplicate", "reuse duplicate",
        "reuse gone",
      ])
    #expect(hearing.hits.filter { $0.end == .killed }.count == 1)
    #expect(hearing.report.analysis.timeWait.measured.lessThanSeconds == nil)
    #expect(hearing.report.analysis.timeWait.warning == nil)
  }

  /// If it has arrived, there is nothing left for the next.
  @Test func `behind a SYN that would have replaced the TIME_WAIT the next one's hit is a guess`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  2000
        12.000 > S  500
        15.000 end
        """)
    #expect(hearing.verdicts == ["first use", "reuse lost", "inferred time-wait unanswered lost"])
  }

  @Test func `not so where that one's answer has shown that it stands`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  2000
        11.001 < .  5002 ack 1002 id 0      # nobody listens
        11.200 > S  500
        14.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected no-listener", "time-wait unanswered rate-limited",
      ])
  }
}
