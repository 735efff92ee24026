import Testing

@testable import FlowAnalyzer

@Suite("Load balancers that open connections of their own")
struct ProxyTests {
  /// Three clients, one after the other, over one connection; then the load balancer forgets it.
  static let poolClients = """
    0.00 > S  1000 port 3001 from 1
    0.01 < S. 8000 ack 1001 port 3001 from 1
    0.02 > .  1001 ack 8001 port 3001 from 1
    0.03 > P. 1001 ack 8001 port 3001 from 1 say GET /a HTTP/1.1||
    0.10 < P. 8001(100) ack 1019 port 3001 from 1
    1.00 > S  2000 port 3002 from 2
    1.01 < S. 8000 ack 2001 port 3002 from 2
    1.03 > P. 2001 ack 8001 port 3002 from 2 say GET /b HTTP/1.1||
    1.10 < P. 8001(100) ack 2019 port 3002 from 2
    2.00 > S  3000 port 3003 from 3
    2.01 < S. 8000 ack 3001 port 3003 from 3
    2.03 > P. 3001 ack 8001 port 3003 from 3 say GET /c HTTP/1.1||
    2.10 < P. 8001(100) ack 3019 port 3003 from 3

    """
  static let pool = """
    0.040 > S  70
    0.041 < S. 500 ack 71
    0.042 > .  71 ack 501
    0.043 > P. 71 ack 501 say GET /a HTTP/1.1|X-Forwarded-For: 172.16.1.1||
    0.090 < P. 501(100) ack 118
    1.043 > P. 118 ack 601 say GET /b HTTP/1.1|X-Forwarded-For: 172.16.1.2||
    1.090 < P. 601(100) ack 165
    2.043 > P. 165 ack 701 say GET /c HTTP/1.1|X-Forwarded-For: 172.16.1.3||
    2.090 < P. 701(100) ack 212

    """

  @Test func `two SYNs with one number, captured before their client's, are not told apart`() {
    let sides = TwoSides(
      client: "0.1 > S 1000 port 3001 from 1",
      server: """
        0.0500 > S 1000
        0.0501 > S 1000 port 4004 to 2
        9.0 end
        """)
    #expect(sides.pairs == ["1:3001 > ambiguous"])
  }

  @Test func `nor are two clients by a SYN-ACK whose SYN was not captured`() {
    let sides = TwoSides(
      client: """
        0.0000 > S 1000 port 3001 from 1
        0.0001 > S 1000 port 3002 from 2
        """,
      server: "0.001 < S. 500 ack 1001\n9.0 end")
    #expect(sides.pairs == ["1:3001 > ambiguous", "2:3002 > ambiguous"])
  }

  /// It gives SYNs numbers of its own, leaves their options, and drops one of two that are alike.
  @Test func `two SYNs that are alike are told apart once the server has answered`() {
    let sides = TwoSides(
      client: """
        0.0000 > S  1000 port 3001 from 1 ts 100
        0.0001 > S  2000 port 3002 from 1 ts 100
        0.0020 < S. 9000 ack 1001 port 3001 from 1
        """,
      server: """
        0.0005 > S  777 ts 100
        0.0010 < S. 9000 ack 778
        9.0 end
        """)
    #expect(sides.pairs == ["1:3001 > 1:4003 (server-isn)", "1:3002 > not-forwarded"])
  }

  /// The load balancer gives SYNs numbers of its own and leaves their options.
  @Test(arguments: [
    ("ws 8", "1:3001 > not-forwarded", "2:3002 > 1:4003 (timestamp)"),
    ("ws 7", "1:3001 > ambiguous", "2:3002 > ambiguous"),
  ])
  func `a timestamp tells a client, with the other options, if it is its own`(
    options: String, first: String, second: String
  ) {
    let sides = TwoSides(
      client: """
        0.000 > S 1000 ts 100 ws 7 port 3001 from 1
        0.001 > S 2000 ts 100 \(options) port 3002 from 2
        """,
      server: "0.002 > S 7777 ts 100 \(options)\n9.0 end")
    #expect(sides.pairs == [first, second])
  }

  /// The server side saw the first of two SYNs, or the load balancer replaces timestamps.
  @Test func `an ISN counts for more where the client has sent several SYNs`() {
    let server = "1.0005 > S 1000 ts 100\n9.0 end"
    let twice = TwoSides(
      client: """
        0.000 > S 1000 ts 100  port 3001 from 1
        1.000 > S 1000 ts 1100 port 3001 from 1
        """, server: server)
    let once = TwoSides(client: "1.000 > S 1000 ts 1100 port 3001 from 1", server: server)
    #expect(twice.connections.map(\.confidence) == [95])
    #expect(once.connections.map(\.confidence) == [90])
  }

  /// The server's ISN is the same by chance.
  @Test func `a connection of the server side is not the effect of a later one`() {
    let sides = TwoSides(
      client: """
        3.000 > S  1000 port 3001 from 1
        3.010 < S. 500 ack 1001 port 3001 from 1
        """,
      server: """
        0.000 > S  70
        0.001 < S. 500 ack 71
        9.0 end
        """)
    #expect(sides.pairs == ["1:3001 > no-request"])
  }

