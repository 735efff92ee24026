import Fixtures
import Testing

@testable import FlowAnalyzer

/// Captures go through records, in pieces and in any order, and come out as they were.
@Suite("Records")
struct FlowRecordTests {
  @Test(arguments: RealCaptureTests.scenarios)
  func `records of a real capture give the same report`(_ scenario: String) throws {
    let traffic = try RecordedTraffic(KernelTruth.capture(scenario).path)
    let records = try RecordBlock(decoding: RecordBlock(traffic.records).encoded).records
    #expect(records == traffic.records)
    #expect(try traffic.report(of: records).json == traffic.report.json)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `pieces come together in any grouping and order`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let traffic = try RecordedTraffic(KernelTruth.capture("l4-collide").path)
    var pieces = traffic.records.flatMap { $0.cut(using: &random) }.shuffled(using: &random)
    #expect(pieces.count > traffic.records.count)
    // Any two of one tuple become one, until none are left.
    var merged: [FlowRecord] = []
    while let piece = pieces.popLast() {
      if let place = pieces.firstIndex(where: { $0.low == piece.low && $0.high == piece.high }) {
        pieces[place].merge(piece)
        pieces.swapAt(place, Int.random(in: 0..<pieces.count, using: &random))
      } else {
        merged.append(piece)
      }
    }
    #expect(try traffic.report(of: merged).json == traffic.report.json)
  }

