import Testing

@testable import FlowAnalyzer

/// The cases of section 8 of the reference that need both sides, and what the contract says of them.
@Suite("Both sides of the load balancer")
struct TwoSidesTests {
  /// Client 1 from port 3001 is served over SNAT port 4003, and the server closes first.
  static let firstClient = """
    0.0000 > S  1000 port 3001 from 1
    0.0011 < S. 5000 ack 1001 port 3001 from 1
    0.0012 > .  1001 ack 5001 port 3001 from 1
    1.0001 < F. 5001 ack 1001 port 3001 from 1
    1.0002 > F. 1001 ack 5002 port 3001 from 1
    1.0005 < .  5002 ack 1002 port 3001 from 1

    """
  static let firstServer = """
    0.0005 > S  1000
    0.0010 < S. 5000 ack 1001
    0.0013 > .  1001 ack 5001
    1.0000 < F. 5001 ack 1001
    1.0003 > F. 1001 ack 5002
    1.0004 < .  5002 ack 1002

    """

  @Test func `a SYN meets what another client left behind`() throws {
    let sides = TwoSides(
      client: Self.firstClient + """
        11.0000 > S  500 port 3002 from 2
        11.0010 < .  5002 ack 1002 port 3002 from 2
        11.0011 > R  1002 port 3002 from 2
        11.0100 > S  500 port 3002 from 2
        11.0110 < S. 900000 ack 501 port 3002 from 2
        11.0111 > .  501 ack 900001 port 3002 from 2
        """,
      server: Self.firstServer + """
        11.0005 > S  500
        11.0006 < .  5002 ack 1002 id 0
        11.0013 > R  1002
        11.0105 > S  500
        11.0106 < S. 900000 ack 501
        11.0113 > .  501 ack 900001
        """)
    #expect(sides.pairs == ["1:3001 > 1:4003 (isn)", "2:3002 > 1:4003 (isn)"])
    let finding = try #require(sides.report.findings.first)
    #expect(finding.current.client?.description == "172.16.1.2:3002")
    #expect(finding.hits[0].previous.client?.description == "172.16.1.1:3001")
    // As the client sees it: its own clock, from its first SYN to the SYN-ACK that it got.
    #expect(finding.setupSeconds?.nanoseconds == 11_000_000)
    #expect(finding.addedSeconds.nanoseconds == 10_000_000)
  }

