import Testing

@testable import FlowAnalyzer

@Suite("Tracing findings")
struct TraceTests {
  /// A fixture, and which of its captures are read.
  struct Source: CustomTestStringConvertible, Sendable {
    var scenario: String
    var files: [String]

    var testDescription: String { "\(scenario), \(files.joined(separator: " and "))" }

    func traced(workers: Int = 2, limit: Int = 256) throws -> Traced {
      try Traced(
        files.map { Traced.input(scenario, $0) }, workers: workers, framesPerConversation: limit)
    }
  }

  /// All fixtures with findings, on as many sides as they have.
  static let sources: [Source] =
    ["l4-collide", "l4-rfc1337", "l4-v6", "l7-http", "l7-proxyv2"].flatMap { scenario in
      [
        Source(scenario: scenario, files: ["server.pcap"]),
        Source(scenario: scenario, files: ["client-any.pcap", "server.pcap"]),
        Source(scenario: scenario, files: ["lb-any.pcap"]),
      ]
    }
    + ["closewait", "fin-wait-1", "half-open", "half-open-v6", "loss-lb", "no-timestamps"].map {
      Source(scenario: $0, files: ["server.pcap"])
    }

  @Test(arguments: sources)
  func `every hit is found again, and met what the report says`(source: Source) throws {
    let traced = try source.traced()
    #expect(!traced.traces.isEmpty)
    for trace in traced.traces {
      #expect(trace.isComplete)
      for (hit, encounter) in zip(trace.finding.hits, trace.encounters) {
        let frame = try #require(
          trace.frames.first {
            $0.segment.frame == hit.frame && Int($0.segment.capture) == hit.capture
          })
        #expect(frame.segment.tuple == hit.tuple)
        #expect(frame.segment.time == hit.at)
        let met = try #require(encounter)
        let distance = SequenceNumber(hit.isn).distance(from: met.nextExpected)
        if let expected = hit.sequenceDistance { #expect(distance == expected) }
        #expect(met.since == hit.held.since)
        if let expected = hit.timestampDistance {
          let recent = try #require(met.timestampRecent)
          #expect(
            Int32(bitPattern: frame.segment.options.timestampValue &- recent) == expected)
        }
      }
    }
  }

  @Test(arguments: sources)
  func `frames come in order, once, and from the right conversations`(source: Source) throws {
    let traced = try source.traced()
    for trace in traced.traces {
      var places: Set<[UInt64]> = []
      for (earlier, later) in zip(trace.frames, trace.frames.dropFirst()) {
        #expect(earlier.segment.time <= later.segment.time)
      }
      for frame in trace.frames {
        #expect(places.insert([UInt64(frame.segment.capture), frame.segment.frame]).inserted)
        let connection = trace.connections[frame.connection]
        #expect(connection.side == frame.side)
        #expect(
          frame.segment.tuple
            == (frame.isFromOpener ? connection.tuple : connection.tuple.reversed))
      }
    }
  }

  /// What was held was entered before the hit, and by a connection that is there.
  @Test(arguments: sources)
  func `the connection that left the tuple behind is there from its SYN on`(source: Source) throws {
    let traced = try source.traced()
    for trace in traced.traces {
      for hit in trace.finding.hits where hit.held.evidence == .tracked {
        let previous = trace.connections.filter {
          $0.side == .server && $0.part != .current && $0.tuple == hit.tuple && !$0.beganUnseen
        }
        #expect(!previous.isEmpty, "\(trace.finding.id)")
        let opening = trace.frames.first {
          trace.connections[$0.connection].tuple == hit.tuple && $0.side == .server
        }
        #expect(opening?.segment.isOpening == true, "\(trace.finding.id)")
        // What the tuple carried before that is another story.
        let first = trace.finding.hits.first { $0.tuple == hit.tuple }?.at ?? hit.at
        let answered = trace.frames.filter {
          trace.connections[$0.connection].tuple == hit.tuple && $0.segment.time < first
            && $0.segment.flags.contains([.syn, .ack])
        }
        #expect(Set(answered.map(\.connection)).count <= 1, "\(trace.finding.id)")
        if hit.held.state == .timeWait {
          let entry = trace.frames.first {
            $0.segment.time == hit.held.since && $0.after?.state == .timeWait
          }
          #expect(entry != nil, "\(trace.finding.id)")
        }
      }
    }
  }

  @Test(arguments: sources.filter { $0.files.count > 1 || $0.files == ["lb-any.pcap"] })
  func `clients that the finding names are shown with their connections`(source: Source) throws {
    let traced = try source.traced()
    for trace in traced.traces {
      let clients = trace.connections.filter { $0.side == .client }
      if let client = trace.finding.current.client, client.port != nil {
        let current = clients.filter { $0.part == .current }
        #expect(current.map { AnalysisReport.Client($0.tuple.source) } == [client])
        if trace.finding.current.method == .isn {
          #expect(current.first?.openerBase?.value == trace.finding.hits[0].isn)
        }
      }
      for hit in trace.finding.hits {
        guard let client = hit.previous.client, client.port != nil else { continue }
        #expect(
          clients.contains {
            $0.part == .previous && AnalysisReport.Client($0.tuple.source) == client
          } || hit.previous.client == trace.finding.current.client, "\(trace.finding.id)")
      }
    }
  }

  @Test(arguments: sources)
  func `one finding alone is traced like all together, by one worker as by two`(
    source: Source
  ) throws {
    let together = try source.traced()
    let alone = try source.traced(workers: 1)
    #expect(together.traces.map(Digest.init) == alone.traces.map(Digest.init))
    for trace in together.traces.prefix(8) {
      let single = try alone.analyzer.trace([trace.finding], of: alone.analysis)
      #expect(single.map(Digest.init) == [Digest(trace)])
    }
  }

  /// What a trace consists of.
  private struct Digest: Equatable {
    var id: FindingIdentifier
    var frames: [[UInt64]]
    var encounters: [Encounter?]

    init(_ trace: FindingTrace) {
      id = trace.finding.id
      encounters = trace.encounters
      frames = trace.frames.map { frame in
        [
          UInt64(frame.segment.capture), frame.segment.frame, UInt64(frame.connection),
          UInt64(frame.omitted.segments), UInt64(frame.after?.state.rawValue ?? 99),
        ]
      }
    }
  }

  // MARK: - Where an attempt begins and ends

  @Test func `a late copy of the old connection's own SYN is shown with all that it led to`() throws
  {
    let traced = TracedConversation(
      Scene.timeWait + """
        11.000  > S  1000
        11.0002 < .  5002 ack 1002
        11.0004 > R  1002
        30.000 end
        """)
    let trace = try #require(traced.traces.first)
    #expect(traced.traces.count == 1)
    #expect(trace.finding.hits.map(\.answer) == [.rejected])
    #expect(trace.frames.map(\.segment.frame) == Array(1...9))
  }

  /// The stack of illumos refuses both.
  @Test func `a SYN that was refused in between hides nothing of what was held`() throws {
    let traced = TracedConversation(
      Scene.timeWait + """
        11.000  > S  1051
        11.0002 < R. 0 ack 1052
        13.000  > S  2051
        13.0002 < R. 0 ack 2052
        40.000 end
        """
    ) { $0.serverStack = .illumos }
    #expect(traced.traces.count == 2)
    let second = try #require(traced.traces.last)
    #expect(second.frames.map(\.segment.frame) == Array(1...10))
    #expect(second.connections.map(\.part) == [.previous, .other, .current])
    #expect(second.connections.first?.openerBase == SequenceNumber(1000))
  }

  /// Two load balancers share the address: what the other client left is what the attempt meets next.
  @Test func `who has the tuple in between is shown where the attempt comes back`() throws {
    let traced = TracedConversation(
      Scene.timeWait + """
        11.0000 > S  500
        11.0002 < .  5002 ack 1002 id 0
        11.0004 > R  1002
        11.0050 > S  7000                  # the other's
        11.0052 < S. clock ack 7001
        11.0054 > .  7001 ack clock+1
        11.0060 > R  7001
        12.0000 > S  500
        12.0002 < S. clock ack 501
        12.0004 > .  501 ack clock+1
        30.0000 end
        """)
    let trace = try #require(traced.traces.first)
    #expect(traced.traces.count == 1)
    #expect(trace.frames.map(\.segment.frame) == Array(1...16))
    #expect(trace.connections.map(\.part) == [.previous, .current, .other])
  }

  @Test func `who has the tuple afterwards is not shown where the attempt does not come back`()
    throws
  {
    let traced = TracedConversation(
      Scene.timeWait + """
        11.0000 > S  500
        11.0002 < .  5002 ack 1002 id 0
        11.0004 > R  1002
        11.0050 > S  7000
        11.0052 < S. clock ack 7001
        11.0054 > .  7001 ack clock+1
        30.0000 end
        """)
    #expect(traced.traces.map { $0.frames.map(\.segment.frame) } == [Array(1...9)])
  }

  /// That the TIME_WAIT went with a SYN for which there was no place shows in the next one's answer.
  /// That the TIME_WAIT went with a SYN for which there was no place shows in the next one's answer.
  @Test func `the next answer is shown where the attempt got none`() throws {
    let traced = TracedConversation(
      Scene.fingerprintElsewhere + Scene.timeWait + """
        11.0000 > S  3000
        11.5000 > S  7000
        11.5002 < S. clock ack 7001
        11.5004 > .  7001 ack clock+1
        30.0000 end
        """)
    let trace = try #require(
      traced.traces.first { $0.finding.hits.map(\.reason) == [.acceptQueueFull] })
    #expect(trace.frames.suffix(3).map(\.segment.frame) == [15, 16, 17])
  }

  @Test func `an attempt that goes on from another SNAT address is shown to its end`() throws {
    let directory = try TemporaryDirectory()
    let client = Traced.input("l4-collide", "client-any.pcap")
    let one = try Traced([client, Traced.input("l4-collide", "server.pcap")])
    // An attempt whose last SYN, which nothing met, came from another port.
    func others(_ trace: FindingTrace) -> [TracedFrame] {
      trace.frames.filter { frame in
        frame.side == .server && frame.segment.isOpening
          && frame.segment.sequence.value == trace.finding.hits[0].isn
          && !trace.finding.hits.contains { $0.tuple == frame.segment.tuple }
      }
    }
    let trace = try #require(
      one.traces.first { others($0).count == 1 && $0.finding.outcome == .connected })
    let last = others(trace)[0].segment
    var server = try CaptureBuilder(reading: Translations.file("l4-collide", "server.pcap"))
    for index in server.packets.indices {
      let tcp = server.tcpOffset(of: server.packets[index])
      let ports = server.packets[index].bytes.number(at: tcp)
      guard server.packets[index].time >= trace.finding.hits[0].at.nanoseconds else { continue }
      let isFrom = ports >> 16 == UInt32(last.source.port)
      guard isFrom || ports & 0xffff == UInt32(last.source.port) else { continue }
      server.packets[index].bytes.set(0x0a0a_0102, at: tcp - (isFrom ? 8 : 4))
    }
    let path = try directory.write(server, as: "server.pcap")
    let two = try Traced([client, CaptureInput(path: path, role: .server)])
    let moved = try #require(two.traces.first { $0.finding.id == trace.finding.id })
    #expect(moved.finding.outcome == .connected)
    #expect(moved.finding.syns == trace.finding.syns)
    #expect(others(moved).map(\.segment.source.address.description) == ["10.10.1.2"])
    #expect(moved.frames.map(\.segment.frame) == trace.frames.map(\.segment.frame))
  }

  // MARK: - Limits

  @Test func `a long conversation is cut in its middle, and what is left out is counted`() throws {
    let whole = try Traced("half-open", "server.pcap", limit: 4096)
    let cut = try Traced("half-open", "server.pcap", limit: 8)
    var wasCut = false
    for (trace, short) in zip(whole.traces, cut.traces) {
      #expect(trace.frames.allSatisfy { $0.omitted.segments == 0 })
      let omitted = short.frames.reduce(0) { $0 + $1.omitted.segments }
      #expect(short.frames.count + omitted == trace.frames.count)
      wasCut = wasCut || omitted > 0
      let bytes = { (frames: [TracedFrame]) in
        frames.reduce(0) { $0 + UInt64($1.segment.payloadLength) + $1.omitted.bytes }
      }
      #expect(bytes(short.frames) == bytes(trace.frames))
      var perTuple: [FourTuple: Int] = [:]
      for frame in short.frames {
        perTuple[short.connections[frame.connection].tuple, default: 0] += 1
      }
      #expect(perTuple.values.allSatisfy { $0 <= 8 })
    }
    #expect(wasCut)
  }

  @Test func `a clock that drifts is corrected as in the first reading`() throws {
    let directory = try TemporaryDirectory()
    let client = try CaptureBuilder(reading: Translations.file("l4-collide", "client-any.pcap"))
      .repeated(60, every: 70_000_000_000).delayed(by: 30_000_000_000, driftPpm: 200)
    let server = try CaptureBuilder(reading: Translations.file("l4-collide", "server.pcap"))
      .repeated(60, every: 70_000_000_000)
    let analyzer = Analyzer()
    let analysis = analyzer.analyze([
      CaptureInput(path: try directory.write(server, as: "server.pcap"), role: .server),
      CaptureInput(path: try directory.write(client, as: "client.pcap"), role: .client),
    ])
    #expect(!analysis.courses[0].clockShifts.isEmpty)
    let findings = analysis.report.findings
    let some = stride(from: 0, to: findings.count, by: findings.count / 40).map { findings[$0] }
    for trace in try analyzer.trace(some, of: analysis) {
      #expect(trace.isComplete)
      #expect(abs(trace.clientShift) < 300_000_000)
      // At the end the clocks are 840 ms apart. They are corrected once in some 65,000 segments; what is
      // left then contradicts the way of the segments, but for the drift within the finding itself.
      let isn = SequenceNumber(trace.finding.hits[0].isn)
      let syns = trace.frames.filter { $0.segment.isOpening && $0.segment.sequence == isn }
      guard let before = syns.first(where: { $0.side == .client }),
        let behind = syns.first(where: { $0.side == .server })
      else { continue }
      #expect(
        abs(behind.segment.time.nanoseconds(since: before.segment.time)) < 1_000_000,
        "\(trace.finding.id)")
    }
  }

  @Test func `standard input cannot be traced, and the error says what to do`() {
    #expect(throws: TracingError.notRepeatable(path: "-")) {
      try Analyzer.requireRepeatable([CaptureInput(path: "-", role: .server)])
    }
    #expect("\(TracingError.notRepeatable(path: "-"))".contains("Save it to a file first"))
  }

  @Test func `findings of a capture that is not there any more are incomplete, and nothing traps`()
    throws
  {
    let directory = try TemporaryDirectory()
    let server = try CaptureBuilder(reading: Translations.file("l4-collide", "server.pcap"))
    let path = try directory.write(server, as: "server.pcap")
    let traced = try Traced([CaptureInput(path: path, role: .server)])
    _ = try directory.write(CaptureBuilder(microseconds: [1, 2, 3]), as: "server.pcap")
    let again = try traced.analyzer.trace(
      Array(traced.report.findings), of: traced.analysis)
    #expect(again.count == traced.traces.count)
    for trace in again {
      #expect(!trace.isComplete)
      #expect(Ladder(trace, of: traced.report).rows.isEmpty)
    }
  }
}
