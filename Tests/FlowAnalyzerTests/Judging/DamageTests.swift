import Testing

@testable import FlowAnalyzer

/// Captures as they are: frames lost, repeated or out of order. The number of hits must stay what
/// it is, since every one of them is proven by more than one frame.
@Suite("Damaged captures")
struct DamageTests {
  static let dance = Conversation(Story.dance)
  static let acceptance = Conversation(Story.acceptance)

  /// Frames that are no SYNs: without its SYN, nothing can be said of it.
  static func losable(_ conversation: Conversation) -> [Int] {
    conversation.segments.indices.filter { index in
      let flags = conversation.segments[index].flags
      return !flags.contains(.syn) || flags.contains(.ack)
    }
  }

  @Test(arguments: losable(dance), [false, true])
  func `any one frame missing, the rejection stays one hit`(index: Int, isIPv6: Bool) {
    let whole = Conversation(Story.dance, isIPv6: isIPv6)
    let hearing = Hearing(whole.withoutSegment(at: index))
    let syns = hearing.report.summary.syns
    #expect(syns.total == 3)
    #expect(syns.hits == 1)
    #expect(hearing.hits.map(\.answer) == [.rejected])
    #expect(hearing.report.summary.attempts.total == 2)
    #expect(hearing.report.summary.attempts.hit == 1)
    #expect(hearing.verdicts.first == "first use")
    // Without the RST the TIME_WAIT is gone for a reason that was not captured.
    let isRST = whole.segments[index].flags == .rst
    #expect(hearing.verdicts.last == (isRST ? "reuse gone" : "reuse reset"))
    // Without one of the FINs, IPv6 leaves open whether a closing socket or TIME_WAIT answered: a
    // byte was acknowledged, no more. In IPv4 the identification tells.
    let isFIN = whole.segments[index].flags.contains(.fin)
    if isIPv6, isFIN {
      #expect(hearing.hits.allSatisfy { $0.held != .established })
    } else {
      #expect(hearing.hits.map(\.held) == [.timeWait])
      #expect(hearing.report.summary.killedConnections == 0)
    }
    // The last ACK is what connects the attempt.
    let isLastACK = index == whole.segments.indices.last
    #expect(hearing.report.findings.map(\.outcome) == [isLastACK ? .undetermined : .connected])
  }

  @Test(arguments: losable(acceptance), [false, true])
  func `any one frame missing, the acceptance stays one hit`(index: Int, isIPv6: Bool) {
    let whole = Conversation(Story.acceptance, isIPv6: isIPv6)
    let hearing = Hearing(whole.withoutSegment(at: index))
    #expect(hearing.report.summary.syns.total == 2)
    #expect(hearing.hits.map(\.answer) == [.accepted])
    #expect(hearing.hits.map(\.held) == [.timeWait])
    #expect(hearing.hits.map(\.reason) == [.sequenceNewer])
    #expect(hearing.report.summary.attempts.total == 2)
  }

  @Test(arguments: losable(dance))
  func `any one frame sent again, nothing changes`(index: Int) {
    let hearing = Hearing(Self.dance.withRepeatedSegment(at: index))
    #expect(hearing.verdicts == Story.danceVerdicts)
    let timeWaits = hearing.report.summary.timeWaits
    #expect([timeWaits.server, timeWaits.peer, timeWaits.both] == [1, 0, 0])
  }

  /// The handshake and the close of the first connection, frames 1 to 6.
  @Test(arguments: 1..<5) func `neighbours out of order, the hit stays`(index: Int) {
    let dance = Hearing(Self.dance.withSwappedSegments(at: index))
    #expect(dance.verdicts == Story.danceVerdicts)
    let acceptance = Hearing(Self.acceptance.withSwappedSegments(at: index))
    #expect(acceptance.verdicts == ["first use", "time-wait accepted sequence-newer"])
    let timeWaits = dance.report.summary.timeWaits
    #expect([timeWaits.server, timeWaits.peer, timeWaits.both] == [1, 0, 0])
  }

  @Test func `data retransmitted and out of order leaves the right numbers`() {
    let hearing = Hearing(
      Scene.established + """
        0.100 > P. 1001(100) ack 5001
        0.110 > P. 1201(100) ack 5001     # overtook the one before
        0.120 < .  5001 ack 1101
        0.130 > P. 1101(100) ack 5001
        0.140 < .  5001 ack 1301
        0.150 > P. 1001(300) ack 5001     # all of it again
        0.200 < P. 5001(400) ack 1301
        0.400 < P. 5001(400) ack 1301
        0.401 > .  1301 ack 5401
        1.000 < F. 5401 ack 1301
        1.200 < F. 5401 ack 1301
        1.201 > F. 1301 ack 5402
        1.202 < .  5402 ack 1302
        9.000 > S  1302                   # d = 0
        9.001 < .  5402 ack 1302 id 0
        9.600 > S  1303                   # d = 1
        9.601 < S. 70939 ack 1304         # 5402 + 65537
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait rejected sequence-not-newer", "time-wait accepted sequence-newer",
      ])
  }

  @Test func `only the SYNs and the answers seen, hits are still proven`() {
    let hearing = Hearing(
      """
      0.000 > S  500
      0.001 < .  5002 ack 1002 id 0
      1.000 > S  500
      1.001 < .  5002 ack 1002 id 0
      3.000 > S  500
      3.001 < .  5002 ack 1002 id 0
      9.000 end
      """)
    #expect(hearing.verdicts.count { $0.contains("time-wait rejected") } == 3)
    #expect(hearing.report.summary.timeWaits.server == 0)
    #expect(hearing.report.findings.map(\.outcome) == [.failed])
  }
}