  @Test func `a rejected SYN leaves nothing behind`() throws {
    let sides = TwoSides(
      client: Self.firstClient + """
        11.0000 > S  500 port 3002 from 2
        12.0000 > S  600 port 3003 from 3
        """,
      server: Self.firstServer + """
        11.0005 > S  500
        11.0006 < .  5002 ack 1002 id 0
        12.0005 > S  600
        12.0006 < .  5002 ack 1002 id 0
        20.0 end
        """)
    #expect(
      sides.report.findings.flatMap(\.hits).map { $0.previous.client?.description } == [
        "172.16.1.1:3001", "172.16.1.1:3001",
      ])
    #expect(
      sides.report.findings.map { $0.current.client?.description } == [
        "172.16.1.2:3002", "172.16.1.3:3003",
      ])
  }

  @Test func `one attempt from two SNAT addresses`() {
    let sides = TwoSides(
      client: Self.firstClient + """
        11.0000 > S  500 port 3002 from 2
        11.0100 > S  500 port 3002 from 2
        11.0110 < S. 900000 ack 501 port 3002 from 2
        11.0111 > .  501 ack 900001 port 3002 from 2
        """,
      server: Self.firstServer + """
        11.0005 > S  500
        11.0006 < .  5002 ack 1002 id 0
        11.0007 > R  1002
        11.0105 > S  500 port 4009 from 2
        11.0106 < S. 900000 ack 501 port 4009 from 2
        11.0113 > .  501 ack 900001 port 4009 from 2
        """)
    #expect(sides.report.summary.attempts.total == 2)
    #expect(sides.pairs.last == "2:3002 > 1:4003, 2:4009 (isn)")
    #expect(sides.report.findings.first?.outcome == .connected)
    #expect(sides.report.findings.first?.setupSeconds?.nanoseconds == 11_000_000)
  }

  @Test func `case 58, ports exhausted: SYNs that never come by behind the load balancer`() {
    let sides = TwoSides(
      client: Self.firstClient + """
        11.0000 > S  500 port 3002 from 2
        12.0000 > S  500 port 3002 from 2
        14.0000 > S  500 port 3002 from 2
        """,
      server: Self.firstServer + "30.0 end")
    #expect(sides.report.summary.clientSyns?.total == 4)
    #expect(sides.report.summary.clientSyns?.notForwarded == 3)
    #expect(sides.report.summary.attempts.neverForwarded == 1)
    #expect(sides.pairs.last == "2:3002 > not-forwarded")
  }

  @Test func `case 59, IPVS drops the first SYN`() throws {
    let sides = TwoSides(
      client: Self.firstClient + """
        11.0000 > S  2000 port 3002 from 2
        12.0000 > S  2000 port 3002 from 2
        12.0010 < S. 70539 ack 2001 port 3002 from 2
        12.0011 > .  2001 ack 70539 port 3002 from 2
        """,
      server: Self.firstServer + """
        12.0005 > S  2000
        12.0006 < S. 70539 ack 2001
        12.0013 > .  2001 ack 70540
        """)
    #expect(sides.report.summary.clientSyns?.notForwarded == 1)
    #expect(sides.report.summary.attempts.neverForwarded == 0)
    let finding = try #require(sides.report.findings.first)
    #expect(finding.hits[0].answer == .accepted)
    #expect(finding.setupSeconds?.nanoseconds == 1_001_000_000)
    // The server let the SYN in; the second before it is the load balancer's.
    #expect(finding.addedSeconds.nanoseconds == 0)
  }

  @Test func `a wait for a SYN that was not forwarded is not charged`() throws {
    let sides = TwoSides(
      client: Self.firstClient + """
        11.0000 > S  500 port 3002 from 2
        12.0000 > S  500 port 3002 from 2
        14.0000 > S  500 port 3002 from 2
        14.0010 < S. 900000 ack 501 port 3002 from 2
        14.0011 > .  501 ack 900001 port 3002 from 2
        """,
      server: Self.firstServer + """
        11.0005 > S  500
        11.0006 < .  5002 ack 1002 id 0
        11.0007 > R  1002
        14.0005 > S  500
        14.0006 < S. 900000 ack 501
        14.0013 > .  501 ack 900001
        """)
    let finding = try #require(sides.report.findings.first)
    #expect(finding.addedSeconds.nanoseconds == 1_000_000_000)
    #expect(finding.setupSeconds?.nanoseconds == 3_001_000_000)
    #expect(sides.report.summary.clientSyns?.notForwarded == 1)
  }

  /// The clock in front is set by so many seconds while an attempt waits for its second SYN.
  private static func sides(clockSetBy step: Int) -> TwoSides {
    TwoSides(
      client: firstClient + """
        11.0000 > S  500 port 3002 from 2
        11.0010 < .  5002 ack 1002 port 3002 from 2
        11.0011 > R  1002 port 3002 from 2
        \(12 + step).0000 > S  500 port 3002 from 2
        \(12 + step).0010 < S. 900000 ack 501 port 3002 from 2
        \(12 + step).0011 > .  501 ack 900001 port 3002 from 2
        """,
      server: firstServer + """
        11.0005 > S  500
        11.0006 < .  5002 ack 1002 id 0
        11.0013 > R  1002
        12.0007 > S  500
        12.0008 < S. 900000 ack 501
        12.0013 > .  501 ack 900001
        """)
  }

  /// The other clock has the wait.
  @Test(arguments: [-2, 2])
  func `a clock in front that is set in between measures no wait`(step: Int) throws {
    let finding = try #require(Self.sides(clockSetBy: step).report.findings.first)
    #expect(finding.addedSeconds.nanoseconds == 1_000_200_000)
  }

  @Test func `nor a setup that ends before it begins`() throws {
    let finding = try #require(Self.sides(clockSetBy: -2).report.findings.first)
    #expect(finding.setupSeconds?.nanoseconds == 1_000_300_000)
  }

  @Test func `case 60, a SYN proxy: only the server side's handshake is judged`() throws {
    let sides = TwoSides(
      client: Self.firstClient + """
        11.0000 > S  500 port 3002 from 2
        11.0001 < S. 77777 ack 501 port 3002 from 2
        11.0002 > .  501 ack 77778 port 3002 from 2
        11.0003 > P. 501 ack 77778 port 3002 from 2 say GET /proxied HTTP/1.1||
        """,
      server: Self.firstServer + """
        11.0010 > S  600
        11.0011 < .  5002 ack 1002 id 0
        11.0012 > R  1002
        12.0010 > S  600
        12.0011 < S. 900000 ack 601
        12.0012 > .  601 ack 900001
        12.0013 > P. 601 ack 900001 say GET /proxied HTTP/1.1||
        """)
    #expect(sides.pairs.last == "2:3002 > 1:4003 (payload)")
    let finding = try #require(sides.report.findings.first)
    #expect(finding.hits[0].answer == .rejected)
    #expect(finding.current.client?.description == "172.16.1.2:3002")
    // The client was served at once; what waited was the load balancer.
    #expect(finding.addedSeconds.nanoseconds == 1_000_000_000)
  }

  @Test func `case 54, a RST leaks with the client's own address`() throws {
    let sides = TwoSides(
      client: Self.firstClient + """
        11.0000 > S  500 port 3002 from 2
        11.0010 < .  5002 ack 1002 port 3002 from 2
        11.0011 > R  1002 port 3002 from 2
        12.0000 > S  500 port 3002 from 2
        """,
      server: Self.firstServer + """
        11.0005 > S  500
        11.0006 < .  5002 ack 1002 id 0
        11.0013 > R  1002 port 3002 from 77
        12.0005 > S  500
        12.0006 < .  5002 ack 1002 id 0
        20.0 end
        """)
    let finding = try #require(sides.report.findings.first)
    #expect(finding.hits.map(\.answer) == [.rejected, .rejected])
    #expect(finding.hits.map(\.held.end) == [.survived, .survived])
    #expect(sides.pairs.last == "2:3002 > 1:4003 (isn)")
  }

  @Test func `case 56, two load balancers behind one SNAT address: two hosts`() throws {
    let sides = TwoSides(
      client: Self.firstClient + "11.0000 > S 2000 port 3001 from 9",
      server: Self.firstServer + """
        11.0005 > S  2000
        11.0006 < S. 70539 ack 2001
        11.0013 > .  2001 ack 70540
        """)
    let finding = try #require(sides.report.findings.first)
    #expect(finding.current.client?.ip.description == "172.16.1.9")
    #expect(finding.hits[0].previous.client?.ip.description == "172.16.1.1")
  }

  /// Direct server return: what the server sends takes another way.
  @Test func `answers that bypass the load balancer`() {
    let sides = TwoSides(
      client: """
        0.0000 > S  1000 port 3001 from 1
        0.0020 > .  1001 ack 5001 port 3001 from 1
        0.0030 > P. 1001(10) ack 5001 port 3001 from 1
        """,
      server: """
        0.0005 > S  1000
        0.0025 > .  1001 ack 5001
        0.0035 > P. 1001(10) ack 5001
        """)
    #expect(sides.pairs == ["1:3001 > 1:4003 (isn)"])
    #expect(sides.report.topology.answersBypass)
    #expect(sides.report.coverage.reasons.contains(.noAnswers))
  }

  @Test func `answers that come back the way they should`() {
    let sides = TwoSides(client: Self.firstClient, server: Self.firstServer)
    #expect(!sides.report.topology.answersBypass)
  }

  @Test func `two connections with one ISN and nothing else to tell them are not paired`() {
    let sides = TwoSides(
      client: """
        0.0000 > S 1000 port 3001 from 1
        0.0001 > S 1000 port 3002 from 2
        """,
      server: "0.0005 > S 1000\n9.0 end")
    #expect(sides.pairs == ["1:3001 > ambiguous", "2:3002 > ambiguous"])
    #expect(sides.connections.filter { $0.client == nil }.map(\.gap) == [.ambiguous])
  }
}
