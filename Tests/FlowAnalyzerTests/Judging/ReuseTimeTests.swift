import Testing

@testable import FlowAnalyzer

/// How soon tuples are used again, and what that shows of the load balancer.
@Suite("How soon tuples are used again")
struct ReuseTimeTests {
  private func intervals(_ hearing: Hearing) -> Int {
    hearing.report.reuseIntervals.reduce(0) { $0 + $1.hits + $1.others }
  }

  @Test func `a SYN that is sent again uses nothing again`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  500
        12.000 > S  500
        15.000 end
        """)
    #expect(hearing.hits.count == 2)
    #expect(intervals(hearing) == 1)
  }

  /// The server's answer shows a TIME_WAIT, but not since when.
  @Test func `what ended at an unknown time was used again after an unknown time`() {
    let hearing = Hearing(
      Scene.clientClosedFirst + """
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        15.000 end
        """)
    #expect(hearing.verdicts.last == "inferred time-wait rejected sequence-not-newer")
    #expect(intervals(hearing) == 0)
  }

  // MARK: - How long the load balancer holds a port

  @Test func `an attempt that goes on from another port says nothing about that one`() {
    let hearing = Hearing(
      Scene.timeWait + """
         9.000 > S  3000          port 4009
         9.001 < S. 5000 ack 3001 port 4009
         9.002 > .  3001 ack 5001 port 4009
        10.000 < F. 5001 ack 3001 port 4009
        10.001 > F. 3001 ack 5002 port 4009
        10.001 < .  5002 ack 3002 port 4009
        11.001 > S  500                      # on port 4003, ten seconds after its end
        11.002 < .  5002 ack 1002 id 0
        12.001 > S  500           port 4009  # two seconds after its end
        12.002 < .  5002 ack 3002 port 4009 id 0
        15.000 end
        """)
    #expect(hearing.report.summary.attempts.total == 3)
    #expect(hearing.report.analysis.lbHold.atMostSeconds?.value == 10)
  }

  @Test func `a port whose connection the server has reset may be given away at once`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 < R. 5001 ack 1001
        3.000 > S  500
        3.001 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
    #expect(hearing.report.analysis.lbHold.atMostSeconds == nil)
  }
}
