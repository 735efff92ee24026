import Fixtures
import Foundation
import Testing

@testable import FlowAnalyzer

/// The two directions of a tuple come to the capture by different queues, or from two capture points: an answer
/// may be captured before what it answers.
@Suite("Captured in another order")
struct CaptureOrderTests {
  // MARK: - SYN-ACK before SYN

  @Test func `a SYN behind its SYN-ACK was accepted out of TIME_WAIT`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.0000 < S. 70539 ack 2001
        11.0002 > S  2000
        11.0010 > .  2001 ack 70540
        """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
    #expect(hearing.hits.map(\.end) == [.replaced])
    let finding = hearing.report.findings.first
    #expect(finding?.outcome == .connected)
    #expect(finding?.setupSeconds?.value == 0)
    #expect(finding?.hits.first?.held.ageSeconds?.value == 9.9992)
  }

  @Test func `on a fresh tuple it is a first use`() {
    let hearing = Hearing(
      """
      0.0000 < S. 5000 ack 1001
      0.0002 > S  1000
      0.0010 > .  1001 ack 5001
      """)
    #expect(hearing.verdicts == ["first use"])
  }

  /// The connection is known as if all had come in order: with its close, and the scale of its window.
  @Test func `what the connection leaves behind is met as ever`() {
    let hearing = Hearing(
      """
       0.0000 < S. 5000 ack 1001 ws 4
       0.0002 > S  1000 ws 7
       0.0010 > .  1001 ack 5001
       1.0000 < F. 5001 ack 1001
       1.0010 > .  1001 ack 5002
      21.0000 > S  9000                   # window: 1001 to 17000
      21.0010 < R. 0 ack 9001
      """)
    #expect(hearing.verdicts == ["first use", "closing reset orphan-refused"])
  }

  @Test func `a SYN behind its SYN-ACK may have met what a RST had ended`() {
    let hearing = Hearing(
      RejectionCourseTests.rejected + """
        11.0100 < S. clock ack 501
        11.0102 > S  500
        11.0110 > .  501 ack clock+1
        """)
    #expect(
      hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer", "reuse reset"])
    #expect(hearing.report.findings.first?.addedSeconds.value == 0.0102)
  }

  /// Even the ACK of the handshake comes before the SYN where two points' clocks differ.
  @Test func `a SYN behind its whole handshake`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.0000 < S. 70539 ack 2001
        11.0005 > .  2001 ack 70540
        11.0020 > S  2000
        """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
    #expect(hearing.report.findings.map(\.outcome) == [.connected])
  }

  /// A second is too much: the first SYN was not captured, and this repeats it.
  @Test func `a SYN that comes long after its SYN-ACK is a repetition`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 < S. 70539 ack 2001
        12.000 > S  2000
        12.001 < S. 70539 ack 2001
        """)
    #expect(hearing.verdicts == ["first use", "reuse duplicate"])
  }

  @Test func `a SYN that comes twice behind its SYN-ACK is answered once`() {
    let hearing = Hearing(
      """
      0.0000 < S. 5000 ack 1001
      0.0005 > S  1000
      0.0010 > S  1000
      """)
    #expect(hearing.verdicts == ["first use", "reuse duplicate"])
  }

  @Test func `a SYN that is only late has not been missed`() {
    let script = """
      0.0000 > .  1    ack 1   port 4100
      2.0000 < S. 5000 ack 1001

      """
    #expect(Hearing(script + "9.0 end").report.coverage.reasons.contains(.synsMissed))
    let late = Hearing(script + "2.0005 > S  1000\n9.0 end")
    #expect(!late.report.coverage.reasons.contains(.synsMissed))
  }

  @Test func `the ISN proves Linux, whenever the SYN comes`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.0000 < S. 70539 ack 2001
        11.0002 > S  2000
        11.0010 > R  2001
        11.5000 > S  1000           port 4100
        11.5010 < S. 8000  ack 1001 port 4100
        11.5020 > .  1001  ack 8001 port 4100
        11.6000 < F. 8001  ack 1001 port 4100
        11.6010 > F. 1001  ack 8002 port 4100
        11.6010 < .  8002  ack 1002 port 4100
        12.0000 > S  500            port 4100
        12.0010 < S. 777777 ack 501 port 4100
        """)
    #expect(hearing.verdicts.last == "reuse gone")
  }

  // MARK: - RST before SYN

  @Test func `a SYN behind the RST that refuses it`() {
    let hearing = Hearing(
      Scene.finWait2 + """
        21.0000 < R. 0 ack 1501
        21.0002 > S  1500
        22.0000 > S  7000
        22.0010 < S. clock ack 7001
        """)
    #expect(hearing.verdicts == ["first use", "closing reset orphan-refused", "reuse reset"])
  }

  @Test func `a refusal on a fresh tuple ends the attempt`() {
    let hearing = Hearing(
      """
      0.0000 < R. 0 ack 1001
      0.0002 > S  1000
      9.0000 end
      """)
    #expect(hearing.verdicts == ["first use"])
  }

  // MARK: - ACK before SYN-ACK

  /// It does not say that the server waits for the ACK: that had left before.
  @Test func `a SYN-ACK behind its ACK leaves the connection open`() {
    let hearing = Hearing(
      """
       0.0000 > S  1000 ws 7
       0.0008 > .  1001 ack 5001
       0.0010 < S. 5000 ack 1001 ws 4
      20.0000 > S  500
      20.0010 < .  5001 ack 1001 id 9
      """)
    #expect(hearing.verdicts == ["first use", "established rejected challenge"])
  }

  /// Then it has sent it again, as the ACK has not arrived.
  @Test func `a SYN-ACK long behind its ACK leaves the connection half-open`() {
    let hearing = Hearing(
      """
       0.0000 > S  1000
       0.0008 > .  1001 ack 5001
       0.5000 < S. 5000 ack 1001
      20.0000 > S  500
      20.0010 < .  5001 ack 1001 id 9
      """)
    #expect(hearing.verdicts == ["first use", "reuse syn-received"])
  }

  @Test func `an answer with the old numbers before its SYN shows in the RST`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.0000 < .  5002 ack 1002 id 0
        11.0002 > S  500
        11.0010 > R  1002
        11.0110 > S  500
        11.0120 < S. clock ack 501
        """)
    #expect(
      hearing.verdicts == [
        "first use", "inferred time-wait rejected sequence-not-newer", "reuse reset",
      ])
  }

  // MARK: - Pieces in the wrong order

  /// Such as `mergecap -a` makes of a rotation whose files are named in the wrong order.
  @Test func `time that goes back measures nothing`() throws {
    let path = Fixtures.captures.appending(path: "l4-collide/server.pcap").path
    var capture = try CaptureBuilder(reading: path)
    let half = capture.packets.count / 2
    capture.packets = Array(capture.packets[half...] + capture.packets[..<half])
    let folder = try TemporaryDirectory()
    let report = Analyzer().analyze([
      CaptureInput(path: try folder.write(capture, as: "reversed.pcap"), role: .server)
    ]).report
    let hold = report.analysis.lbHold
    #expect(hold.atMostSeconds.map { $0.value >= 0 } ?? true)
    let timeWait = report.analysis.timeWait.measured
    for bound in [timeWait.atLeastSeconds, timeWait.lessThanSeconds].compactMap(\.self) {
      #expect(bound.value >= 0)
    }
    let warnings = try #require(report.captures.first).warnings
    #expect(warnings.count == 1)
    #expect(warnings.first?.hasPrefix("its times go back by up to ") == true)
  }

  @Test(arguments: [(99_999, 0), (100_000, 1)])
  func `packets that are a tenth of a second late are told, wherever they stand`(
    late: Int64, warnings: Int
  ) throws {
    let folder = try TemporaryDirectory()
    for place in [1, 100, 128, 129, 300] {
      var times = (1...400).map { Int64($0) * 1_000_000 }
      times[place] = times[place - 1] - late
      let capture = CaptureBuilder(microseconds: times)
      let report = Analyzer().analyze([
        CaptureInput(path: try folder.write(capture, as: "late.pcap"), role: .server)
      ]).report
      #expect(report.captures[0].warnings.filter { $0.contains("go back") }.count == warnings)
    }
  }
}
