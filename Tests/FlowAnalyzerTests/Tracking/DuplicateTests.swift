import Testing

@testable import FlowAnalyzer

/// Copies of one packet (contract, section 1; reference, section 8, case 55): equal but for link
/// layer, hop count and checksum, which the digest leaves out.
@Suite("Duplicates")
struct DuplicateTests {
  /// How many segments were taken for copies.
  static func copies(in conversation: Conversation) -> Int {
    var audit = Audit(configuration: AnalyzerConfiguration())
    return conversation.segments.count { !audit.observe($0) }
  }

  // Case 55
  @Test func `a packet mirrored twice counts once`() {
    let script =
      Scene.timeWait + """
        11.000000 > S  500
        11.000010 copy                    # the port behind the VLAN
        11.001000 < .  5002 ack 1002 id 0
        11.001010 copy
        11.001500 > R  1002
        11.001510 copy
        11.010000 > S  500
        11.010010 copy
        11.011000 < S. clock ack 501
        11.011010 copy
        """
    let hearing = Hearing(script)
    #expect(
      hearing.verdicts == ["first use", "time-wait rejected sequence-not-newer", "reuse reset"])
    #expect(hearing.report.summary.syns.total == 3)
    #expect(hearing.report.findings.first?.hits.map(\.frame) == [7])
    #expect(Self.copies(in: Conversation(script)) == 5)
  }

  @Test(arguments: [("0.001000000", 1), ("0.001000001", 2)])
  func `copies come within one millisecond, inclusive`(at: String, syns: Int) {
    let hearing = Hearing("0.000 > S 1000\n\(at) copy")
    #expect(hearing.report.summary.syns.total == syns)
  }

  @Test func `the millisecond counts from the first copy`() {
    let hearing = Hearing("0.000 > S 1000\n0.0008 copy\n0.0016 copy")
    #expect(hearing.report.summary.syns.total == 2)
    #expect(hearing.verdicts == ["first use", "reuse duplicate"])
  }

  // Contract: no segment of the opposite direction of that tuple in between
  @Test func `with an answer in between it is a segment of its own`() {
    let conversation = Conversation(
      """
      0.0000 > S  1000
      0.0002 < S. 5000 ack 1001
      0.0004 > S  1000
      """)
    var copied = conversation
    copied.segments[2].digest = copied.segments[0].digest
    #expect(Hearing(copied).verdicts == ["first use", "reuse duplicate"])
    #expect(Self.copies(in: copied) == 0)
  }

  @Test func `a segment of another tuple in between does not matter`() {
    let conversation = Conversation(
      """
      0.0000 > S  1000
      0.0002 < S. 5000 ack 1001 port 4100
      0.0004 > S  1000
      """)
    var copied = conversation
    copied.segments[2].digest = copied.segments[0].digest
    #expect(Self.copies(in: copied) == 1)
  }

  @Test func `segments that differ are no copies however close`() {
    let hearing = Hearing("0.0000 > S 1000\n0.0001 > S 1000")
    #expect(hearing.report.summary.syns.total == 2)
  }

  @Test func `capture points keep their copies apart`() {
    var conversation = Conversation("0.0000 > S 1000 point 0\n0.0001 copy")
    conversation.segments[1].point = 1
    #expect(Self.copies(in: conversation) == 0)
  }

  // Case 55: the two sides of a translated packet have different tuples.
  @Test func `both sides of a translated packet are two segments and no reuse`() {
    let hearing = Hearing(
      """
      0.00000 > S  1000          port 33333 from 77   # in front of the LB
      0.00001 > S  1000          port 4003            # behind it
      0.00100 < S. 5000 ack 1001 port 4003
      0.00101 < S. 5000 ack 1001 port 33333 from 77
      """)
    #expect(hearing.verdicts == ["first use", "first use"])
    #expect(hearing.report.summary.syns.hits == 0)
  }
}
