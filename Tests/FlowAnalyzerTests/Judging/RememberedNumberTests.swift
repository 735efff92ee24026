import Testing

@testable import FlowAnalyzer

/// RCV.NXT, TS.Recent and the window: what a holder compares a SYN with, where segments come late, out of
/// order, or not at all.
@Suite("The numbers a holder remembers")
struct RememberedNumberTests {
  /// FIN_WAIT_2 with TS.Recent = 300, RCV.NXT = 1001, window 1000.
  private static let finWait2 =
    Scene.establishedWithTimestamps + """
      1.000 < F. 5001 ack 1001 ts 950 ecr 102
      1.001 > .  1001 ack 5002 ts 300 ecr 950

      """

  // MARK: - TS.Recent (RFC 7323, section 4.3)

  /// A SYN at 11 s with a timestamp, inside the window: PAWS refuses it, or what happens depends on what the
  /// holder is.
  private func prediction(after packet: String, syn timestamp: Int) -> [Answer] {
    Hearing(
      Self.finWait2 + """
        2.000 \(packet)
        11.000 > S 1500 ts \(timestamp)
        14.000 end
        """
    ).hits.map(\.predicted)
  }

  @Test func `a segment behind a hole does not move it`() {
    #expect(prediction(after: "> P. 1011(10) ack 5002 ts 400 ecr 950", syn: 350) == [.undetermined])
    #expect(prediction(after: "> P. 1001(10) ack 5002 ts 400 ecr 950", syn: 350) == [.rejected])
  }

  @Test func `an ACK that was overtaken does not lower it`() {
    #expect(prediction(after: "> .  1001 ack 5002 ts 150 ecr 950", syn: 200) == [.rejected])
  }

  @Test func `nor does it in TIME_WAIT`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
         5.000 > .  1002 ack 5002 ts 200 ecr 951
        11.000 > S  9000          ts 250
        14.000 end
        """)
    #expect(hearing.verdicts == ["first use", "time-wait unanswered lost"])
    #expect(hearing.hits.map(\.predicted) == [.rejected])
  }

  @Test func `of zero, it starts no timer anew`() {
    let hearing = Hearing(
      """
       0.000 > S  1000          ts 0
       0.001 < S. 5000 ack 1001 ts 900 ecr 0
       0.002 > .  1001 ack 5001 ts 0   ecr 900
       1.000 < F. 5001 ack 1001 ts 950 ecr 0
       1.001 > F. 1001 ack 5002 ts 0   ecr 950
       1.001 < .  5002 ack 1002 ts 951 ecr 0
      31.000 > S  500           ts 0xfffffff0
      40.000 end
      """)
    #expect(hearing.report.heldAtEnd.tuples.map(\.freeAt?.nanoseconds) == [61_001_000_000])
  }

  // MARK: - RCV.NXT

  @Test func `of two pieces behind a hole that do not touch, one is not taken for both`() {
    let hearing = Hearing(
      Scene.established + """
         0.500 > P. 1101(100) ack 5001
         0.510 > P. 1031(20)  ack 5001
         0.520 > P. 1001(30)  ack 5001
         1.000 < F. 5001 ack 1051               # 1051 to 1100 never came
         1.001 > .  1201 ack 5002
        11.000 > S  1100
        11.001 < R. 0 ack 1101
        """)
    #expect(hearing.verdicts == ["first use", "closing reset orphan-refused"])
  }

  /// By its timestamp the new connection was let in with a lower number than the old one had.
  @Test func `the old connection's FIN, sent again, is none of the new one's`() {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
        11.000 > S  500             ts 400
        11.001 < S. 70539 ack 501   ts 1950 ecr 400
        11.002 > F. 1001 ack 5002   ts 299  ecr 951    # late
        11.100 > .  501 ack 70540   ts 401  ecr 1950
        12.000 < F. 70540 ack 501   ts 2950 ecr 401
        12.001 > F. 501 ack 70541   ts 402  ecr 2950
        12.001 < .  70541 ack 502   ts 2951 ecr 402
        20.000 > S  400             ts 300
        23.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait accepted timestamp-newer", "time-wait unanswered lost",
      ])
  }

  // MARK: - The window

  /// Linux `tcp_in_window`: an empty window has room for the next number itself.
  @Test(arguments: [(1001, "closing reset orphan-refused"), (1002, "reuse gone")])
  func `an orphan with an empty window refuses the next number only`(
    sequence: Int, verdict: String
  ) {
    let hearing = Hearing(
      Scene.established + """
         1.000 < F. 5001 ack 1001 win 0
         1.001 > .  1001 ack 5002
        21.000 > S  \(sequence)
        21.001 < R. 0 ack \(sequence + 1)
        """)
    #expect(hearing.verdicts == ["first use", verdict])
  }

  /// The SYN-ACK was not captured, and so neither the scale.
  private static let withoutScale = """
    0.000 > S  1000 ws 7
    0.002 > .  1001 ack 5001
    1.000 < F. 5001 ack 1001
    1.001 > .  1001 ack 5002
    21.000 > S  50000

    """

  @Test func `a window without its scale may be larger than it says`() {
    let refused = Hearing(Self.withoutScale + "21.001 < R. 0 ack 50001")
    #expect(refused.verdicts == ["first use", "closing reset orphan-refused"])
    let silent = Hearing(Self.withoutScale + "24.000 end")
    #expect(silent.hits.map(\.predicted) == [.undetermined])
  }
}
