import Testing

@testable import FlowAnalyzer

/// Linux `tcp_timewait_state_process`, the sequence rule (reference, section 8, cases 1 to 6).
///
/// RCV.NXT is 1002 and SND.NXT 5002, so a SYN accepted out of TIME_WAIT gets ISN 70539. A reason
/// other than `unexpected` says that the answer was the one predicted.
@Suite("A SYN meets TIME_WAIT without timestamps")
struct TimeWaitSequenceTests {
  // Case 1
  @Test func `one number ahead, it is accepted with the old SND_NXT plus 65537`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  1003
        11.001 < S. 70539 ack 1004
        """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
    #expect(hearing.hits.map(\.predicted) == [.accepted])
    #expect(hearing.hits.map(\.end) == [.replaced])
  }

  // Case 2: before() and after() of Linux count 2^31 itself as after.
  @Test(arguments: [1003, 1002 + 0x7fff_ffff, 1002 + 0x8000_0000] as [UInt32])
  func `ahead by up to 2^31 inclusive, it is accepted`(sequence: UInt32) {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  \(sequence)
        11.001 < S. 70539 ack \(sequence &+ 1)
        """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
  }

  // Cases 3 and 4
  @Test(arguments: [1002 + 0x8000_0001, 1002, 1001] as [UInt32])
  func `further ahead, level or behind, it is rejected`(sequence: UInt32) {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  \(sequence)
        11.001 < .  5002 ack 1002 id 0
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
    #expect(hearing.hits.map(\.predicted) == [.rejected])
    #expect(hearing.hits.map(\.evidence) == [.tracked])
  }

  // Case 5
  @Test func `ahead across the wrap of the sequence space, it is accepted`() {
    let hearing = Hearing(
      """
      0.000 > S  0xffffffee
      0.001 < S. 5000 ack 0xffffffef
      0.002 > .  0xffffffef ack 5001
      1.000 < F. 5001 ack 0xffffffef
      1.001 > F. 0xffffffef ack 5002   # RCV.NXT = 0xfffffff0
      1.001 < .  5002 ack 0xfffffff0
      9.000 > S  0x10                  # d = 32
      9.001 < S. 70539 ack 0x11
      """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
  }

  // Case 5, the mirror
  @Test func `behind across the wrap of the sequence space, it is rejected`() {
    let hearing = Hearing(
      """
      0.000 > S  0xe
      0.001 < S. 5000 ack 0xf
      0.002 > .  0xf ack 5001
      1.000 < F. 5001 ack 0xf
      1.001 > F. 0xf ack 5002          # RCV.NXT = 0x10
      1.001 < .  5002 ack 0x10
      9.000 > S  0xfffffff0            # d = -32
      9.001 < .  5002 ack 0x10 id 0
      """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer"])
  }

  // Case 6: Linux keeps ISN 0 for "not set".
  @Test func `where SND_NXT plus 65537 is zero, the ISN is one`() {
    let hearing = Hearing(
      """
      0.000 > S  1000
      0.001 < S. 0xfffefffd ack 1001
      0.002 > .  1001 ack 0xfffefffe
      1.000 < F. 0xfffefffe ack 1001
      1.001 > F. 1001 ack 0xfffeffff   # SND.NXT = 0xfffeffff
      1.001 < .  0xfffeffff ack 1002
      9.000 > S  2000
      9.001 < S. 1 ack 2001
      """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
  }

  @Test func `where SND_NXT plus 65537 passes zero, the ISN has wrapped`() {
    let hearing = Hearing(
      """
      0.000 > S  1000
      0.001 < S. 0xffffffef ack 1001
      0.002 > .  1001 ack 0xfffffff0
      1.000 < F. 0xfffffff0 ack 1001
      1.001 > F. 1001 ack 0xfffffff1   # SND.NXT = 0xfffffff1
      1.001 < .  0xfffffff1 ack 1002
      9.000 > S  2000
      9.001 < S. 65522 ack 2001        # 0xfffffff1 + 65537
      """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
  }

  // Case 46, second half: data with the SYN is left to be sent again.
  @Test func `with data, it is accepted and the data is not acknowledged`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  1003(10)
        11.001 < S. 70539 ack 1004
        """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
  }

  // Row 17 of section 1.2: numbers count the data that the FINs carried.
  @Test func `data carried by the FINs counts into both numbers`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 < FP. 5001(200) ack 1001
        1.001 > FP. 1001(30)  ack 5202   # RCV.NXT = 1032
        1.001 < .   5202 ack 1032        # SND.NXT = 5202
        9.000 > S   1032                 # d = 0
        9.001 < .   5202 ack 1032 id 0
        9.600 > S   1033                 # d = 1
        9.601 < S.  70739 ack 1034
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer", "time-wait accepted sequence-newer",
      ])
  }
}
