import Foundation
import Testing

@testable import FlowAnalyzer

/// What `judge` writes down is what `merge` reads, whatever is in it.
@Suite("Parts of a summary, written down")
struct PackedSummaryTests {
  private func again<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
  }

  private static let client = Party(
    address: 0x0a00_0007, port: 4003, method: .payload, confidence: 95)

  /// A SYN on a tuple in TIME_WAIT that is refused, as far from others as numbers go.
  private static func hit(
    at time: Int64, heldSince since: Int64, frame: UInt64 = .max, client: Party = .unknown,
    formerUsers: ClientList? = nil
  ) -> Hit {
    var holder = Holder.unknown
    holder.state = .timeWait
    holder.notes = [.known, .timestamps]
    holder.since = Timestamp(nanoseconds: since)
    holder.timerStartedAt = Timestamp(nanoseconds: since &+ 5)
    holder.nextExpected = SequenceNumber(1 << 31)
    holder.timestampRecent = .max
    var options = TCPOptions()
    options.hasTimestamps = true
    options.timestampValue = 7
    var exchange = Exchange(
      source: 1, destination: 2, sourcePort: 3, destinationPort: 4, attempt: 0,
      time: Timestamp(nanoseconds: time), sequence: SequenceNumber(.max), options: options,
      frame: frame, capture: .max - 1, hasFIN: false, payloadLength: 0, holder: holder)
    exchange.previous = client
    exchange.answer = .oldNumbers
    exchange.answeredAt = Timestamp(nanoseconds: time &+ 16_000)
    exchange.clientTime = Timestamp(nanoseconds: time &- 3)
    let tuple = FourTuple(
      source: Endpoint(address: IPAddress(v6High: .max, low: .max), port: .max),
      destination: Endpoint(address: IPAddress(v4: .max), port: 0))
    let verdict = HitVerdict(
      held: .timeWait, evidence: .tracked, end: .killed, predicted: .rejected, answer: .rejected,
      reason: .timestampOlder, restartsTimer: true)
    return Hit(exchange, tuple, verdict, formerUsers: formerUsers)
  }

  private static func finding(
    _ outcome: Outcome, client: Party = .unknown, setup: Int64? = nil
  ) -> AttemptFinding {
    AttemptFinding(setup: setup, outcome: outcome, synCount: .max, added: .min, client: client)
  }

  private static var list: FindingList {
    var users = ClientList(client)
    users.add(Party(address: .max - 1, port: 0, method: .forwarded, confidence: 80))
    var list = FindingList(limit: 3)
    list.add(finding(.failed), [hit(at: .min, heldSince: .max)])
    list.add(
      finding(.connected, client: client, setup: .max),
      [
        hit(at: 1_760_000_000_000_000_000, heldSince: 1_759_999_990_000_000_000, frame: 0),
        hit(at: .max, heldSince: .min, client: client, formerUsers: users),
      ])
    list.add(finding(.undetermined, setup: .min), [hit(at: 0, heldSince: 0, frame: 1)])
    return list
  }

  private func expectSame(
    _ one: FindingList, _ other: FindingList, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(one.total == other.total, sourceLocation: sourceLocation)
    #expect(one.limit == other.limit, sourceLocation: sourceLocation)
    #expect(
      (0..<one.count).map { one[$0] } == (0..<other.count).map { other[$0] },
      sourceLocation: sourceLocation)
  }

  // MARK: - Findings

  @Test func `findings with clients that are known, or not, and times of all ages`() throws {
    let list = Self.list
    #expect(list.count == 3)
    expectSame(try again(list), list)
  }

  /// Hits stand in the order in which they came, findings in that of their first hits.
  @Test func `findings in another order than their hits`() throws {
    var list = Self.list
    list.sort()
    #expect(
      (0..<3).map { list[$0].firstHit.time.nanoseconds } == [.min, 0, 1_760_000_000_000_000_000])
    expectSame(try again(list), list)
    var sum = list
    sum.add(try again(list), numbers: [:])
    #expect(sum.total == 6)
    #expect(sum.count == 3)
  }

  @Test func `no findings`() throws {
    for limit in [0, 1, Int.max] {
      let list = FindingList(limit: limit)
      expectSame(try again(list), list)
    }
    var counted = FindingList(limit: 0)
    counted.add(Self.finding(.failed), [Self.hit(at: 0, heldSince: 0)])
    #expect(try again(counted).omitted == 1)
  }

  @Test func `findings that are damaged`() throws {
    let text = Self.list.text
    // Cut off anywhere, or with something behind it.
    for length in 0..<text.utf8.count {
      #expect(throws: DecodingError.self) { try FindingList(packed: String(text.prefix(length))) }
    }
    #expect(throws: DecodingError.self) { try FindingList(packed: text + "A") }
    #expect(throws: Never.self) { try FindingList(packed: text) }
  }

  @Test func `a finding needs a hit, and counts`() {
    func expectError(total: Int, hits: Int) {
      var writer = PackedWriter()
      writer.write(count: 9)
      writer.write(count: total)
      writer.write(count: 1)
      Self.finding(.failed).write(to: &writer)
      writer.write(Array(repeating: Self.hit(at: 0, heldSince: 0), count: hits))
      #expect(throws: DecodingError.self) { try FindingList(packed: writer.text) }
    }
    expectError(total: 1, hits: 0)
    expectError(total: 0, hits: 1)
  }

  // MARK: - Others

  @Test func `tuples that are held`() throws {
    var held = HeldTuples(limit: 2)
    #expect(try again(held).listed.isEmpty)
    for (place, state) in [TCPState.timeWait, .established, .lastAck, .timeWait].enumerated() {
      held.add(
        HeldTuple(
          tuple: FourTuple(
            source: Endpoint(address: IPAddress(v4: UInt32(place)), port: 1),
            destination: Endpoint(address: IPAddress(v6High: 1, low: 2), port: 443)),
          state: state, since: Timestamp(nanoseconds: place == 1 ? .max : .min),
          timerStartedAt: Timestamp(nanoseconds: .max), hasUnknownTimes: place == 2))
    }
    let again = try again(held)
    #expect(Array(again.listed) == Array(held.listed))
    #expect((again.timeWait, again.established, again.closing) == (2, 1, 1))
  }

  @Test func `attempts of a forecast`() throws {
    var arrival = ArrivalLog.Arrival(
      time: Timestamp(nanoseconds: .min), isn: SequenceNumber(.max), timestampValue: 5, port: 1,
      source: 0, service: 0, notes: [.connected])
    var other = arrival
    arrival.acceptedPort = .max
    arrival.client = 0xf000_0001
    arrival.clientPort = 7
    arrival.acceptance = .max
    arrival.timestampRecent = 4
    other.time = Timestamp(nanoseconds: .max)
    other.duration = 9
    other.nextExpected = SequenceNumber(3)
    var log = ArrivalLog([arrival, other, arrival], limit: 100)
    log.waits[2] = [0, .max, -5]
    log.lateness.add(3_000_000)
    log.sourceCaptures = [[0, 7]]
    let again = try again(log)
    #expect(again.arrivals == log.arrivals)
    #expect(again.waits == log.waits)
    #expect(again.lateness == log.lateness)
    #expect(again.sources == log.sources)
    #expect(again.services == log.services)
    #expect(again.sourceCaptures == log.sourceCaptures)
    #expect((again.limit, again.total, again.hits) == (100, 3, 0))
  }

  @Test func `attempts from nowhere`() {
    let arrival = ArrivalLog.Arrival(
      time: Timestamp(nanoseconds: 0), isn: SequenceNumber(0), timestampValue: 0, port: 1,
      source: 0, service: 0, notes: [])
    var log = ArrivalLog([arrival])
    #expect(throws: Never.self) { try ArrivalLog(packed: log.text) }
    log.arrivals[0].source = 1
    #expect(throws: DecodingError.self) { try ArrivalLog(packed: log.text) }
    log.arrivals[0].source = 0
    log.arrivals[0].service = 1
    #expect(throws: DecodingError.self) { try ArrivalLog(packed: log.text) }
  }

  /// Bins would lie beyond all times.
  @Test func `a timeline that nobody can draw`() throws {
    func timeline(step: Int, start: Int64, bins: Int) throws -> TimelineRecorder {
      var writer = PackedWriter()
      writer.write(count: step)
      writer.write(signed: start)
      writer.write(Array(repeating: TimelineRecorder.Bin(), count: bins))
      return try TimelineRecorder(packed: writer.text)
    }
    #expect(try timeline(step: 2, start: -7_000_000_000, bins: 1000).bins.count == 1000)
    for (step, start, bins) in [
      (2, 1, 1), (16, 0, 1), (2, 0, 1001), (2, .max, 1), (2, .min, 1), (15, 0, 1000),
    ] as [(Int, Int64, Int)] {
      #expect(throws: DecodingError.self) { try timeline(step: step, start: start, bins: bins) }
    }
  }

  @Test func `a summary of another version is not read`() throws {
    let folder = try TemporaryDirectory()
    let spool = try RecordSpool(in: folder.path)
    let input = CaptureInput(path: KernelTruth.capture("l4-clean").path, role: .server)
    _ = try RecordExtraction(of: input, number: 0).run { try spool.add($0) }
    let line = String(
      decoding: try JSONEncoder().encode(Analyzer().judge(spool)), as: UTF8.self)
    func read(_ line: String) throws {
      _ = try JSONDecoder().decode(PartialSummary.self, from: Data(line.utf8))
    }
    #expect(throws: Never.self) { try read(line) }
    let version = "\"version\":\(PartialSummary.version)"
    #expect(line.contains(version))
    for other in ["\"version\":1", "\"version\":\(PartialSummary.version + 1)", "\"none\":2"] {
      #expect(throws: DecodingError.self) { try read(line.replacing(version, with: other)) }
    }
    // A capture has no more copies than segments, and clocks are those of captures.
    let damaged = [
      ("\"duplicates\":0", "\"duplicates\":9223372036854775807"),
      ("\"clocks\":[]", "\"clocks\":[{\"capture\":1,\"handshakes\":0}]"),
    ]
    for (part, other) in damaged {
      #expect(line.contains(part))
      #expect(throws: DecodingError.self) { try read(line.replacing(part, with: other)) }
    }
  }
}

extension Packed {
  fileprivate init(packed text: String) throws(DecodingError) {
    var reader = PackedReader(text)
    try self.init(from: &reader)
    try reader.finish()
  }
}