  @Test func `a collision cut at every packet is the same collision`() throws {
    let traffic = try RecordedTraffic(KernelTruth.capture("l4-collide").path)
    let whole = try #require(
      traffic.records.max { $0.entries.count < $1.entries.count })
    #expect(whole.entries.contains { $0.segment.isOpening })
    for cut in 0...whole.entries.count {
      var (first, second) = (whole.part(0..<cut), whole.part(cut..<whole.entries.count))
      let backwards = second
      second.merge(first)
      #expect(second == whole)
      first.merge(backwards)
      #expect(first == whole)
      // What both have counts once.
      first.merge(whole)
      #expect(first == whole)
    }
  }

  @Test func `what follows a clock that was set back stays behind`() throws {
    var recorder = FlowRecorder()
    for (number, second) in [10, 11, 4, 5, 12].enumerated() {
      var segment = Segment.none
      // Each of a tuple of its own.
      segment.source.port = UInt16(number)
      segment.frame = UInt64(number + 1)
      segment.time = Timestamp(nanoseconds: Int64(second) * 1_000_000_000)
      recorder.note(segment, RawSpan())
    }
    recorder.finish()
    let block = recorder.takeBlock()
    #expect(try RecordBlock(decoding: block).records.count == 5)
    #expect(try RecordedPackets.segments(of: block).map(\.frame) == [1, 2, 3, 4, 5])
  }

  @Test func `of packets without a segment those are kept that are out of turn`() throws {
    var recorder = FlowRecorder()
    func second(_ number: Int64) -> Timestamp { Timestamp(nanoseconds: number * 1_000_000_000) }
    var segment = Segment.none
    segment.frame = 1
    recorder.note(.without(.notTCP, length: 60), at: second(1))
    recorder.note(.without(.notTCP, length: 60), at: second(2))
    segment.time = second(3)
    recorder.note(segment, RawSpan())
    recorder.note(.without(.notTCP, length: 60), at: second(9))
    segment.time = second(4)
    recorder.note(segment, RawSpan())
    // Not the latest, and then not the last.
    recorder.note(.without(.notTCP, length: 60), at: second(5))
    recorder.note(.without(.notTCP, length: 60), at: second(10))
    segment.time = second(10)
    recorder.note(segment, RawSpan())
    recorder.note(.without(.notTCP, length: 60), at: second(11))
    recorder.note(.without(.notTCP, length: 60), at: second(12))
    recorder.finish()
    let segments = try RecordedPackets.segments(of: recorder.takeBlock())
    #expect(segments.map(\.time) == [1, 3, 9, 4, 10, 12].map(second))
    #expect(segments.map(\.isPassageOnly) == [true, false, true, false, false, true])
  }

  @Test(arguments: [1, 7] as [UInt64])
  func `whatever a segment says survives`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for isIPv6 in [false, true] {
      for _ in 0..<300 {
        let record = FlowRecord.random(isIPv6: isIPv6, using: &random)
        #expect(try record.recoded == record)
      }
    }
  }

  @Test func `a damaged record gives an error, and never a trap`() throws {
    var random = SeededGenerator(seed: 4)
    let bytes = FlowRecord.random(isIPv6: false, using: &random).encoded
    for count in bytes.indices {
      #expect(throws: RecordError.self) { _ = try RecordBlock(decoding: Array(bytes[..<count])) }
    }
    for _ in 0..<20_000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        damaged[Int.random(in: damaged.indices, using: &random)] ^=
          1 << UInt8.random(in: 0..<8, using: &random)
      }
      // Digests may say anything; what is read is in order.
      if let read = try? RecordBlock(decoding: damaged) {
        #expect(try RecordBlock(decoding: read.encoded) == read)
      }
    }
    var later = bytes
    later[0] += 1
    #expect(throws: RecordError.unknownVersion(later[0])) { _ = try RecordBlock(decoding: later) }
  }

  /// What is gathered by tuple goes back into the order of the capture, by times alone.
  @Test func `packets of a block come in the order of the capture, each once`() throws {
    var random = SeededGenerator(seed: 9)
    let traffic = try RecordedTraffic(KernelTruth.capture("l4-collide").path)
    let block = try RecordedPackets.segments(of: RecordBlock(traffic.records).encoded)
    #expect(block.map(\.frame) == Array(1...UInt64(block.count)))
    let shuffled = RecordBlock(traffic.records.shuffled(using: &random)).encoded
    #expect(try RecordedPackets.segments(of: shuffled).map(\.frame) == block.map(\.frame))
  }

  /// Clocks that count coarsely give many packets one time.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `packets of the same time stay in the order of the capture`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var recorder = FlowRecorder()
    var segment = Segment.none
    for frame in UInt64(1)...2000 {
      segment.frame = frame
      segment.source.port = .random(in: 1...30, using: &random)
      segment.time = Timestamp(nanoseconds: 10_000_000 * Int64(frame / 17 * 17 / 5))
      recorder.note(segment, RawSpan())
    }
    let block = recorder.takeBlock()
    #expect(try RecordedPackets.segments(of: block).map(\.frame) == Array(1...2000))
    #expect(try RecordBlock(decoding: block).encoded == block)
  }

  /// Two segments of one time, the second of which is of the first's record.
  @Test func `an order that cannot be is an error`() throws {
    var recorder = FlowRecorder()
    for (frame, port) in [7, 8, 7].enumerated() {
      var segment = Segment.none
      segment.frame = UInt64(frame + 1)
      segment.source.port = UInt16(port)
      recorder.note(segment, RawSpan())
    }
    let block = recorder.takeBlock()
    let entries = try RecordedPackets.entries(of: block)
    #expect(entries.map(\.rank) == [0, 1, 2])
    // The last segment is of the first record: a template, no time, a rank and a digest.
    let told = try #require(
      block.indices.dropLast(3).last { Array(block[($0 + 1)...].prefix(2)) == [0, 2] })
    for rank in [0, 1, 3] as [UInt8] {
      var other = block
      other[told + 2] = rank
      #expect(throws: RecordError.outOfOrder) { try RecordedPackets.segments(of: other) }
    }
  }

  /// More tuples than a capture's recorder remembers: what it forgets only keeps bytes longer.
  @Test func `a capture of very many tuples comes back`() throws {
    var recorder = FlowRecorder()
    var frames: [UInt64] = []
    var segment = Segment.none
    func takeBlock() throws {
      frames += try RecordedPackets.segments(of: recorder.takeBlock()).map(\.frame)
    }
    for number in UInt64(1)...200_000 {
      segment.frame = number
      segment.source.port = UInt16(truncatingIfNeeded: number % 50_000)
      segment.destination.port = UInt16(truncatingIfNeeded: number % 50_001)
      recorder.note(segment, RawSpan())
      if recorder.isBlockFull { try takeBlock() }
    }
    recorder.finish()
    try takeBlock()
    #expect(frames == Array(1...200_000))
  }

  /// However long it claims to be: memory is asked for up to that.
  @Test func `a block has no more packets than a block may have`() throws {
    for excess in 0...1 {
      var recorder = FlowRecorder()
      var segment = Segment.none
      for number in 1...UInt64(FlowRecorder.blockLength + excess) {
        segment.frame = number
        recorder.note(segment, RawSpan())
      }
      let block = recorder.takeBlock()
      if excess == 0 {
        #expect(try RecordedPackets.segments(of: block).count == FlowRecorder.blockLength)
      } else {
        #expect(throws: RecordError.numberTooLarge) { try RecordedPackets.segments(of: block) }
      }
    }
  }

  /// But for what it carries of requests.
  @Test func `a segment takes less than eleven bytes`() throws {
    let records = try RecordedTraffic(KernelTruth.capture("l4-collide").path).records
    let block = RecordBlock(records.map(\.withoutBytes)).encoded
    let segments = records.reduce(0) { $0 + $1.entries.count }
    #expect(block.count < 11 * segments, "\(Double(block.count) / Double(segments))")
  }

  /// Whatever the digest is made of beside it is as usual in nearly all segments.
  @Test func `digests follow from checksums`() throws {
    let records = try RecordedTraffic(KernelTruth.capture("l4-collide").path).records
    for record in records {
      for entry in record.entries {
        #expect(entry.checksum != nil, "\(entry.segment.flags)")
      }
    }
  }

  /// Nobody reads answers, and nothing else of a payload that was not captured.
  @Test func `of requests the bytes are kept, and not of answers`() throws {
    let records = try RecordedTraffic(KernelTruth.capture("l7-http").path).records
    var requests = 0
    for record in records {
      for entry in record.entries where entry.segment.payloadLength > 0 {
        let isRequest = entry.segment.destination.port < entry.segment.source.port
        #expect(
          (entry.bytes == RecordedSegment.headerOnly) == !isRequest, "\(entry.segment.tuple)")
        if isRequest { requests += 1 }
      }
    }
    #expect(requests > 0)
  }
}

