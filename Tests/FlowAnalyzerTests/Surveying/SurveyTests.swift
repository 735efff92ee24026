import Testing

@testable import FlowAnalyzer

@Suite("The survey: sides and clocks")
struct SurveyTests {
  private func input(_ scenario: String, _ name: String) -> CaptureInput {
    CaptureInput(path: Translations.file(scenario, name))
  }

  @Test(arguments: ["l4-collide", "l4-clean", "l4-client-fin", "l4-v6", "l7-http", "l7-proxyv2"])
  func `the sides of two files, in either order`(scenario: String) {
    let files = [input(scenario, "client-any.pcap"), input(scenario, "server.pcap")]
    #expect(Survey(of: files).inputs.map(\.role) == [.client, .server])
    #expect(Survey(of: files.reversed()).inputs.map(\.role) == [.server, .client])
  }

  @Test(arguments: ["l4-collide", "l4-clean", "l4-client-fin", "l7-http", "l7-proxyv2"])
  func `both sides in one file`(scenario: String) {
    let survey = Survey(of: [input(scenario, "lb-any.pcap")])
    #expect(survey.inputs.map(\.role) == [.both])
    #expect(survey.endpoints.virtual.map(\.description) == ["172.20.1.1:80"])
    #expect(survey.endpoints.servers.map(\.description) == ["192.168.1.1:80"])
    #expect(survey.endpoints.snatAddresses.map(\.description) == ["10.10.1.1"])
  }

  @Test(arguments: ["l4-collide", "l4-client-fin", "l7-http"], ["client-any.pcap", "server.pcap"])
  func `one side alone cannot be told`(scenario: String, name: String) {
    #expect(Survey(of: [input(scenario, name)]).inputs.map(\.role) == [nil])
  }

  /// The files that are named first were not taken at the same time.
  @Test(arguments: ["l4-collide", "l4-rfc1337"])
  func `the sides of rotations, in whatever order`(scenario: String) throws {
    let directory = try TemporaryDirectory()
    var inputs: [CaptureInput] = []
    for (name, source) in [("server", "server.pcap"), ("client", "client-any.pcap")] {
      let capture = try CaptureBuilder(reading: Translations.file(scenario, source))
      var halves = [capture, capture]
      halves[0].packets = Array(capture.packets.prefix(capture.packets.count / 2))
      halves[1].packets = Array(capture.packets.dropFirst(capture.packets.count / 2))
      var files: [String] = []
      for (number, half) in halves.enumerated() {
        files.append(try directory.write(half, as: "\(name)\(number).pcap"))
      }
      inputs += (name == "server" ? files : files.reversed()).map { CaptureInput(path: $0) }
    }
    let survey = Survey(of: inputs)
    #expect(survey.inputs.map(\.role) == [.server, .server, .client, .client])
  }

  @Test func `what was said is not questioned`() {
    let inputs = [
      CaptureInput(path: Translations.file("l4-collide", "lb-any.pcap"), role: .server)
    ]
    #expect(Survey(of: inputs).inputs == inputs)
  }

  @Test func `one file that began long before the other`() throws {
    let directory = try TemporaryDirectory()
    let client = try CaptureBuilder(reading: Translations.file("l4-clean", "client-any.pcap"))
    let others = try CaptureBuilder(reading: Translations.file("l4-collide", "client-any.pcap"))
    // An hour of other traffic first, under a clock that is 20 minutes ahead.
    var long = client.delayed(by: 1_200_000_000_000)
    let start = long.packets[0].time - 3_600_000_000_000
    let earlier = others.delayed(by: start - others.packets[0].time)
    long.packets.insert(contentsOf: earlier.packets, at: 0)
    let path = try directory.write(long, as: "client.pcap")
    let clocks = Survey(of: [
      CaptureInput(path: Translations.file("l4-clean", "server.pcap"), role: .server),
      CaptureInput(path: path, role: .client),
    ]).clocks
    let offset = try #require(clocks.last?.offset)
    let error = try #require(clocks.last?.error)
    #expect(abs(offset - 1_200_000_000_000) <= error)
    #expect(error < 1_000_000)
  }

