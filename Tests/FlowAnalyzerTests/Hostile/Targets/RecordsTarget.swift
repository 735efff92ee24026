@testable import FlowAnalyzer

/// A block of records, as another machine might send it.
///
/// What is read is written again as it was, and is judged like any capture; what is not says why.
enum RecordsTarget {
  static func check(_ input: [UInt8]) throws {
    guard let block = try? RecordBlock(decoding: input) else { return }
    let again = try RecordBlock(decoding: block.encoded)
    try require(again.records == block.records, "a block comes back as another")
    try checkOrder(of: block, input)
    try checkReport(of: input)
  }

  /// All of its segments come, in the order in which they pass.
  private static func checkOrder(of block: RecordBlock, _ input: [UInt8]) throws {
    let packets = try RecordedPackets.entries(of: input)
    let segments = block.records.reduce(0) { $0 + $1.entries.count }
    try require(packets.count == segments, "\(packets.count) packets of \(segments)")
    let times = packets.map(\.passesAt)
    try require(times == times.sorted(), "packets are out of order")
  }

  private static func checkReport(of bytes: [UInt8]) throws {
    let spool = try RecordSpool(in: "/tmp")
    let capture = CaptureInput(path: "fuzz", role: .server)
    try spool.add(.begin(RecordedCaptureHeader(capture, number: 0)))
    try spool.add(.block(bytes))
    try spool.add(.end(CaptureRecord(capture)))
    let analyzer = Analyzer()
    let summary: PartialSummary
    do throws(RecordSpoolError) {
      summary = try analyzer.judge(spool)
    } catch {
      guard case .damaged = error else { throw error }
      return
    }
    let syns = try analyzer.merge([summary]).report.summary.syns
    let hits = syns.timeWait.total + syns.established.total + syns.closing.total
    let reuses = syns.reuses.values.reduce(0, +)
    try require(
      syns.total == syns.firstUses + hits + reuses,
      "\(syns.total) SYNs, but \(syns.firstUses) first uses, \(hits) hits, \(reuses) reuses")
  }
}

extension RecordedPackets {
  /// The segments of a block, in the order of the capture.
  static func entries(of block: [UInt8]) throws(RecordError) -> [RecordedSegment] {
    var packets = RecordedPackets()
    try packets.decode(block)
    var entries: [RecordedSegment] = []
    for position in 0..<packets.count {
      var entry = packets[position]
      entry.segment.frame = packets.frame(of: position)
      entries.append(entry)
    }
    return entries
  }
}
