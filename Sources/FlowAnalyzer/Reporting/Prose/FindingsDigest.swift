/// What reports for people need of the findings, gathered in one pass: the worst of them, and counts.
package struct FindingsDigest: Sendable {
  /// Positions of the worst findings: killed connections first, then failed attempts, then by the
  /// delay, then what harmed nobody; what is equal by time.
  package var ranked: [Int] { ranking.map(\.position) }
  /// How many of all did harm.
  package private(set) var harmful = 0
  /// The hits of all, by how and why they were answered.
  package private(set) var reasons: [Answer: [HitReason: Int]] = [:]

  private var ranking: [(severity: Severity, position: Int)] = []

  /// - Parameter limit: how many findings are ranked.
  init(_ findings: AnalysisReport.Findings, limit: Int) {
    for (position, finding) in findings.enumerated() {
      for hit in finding.hits { reasons[hit.answer, default: [:]][hit.reason, default: 0] += 1 }
      if finding.isHarmful { harmful += 1 }
      rank(finding.severity, position, limit: limit)
    }
  }

  private mutating func rank(_ severity: Severity, _ position: Int, limit: Int) {
    if ranking.count >= limit {
      guard let last = ranking.last, severity < last.severity else { return }
      ranking.removeLast()
    }
    // Behind those that are as bad: they came first.
    var range = ranking.startIndex..<ranking.endIndex
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      range =
        severity < ranking[middle].severity
        ? range.lowerBound..<middle : middle + 1..<range.upperBound
    }
    ranking.insert((severity, position), at: range.lowerBound)
  }

  /// Smaller is worse.
  fileprivate typealias Severity = (Int, Int, Int64, Int)
}

extension AnalysisReport.Finding {
  package var killedConnection: Bool { hits.contains(where: \.killedConnection) }

  /// Somebody could notice it.
  package var isHarmful: Bool {
    killedConnection || outcome == .failed || addedSeconds.nanoseconds > 0
      || hits.contains { $0.answer != .accepted }
  }

  fileprivate var severity: FindingsDigest.Severity {
    (
      killedConnection ? 0 : 1, outcome == .failed ? 0 : 1, -addedSeconds.nanoseconds,
      isHarmful ? 0 : 1
    )
  }
}
