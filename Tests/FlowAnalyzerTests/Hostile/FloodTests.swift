import Testing

@testable import FlowAnalyzer

/// Floods at a small scale: what is kept is counted, not measured.
@Suite("Floods") struct FloodTests {
  /// Of each kind of segment, each on a tuple of its own, a microsecond apart.
  enum Kind: CaseIterable {
    case syn, answeredSyn, refusedSyn, ack, data, fin, rst, synAck, synAndRST
    case ipv6
  }

  private static let limit = 500

  /// A stage with small limits, and how it comes through a flood.
  struct Flooded: ~Copyable {
    var audit: Audit
    private(set) var most = (records: 0, attempts: 0, legs: 0, pending: 0, addresses: 0)
    private var frame: UInt64 = 0
    private var time: Int64 = 1_700_000_000_000_000_000
    private let side: Side

    init(
      hasClientSide: Bool = false, hasServerSide: Bool = true, listsConnections: Bool = false
    ) {
      var configuration = AnalyzerConfiguration()
      configuration.embryoLimit = FloodTests.limit
      audit = Audit(
        configuration: configuration, hasClientSide: hasClientSide, hasServerSide: hasServerSide,
        listsConnections: listsConnections)
      side = hasClientSide ? .client : .server
    }

    mutating func send(
      _ flags: TCPFlags, from source: Endpoint, to destination: Endpoint, sequence: UInt32 = 1,
      acknowledgment: UInt32 = 0, length: UInt32 = 0, after nanoseconds: Int64 = 1000,
      on side: Side? = nil
    ) {
      frame += 1
      time += nanoseconds
      _ = audit.observe(
        Segment(
          time: Timestamp(nanoseconds: time), source: source, destination: destination,
          sequence: SequenceNumber(sequence), acknowledgment: SequenceNumber(acknowledgment),
          flags: flags, window: 1, payloadLength: length, options: TCPOptions(),
          ipIdentification: 1, dontFragment: true, digest: frame &* 0x9e37_79b9_7f4a_7c15,
          frame: frame, capture: 0, point: 0), side ?? self.side)
      var now = Self.sizes(of: audit.tracker)
      if let clients = audit.clients {
        let inFront = Self.sizes(of: clients.side.tracker)
        now.records += inFront.records
        now.attempts += inFront.attempts
        now.pending += inFront.pending
        now.addresses += inFront.addresses
      }
      most.records = max(most.records, now.records)
      most.pending = max(most.pending, now.pending)
      most.attempts = max(most.attempts, now.attempts)
      most.legs = max(most.legs, audit.joiner.legs.count)
      most.addresses = max(
        most.addresses, now.addresses + audit.joiner.addresses.givenCount)
    }

    private static func sizes(
      of tracker: borrowing FlowTracker
    ) -> (records: Int, attempts: Int, pending: Int, addresses: Int) {
      (
        tracker.records.count, tracker.attempts.count, tracker.pending.count,
        tracker.addresses.givenCount
      )
    }

    /// One tuple of a flood.
    mutating func flood(_ kind: Kind, _ number: UInt32, to server: Endpoint = FloodTests.server) {
      let address = IPAddress(v4: 0x0b00_0000 + number)
      let client = Endpoint(
        address: kind == .ipv6 ? IPAddress(v6High: 0xfd00 << 48, low: UInt64(number)) : address,
        port: 1024 + UInt16(number % 60_000))
      let isn = number &* 0x9e37_79b9
      switch kind {
      case .syn: send(.syn, from: client, to: server, sequence: isn)
      case .ipv6:
        let server = Endpoint(address: IPAddress(v6High: 0xfd00 << 48, low: 1 << 63), port: 80)
        send(.syn, from: client, to: server, sequence: isn)
      case .answeredSyn:
        send(.syn, from: client, to: server, sequence: isn)
        send([.syn, .ack], from: server, to: client, sequence: 7, acknowledgment: isn &+ 1)
      case .refusedSyn:
        send(.syn, from: client, to: server, sequence: isn)
        send([.rst, .ack], from: server, to: client, sequence: 0, acknowledgment: isn &+ 1)
      case .synAndRST:
        // The host whose address was forged knows of nothing.
        send(.syn, from: client, to: server, sequence: isn)
        send([.syn, .ack], from: server, to: client, sequence: 7, acknowledgment: isn &+ 1)
        send(.rst, from: client, to: server, sequence: isn &+ 1)
      case .ack: send(.ack, from: client, to: server, sequence: isn, acknowledgment: 9)
      case .data: send(.ack, from: client, to: server, sequence: isn, length: 100)
      case .fin: send([.fin, .ack], from: client, to: server, sequence: isn, acknowledgment: 9)
      case .rst: send(.rst, from: client, to: server, sequence: isn)
      case .synAck:
        send([.syn, .ack], from: client, to: server, sequence: isn, acknowledgment: 9)
      }
    }

