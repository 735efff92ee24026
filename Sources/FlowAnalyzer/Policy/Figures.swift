/// The figures of a report that policies are about; a baseline is read down to them.
public struct Figures: Equatable, Sendable {
  public var attempts: Int
  public var attemptsHit: Int
  public var failedAttempts: Int
  public var killedConnections: Int
  public var timeWait: AnalysisReport.Answers
  public var established: AnalysisReport.Answers
  public var closing: AnalysisReport.Answers
  public var addedDelay: [DelayStatistic: Seconds]

  public init(
    attempts: Int, attemptsHit: Int, failedAttempts: Int, killedConnections: Int,
    timeWait: AnalysisReport.Answers, established: AnalysisReport.Answers,
    closing: AnalysisReport.Answers, addedDelay: [DelayStatistic: Seconds]
  ) {
    self.attempts = attempts
    self.attemptsHit = attemptsHit
    self.failedAttempts = failedAttempts
    self.killedConnections = killedConnections
    self.timeWait = timeWait
    self.established = established
    self.closing = closing
    self.addedDelay = addedDelay
  }

  public init(_ summary: AnalysisReport.Summary) {
    let added = summary.addedSeconds
    self.init(
      attempts: summary.attempts.total, attemptsHit: summary.attempts.hit,
      failedAttempts: summary.attempts.failed, killedConnections: summary.killedConnections,
      timeWait: summary.syns.timeWait, established: summary.syns.established,
      closing: summary.syns.closing,
      addedDelay: [
        .p50: added.percentiles.p50, .p90: added.percentiles.p90, .p95: added.percentiles.p95,
        .p99: added.percentiles.p99, .p999: added.percentiles.p999, .maximum: added.maximum,
      ])
  }

  /// The figure as it is; nil for what a report alone does not have.
  func amount(of measure: Measure) -> Amount? {
    switch measure {
    case .hits(let kind, let answer):
      let kinds = kind.map { [$0] } ?? HeldKind.allCases
      return .count(kinds.reduce(0) { $0 + answers(to: $1).count(of: answer) })
    case .killedConnections: return .count(killedConnections)
    case .failedAttempts: return .count(failedAttempts)
    case .hitShare: return .share(Share(attemptsHit, of: attempts))
    case .addedDelay(let statistic): return addedDelay[statistic].map { .duration($0) }
    case .newFindings: return nil
    }
  }

  /// The figure for comparing captures of different lengths: counts as shares of the attempts.
  func rate(of measure: Measure) -> Amount? {
    guard attempts > 0 else { return nil }
    guard case .count(let count) = amount(of: measure) else { return amount(of: measure) }
    return .share(Share(count, of: attempts))
  }

  private func answers(to kind: HeldKind) -> AnalysisReport.Answers {
    switch kind {
    case .timeWait: timeWait
    case .established: established
    case .closing: closing
    }
  }
}

extension AnalysisReport.Answers {
  fileprivate func count(of answer: Answer?) -> Int {
    switch answer {
    case nil: total
    case .accepted: accepted
    case .rejected: rejected
    case .reset: reset
    case .unanswered: unanswered
    case .undetermined: undetermined
    }
  }
}
