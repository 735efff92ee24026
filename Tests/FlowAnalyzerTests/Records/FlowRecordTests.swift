import Fixtures
import Testing

@testable import FlowAnalyzer

/// Captures go through records, in pieces and in any order, and come out as they were.
@Suite("Records")
struct FlowRecordTests {
  @Test(arguments: RealCaptureTests.scenarios)
  func `records of a real capture give the same report`(_ scenario: String) throws {
    let traffic = RecordedTraffic(KernelTruth.capture(scenario).path)
    let records = try traffic.records.map { try $0.recoded }
    #expect(records == traffic.records)
    #expect(traffic.report(of: records).json == traffic.report.json)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `pieces come together in any grouping and order`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let traffic = RecordedTraffic(KernelTruth.capture("l4-collide").path)
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
    #expect(traffic.report(of: merged).json == traffic.report.json)
  }

  @Test func `a collision cut at every packet is the same collision`() throws {
    let traffic = RecordedTraffic(KernelTruth.capture("l4-collide").path)
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

  @Test func `records that come as they begin give their segments in order`() {
    let records = RecordedTraffic(KernelTruth.capture("l4-collide").path).records
      .sorted { ($0.begin?.number ?? 0) < ($1.begin?.number ?? 0) }
    var replay = RecordReplay()
    var numbers: [UInt64] = []
    var batch = SegmentBatch(capacity: 7)
    func take(before limit: FlowRecord.Place?) {
      var hasMore = true
      while hasMore {
        batch.removeAll()
        hasMore = replay.fill(&batch, before: limit)
        for position in 0..<batch.count { numbers.append(batch[position].segment.frame) }
      }
    }
    for record in records {
      take(before: record.begin)
      replay.add(record)
    }
    take(before: nil)
    let places = records.flatMap(\.entries).sorted { $0.place < $1.place }
    #expect(numbers == places.map(\.segment.frame))
  }

  @Test func `what follows a clock that was set back stays behind`() {
    var batch = SegmentBatch(capacity: 5)
    for (frame, second) in [10, 11, 4, 5, 12].enumerated() {
      var segment = Segment.none
      // Each of a tuple of its own.
      segment.source.port = UInt16(frame)
      segment.frame = UInt64(frame)
      segment.time = Timestamp(nanoseconds: Int64(second) * 1_000_000_000)
      batch.next = segment
      batch.appendNext(
        side: .server, of: RawSpan(), at: CommonHeaders.Place(start: 0, end: 0, maySayMore: false))
    }
    var recorder = FlowRecorder()
    var replay = RecordReplay()
    recorder.observe(batch) { replay.add($0) }
    recorder.finish { replay.add($0) }
    var again = SegmentBatch(capacity: 6)
    let hasMore = replay.fill(&again)
    #expect(!hasMore)
    var frames: [UInt64] = []
    for position in 0..<again.count { frames.append(again[position].segment.frame) }
    #expect(frames == [0, 1, 2, 3, 4])
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
    let record = FlowRecord.random(isIPv6: false, using: &random)
    let bytes = record.encoded
    for count in bytes.indices {
      #expect(throws: RecordError.self) { _ = try FlowRecord(decoding: bytes[..<count]) }
    }
    for _ in 0..<20_000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        damaged[Int.random(in: damaged.indices, using: &random)] ^=
          1 << UInt8.random(in: 0..<8, using: &random)
      }
      // Digests may say anything; what is read is in order.
      if let read = try? FlowRecord(decoding: damaged[...]) {
        let places = read.entries.map(\.place)
        #expect(places == places.sorted())
      }
    }
    var later = bytes
    later[0] = 2
    #expect(throws: RecordError.unknownVersion(2)) { _ = try FlowRecord(decoding: later[...]) }
  }

  /// But for what it carries of requests and answers. Eight of them are what copies are told by.
  @Test func `a segment takes less than twenty-two bytes`() {
    let records = RecordedTraffic(KernelTruth.capture("l4-collide").path).records
    let bytes = records.reduce(0) { $0 + $1.withoutBytes.encoded.count }
    let segments = records.reduce(0) { $0 + $1.entries.count }
    #expect(bytes < 22 * segments, "\(Double(bytes) / Double(segments))")
  }
}

/// A capture, and the records of it.
private struct RecordedTraffic {
  private(set) var records: [FlowRecord] = []
  let report: AnalysisReport
  private let captures: [CaptureRecord]
  private let end: Timestamp?
  private let configuration = AnalyzerConfiguration()

  init(_ path: String) {
    let input = CaptureInput(path: path, role: .server)
    var alone = configuration
    alone.usesLanes = false
    report = Analyzer(configuration: alone).analyze([input]).report
    var source = SegmentSource(inputs: [input])
    var recorder = FlowRecorder()
    var batch = SegmentBatch()
    var records: [FlowRecord] = []
    while !source.isFinished {
      batch.removeAll()
      source.fill(&batch)
      recorder.observe(batch) { records.append($0) }
    }
    recorder.finish { records.append($0) }
    self.records = records
    captures = source.captures
    end = source.latestPacket
  }

  func report(of records: [FlowRecord]) -> AnalysisReport {
    var replay = RecordReplay()
    for record in records { replay.add(record) }
    var audit = Audit(configuration: configuration)
    var batch = SegmentBatch(capacity: 100)
    var duplicates: [UInt64] = []
    var hasMore = true
    while hasMore {
      batch.removeAll()
      hasMore = replay.fill(&batch)
      audit.observe(batch, duplicates: &duplicates)
    }
    audit.finish(at: end)
    var captures = captures
    for (capture, count) in duplicates.enumerated() { captures[capture].countDuplicates(count) }
    return ReportBuilder(
      configuration: configuration, captures: captures, clocks: [], window: nil, isPartial: false
    ).report(audit.result(configuration))
  }
}

extension FlowRecord {
  fileprivate var recoded: FlowRecord {
    get throws { try FlowRecord(decoding: encoded[...]) }
  }

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
      segment.capture = .random(in: 0...1, using: &random)
      segment.point = .random(in: 0...1, using: &random)
      segment.options.hasTimestamps = .random(using: &random)
      if segment.options.hasTimestamps {
        segment.options.timestampValue = .random(in: .min ... .max, using: &random)
        segment.options.timestampEchoReply = .random(in: .min ... .max, using: &random)
      }
      segment.options.maximumSegmentSize = .random(in: .min ... .max, using: &random)
      segment.options.windowScale = .random(in: .min ... .max, using: &random)
      segment.options.isTruncated = .random(using: &random)
      let bytes: [UInt8] = Bool.random(using: &random) ? [] : [1, 2, UInt8(number)]
      record.append(
        Entry(
          segment: segment, side: Bool.random(using: &random) ? .client : .server, bytes: bytes,
          place: Place(
            time: Timestamp(nanoseconds: time), capture: segment.capture, number: number)))
    }
    return record
  }
}