    mutating func finish() -> AnalysisReport {
      audit.finish()
      return ReportBuilder(
        configuration: AnalyzerConfiguration(), captures: [], isPartial: false
      ).report(audit.result(AnalyzerConfiguration()))
    }
  }

  static let server = Endpoint(address: IPAddress(v4: 0xc0a8_0101), port: 80)
  static let tuples: UInt32 = 5_000

  @Test(arguments: Kind.allCases)
  func `a flood of tuples takes no more memory than its limit, and is named`(kind: Kind) {
    var stage = Flooded()
    for number in 0..<Self.tuples { stage.flood(kind, number) }
    #expect(stage.most.records <= Self.limit)
    #expect(stage.most.pending <= Self.limit)
    #expect(stage.most.attempts <= Self.limit + Self.limit / 16)
    #expect(stage.most.addresses <= 8 * Self.limit)
    let report = stage.finish()
    #expect(report.coverage.reasons.contains(.flood))
    let unopened = report.summary.unopenedTuples
    #expect(unopened.syns + unopened.strays == Int(Self.tuples))
    #expect(unopened.forgottenEarly == Int(Self.tuples) - Self.limit)
    #expect(unopened.target?.port == 80)
  }

  @Test func `every SYN of a flood has its verdict`() {
    var stage = Flooded()
    for number in 0..<Self.tuples { stage.flood(.syn, number) }
    let report = stage.finish()
    #expect(report.summary.syns.total == Int(Self.tuples))
    #expect(report.summary.syns.firstUses == Int(Self.tuples))
    #expect(report.summary.attempts.total == Int(Self.tuples))
  }

  @Test func `hits among a flood are those without it`() {
    func report(flooded: Bool) -> AnalysisReport {
      var stage = Flooded()
      var stranger: UInt32 = 0
      for round in 0..<400 as Range<UInt32> {
        let client = Endpoint(
          address: IPAddress(v4: 0x0a0a_0101), port: 4000 + UInt16(round % 100))
        let isn = 1_000_000 - round * 1000
        if round >= 100 {
          // The tuple is in TIME_WAIT: the old connection's numbers, then a RST.
          stage.send(.syn, from: client, to: Self.server, sequence: isn)
          let old = 1_000_000 - (round - 100) * 1000
          stage.send(.ack, from: Self.server, to: client, sequence: 502, acknowledgment: old + 2)
          stage.send(.rst, from: client, to: Self.server, sequence: old + 2)
        }
        stage.send(.syn, from: client, to: Self.server, sequence: isn, after: 1_000_000)
        stage.send(
          [.syn, .ack], from: Self.server, to: client, sequence: 500, acknowledgment: isn + 1)
        stage.send(.ack, from: client, to: Self.server, sequence: isn + 1, acknowledgment: 501)
        stage.send(
          [.fin, .ack], from: Self.server, to: client, sequence: 501, acknowledgment: isn + 1)
        stage.send(
          [.fin, .ack], from: client, to: Self.server, sequence: isn + 1, acknowledgment: 502)
        stage.send(.ack, from: Self.server, to: client, sequence: 502, acknowledgment: isn + 2)
        guard flooded else { continue }
        for _ in 0..<50 {
          stage.flood(.syn, stranger, to: Endpoint(address: Self.server.address, port: 443))
          stage.flood(.ack, stranger &+ 0x0100_0000)
          stranger += 1
        }
      }
      return stage.finish()
    }
    let (quiet, flooded) = (report(flooded: false), report(flooded: true))
    #expect(quiet.summary.syns.hits > 0)
    #expect(flooded.summary.unopenedTuples.forgottenEarly > 30_000)
    #expect(flooded.summary.syns.timeWait == quiet.summary.syns.timeWait)
    #expect(flooded.summary.syns.reuses == quiet.summary.syns.reuses)
    #expect(flooded.findings.map(\.id) == quiet.findings.map(\.id))
    #expect(flooded.summary.attempts.connected == quiet.summary.attempts.connected)
    #expect(!quiet.coverage.reasons.contains(.flood))
  }

