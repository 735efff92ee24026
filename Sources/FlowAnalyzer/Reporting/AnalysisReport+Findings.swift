extension AnalysisReport {
  /// The findings that the report lists; each is made anew whenever it is asked for, as a hundred
  /// thousand of them in full would be most of a run's memory.
  public struct Findings: RandomAccessCollection, Sendable {
    public let endIndex: Int
    private let finding: @Sendable (Int) -> Finding

    public var startIndex: Int { 0 }

    /// - Parameter finding: makes the one at a position below `count`, each time the same.
    init(count: Int, _ finding: @escaping @Sendable (Int) -> Finding) {
      endIndex = count
      self.finding = finding
    }

    public subscript(position: Int) -> Finding {
      precondition(indices.contains(position), "there is no such finding")
      return finding(position)
    }
  }
}

extension AnalysisReport.Findings {
  /// What a name, given in whole or by its first digits, leads to.
  public enum Match: Sendable {
    case one(AnalysisReport.Finding)
    /// The findings whose names begin so: more than one.
    case several([FindingIdentifier])
    /// The names that have most of their first digits in common with it, at most three.
    case none(nearest: [FindingIdentifier])
  }

  /// - Parameter prefix: hexadecimal digits of a finding's id, from its first on.
  /// - Complexity: O(n); makes every finding.
  public func matching(_ prefix: String) -> Match {
    let prefix = prefix.lowercased()
    var matches: [AnalysisReport.Finding] = []
    var nearest: [(common: Int, id: FindingIdentifier)] = []
    for finding in self {
      let name = finding.id.description
      if name.hasPrefix(prefix) {
        // The same tuple and ISN may come again after long.
        if !matches.contains(where: { $0.id == finding.id }) { matches.append(finding) }
        continue
      }
      let common = zip(name, prefix).prefix { $0 == $1 }.count
      let place = nearest.firstIndex { $0.common < common } ?? nearest.endIndex
      guard place < Self.nearestNamed else { continue }
      nearest.insert((common, finding.id), at: place)
      if nearest.count > Self.nearestNamed { nearest.removeLast() }
    }
    switch matches.count {
    case 0: return .none(nearest: nearest.map(\.id))
    case 1: return .one(matches[0])
    default: return .several(matches.map(\.id))
    }
  }

  private static var nearestNamed: Int { 3 }

  /// These, and behind them others.
  fileprivate func followed(by others: Self) -> Self {
    let count = count
    return Self(count: count + others.count) { $0 < count ? self[$0] : others[$0 - count] }
  }
}

extension AnalysisReport {
  /// The findings that are at hand: those that are listed, and behind them the worst of the others.
  package var knownFindings: Findings { findings.followed(by: worstOmitted) }

  /// The finding that harmed most, as reports rank them; nil where there is none.
  public var worstFinding: Finding? { worstFindings(1).first }

  /// The findings that harmed most, listed or not, the worst first, at most `count`; behind them those
  /// that harmed nobody.
  public func worstFindings(_ count: Int) -> [Finding] {
    let known = knownFindings
    return FindingRanking(known, limit: count).positions.map { known[$0] }
  }
}