  @Test func `two points of one side, each with a clock of its own`() throws {
    let directory = try TemporaryDirectory()
    let server = try CaptureBuilder(reading: Translations.file("l4-collide", "server.pcap"))
    let late = try directory.write(server.delayed(by: 5_000_000_000), as: "late.pcap")
    let survey = Survey(of: [
      CaptureInput(path: Translations.file("l4-collide", "server.pcap"), role: .server),
      CaptureInput(path: late, role: .server),
      CaptureInput(path: Translations.file("l4-collide", "client-any.pcap"), role: .client),
    ])
    let clock = try #require(survey.clocks.first { $0.input.path == late })
    #expect(abs(try #require(clock.offset) - 5_000_000_000) <= (clock.error ?? 0))
  }
}

@Suite("Where intervals overlap")
struct ClockOffsetTests {
  @Test func `outliers do not move it`() throws {
    var intervals = (0..<100).map { (low: Int64(10_000 - $0), high: Int64(14_000 + $0)) }
    intervals.append((low: -9_000_000_000, high: -8_999_999_000))
    intervals.append((low: 70_000, high: 70_001))
    let offset = try #require(ClockOffset(intervals: intervals))
    #expect(offset.offset == 12_000)
    #expect(offset.error == 2000)
    #expect(offset.agreeing == 100)
  }

  /// A microsecond is what most captures have.
  @Test func `it is no more exact than the times of captures are`() throws {
    let offset = try #require(ClockOffset(intervals: [(low: 1000, high: 1000)]))
    #expect(offset.error == 1000)
  }

  @Test func `nothing shared tells nothing`() {
    #expect(ClockOffset(intervals: []) == nil)
    #expect(ClockOffset(intervals: [(low: 1, high: 2)], least: 2) == nil)
  }
}

/// The server answers clients directly, so that nothing comes back by the load balancer.
@Suite("Clocks where packets come by in one direction only")
struct OneWayClockTests {
  /// Twenty SYNs, of which three wait until the load balancer knows where the server is.
  private static func sample(ofServerSide isServer: Bool) -> OpeningSample {
    var sample = OpeningSample()
    let script = (0..<20).map { number in
      let late = number.isMultiple(of: 7) ? 0.030 : 0.000003
      return "\(Double(number) + (isServer ? late : 0)) > S \(1000 + number) port \(3001 + number)"
    }
    for segment in Conversation(script.joined(separator: "\n")).segments {
      // SAFETY: bytes have no padding between them.
      unsafe sample.observe(segment, TwoSides.tcp([]).span.bytes)
    }
    return sample
  }

  @Test func `the quickest tells, whichever point is asked about`() throws {
    let clients = Self.sample(ofServerSide: false)
    let server = Self.sample(ofServerSide: true)
    let forth = try #require(ClockOffset(from: clients, to: server))
    #expect(abs(forth.offset - 3000) <= 1)
    #expect(forth.error == ClockOffset.oneWay)
    let back = try #require(ClockOffset(from: server, to: clients, isUpstream: true))
    #expect(back.offset == -forth.offset)
    #expect(back.agreeing == forth.agreeing)
  }
}

