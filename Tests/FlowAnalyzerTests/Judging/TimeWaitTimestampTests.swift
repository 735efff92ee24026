import Testing

@testable import FlowAnalyzer

/// Linux `tcp_timewait_state_process` with PAWS (reference, section 3.2, and section 8, cases 7
/// to 12). TS.Recent is 300 where the old connection had timestamps; RCV.NXT is 1002 either way.
@Suite("A SYN meets TIME_WAIT with timestamps")
struct TimeWaitTimestampTests {
  /// One cell of the table: what came, and what Linux does.
  struct Row: CustomTestStringConvertible, Sendable {
    var hadTimestamps: Bool
    var timestamp: UInt32?
    var sequence: UInt32
    var expected: String

    var testDescription: String {
      "old \(hadTimestamps ? "TS" : "no TS"), SYN \(timestamp.map { "TS \($0)" } ?? "no TS"), "
        + "d = \(Int64(sequence) - 1002)"
    }
  }

  static let ahead: UInt32 = 2000
  static let level: UInt32 = 1002
  static let behind: UInt32 = 500
  static let accepted = "time-wait accepted sequence-newer"
  static let rejected = "time-wait rejected sequence-not-newer"
  static let older = "time-wait rejected timestamp-older"

  static let truth: [Row] = [
    // no timestamps anywhere
    Row(hadTimestamps: false, timestamp: nil, sequence: ahead, expected: accepted),
    Row(hadTimestamps: false, timestamp: nil, sequence: level, expected: rejected),
    Row(hadTimestamps: false, timestamp: nil, sequence: behind, expected: rejected),
    // only the SYN has them: they are ignored (case 11)
    Row(hadTimestamps: false, timestamp: 1, sequence: ahead, expected: accepted),
    Row(hadTimestamps: false, timestamp: 9000, sequence: level, expected: rejected),
    Row(hadTimestamps: false, timestamp: 9000, sequence: behind, expected: rejected),
    // only the old connection had them (case 12)
    Row(hadTimestamps: true, timestamp: nil, sequence: ahead, expected: accepted),
    Row(hadTimestamps: true, timestamp: nil, sequence: level, expected: rejected),
    Row(hadTimestamps: true, timestamp: nil, sequence: behind, expected: rejected),
    // older, even by one (case 9)
    Row(hadTimestamps: true, timestamp: 299, sequence: ahead, expected: older),
    Row(hadTimestamps: true, timestamp: 299, sequence: level, expected: older),
    Row(hadTimestamps: true, timestamp: 299, sequence: behind, expected: older),
    // equal (case 8)
    Row(hadTimestamps: true, timestamp: 300, sequence: ahead, expected: accepted),
    Row(hadTimestamps: true, timestamp: 300, sequence: level, expected: rejected),
    Row(hadTimestamps: true, timestamp: 300, sequence: behind, expected: rejected),
    // newer (case 7)
    Row(hadTimestamps: true, timestamp: 301, sequence: ahead, expected: accepted),
    Row(
      hadTimestamps: true, timestamp: 301, sequence: level,
      expected: "time-wait accepted timestamp-newer"),
    Row(
      hadTimestamps: true, timestamp: 301, sequence: behind,
      expected: "time-wait accepted timestamp-newer"),
  ]

  // Section 3.2; cases 7, 8, 9, 11, 12
  @Test(arguments: truth) func `the truth table of Linux holds`(row: Row) {
    let timestamps = row.timestamp.map { "ts \($0)" } ?? ""
    let answer =
      row.expected.contains("accepted")
      ? "< S. 70539 ack \(row.sequence + 1)" : "< . 5002 ack 1002 id 0"
    let hearing = Hearing(
      (row.hadTimestamps ? Scene.timeWaitWithTimestamps : Scene.timeWait) + """
        11.000 > S \(row.sequence) \(timestamps)
        11.001 \(answer)
        """)
    #expect(hearing.verdicts == ["first use", row.expected])
  }

