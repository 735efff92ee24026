/// How bad a finding is: killed connections first, then failed attempts, then by the delay, then what
/// harmed nobody.
struct FindingSeverity: Equatable {
  var killedConnection: Bool
  var hasFailed: Bool
  /// What the hits added, in nanoseconds.
  var added: Int64
  /// Somebody could notice it.
  var isHarmful: Bool

  /// - Parameter wasRefused: one of its SYNs was not accepted.
  init(killedConnection: Bool, hasFailed: Bool, added: Int64, wasRefused: Bool) {
    self.killedConnection = killedConnection
    self.hasFailed = hasFailed
    self.added = added
    isHarmful = killedConnection || hasFailed || added > 0 || wasRefused
  }

  /// Whether it is worse than another; of equals neither is.
  func exceeds(_ other: FindingSeverity) -> Bool {
    if killedConnection != other.killedConnection { return killedConnection }
    if hasFailed != other.hasFailed { return hasFailed }
    if added != other.added { return added > other.added }
    return isHarmful && !other.isHarmful
  }
}

extension FindingSeverity {
  init(_ finding: AttemptFinding, _ hits: some Sequence<Hit>) {
    var killedConnection = false
    var wasRefused = false
    for hit in hits {
      if hit.verdict.killedLiveConnection { killedConnection = true }
      if hit.verdict.answer != .accepted { wasRefused = true }
    }
    self.init(
      killedConnection: killedConnection, hasFailed: finding.outcome == .failed,
      added: finding.added, wasRefused: wasRefused)
  }
}

extension AnalysisReport.Finding {
  package var killedConnection: Bool { hits.contains(where: \.killedConnection) }

  /// Somebody could notice it.
  package var isHarmful: Bool { severity.isHarmful }

  var severity: FindingSeverity {
    FindingSeverity(
      killedConnection: killedConnection, hasFailed: outcome == .failed,
      added: addedSeconds.nanoseconds, wasRefused: hits.contains { $0.answer != .accepted })
  }
}