extension RecordedPackets {
  /// The segments of a block in the capture's order.
  fileprivate static func segments(of block: [UInt8]) throws(RecordError) -> [Segment] {
    try entries(of: block).map(\.segment)
  }
}

/// A capture, and the records of it.
private struct RecordedTraffic {
  private(set) var records: [FlowRecord] = []
  let report: AnalysisReport
  private let input: CaptureInput
  private let analyzer = Analyzer()

  init(_ path: String) throws {
    input = CaptureInput(path: path, role: .server)
    report = analyzer.analyze([input]).report
    var records: [FlowRecord] = []
    _ = try RecordExtraction(of: input, number: 0).run { frame in
      if case .block(let bytes) = frame { records += try RecordBlock(decoding: bytes).records }
    }
    self.records = records
  }

  /// The report of other records of the same capture, which must come to one block.
  func report(of records: [FlowRecord]) throws -> AnalysisReport {
    try analyzer.analyzeInStages([input]) { _ in records }.report
  }
}

extension FlowRecord {
  fileprivate var recoded: FlowRecord? {
    get throws { try RecordBlock(decoding: encoded).records.first }
  }

  fileprivate var encoded: [UInt8] { RecordBlock([self]).encoded }

  fileprivate var withoutBytes: FlowRecord {
    var record = FlowRecord(low: low, high: high)
    for var entry in entries {
      entry.bytes = []
      record.append(entry)
    }
    return record
  }

  fileprivate func part(_ range: Range<Int>) -> FlowRecord {
    var part = FlowRecord(low: low, high: high)
    for entry in entries[range] { part.append(entry) }
    return part
  }

  fileprivate func cut(using random: inout SeededGenerator) -> [FlowRecord] {
    let middle = Int.random(in: 0...entries.count, using: &random)
    return [part(0..<middle), part(middle..<entries.count)].filter { !$0.entries.isEmpty }
  }

  /// Segments that have nothing to do with each other.
  fileprivate static func random(
    isIPv6: Bool, using random: inout SeededGenerator
  ) -> FlowRecord {
    func end(_ number: UInt64) -> Endpoint {
      Endpoint(
        address: isIPv6
          ? IPAddress(v6High: 0x2001_0db8 << 32, low: number)
          : IPAddress(v4: UInt32(truncatingIfNeeded: number)),
        port: UInt16.random(in: 1...9, using: &random))
    }
    let ends = [end(.random(in: 0...9, using: &random)), end(.random(in: 10...19, using: &random))]
    var record = FlowRecord(low: min(ends[0], ends[1]), high: max(ends[0], ends[1]))
    var time: Int64 = 0
    for number in 0..<UInt64.random(in: 1...12, using: &random) {
      let isForth = Bool.random(using: &random)
      var segment = Segment.none
      segment.setEndpoints(ends[isForth ? 0 : 1], ends[isForth ? 1 : 0])
      time += .random(in: 0...2_000_000_000, using: &random)
      segment.time = Timestamp(
        nanoseconds: time - (Bool.random(using: &random) ? 0 : .random(in: 0...9, using: &random)))
      segment.sequence = SequenceNumber(.random(in: .min ... .max, using: &random))
      segment.acknowledgment = SequenceNumber(.random(in: .min ... .max, using: &random))
      segment.flags = TCPFlags(rawValue: .random(in: .min ... .max, using: &random))
      segment.window = .random(in: .min ... .max, using: &random)
      segment.payloadLength =
        Bool.random(using: &random) ? 0 : .random(in: 0...65_535, using: &random)
      segment.ipIdentification = .random(in: .min ... .max, using: &random)
      segment.dontFragment = .random(using: &random)
      segment.digest = .random(in: .min ... .max, using: &random)
      segment.frame = number * 3 + .random(in: 0...2, using: &random)
      segment.options.hasTimestamps = .random(using: &random)
      if segment.options.hasTimestamps {
        segment.options.timestampValue = .random(in: .min ... .max, using: &random)
        segment.options.timestampEchoReply = .random(in: .min ... .max, using: &random)
      }
      segment.options.maximumSegmentSize = .random(in: .min ... .max, using: &random)
      segment.options.windowScale = .random(in: .min ... .max, using: &random)
      segment.options.isTruncated = .random(using: &random)
      let bytes: [UInt8] = [[], [1, 2, UInt8(number)], RecordedSegment.headerOnly][
        .random(in: 0...2, using: &random)]
      let (isUsual, checksum) = (
        Bool.random(using: &random), UInt16.random(in: .min ... .max, using: &random)
      )
      if isUsual { segment.digest = segment.commonDigest(checksum: checksum) }
      record.append(
        Entry(
          segment: segment, checksum: isUsual ? checksum : nil, bytes: bytes,
          place: Place(
            time: Timestamp(nanoseconds: time), capture: segment.capture, number: number)))
    }
    return record
  }
}
