/// What the text report needs of the findings, gathered in one pass: a few of them, and counts.
struct FindingsDigest {
  /// Killed connections first, then failed attempts, then by the delay, and what is equal by time;
  /// where nothing was harmed, the first few as examples.
  private(set) var worst: [AnalysisReport.Finding] = []
  /// The hits of all, by how and why they were answered.
  private(set) var reasons: [Answer: [HitReason: Int]] = [:]

  /// How many findings are written out.
  private static let listed = 5
  private static let examples = 3

  init(_ findings: AnalysisReport.Findings) {
    for finding in findings {
      for hit in finding.hits { reasons[hit.answer, default: [:]][hit.reason, default: 0] += 1 }
      if finding.isHarmful { rank(finding) }
    }
    if worst.isEmpty { worst = Array(findings.prefix(Self.examples)) }
  }

  private mutating func rank(_ finding: AnalysisReport.Finding) {
    let place = worst.firstIndex { finding.severity < $0.severity } ?? worst.endIndex
    guard place < Self.listed else { return }
    worst.insert(finding, at: place)
    if worst.count > Self.listed { worst.removeLast() }
  }
}

extension AnalysisReport.Finding {
  var killedConnection: Bool { hits.contains(where: \.killedConnection) }

  /// Somebody could notice it.
  var isHarmful: Bool {
    killedConnection || outcome == .failed || addedSeconds.nanoseconds > 0
      || hits.contains { $0.answer != .accepted }
  }

  /// Smaller is worse.
  fileprivate var severity: (Int, Int, Int64) {
    (killedConnection ? 0 : 1, outcome == .failed ? 0 : 1, -addedSeconds.nanoseconds)
  }
}