  @Test(arguments: [Kind.syn, .answeredSyn, .ipv6, .data])
  func `a flood of the clients' side lets go of its legs as well`(kind: Kind) {
    var stage = Flooded(hasClientSide: true, listsConnections: true)
    var listed = 0
    for number in 0..<Self.tuples {
      stage.flood(kind, number)
      listed += stage.audit.takeConnections().count
    }
    // Answered ones wait for their partners for as long as those could come.
    if kind != .answeredSyn { #expect(stage.most.legs <= 2 * Self.limit) }
    #expect(stage.most.records <= Self.limit)
    #expect(stage.most.addresses <= 12 * Self.limit)
    let report = stage.finish()
    listed += stage.audit.takeConnections().count
    #expect(listed == Int(Self.tuples))
    #expect(report.summary.pairs?.clientConnections == Int(Self.tuples))
    #expect(report.coverage.reasons.contains(.flood))
  }

  @Test func `clients keep their names through a flood of the clients' side`() throws {
    func address(_ low: UInt64) -> IPAddress { IPAddress(v6High: 0xfd00 << 48, low: 1 << 62 | low) }
    let virtual = Endpoint(address: address(1), port: 80)
    let server = Endpoint(address: address(2), port: 80)
    let translated = Endpoint(address: address(3), port: 9)
    let clients = [11, 12, 13].map { Endpoint(address: address($0), port: 4000) }
    var stage = Flooded(hasClientSide: true)
    var number: UInt32 = 0
    // One client after the other on one tuple: the load balancer takes over addresses and ports only.
    for (client, isn) in zip(clients, [9_000_000, 5_000_000, 1_000_000] as [UInt32]) {
      func send(_ flags: TCPFlags, sequence: UInt32, acknowledgment: UInt32 = 0) {
        stage.send(
          flags, from: client, to: virtual, sequence: sequence, acknowledgment: acknowledgment)
        stage.send(
          flags, from: translated, to: server, sequence: sequence, acknowledgment: acknowledgment,
          on: .server)
      }
      func answer(_ flags: TCPFlags, sequence: UInt32, acknowledgment: UInt32) {
        stage.send(
          flags, from: server, to: translated, sequence: sequence, acknowledgment: acknowledgment,
          on: .server)
        stage.send(
          flags, from: virtual, to: client, sequence: sequence, acknowledgment: acknowledgment)
      }
      send(.syn, sequence: isn)
      if client != clients[0] {
        answer(.ack, sequence: 502, acknowledgment: isn + 4_000_002)
        send(.rst, sequence: isn + 4_000_002)
        send(.syn, sequence: isn)
      }
      answer([.syn, .ack], sequence: 500, acknowledgment: isn + 1)
      send(.ack, sequence: isn + 1, acknowledgment: 501)
      answer([.fin, .ack], sequence: 501, acknowledgment: isn + 1)
      send([.fin, .ack], sequence: isn + 1, acknowledgment: 502)
      answer(.ack, sequence: 502, acknowledgment: isn + 2)
      for _ in 0..<Self.tuples {
        stage.flood(.ipv6, number)
        number += 1
      }
    }
    #expect(stage.most.addresses < Int(number) / 2)
    let findings = stage.finish().findings
    #expect(findings.count == 2)
    for (index, finding) in findings.enumerated() {
      #expect(finding.current.client?.ip == clients[index + 1].address)
      let previous = finding.hits.map { $0.previous.client?.ip }
      #expect(previous == [clients[index].address])
    }
  }

  @Test func `a flood of one number only takes no longer`() {
    // Every SYN has the same ISN, and every client the same port: all share one key of the joins.
    var stage = Flooded(hasClientSide: true)
    for number in 0..<Self.tuples {
      let client = Endpoint(address: IPAddress(v4: 0x0a00_0001), port: 4000)
      let virtual = Endpoint(address: IPAddress(v4: 0x0b00_0000 + number), port: 80)
      stage.send(.syn, from: client, to: virtual, sequence: 7)
    }
    #expect(stage.audit.joiner.legsByISN.count <= RecentIndex.mostOfOneKey)
    #expect(stage.audit.joiner.legsByEndpoint.count <= EndpointIndex.mostOfOneEndpoint)
    #expect(stage.finish().summary.pairs?.clientConnections == Int(Self.tuples))
  }

  @Test func `one tuple with ever new numbers fills nothing`() {
    var stage = Flooded()
    let client = Endpoint(address: IPAddress(v4: 0x0a00_0001), port: 4000)
    for number in 0..<Self.tuples {
      stage.send(.syn, from: client, to: Self.server, sequence: number * 7)
    }
    #expect(stage.most.attempts <= Self.limit + Self.limit / 16)
    #expect(stage.most.pending <= FlowTracker.longestChain + 1)
    #expect(stage.finish().summary.syns.total == Int(Self.tuples))
  }

  @Test func `traffic that opens its connections is no flood, however much of it there is`() {
    var stage = Flooded()
    for number in 0..<Self.tuples {
      let client = Endpoint(
        address: IPAddress(v4: 0x0b00_0000 + number), port: 4000)
      stage.send(.syn, from: client, to: Self.server, sequence: 1)
      stage.send([.syn, .ack], from: Self.server, to: client, sequence: 5, acknowledgment: 2)
      stage.send(.ack, from: client, to: Self.server, sequence: 2, acknowledgment: 6)
    }
    #expect(stage.audit.tracker.records.count == Int(Self.tuples))
    let report = stage.finish()
    #expect(report.summary.unopenedTuples == AnalysisReport.UnopenedTuples())
    #expect(!report.coverage.reasons.contains(.flood))
  }
}

@Suite("Numbers of addresses") struct AddressSweepTests {
  @Test func `numbers in use stay, and others are given again`() {
    var table = AddressTable()
    let addresses = (0..<1000 as Range<UInt64>).map { IPAddress(v6High: 7, low: $0) }
    let numbers = addresses.map { table.identifier(of: $0) }
    table.sweep { uses in for number in numbers.prefix(10) { uses.note(number) } }
    #expect(table.givenCount == 10)
    for (address, number) in zip(addresses, numbers).prefix(10) {
      #expect(table[number] == address)
      #expect(table.identifier(of: address) == number)
    }
    let new = table.identifier(of: IPAddress(v6High: 8, low: 0))
    #expect(!numbers.prefix(10).contains(new))
    #expect(numbers.contains(new))
    // Swept again, what was taken back already is not taken back twice.
    table.sweep { uses in uses.note(new) }
    #expect(table.givenCount == 1)
    #expect(table[new] == IPAddress(v6High: 8, low: 0))
  }
}

@Suite("What was noted a short time ago") struct RecentIndexTests {
  private func found(_ index: borrowing RecentIndex, _ key: UInt64) -> [UInt32] {
    var values: [UInt32] = []
    index.forEach(key) { values.append($0) }
    return values.sorted()
  }

