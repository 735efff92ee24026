/// A figure of a report that a policy can limit.
public enum Measure: Hashable, Sendable {
  /// SYNs that hit, of one kind and one answer, or of all.
  case hits(HeldKind?, Answer?)
  /// Live connections that a hit destroyed.
  case killedConnections
  /// Attempts that were hit and never connected.
  case failedAttempts
  /// Attempts that were hit, of all.
  case hitShare
  /// What hits added to the set-up of connections, over all attempts.
  case addedDelay(DelayStatistic)
  /// Findings that the baseline has not; of the same captures only.
  case newFindings
}

/// A figure of a distribution of delays.
public enum DelayStatistic: String, Sendable, CaseIterable {
  case p50, p90, p95, p99, p999, maximum
}

extension Measure: CustomStringConvertible {
  /// Its place in a policy: `hits.time-wait.rejected`, `added-delay.p99`.
  public var description: String {
    switch self {
    case .hits(let kind, let answer):
      ["hits", kind?.rawValue, answer?.rawValue].compactMap { $0 }.joined(separator: ".")
    case .killedConnections: "killed-connections"
    case .failedAttempts: "failed-attempts"
    case .hitShare: "hit-share"
    case .addedDelay(let statistic): "added-delay.\(statistic.rawValue)"
    case .newFindings: "new-findings"
    }
  }
}

extension Measure {
  /// Whether a finding is part of what this measures.
  func counts(_ finding: AnalysisReport.Finding) -> Bool {
    switch self {
    case .hits, .killedConnections: finding.hits.contains { counts($0) }
    case .failedAttempts: finding.outcome == .failed
    case .addedDelay: finding.addedSeconds.nanoseconds > 0
    case .hitShare, .newFindings: true
    }
  }

  /// Whether a SYN is one of those measured.
  func counts(_ hit: AnalysisReport.Hit) -> Bool {
    switch self {
    case .hits(let kind, let answer):
      (kind == nil || hit.held.state == kind) && (answer == nil || hit.answer == answer)
    case .killedConnections: hit.killedConnection
    case .addedDelay: hit.answer != .accepted
    case .failedAttempts, .hitShare, .newFindings: true
    }
  }
}
