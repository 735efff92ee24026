import Testing

@testable import FlowAnalyzer

/// A verdict that is spoken at a glance must be one that nothing can change any more.
@Suite("Settled verdicts")
struct SettledVerdictTests {
  private static let second: Int64 = 1_000_000_000

  private static func exchange(_ random: inout SeededGenerator) -> Exchange {
    var holder = Holder.unknown
    holder.state = TCPState.allCases.randomElement(using: &random) ?? .closed
    holder.notes = Holder.Notes(rawValue: UInt16.random(in: 0..<1 << 12, using: &random))
    let age = Int64.random(in: 0...130, using: &random) * second
    holder.nextExpected = SequenceNumber(UInt32.random(in: 0...3, using: &random))
    holder.timestampRecent = UInt32.random(in: 0...2, using: &random)
    var options = TCPOptions()
    options.hasTimestamps = Bool.random(using: &random)
    options.timestampValue = UInt32.random(in: 0...2, using: &random)
    var exchange = Exchange(
      source: 1, destination: 2, sourcePort: 3, destinationPort: 4, attempt: 0,
      time: Timestamp(nanoseconds: age),
      sequence: SequenceNumber(.random(in: 0...3, using: &random)),
      options: options, frame: 1, capture: 0, hasFIN: false, payloadLength: 0, holder: holder)
    exchange.answer = [.synAck, .synAck, .oldNumbers, .reset, .none].randomElement(using: &random)!
    exchange.acceptedOutOfTimeWait = Int.random(in: 0..<8, using: &random) == 0
    exchange.repetition =
      [.none, .none, .ofUnanswered, .ofOwnConnection].randomElement(using: &random)!
    return exchange
  }

  @Test func `stay what they are, whatever the server shows later`() {
    var random = SeededGenerator(seed: 7)
    var atAGlance = 0
    for _ in 0..<20_000 {
      let exchange = Self.exchange(&random)
      let judge = Judge(
        stack: [nil, .linux, .freebsd].randomElement(using: &random)!,
        rfc1337: [nil, true].randomElement(using: &random)!, timeWait: 60 * Self.second)
      var server = ServerKnowledge()
      server.clockISNs = Int.random(in: 0...1, using: &random)
      server.survivedResets = Int.random(in: 0...1, using: &random)
      guard judge.isSettledAtAGlance(exchange) else { continue }
      atAGlance += 1
      #expect(judge.staysTheSame(on: exchange, knowing: server), "\(exchange)")
    }
    #expect(atAGlance > 4000)
  }
}