  @Test func `what is removed gives its place back, though one before it stays`() {
    var index = RecentIndex(window: 1_000_000)
    index.insert(7, for: 7, at: Timestamp(nanoseconds: 0))
    for number in 100..<1100 as Range<UInt32> {
      index.insert(number, for: UInt64(number), at: Timestamp(nanoseconds: Int64(number)))
      if number >= 110 { index.remove(number - 10, for: UInt64(number - 10)) }
    }
    #expect(index.count == 11)
    #expect(index.placeCount <= 12)
    #expect(found(index, 7) == [7])
    #expect(found(index, 1095) == [1095])
    #expect(found(index, 1000).isEmpty)
  }

  @Test func `what is too old is forgotten in the order in which it came`() {
    var index = RecentIndex(window: 100)
    for number in 0..<10 as Range<UInt32> {
      index.insert(number, for: UInt64(number), at: Timestamp(nanoseconds: Int64(number)))
    }
    // From the front, the middle and the end.
    for number in [0, 5, 9] as [UInt32] { index.remove(number, for: UInt64(number)) }
    #expect(index.count == 7)
    index.insert(20, for: 20, at: Timestamp(nanoseconds: 103))
    #expect((0..<10).flatMap { found(index, $0) } == [3, 4, 6, 7, 8])
    index.insert(21, for: 21, at: Timestamp(nanoseconds: 300))
    index.insert(22, for: 22, at: Timestamp(nanoseconds: 301))
    #expect((0..<30).flatMap { found(index, $0) } == [21, 22])
  }
}

@Suite("Heavy hitters") struct HeavyHittersTests {
  @Test func `what is more than one in sixteen is found, whatever else comes by`() {
    var hitters = HeavyHitters<Int>()
    for number in 0..<100_000 { hitters.note(number % 10 == 0 ? -1 : number) }
    #expect(hitters.first == -1)
  }

  @Test func `nothing stands out of nothing`() {
    #expect(HeavyHitters<Int>().first == nil)
  }
}
