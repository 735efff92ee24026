import Testing

@testable import FlowAnalyzer

/// Numbers of connections of the client side are given again. One that was joined by its handshake is let
/// go while it still lives: what its tuple does later is nothing to whoever has its number then.
@Suite("Numbers that are given again")
struct LegNumberTests {
  /// Client 1's connection passes with its handshake. After more than 70 s others let go of it.
  private static let formerClient = """
    0.0000 > S  1000 port 3001 from 1
    0.0011 < S. 5000 ack 1001 port 3001 from 1
    0.0012 > .  1001 ack 5001 port 3001 from 1

    """
  private static let formerServer = """
    0.0005 > S  1000
    0.0010 < S. 5000 ack 1001
    0.0013 > .  1001 ack 5001

    """
  /// Client 2's connection takes its number. The load balancer answers by itself, and nothing of it comes
  /// by on the server side. By chance it begins with the same sequence number.
  private static let next = """
    78.0000 > S  1000 port 3002 from 2
    78.0001 < S. 70000 ack 1001 port 3002 from 2
    78.0002 > .  1001 ack 70001 port 3002 from 2

    """

  /// Connections of client 9: with each, some of those that were there before are looked at.
  private func others(_ seconds: ClosedRange<Int>) -> String {
    seconds.map { second in
      let (port, isn) = (3000 + second, 100_000 + 1000 * second)
      return """
        \(second).5000 > S  \(isn) port \(port) from 9
        \(second).5001 < S. \(isn + 500) ack \(isn + 1) port \(port) from 9
        \(second).5002 > .  \(isn + 1) ack \(isn + 501) port \(port) from 9

        """
    }.joined()
  }

  private func expectNext(_ gap: JoinGap, client: String) {
    let sides = TwoSides(
      client: Self.formerClient + others(75...77) + Self.next + client,
      server: Self.formerServer + others(76...77) + "160.0 end\n300.0 end")
    #expect(sides.pairs.first == "1:3001 > 1:4003 (isn)")
    #expect(sides.pairs.filter { $0.hasPrefix("2:3002") } == ["2:3002 > \(gap.rawValue)"])
  }

  @Test func `what one says is not a request of the other`() {
    expectNext(
      .noRequest,
      client: """
        91.0000 > P. 1001 ack 5001 port 3001 from 1 say GET / HTTP/1.1||
        """)
  }

  @Test func `a connection stays when the tuple of the former one is used again`() {
    expectNext(
      .noMatch,
      client: """
        91.0000 > R  1001 port 3001 from 1
        92.0000 > S  7000 port 3001 from 1

        """ + others(162...170) + """
          171.0000 > P. 1001 ack 70001 port 3002 from 2 say GET / HTTP/1.1||
          """)
  }

  @Test func `a connection stays when the tuple of the former one is forgotten`() {
    expectNext(
      .noMatch,
      client: """
        91.0000 > R  1001 port 3001 from 1

        """ + others(225...230) + others(240...245) + """
          246.0000 > P. 1001 ack 70001 port 3002 from 2 say GET / HTTP/1.1||
          """)
  }
}
