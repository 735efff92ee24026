import Foundation
import Testing

@testable import FlowAnalyzer

@Suite("Both sides of real captures")
struct RealJoinTests {
  static let l4 = ["l4-collide", "l4-clean", "l4-client-fin", "l4-rfc1337", "l4-v6"]

  @Test(arguments: l4)
  func `pairs are those of conntrack`(scenario: String) throws {
    let joined = Joined.fixture(scenario)
    #expect(joined.pairs == (try Translations.load(scenario)))
    #expect(joined.report.topology.translation == .l4)
    #expect(joined.report.summary.clientSyns?.notForwarded == 0)
  }

  @Test(arguments: l4)
  func `one file with both sides says the same as two`(scenario: String) throws {
    let two = Joined.fixture(scenario)
    let one = Joined([CaptureInput(path: Translations.file(scenario, "lb-any.pcap"))])
    #expect(one.pairs == two.pairs)
    #expect(one.report.captures.map(\.role) == ["both"])
    #expect(one.report.summary.syns == two.report.summary.syns)
    #expect(
      one.report.findings.map(\.id.value).sorted() == two.report.findings.map(\.id.value).sorted())
    #expect(clients(one) == clients(two))
  }

  private func clients(_ joined: Joined) -> [String: [String]] {
    var clients: [String: [String]] = [:]
    for finding in joined.report.findings {
      clients[finding.id.description] =
        ["\(finding.current.client?.description ?? "none")"]
        + finding.hits.map { $0.previous.client?.description ?? "none" }
    }
    return clients
  }

  /// What the two files themselves say: a SYN's client is found by its ISN, and what it meets was left
  /// by the tuple's last connection that got a SYN-ACK.
  @Test(arguments: ["l4-collide", "l4-rfc1337", "l4-v6"], [0, 100, -100] as [Double])
  func `every hit names the right two clients`(scenario: String, driftPpm: Double) throws {
    let directory = try TemporaryDirectory()
    let drifting = try CaptureBuilder(reading: Translations.file(scenario, "client-any.pcap"))
      .delayed(by: 0, driftPpm: driftPpm)
    let joined = Joined([
      CaptureInput(path: Translations.file(scenario, "server.pcap"), role: .server),
      CaptureInput(path: try directory.write(drifting, as: "client.pcap"), role: .client),
    ])
    var clients: [SequenceNumber: String] = [:]
    let clientSide = CaptureInput(
      path: Translations.file(scenario, "client-any.pcap"), role: .client)
    for segment in segments(of: clientSide) where segment.isOpening {
      clients[segment.sequence] = segment.source.description
    }
    var occupants: [FourTuple: String] = [:]
    var truth: [UInt64: (current: String?, previous: String?)] = [:]
    for segment in segments(of: KernelTruth.capture(scenario)) {
      if segment.isOpening {
        truth[segment.frame] = (clients[segment.sequence], occupants[segment.tuple])
      } else if segment.flags.contains([.syn, .ack]) {
        occupants[segment.tuple.reversed] = clients[segment.acknowledgment.retreated(by: 1)]
      }
    }
    #expect(!joined.report.findings.isEmpty)
    for finding in joined.report.findings {
      for hit in finding.hits {
        #expect(finding.current.client?.description == truth[hit.frame]?.current)
        #expect(hit.previous.client?.description == truth[hit.frame]?.previous)
      }
    }
  }

  /// The SYN that a TIME_WAIT was left by is missing: its answer still names its client, and nobody
  /// else is named in its place.
  @Test func `a SYN that was not captured makes nobody else the previous client`() throws {
    let scenario = "l4-collide"
    let directory = try TemporaryDirectory()
    let whole = Joined.fixture(scenario)
    let server = try CaptureBuilder(reading: Translations.file(scenario, "server.pcap"))
    let syns = server.packets.indices.filter {
      server.packets[$0].bytes[server.tcpOffset(of: server.packets[$0]) + 13] & 0x12 == 0x02
    }
    var compared = 0
    for index in syns.enumerated().filter({ $0.offset.isMultiple(of: 12) }).map(\.element) {
      var cut = server
      cut.packets.remove(at: index)
      let joined = Joined([
        CaptureInput(path: try directory.write(cut, as: "server.pcap"), role: .server),
        CaptureInput(path: Translations.file(scenario, "client-any.pcap"), role: .client),
      ])
      let before = clients(whole)
      for (id, names) in clients(joined) where before[id]?.count == names.count {
        #expect(names == before[id], "without frame \(index + 1)")
        compared += 1
      }
    }
    #expect(compared > 500)
  }

  @Test func `sides that have little in common are said to be apart`() {
    let joined = Joined([
      CaptureInput(path: Translations.file("l4-clean", "client-any.pcap"), role: .client),
      CaptureInput(path: Translations.file("l4-collide", "server.pcap"), role: .server),
    ])
    #expect(joined.report.coverage.reasons.contains(.sidesApart))
    #expect(joined.pairs.isEmpty)
    #expect(!Joined.fixture("l4-collide").report.coverage.reasons.contains(.sidesApart))
  }

  @Test(arguments: [-7.25, 3600, -82_800, 86_400], ["l4-collide", "l7-http", "l7-proxyv2"])
  func `clocks may differ`(seconds: Double, scenario: String) throws {
    let directory = try TemporaryDirectory()
    let client = try CaptureBuilder(reading: Translations.file(scenario, "client-any.pcap"))
    let offset = Int64(seconds * 1_000_000_000)
    let path = try directory.write(client.delayed(by: offset), as: "client.pcap")
    let joined = Joined([
      CaptureInput(path: Translations.file(scenario, "server.pcap"), role: .server),
      CaptureInput(path: path, role: .client),
    ])
    #expect(joined.pairs == Joined.fixture(scenario).pairs)
    let clock = try #require(joined.report.clock.last)
    let found = try #require(clock.offsetSeconds)
    let error = try #require(clock.errorSeconds)
    #expect(abs(found.nanoseconds - offset) <= error.nanoseconds)
    #expect(error.nanoseconds < 1_000_000)
  }

  /// The request lines tell the true pairs.
  @Test(arguments: ["l7-http", "l7-proxyv2"])
  func `pairs of an L7 load balancer are those of the request lines`(scenario: String) throws {
    let joined = Joined.fixture(scenario)
    let truth = try requests(scenario)
    #expect(truth.count == 120)
    #expect(joined.pairs == truth)
    let method: JoinMethod = scenario == "l7-http" ? .forwarded : .proxyProtocol
    #expect(joined.methods == [method: 120])
    #expect(joined.report.topology.translation == .l7)
  }

  /// Both sides, or only the client's, hide what they say: time and length are left.
  @Test(arguments: ["l7-http", "l7-proxyv2"])
  func `what TLS hides is joined by time, and is not called certain`(scenario: String) throws {
    let directory = try TemporaryDirectory()
    let client = try CaptureBuilder(reading: Translations.file(scenario, "client-any.pcap"))
    let server = try CaptureBuilder(reading: Translations.file(scenario, "server.pcap"))
    let clientPath = try directory.write(client.enciphered(seed: 1), as: "client.pcap")
    let serverPath = try directory.write(server.enciphered(seed: 2), as: "server.pcap")
    let joined = Joined([
      CaptureInput(path: clientPath, role: .client), CaptureInput(path: serverPath, role: .server),
    ])
    let quality = joined.quality(try requests(scenario))
    #expect(quality.precision >= 0.98)
    #expect(quality.recall >= 0.9)
    for connection in joined.connections where !connection.servers.isEmpty {
      #expect(connection.method == .timing || connection.client == nil)
      #expect(connection.confidence <= 60)
    }
  }

  @Test(arguments: ["l7-http", "l7-proxyv2"])
  func `where the load balancer ends TLS it names the clients still`(scenario: String) throws {
    let directory = try TemporaryDirectory()
    let client = try CaptureBuilder(reading: Translations.file(scenario, "client-any.pcap"))
    let clientPath = try directory.write(client.enciphered(seed: 1), as: "client.pcap")
    let joined = Joined([
      CaptureInput(path: clientPath, role: .client),
      CaptureInput(path: Translations.file(scenario, "server.pcap"), role: .server),
    ])
    let truth = try requests(scenario)
    let known = joined.pairs.filter { !$0.client.hasSuffix(":0") }
    #expect(known.isSubset(of: truth))
    #expect(Double(known.count) >= 0.95 * Double(truth.count))
  }

  private func requests(_ scenario: String) throws -> Set<TranslatedPair> {
    func senders(_ name: String) throws -> [String: String] {
      let path = Translations.file(scenario, name)
      var source = SegmentSource(inputs: [CaptureInput(path: path)])
      let capture = try CaptureBuilder(reading: path)
      var senders: [String: String] = [:]
      while let segment = source.next() {
        let packet = capture.packets[Int(segment.frame) - 1]
        let text = String(decoding: packet.bytes, as: UTF8.self)
        guard let start = text.range(of: "GET /") else { continue }
        senders[String(text[start.lowerBound...].prefix { $0 != "\r\n" && $0 != "\r" })] =
          segment.source.description
      }
      return senders
    }
    let clients = try senders("client-any.pcap")
    let servers = try senders("server.pcap")
    return Set(
      clients.compactMap { request, client in
        servers[request].map { TranslatedPair(client: client, snat: $0) }
      })
  }
}
