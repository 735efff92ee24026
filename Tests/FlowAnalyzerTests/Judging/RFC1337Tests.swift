import Testing

@testable import FlowAnalyzer

/// Whether the server ignores RSTs in TIME_WAIT (RFC 1337): given, or found out (reference,
/// section 8, case 16, and section 4.1).
@Suite("RSTs that TIME_WAIT ignores")
struct RFC1337Tests {
  /// Case 16: the quick second SYN falls into the rate limit, and the loop goes on.
  static let loop =
    Scene.timeWait + """
      11.000 > S  500
      11.001 < .  5002 ack 1002 id 0
      11.001 > R  1002
      11.011 > S  500                       # silence: the rate limit, no loss
      12.000 > S  500
      12.001 < .  5002 ack 1002 id 0
      12.001 > R  1002
      14.000 > S  500
      14.001 < .  5002 ack 1002 id 0
      14.001 > R  1002
      20.000 end
      """
  static let loopVerdicts = [
    "first use", "time-wait rejected sequence-not-newer", "time-wait unanswered rate-limited",
    "time-wait rejected sequence-not-newer", "time-wait rejected sequence-not-newer",
  ]

  // Case 16
  @Test(arguments: [true, nil] as [Bool?])
  func `on or found out, the loop consists of hits only`(given: Bool?) {
    let hearing = Hearing(Self.loop) { $0.rfc1337 = given }
    #expect(hearing.verdicts == Self.loopVerdicts)
    #expect(hearing.hits.map(\.end) == [.survived, .survived, .survived, .survived])
    #expect(hearing.report.summary.attempts.hit == 1)
    #expect(hearing.report.findings.map(\.outcome) == [.failed])
    #expect(hearing.report.findings.first?.addedSeconds.value == 3)
    #expect(hearing.report.heldAtEnd.timeWait == 1)
    #expect(hearing.report.analysis.server.rfc1337 == "on")
    #expect(
      hearing.report.analysis.server.rfc1337Source == (given == nil ? "evidence" : "option"))
  }

  /// After its RST the SYN stays silent, and nothing more is seen on the tuple.
  static let silentAfterRST = """
    11.000 > S  500
    11.001 < .  5002 ack 1002 id 0
    11.001 > R  1002
    11.011 > S  500

    """

  /// The same tuple story on port 4200, where a TIME_WAIT answers after the RST.
  static let survivorElsewhere = """
    21.000 > S  1000          port 4200
    21.001 < S. 5000 ack 1001 port 4200
    21.002 > .  1001 ack 5001 port 4200
    22.000 < F. 5001 ack 1001 port 4200
    22.001 > F. 1001 ack 5002 port 4200
    22.001 < .  5002 ack 1002 port 4200
    23.000 > S  700           port 4200
    23.001 < .  5002 ack 1002 port 4200 id 0
    23.001 > R  1002          port 4200
    24.000 > S  700           port 4200
    24.001 < .  5002 ack 1002 port 4200 id 0

    """

  /// And here, a RST makes way for a fresh socket.
  static let victimElsewhere = """
    31.000 > S  1000          port 4300
    31.001 < S. 5000 ack 1001 port 4300
    31.002 > .  1001 ack 5001 port 4300
    32.000 < F. 5001 ack 1001 port 4300
    32.001 > F. 1001 ack 5002 port 4300
    32.001 < .  5002 ack 1002 port 4300
    33.000 > S  700           port 4300
    33.001 < .  5002 ack 1002 port 4300 id 0
    33.001 > R  1002          port 4300
    34.000 > S  700           port 4300
    34.001 < S. 880000000 ack 701 port 4300

    """

  static func verdict(_ script: String, _ rfc1337: Bool?) -> String {
    Hearing(script + "40.000 end") { $0.rfc1337 = rfc1337 }.verdicts[2]
  }

  @Test func `given, it decides what a silent SYN behind a RST met`() {
    let script = Scene.timeWait + Self.silentAfterRST
    #expect(Self.verdict(script, true) == "time-wait unanswered rate-limited")
    #expect(Self.verdict(script, false) == "reuse reset")
  }

  @Test func `without evidence, Linux as shipped obeys`() {
    #expect(Self.verdict(Scene.timeWait + Self.silentAfterRST, nil) == "reuse reset")
  }

  @Test func `the evidence may come later and from another tuple of the server`() {
    let script = Scene.timeWait + Self.silentAfterRST + Self.survivorElsewhere
    #expect(Self.verdict(script, nil) == "time-wait unanswered rate-limited")
  }

  @Test func `one RST obeyed proves that it is off, whatever seemed to survive`() {
    let script =
      Scene.timeWait + Self.silentAfterRST + Self.survivorElsewhere + Self.victimElsewhere
    #expect(Self.verdict(script, nil) == "reuse reset")
    let hearing = Hearing(script + "40.000 end")
    #expect(hearing.report.analysis.server.rfc1337 == "off")
  }

  @Test func `the counts of the report follow the evidence as well`() {
    let hearing = Hearing(
      Scene.timeWait + Self.silentAfterRST + Self.survivorElsewhere + "40.000 end")
    #expect(hearing.report.summary.syns.timeWait.unanswered == 1)
    #expect(hearing.report.summary.syns.timeWait.rejected == 3)
    #expect(hearing.report.summary.syns.reuses["reset"] == 0)
    #expect(hearing.report.heldAtEnd.timeWait == 2)
  }

  @Test func `a TIME_WAIT whose time is up shows nothing of what a RST did`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > R  1002
        66.501 > S  500
        66.502 < S. clock ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse reset"])
    #expect(hearing.report.analysis.server.rfc1337 == "unknown")
  }

  /// The ISN of a server that is known to be Linux says more than an option.
  @Test func `where the answer proves that nothing was left, it was the RST, whatever is given`() {
    let hearing = Hearing(
      Scene.fingerprintElsewhere + Scene.timeWait + """
        11.000 > R  1002
        12.000 > S  500
        12.001 < S. clock ack 501
        """
    ) { $0.rfc1337 = true }
    #expect(hearing.verdicts.last == "reuse reset")
  }
}
