@testable import FlowAnalyzer

/// Captures, from the file to the report.
///
///     how many and whose (1), where the second begins (2), the files
enum AnalysisTarget {
  static func check(_ input: [UInt8]) throws {
    var feed = ByteFeed(input)
    let kind = feed.next()
    let length = Int(feed.number(as: UInt16.self))
    let first = try MemoryFile(kind & 1 == 0 ? feed.rest() : feed.take(length))
    let second = try MemoryFile(feed.rest())
    let roles: [CaptureRole?] = [nil, .server, .client, .both]
    var inputs = [CaptureInput(path: first.path, role: roles[Int(kind >> 1 & 3)])]
    if kind & 1 != 0 {
      inputs.append(CaptureInput(path: second.path, role: roles[Int(kind >> 3 & 3)]))
    }
    let one = analysis(of: inputs, workers: 1)
    let two = analysis(of: inputs, workers: 2)
    try require(json(of: one) == json(of: two), "two workers make another report than one")
    _ = one.report.text(TextStyle())
    try checkCounts(one.report)
    try checkConnections(of: inputs)
  }

  private static func analysis(of inputs: [CaptureInput], workers: Int) -> Analysis {
    var configuration = AnalyzerConfiguration()
    configuration.workers = workers
    return Analyzer(configuration: configuration).analyze(inputs)
  }

  private static func json(of analysis: Analysis) -> [UInt8] {
    var json: [UInt8] = []
    analysis.report.writeJSON { piece in
      for index in piece.indices { json.append(piece[index]) }
    }
    return json
  }

  private static func checkCounts(_ report: AnalysisReport) throws {
    for capture in report.captures {
      let skipped = capture.skipped.values.reduce(0, +)
      try require(
        capture.packets == capture.tcpSegments + capture.duplicates + skipped,
        "packets are not accounted for: \(capture)")
    }
    let syns = report.summary.syns
    let hits = syns.timeWait.total + syns.established.total + syns.closing.total
    try require(
      syns.total == syns.firstUses + hits + syns.reuses.values.reduce(0, +),
      "SYNs are not accounted for: \(syns)")
    try require(
      report.summary.attempts.hit == report.findings.count + report.findingsOmitted,
      "attempts that were hit are not accounted for")
  }

  private static func checkConnections(of inputs: [CaptureInput]) throws {
    var bytes = 0
    _ = Analyzer().connections(inputs) { lines in
      bytes += lines.count
      return true
    }
  }
}