  @Test func `one connection carries many clients`() throws {
    let sides = TwoSides(
      client: Self.poolClients,
      server: Self.pool + """
        400.0 > S  9000
        400.1 < .  801 ack 212
        400.2 > R  212
        401.0 > S  9000
        401.1 < S. 600000 ack 9001
        401.2 > .  9001 ack 600001
        """)
    #expect(
      sides.pairs == [
        "1:3001 > 1:4003 (forwarded)", "2:3002 > 1:4003 (forwarded)", "3:3003 > 1:4003 (forwarded)",
      ])
    let finding = try #require(sides.report.findings.first)
    let previous = finding.hits[0].previous
    #expect(finding.kind == .established)
    #expect(previous.client?.description == "172.16.1.3:3003")
    #expect(
      previous.clients?.map(\.description) == [
        "172.16.1.3:3003", "172.16.1.2:3002", "172.16.1.1:3001",
      ])
    #expect(previous.clientCount == 3)
  }

  @Test func `one client is served over several connections`() {
    let sides = TwoSides(
      client: """
        0.00 > S  1000 port 3001 from 1
        0.01 < S. 8000 ack 1001 port 3001 from 1
        0.03 > P. 1001 ack 8001 port 3001 from 1 say GET /a HTTP/1.1||
        0.10 < P. 8001(100) ack 1019 port 3001 from 1
        0.20 > P. 1019 ack 8101 port 3001 from 1 say GET /b HTTP/1.1||
        0.30 < P. 8101(100) ack 1037 port 3001 from 1
        """,
      server: """
        0.040 > S  70
        0.041 < S. 500 ack 71
        0.043 > P. 71 ack 501 say GET /a HTTP/1.1||
        0.210 > S  90 port 4004
        0.211 < S. 500 ack 91 port 4004
        0.213 > P. 91 ack 501 port 4004 say GET /b HTTP/1.1||
        9.0 end
        """)
    #expect(sides.pairs == ["1:3001 > 1:4003, 1:4004 (payload)"])
    #expect(sides.report.summary.pairs?.pairedServerConnections == 2)
  }

  /// Where one of its connections was named, the other's request does not make that less certain.
  @Test func `a client is known by the best that tells of it`() {
    let sides = TwoSides(
      client: """
        0.00 > S  1000 port 3001 from 1
        0.01 < S. 8000 ack 1001 port 3001 from 1
        0.03 > P. 1001 ack 8001 port 3001 from 1 say GET /a HTTP/1.1||
        0.10 < P. 8001(100) ack 1019 port 3001 from 1
        0.20 > P. 1019 ack 8101 port 3001 from 1 say GET /b HTTP/1.1||
        """,
      server: """
        0.040 > S  70
        0.041 < S. 500 ack 71
        0.043 > P. 71 ack 501 say PROXY TCP4 172.16.1.1 172.20.1.1 3001 80|
        0.210 > S  90 port 4004
        0.211 < S. 500 ack 91 port 4004
        0.213 > P. 91 ack 501 port 4004 say GET /b HTTP/1.1||
        9.0 end
        """)
    #expect(sides.pairs == ["1:3001 > 1:4003, 1:4004 (proxy-protocol)"])
    #expect(sides.connections.map(\.confidence) == [100])
  }

  @Test func `a connection that was open before has no beginning`() {
    let sides = TwoSides(
      client: "0.020 > P. 1001 ack 8001 port 3001 from 1 say GET /a HTTP/1.1||",
      server: """
        0.010 > S  70
        0.011 < S. 500 ack 71
        0.030 > P. 71 ack 501 say GET /a HTTP/1.1||
        9.000 end
        """)
    #expect(sides.pairs == ["1:3001 > 1:4003 (payload)"])
    #expect(sides.connections.map(\.start) == [nil])
  }

  /// Two connections of client 1, on which the same is asked for.
  private static let alike = """
    0.00 > S  1000 port 3001 from 1
    0.01 < S. 8000 ack 1001 port 3001 from 1
    0.02 > S  2000 port 3002 from 1
    0.03 < S. 8000 ack 2001 port 3002 from 1
    0.04 > P. 1001 ack 8001 port 3001 from 1 say GET / HTTP/1.1||
    0.05 > P. 2001 ack 8001 port 3002 from 1 say GET / HTTP/1.1||
    """

  @Test func `of requests of one client that are alike the first to come is passed on first`() {
    let sides = TwoSides(
      client: Self.alike,
      server: """
        0.060 > S  70
        0.061 < S. 500 ack 71
        0.063 > P. 71 ack 501 say GET / HTTP/1.1||
        0.070 > S  90 port 4004
        0.071 < S. 600 ack 91 port 4004
        0.073 > P. 91 ack 601 port 4004 say GET / HTTP/1.1||
        9.0 end
        """)
    #expect(sides.pairs == ["1:3001 > 1:4003 (payload)", "1:3002 > 1:4004 (payload)"])
    #expect(sides.connections.map(\.confidence) == [45, 95])
  }

  @Test func `unless the load balancer names the port as well`() {
    let sides = TwoSides(
      client: Self.alike,
      server: """
        0.060 > S  70
        0.061 < S. 500 ack 71
        0.063 > P. 71 ack 501 say GET / HTTP/1.1|Forwarded: for="172.16.1.1:3002"||
        9.0 end
        """)
    #expect(sides.pairs.last == "1:3002 > 1:4003 (forwarded)")
    #expect(sides.report.summary.pairs?.paired == 1)
  }

  @Test
  func `a request that was captured before its client's is another client's where that is named`() {
    let sides = TwoSides(
      client: """
        0.030 > S  1000 port 3001 from 1
        0.031 < S. 8000 ack 1001 port 3001 from 1
        0.050 > P. 1001 ack 8001 port 3001 from 1 say GET / HTTP/1.1||
        """,
      server: """
        0.040 > S  70
        0.041 < S. 500 ack 71
        0.043 > P. 71 ack 501 say GET / HTTP/1.1|X-Forwarded-For: 172.16.1.2||
        9.0 end
        """)
    #expect(sides.pairs == ["1:3001 > no-match"])
  }

  @Test func `two clients ask for the same, and nothing tells who is served`() {
    let sides = TwoSides(
      client: """
        0.00 > S  1000 port 3001 from 1
        0.01 < S. 8000 ack 1001 port 3001 from 1
        0.02 > S  2000 port 3002 from 2
        0.03 < S. 8000 ack 2001 port 3002 from 2
        0.04 > P. 1001 ack 8001 port 3001 from 1 say GET / HTTP/1.1||
        0.05 > P. 2001 ack 8001 port 3002 from 2 say GET / HTTP/1.1||
        """,
      server: """
        0.060 > S  70
        0.061 < S. 500 ack 71
        0.063 > P. 71 ack 501 say GET / HTTP/1.1||
        9.0 end
        """)
    #expect(sides.pairs == ["1:3001 > ambiguous", "2:3002 > ambiguous"])
    #expect(sides.connections.filter { $0.client == nil }.map(\.gap) == [.ambiguous])
    #expect(sides.report.summary.pairs?.paired == 0)
    #expect(sides.report.summary.pairs?.unpaired["ambiguous"] == 2)
    #expect(sides.report.summary.pairs?.ambiguousRequests == 1)
  }

  @Test func `a header in pieces, out of order and repeated`() {
    let sides = TwoSides(
      client: """
        0.00 > S  1000 port 3001 from 1
        0.01 < S. 8000 ack 1001 port 3001 from 1
        0.03 > P. 1001 ack 8001 port 3001 from 1 say GET /a HTTP/1.1||
        """,
      server: """
        0.040 > S  70
        0.041 < S. 500 ack 71
        0.043 > P. 88 ack 501 say X-Forwarded-For: 172.
        0.044 > P. 71 ack 501 say GET /a HTTP/1.1|
        0.045 > P. 88 ack 501 say X-Forwarded-For: 172.
        0.046 > P. 109 ack 501 say 16.1.1||
        9.0 end
        """)
    #expect(sides.pairs == ["1:3001 > 1:4003 (forwarded)"])
  }

  static let proxied = """
    0.040 > S  70
    0.041 < S. 500 ack 71
    0.043 > P. 71 ack 501 say PROXY TCP4 172.16.1.1 172.20.1.1 3001 80|
    9.0 end
    """

  @Test func `PROXY names the client before anything is asked for`() {
    let sides = TwoSides(
      client: """
        0.00 > S  1000 port 3001 from 1
        0.01 < S. 8000 ack 1001 port 3001 from 1
        """,
      server: Self.proxied)
    #expect(sides.pairs == ["1:3001 > 1:4003 (proxy-protocol)"])
  }

  @Test func `PROXY names the client before its SYN comes, by the order of two clocks`() {
    let sides = TwoSides(
      client: """
        0.0440 > S  1000 port 3001 from 1
        0.0441 < S. 8000 ack 1001 port 3001 from 1
        """,
      server: Self.proxied)
    #expect(sides.pairs == ["1:3001 > 1:4003 (proxy-protocol)"])
    #expect(sides.connections.count == 1)
  }

  @Test func `a health check of the load balancer is nobody's`() {
    let sides = TwoSides(
      client: """
        0.00 > S  1000 port 3001 from 1
        0.01 < S. 8000 ack 1001 port 3001 from 1
        0.03 > P. 1001 ack 8001 port 3001 from 1 say GET /a HTTP/1.1||
        """,
      server: """
        0.040 > S  70
        0.041 < S. 500 ack 71
        0.043 > P. 71 ack 501 say OPTIONS /health HTTP/1.1||
        9.0 end
        """)
    #expect(sides.pairs == ["1:3001 > no-match"])
    #expect(sides.connections.count { $0.client == nil && $0.method == .none } == 1)
  }
}
