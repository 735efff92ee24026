import Testing

@testable import FlowAnalyzer

/// Attempts: same source address, destination and ISN, each SYN at most 70 s after the one before
/// (contract, section 1; reference, section 8, cases 48 and 62).
@Suite("Attempts")
struct AttemptTests {
  @Test(arguments: [("70.000000000", 1), ("70.000000001", 2)])
  func `SYNs up to 70 s apart are one`(second: String, attempts: Int) {
    let hearing = Hearing("0.000 > S 1000\n\(second) > S 1000")
    #expect(hearing.report.summary.attempts.total == attempts)
  }

  @Test func `the 70 s count from SYN to SYN, not from the first`() {
    let hearing = Hearing(
      """
        0.000 > S 1000
       60.000 > S 1000
      120.000 > S 1000
      180.000 > S 1000
      """)
    #expect(hearing.report.summary.attempts.total == 1)
  }

  @Test func `the source port does not matter`() {
    let hearing = Hearing(
      """
      0.000 > S 1000 port 4001
      1.000 > S 1000 port 4002
      3.000 > S 1000 port 4003
      """)
    #expect(hearing.report.summary.attempts.total == 1)
    #expect(hearing.verdicts == ["first use", "first use", "first use"])
  }

  @Test func `another source, destination or ISN makes another`() {
    let hearing = Hearing(
      """
      0.000 > S 1000
      0.100 > S 1000 from 2
      0.200 > S 1000 to 2
      0.300 > S 1001
      """)
    #expect(hearing.report.summary.attempts.total == 4)
  }

  @Test func `other connections may use the tuple in between`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        11.001 > R  1002
        11.010 > S  500 port 4009         # the LB has given 4003 to another
        11.020 > S  7000
        11.021 < S. clock ack 7001
        11.022 > .  7001 ack clock+1
        11.100 < R. clock+1 ack 7001
        12.010 > S  500                   # and now back to 4003
        12.011 < S. clock ack 501
        12.012 > .  501 ack clock+1
        """)
    #expect(hearing.report.summary.attempts.total == 3)
    #expect(hearing.report.findings.map(\.syns) == [3])
    #expect(hearing.report.findings.map(\.outcome) == [.connected])
    #expect(hearing.report.findings.map(\.addedSeconds.value) == [0.010])
  }

  @Test func `a hit and the same ISN two minutes later are two attempts`() {
    let hearing = Hearing(
      Scene.timeWait + """
         11.000 > S  500
         11.001 < .  5002 ack 1002 id 0
        131.000 > S  500
        131.001 < S. clock ack 501
        131.002 > .  501 ack clock+1
        """)
    #expect(hearing.report.summary.attempts.total == 3)
    #expect(hearing.report.findings.map(\.outcome) == [.failed])
  }

  @Test func `hits of one attempt on several tuples make one finding`() {
    let hearing = Hearing(
      Scene.timeWait + """
        2.000 > S  1700          port 4009
        2.001 < S. 8000 ack 1701 port 4009
        2.002 > .  1701 ack 8001 port 4009
        3.000 < F. 8001 ack 1701 port 4009
        3.001 > F. 1701 ack 8002 port 4009
        3.001 < .  8002 ack 1702 port 4009
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        11.001 > R  1002
        11.010 > S  500           port 4009
        11.011 < .  8002 ack 1702 port 4009 id 0
        11.011 > R  1702          port 4009
        11.020 > S  500           port 4009
        11.021 < S. 900000 ack 501 port 4009
        11.022 > .  501 ack 900001 port 4009
        """)
    #expect(hearing.report.findings.count == 1)
    #expect(hearing.report.findings.first?.hits.map(\.tuple.source.port) == [4003, 4009])
    #expect(hearing.report.findings.first?.syns == 3)
    #expect(hearing.report.findings.first?.addedSeconds.value == 0.020)
  }
}
