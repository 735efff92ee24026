import Testing

@testable import FlowAnalyzer

/// What is kept of connections of the clients' side goes as soon as nothing can come of it any more.
@Suite("Legs") struct LegTests {
  /// Of connections that are opened one a second, and stay open.
  private static let connections: UInt32 = 600
  /// An attempt is over after 70 s, and some more legs go together.
  private static let most = 70 + 64

  private static func open(_ number: UInt32, on stage: inout FloodTests.Flooded, forwarded: Bool) {
    let virtual = Endpoint(address: IPAddress(v4: 0xac14_0101), port: 80)
    let client = Endpoint(address: IPAddress(v4: 0xac10_0101), port: 1024 + UInt16(number))
    let snat = Endpoint(address: IPAddress(v4: 0x0a0a_0101), port: 1024 + UInt16(number))
    let (isn, answer) = (number &* 0x9e37_79b9, number &* 0x85eb_ca6b)
    let server = FloodTests.server
    stage.send(.syn, from: client, to: virtual, sequence: isn, after: 1_000_000_000)
    if forwarded {
      stage.send(.syn, from: snat, to: server, sequence: isn, on: .server)
      stage.send(
        [.syn, .ack], from: server, to: snat, sequence: answer, acknowledgment: isn &+ 1,
        on: .server)
    }
    stage.send(
      [.syn, .ack], from: virtual, to: client, sequence: answer, acknowledgment: isn &+ 1)
    stage.send(.ack, from: client, to: virtual, sequence: isn &+ 1, acknowledgment: answer &+ 1)
    guard forwarded else { return }
    stage.send(
      .ack, from: snat, to: server, sequence: isn &+ 1, acknowledgment: answer &+ 1, on: .server)
  }

  @Test func `a leg that is joined goes with its attempt, however long its connection lasts`() {
    var stage = FloodTests.Flooded(hasClientSide: true)
    for number in 0..<Self.connections { Self.open(number, on: &stage, forwarded: true) }
    #expect(stage.most.legs <= Self.most)
    let report = stage.finish()
    #expect(stage.audit.joiner.counts.methods == [.isn: Int(Self.connections)])
    #expect(stage.audit.joiner.legs.count == 0)
    #expect(report.summary.attempts.total == Int(Self.connections))
  }

  @Test func `without a server side a leg waits for nothing but its attempt`() {
    var stage = FloodTests.Flooded(hasClientSide: true, hasServerSide: false)
    for number in 0..<Self.connections { Self.open(number, on: &stage, forwarded: false) }
    #expect(stage.most.legs <= Self.most)
    _ = stage.finish()
    #expect(stage.audit.joiner.counts.gaps == [.notCovered: Int(Self.connections)])
  }

  @Test func `a leg without a partner is kept for as long as its tuple`() {
    var stage = FloodTests.Flooded(hasClientSide: true)
    for number in 0..<Self.connections { Self.open(number, on: &stage, forwarded: false) }
    #expect(stage.audit.joiner.legs.count == Int(Self.connections))
  }
}
