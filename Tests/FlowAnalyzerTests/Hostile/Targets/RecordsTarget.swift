@testable import FlowAnalyzer

/// A block of records, as another machine might send it.
///
/// What is read is written again as it was, and is judged like any capture; what is not says why.
enum RecordsTarget {
  static func check(_ input: [UInt8]) throws {
    guard let block = try? RecordBlock(decoding: input) else { return }
    let again = try RecordBlock(decoding: block.encoded)
    try require(again.records == block.records, "a block comes back as another")
    let places = block.entries.map(\.place)
    try require(places == places.sorted(), "entries are out of order")
    try checkReport(of: input)
  }

  private static func checkReport(of bytes: [UInt8]) throws {
    let spool = try RecordSpool(in: "/tmp")
    let capture = CaptureInput(path: "fuzz", role: .server)
    try spool.add(.begin(RecordedCaptureHeader(capture, number: 0)))
    try spool.add(.block(bytes))
    try spool.add(.end(CaptureRecord(capture)))
    let analyzer = Analyzer()
    let syns = try analyzer.merge([analyzer.judge(spool)]).report.summary.syns
    let hits = syns.timeWait.total + syns.established.total + syns.closing.total
    let reuses = syns.reuses.values.reduce(0, +)
    try require(
      syns.total == syns.firstUses + hits + reuses,
      "\(syns.total) SYNs, but \(syns.firstUses) first uses, \(hits) hits, \(reuses) reuses")
  }
}
