import Testing

@testable import FlowAnalyzer

/// Linux `tcp_timewait_state_process`, the sequence rule (reference, section 8, cases 1 to 6).
@Suite("A SYN meets TIME_WAIT without timestamps")
struct TimeWaitSequenceTests {
  @Test func `one number ahead, it is accepted with the old SND_NXT plus 65537`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  1003
        11.001 < S. 70539 ack 1004
        """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
  }
}