/// A proxy between the clients and a server that is 60 ms away: requests arrive there a round trip late, and
/// answers come back at once.
@Suite("Clocks of the two sides of a proxy")
struct ProxyClockTests {
  /// Three connections, one a second, with a request each.
  private static func sample(ofServerSide isServer: Bool, pause: Double = 0) -> OpeningSample {
    var script: [String] = []
    for (number, path) in ["a", "b", "c"].enumerated() {
      let start = Double(number)
      let port = "port \(3001 + number)"
      let request = "say GET /\(path) HTTP/1.1||"
      if isServer {
        script += [
          "\(start + 0.0004) > S  70 \(port)",
          "\(start + 0.1204) < S. 500 ack 71 \(port)",
          "\(start + 0.1205) > .  71 ack 501 \(port)",
          "\(start + 0.1206 + pause) > P. 71 ack 501 \(port) \(request)",
          "\(start + 0.2406 + pause) < P. 501 ack 98 \(port) say HTTP/1.1 200 OK||",
        ]
      } else {
        script += [
          "\(start) > S  1000 \(port)",
          "\(start + 0.0001) < S. 9000 ack 1001 \(port)",
          "\(start + 0.0002) > .  1001 ack 9001 \(port)",
          "\(start + 0.0003) > P. 1001 ack 9001 \(port) \(request)",
          "\(start + 0.2407 + pause) < P. 9001 ack 1028 \(port) say HTTP/1.1 200 OK||",
        ]
      }
    }
    let conversation = Conversation(script.joined(separator: "\n"))
    var sample = OpeningSample()
    for segment in conversation.segments {
      let bytes = TwoSides.tcp(conversation.payloads[segment.frame] ?? [])
      // SAFETY: bytes have no padding between them.
      unsafe sample.observe(segment, bytes.span.bytes)
    }
    return sample
  }

  @Test func `the opening of the connection behind it tells what its request does not`() throws {
    let clients = Self.sample(ofServerSide: false)
    let server = Self.sample(ofServerSide: true)
    let forth = try #require(ClockOffset(from: clients, to: server))
    #expect(forth.agreeing == 3)
    #expect(abs(forth.offset) <= forth.error)
    #expect(forth.error <= 300_000)
    let back = try #require(ClockOffset(from: server, to: clients))
    #expect(back.offset == -forth.offset)
    #expect(back.error == forth.error)
  }

  /// Who opened it nobody knows: perhaps the load balancer, to have one in stock.
  @Test func `but not of one that was open before the request came`() throws {
    let clients = Self.sample(ofServerSide: false, pause: 0.2)
    let server = Self.sample(ofServerSide: true, pause: 0.2)
    let offset = try #require(ClockOffset(from: clients, to: server))
    #expect(offset.error >= 150_000_000)
    #expect(abs(offset.offset) <= offset.error)
  }
}

/// One capture of both sides, by what comes by on either.
@Suite("A load balancer that sends few connections on")
struct FewTranslationsTests {
  private static func sample(client: String, server: String) -> OpeningSample {
    let segments =
      Conversation(client).segments.map(TwoSides.inFront) + Conversation(server).segments
    var sample = OpeningSample()
    for segment in segments.sorted(by: { $0.time < $1.time }) {
      // SAFETY: bytes have no padding between them.
      unsafe sample.observe(segment, TwoSides.tcp([]).span.bytes)
    }
    return sample
  }

  private static let clients = (0..<100).map { "\($0).0 > S \(1000 + $0) port \(3000 + $0) from 9" }
    .joined(separator: "\n")
  private static let few = (0..<3).map { "\($0).001 > S \(1000 + $0) port \(4000 + $0)" }
    .joined(separator: "\n")

  @Test func `all that the server gets came from a client`() {
    let sample = Self.sample(client: Self.clients, server: Self.few)
    #expect(sample.clearTranslations.count == 1)
  }

  @Test func `a server that gets others, too, is not what a translation leads to`() {
    let others = (0..<9).map { "\(50 + $0).5 > S \(7000 + $0) port \(5000 + $0)" }
    let server = ([Self.few] + others).joined(separator: "\n")
    #expect(Self.sample(client: Self.clients, server: server).clearTranslations.isEmpty)
  }

  /// Checks of health, from one address to all servers.
  @Test func `nor is it one where what translates also asks what clients ask`() {
    let clients = Self.clients + "\n99.5 > S 9999 port 6000 from 1"
    let sample = Self.sample(client: clients, server: Self.few)
    #expect(sample.clearTranslations.count == 1)
    var both = Conversation("99.5 > S 9999 port 6000").segments
    both[0].destination = TwoSides.inFront(both[0]).destination
    var disturbed = sample
    // SAFETY: bytes have no padding between them.
    unsafe disturbed.observe(both[0], TwoSides.tcp([]).span.bytes)
    #expect(disturbed.clearTranslations.isEmpty)
  }
}