  // Case 9
  @Test func `refused for an older timestamp, it restarts the timer`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
        11.000 > S  1003          ts 299
        11.001 < .  5002 ack 1002 ts 1950 ecr 300 id 0
        70.000 > S  9000          ts 298           # 69 s after the close, 59 s after that SYN
        70.001 < .  5002 ack 1002 ts 2000 ecr 300 id 0
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected timestamp-older", "time-wait rejected timestamp-older",
      ])
    let held = hearing.report.findings.flatMap(\.hits).map(\.held)
    #expect(held.map { $0.ageSeconds?.value } == [9.999, 59])
  }

  // Case 10
  @Test func `newer across the wrap of the timestamp clock, it is accepted`() {
    let hearing = Hearing(
      """
      0.000 > S  1000          ts 0xffffff00
      0.001 < S. 5000 ack 1001 ts 900 ecr 0xffffff00
      0.002 > .  1001 ack 5001 ts 0xffffff02 ecr 900
      1.000 < F. 5001 ack 1001 ts 950 ecr 0xffffff02
      1.001 > F. 1001 ack 5002 ts 0xfffffff0 ecr 950
      1.001 < .  5002 ack 1002 ts 951 ecr 0xfffffff0
      9.000 > S  500           ts 0x10
      9.001 < S. 70539 ack 501 ts 1950 ecr 0x10
      """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted timestamp-newer"])
  }

  // Case 10, the mirror
  @Test func `older across the wrap of the timestamp clock, it is rejected`() {
    let hearing = Hearing(
      """
      0.000 > S  1000          ts 0x01
      0.001 < S. 5000 ack 1001 ts 900 ecr 0x01
      0.002 > .  1001 ack 5001 ts 0x02 ecr 900
      1.000 < F. 5001 ack 1001 ts 950 ecr 0x02
      1.001 > F. 1001 ack 5002 ts 0x10 ecr 950
      1.001 < .  5002 ack 1002 ts 951 ecr 0x10
      9.000 > S  9000          ts 0xfffffff0
      9.001 < .  5002 ack 1002 ts 1950 ecr 0x10 id 0
      """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected timestamp-older"])
  }

  // tcp_paws_check: a TS.Recent of zero is no evidence.
  @Test func `a remembered timestamp of zero refuses nothing`() {
    let hearing = Hearing(
      """
      0.000 > S  1000          ts 0
      0.001 < S. 5000 ack 1001 ts 900 ecr 0
      0.002 > .  1001 ack 5001 ts 0 ecr 900
      1.000 < F. 5001 ack 1001 ts 950 ecr 0
      1.001 > F. 1001 ack 5002 ts 0 ecr 950
      1.001 < .  5002 ack 1002 ts 951 ecr 0
      9.000 > S  9000          ts 0xfffffff0    # older by 16, were it not for the zero
      9.001 < S. 70539 ack 9001 ts 1950 ecr 0xfffffff0
      """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
  }

  // Section 4.1: the clock of the client runs on, so a small deficit cures itself.
  @Test func `a deficit smaller than the wait is gone with the next SYN`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
        11.000 > S  500           ts 300
        11.001 < .  5002 ack 1002 ts 1950 ecr 300 id 0
        12.000 > S  500           ts 1300         # the RST was not sent, or lost
        12.001 < S. 70539 ack 501 ts 2950 ecr 1300
        12.002 > .  501 ack 70540 ts 1302 ecr 2950
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer", "time-wait accepted timestamp-newer",
      ])
    #expect(hearing.report.findings.map(\.outcome) == [.connected])
  }

  // Section 1.4, first row
  @Test func `a late bare ACK in TIME_WAIT moves the timestamp that counts`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
         5.000 > .  1002 ack 5002 ts 400 ecr 951
        11.000 > S  9000          ts 350
        11.001 < .  5002 ack 1002 ts 1950 ecr 400 id 0
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected timestamp-older"])
  }

  // RFC 7323, section 4.3: only what may be the next segment moves TS.Recent.
  @Test func `an old retransmission does not lower the timestamp that counts`() {
    let hearing = Hearing(
      Scene.establishedWithTimestamps + """
         0.500 > P. 1001(10) ack 5001 ts 200 ecr 900
         0.501 < .  5001 ack 1011 ts 920 ecr 200
         0.600 > P. 1001(10) ack 5001 ts 150 ecr 900   # came late: another way, an older stamp
         0.601 < .  5001 ack 1011 ts 921 ecr 200
         1.000 < F. 5001 ack 1011 ts 950 ecr 200
         1.001 > F. 1011 ack 5002 ts 200 ecr 950
         1.001 < .  5002 ack 1012 ts 951 ecr 200
        11.000 > S  9000          ts 199
        11.001 < .  5002 ack 1012 ts 1950 ecr 200 id 0
        """)
    #expect(hearing.verdicts == ["first use", "time-wait rejected timestamp-older"])
  }
}
