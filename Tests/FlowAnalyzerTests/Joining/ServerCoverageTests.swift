import Testing

@testable import FlowAnalyzer

/// A load balancer without a free port sends nothing on, so that the server side falls silent.
@Suite("SYNs that are not sent on, and when that can be known")
struct ServerCoverageTests {
  private static let exhausted = """
     0.0 > S 1000 port 3001 from 1
    20.0 > S 2000 port 3002 from 2
    21.0 > S 2000 port 3002 from 2
    """
  private static let server = "0.0005 > S 1000\n9.0 end"

  @Test func `what comes after the server side's end was not covered`() {
    let sides = TwoSides(client: Self.exhausted, server: Self.server)
    #expect(sides.pairs == ["1:3001 > 1:4003 (isn)", "2:3002 > not-covered"])
    #expect(sides.report.summary.clientSyns?.notForwarded == 0)
    #expect(sides.report.summary.attempts.neverForwarded == 0)
  }

  @Test func `a capture of both sides was running while the server side was silent`() {
    let sides = TwoSides(client: Self.exhausted, server: Self.server, inOneFile: true)
    #expect(sides.pairs == ["1:3001 > 1:4003 (isn)", "2:3002 > not-forwarded"])
    #expect(sides.report.summary.clientSyns?.notForwarded == 2)
    #expect(sides.report.summary.attempts.neverForwarded == 1)
  }

  @Test func `and before it first spoke`() {
    let client = """
      0.0 > S 2000 port 3002 from 2
      8.0 > S 1000 port 3001 from 1
      """
    let server = "8.0005 > S 1000\n9.0 end"
    let files = TwoSides(client: client, server: server)
    #expect(files.pairs == ["2:3002 > not-covered", "1:3001 > 1:4003 (isn)"])
    let file = TwoSides(client: client, server: server, inOneFile: true)
    #expect(file.pairs == ["2:3002 > not-forwarded", "1:3001 > 1:4003 (isn)"])
  }

  /// Whether the last SYN was sent on nobody can tell, so that the attempt is not one that never was.
  @Test func `SYNs that were missing while it was captured count, whatever became of later ones`() {
    let sides = TwoSides(
      client: """
         0.0 > S 1000 port 3001 from 1
         5.0 > S 2000 port 3002 from 2
         6.0 > S 2000 port 3002 from 2
         8.0 > S 2000 port 3002 from 2
        12.0 > S 2000 port 3002 from 2
        """,
      server: Self.server)
    #expect(sides.pairs == ["1:3001 > 1:4003 (isn)", "2:3002 > not-covered"])
    #expect(sides.report.summary.clientSyns?.notForwarded == 3)
    #expect(sides.report.summary.attempts.neverForwarded == 0)
  }

  @Test func `one of them that was sent on is not missing`() {
    let sides = TwoSides(
      client: """
         5.0 > S 2000 port 3002 from 2
         6.0 > S 2000 port 3002 from 2
         8.0 > S 2000 port 3002 from 2
        12.0 > S 2000 port 3002 from 2
        """,
      server: "5.0005 > S 7\n6.0005 > S 2000\n9.0 end")
    #expect(sides.pairs == ["2:3002 > 1:4003 (isn)"])
    #expect(sides.report.summary.clientSyns?.notForwarded == 2)
  }

  /// The load balancer asks for the server's link address first.
  @Test func `the first SYN may be sent on late`() {
    let sides = TwoSides(
      client: """
        0.0 > S 2000 port 3002 from 2
        1.0 > S 2000 port 3002 from 2
        """,
      server: "0.12 > S 2000\n9.0 end")
    #expect(sides.report.summary.clientSyns?.notForwarded == 1)
  }
}
