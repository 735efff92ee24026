import Testing

@testable import FlowAnalyzer

@Suite("Sides that are named wrongly")
struct SideDoubtTests {
  private static let scenarios = [
    "l4-collide", "l4-clean", "l4-client-fin", "l4-rfc1337", "l4-v6", "l7-http", "l7-proxyv2",
  ]

  private func input(_ scenario: String, _ name: String, _ role: CaptureRole) -> CaptureInput {
    CaptureInput(path: Translations.file(scenario, name), role: role)
  }

  private func swapped(_ scenario: String) -> [CaptureInput] {
    [input(scenario, "client-any.pcap", .server), input(scenario, "server.pcap", .client)]
  }

  @Test(arguments: scenarios) func `sides that changed places are noticed, and kept`(
    scenario: String
  ) {
    let survey = Survey(of: swapped(scenario))
    #expect(survey.inputs == swapped(scenario))
    #expect(
      survey.doubts.map(\.warning) == [
        .showsOtherSide(saidToBe: .server), .showsOtherSide(saidToBe: .client),
      ])
  }

  @Test(arguments: scenarios) func `sides that are right raise no doubt`(scenario: String) {
    let survey = Survey(of: [
      input(scenario, "client-any.pcap", .client), input(scenario, "server.pcap", .server),
    ])
    #expect(survey.doubts.isEmpty)
  }

  @Test(arguments: ["l4-collide", "l4-v6", "l7-proxyv2"])
  func `swapped sides allow no verdict, and hits on the wrong side prove nothing`(
    scenario: String
  ) {
    let report = Analyzer().analyze(swapped(scenario)).report
    #expect(report.coverage.grade == .inconclusive)
    #expect(report.coverage.reasons.contains(.sidesSwapped))
    #expect(report.captures[0].warnings.first?.hasPrefix("named as the server side, but ") == true)
    #expect(report.captures[1].warnings.first?.hasPrefix("named as the client side, but ") == true)
    let text = report.text()
    #expect(text.hasPrefix("VERDICT  None: --client and --server seem to be swapped"))
    #expect(!text.contains("served by"))
    #expect(Policy.standard.verdict(on: report).outcome == .inconclusive)
  }

  /// A load balancer with SYN cookies answers in the place of the server, and tells the server's SYN later.
  @Test func `answers that are not the server's own contradict nobody`() {
    var front = OpeningSample()
    var behind = OpeningSample()
    for number in 1...9 {
      let opening = Conversation(
        """
        \(number).000 > S  \(number)000
        \(number).001 < S. 7\(number)000 ack \(number)001
        """)
      let late = Conversation(
        """
        \(number).050 > S  \(number)000
        \(number).055 < S. 5\(number)000 ack \(number)001
        """)
      for segment in opening.segments { front.observe(segment, RawSpan()) }
      for segment in late.segments { behind.observe(segment, RawSpan()) }
    }
    #expect(front.standing(beside: behind) == .behind)
    #expect(!front.clearlyLies(behind: behind))
  }

  @Test(arguments: ["l4-collide", "l7-http", "l7-proxyv2"], [CaptureRole.client, .server])
  func `a file with both sides that is named as one is noticed beside the other`(
    scenario: String, role: CaptureRole
  ) {
    let other =
      role == .client
      ? input(scenario, "server.pcap", .server) : input(scenario, "client-any.pcap", .client)
    let report = Analyzer().analyze([input(scenario, "lb-any.pcap", role), other]).report
    #expect(report.coverage.grade == .inconclusive)
    #expect(report.coverage.reasons.contains(.bothSides))
    #expect(report.captures[0].warnings.first?.contains("come by under two tuples") == true)
    #expect(report.captures[1].warnings == [])
    #expect(!report.text().contains("never came by behind"))
  }

  /// It passes requests on to itself, under another port.
  @Test func `a proxy on the server's own host is no load balancer`() throws {
    let directory = try TemporaryDirectory()
    let server = try CaptureBuilder(reading: Translations.file("l7-http", "server.pcap"))
    var host = server
    for var packet in server.packets {
      let tcp = server.tcpOffset(of: packet)
      let ports = packet.bytes.number(at: tcp)
      let isAnswer = ports >> 16 == 80
      packet.bytes.set(isAnswer ? ports + 8000 << 16 : ports + 8000, at: tcp)
      packet.bytes.set(packet.bytes.number(at: tcp + 4) &+ 77_777, at: tcp + 4)
      packet.bytes.set(packet.bytes.number(at: tcp + 8) &+ 77_777, at: tcp + 8)
      packet.time += isAnswer ? -20_000 : 20_000
      host.packets.append(packet)
    }
    host.packets.sort { $0.time < $1.time }
    let path = try directory.write(host, as: "host.pcap")
    let alone = Survey(of: [CaptureInput(path: path)])
    #expect(alone.inputs.map(\.role) == [.both])
    let survey = Survey(of: [
      input("l7-http", "client-any.pcap", .client), CaptureInput(path: path, role: .server),
    ])
    #expect(survey.doubts.isEmpty)
  }

  /// There is nothing to survey it by.
  @Test func `a file with both sides that is named as the clients', alone`() {
    let both = Analyzer().analyze([input("l4-collide", "lb-any.pcap", .client)]).report
    #expect(both.coverage.reasons.contains(.bothSides))
    let clients = Analyzer().analyze([input("l4-collide", "client-any.pcap", .client)]).report
    #expect(!clients.coverage.reasons.contains(.bothSides))
  }

  @Test func `one side alone is not surveyed`() {
    let survey = Survey(of: [
      input("l4-collide", "server.pcap", .server), input("l4-clean", "server.pcap", .server),
    ])
    #expect(survey.doubts.isEmpty)
    #expect(survey.clocks.isEmpty)
  }
}
