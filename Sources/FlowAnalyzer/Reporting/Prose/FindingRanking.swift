/// The worst of some findings, ranked in one pass.
struct FindingRanking {
  /// Positions of the worst findings: killed connections first, then failed attempts, then by the
  /// delay, then what harmed nobody; what is equal by position.
  var positions: [Int] { ranking.map(\.position) }

  private var ranking: [(severity: FindingSeverity, position: Int)] = []

  /// - Parameter limit: how many findings are ranked.
  init(_ findings: AnalysisReport.Findings, limit: Int) {
    guard limit > 0 else { return }
    for (position, finding) in findings.enumerated() {
      rank(finding.severity, position, limit: limit)
    }
  }

  private mutating func rank(_ severity: FindingSeverity, _ position: Int, limit: Int) {
    if ranking.count >= limit {
      guard let last = ranking.last, severity.exceeds(last.severity) else { return }
      ranking.removeLast()
    }
    // Behind those that are as bad: they came first.
    var range = ranking.startIndex..<ranking.endIndex
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      range =
        severity.exceeds(ranking[middle].severity)
        ? range.lowerBound..<middle : middle + 1..<range.upperBound
    }
    ranking.insert((severity, position), at: range.lowerBound)
  }
}
