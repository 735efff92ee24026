@testable import FlowAnalyzer

/// A conversation, heard and judged.
struct Hearing {
  /// One line for each SYN of the conversation, in order:
  /// `first use`, `reuse REASON`, or `HELD ANSWER REASON`, such as `time-wait rejected
  /// timestamp-older`; `inferred` in front where the holder was.
  var verdicts: [String] = []
  var hits: [HitVerdict] = []
  var report: AnalysisReport

  init(
    _ script: String, isIPv6: Bool = false,
    _ configure: (inout AnalyzerConfiguration) -> Void = { _ in }
  ) {
    self.init(Conversation(script, isIPv6: isIPv6), configure)
  }

  init(
    _ conversation: Conversation, _ configure: (inout AnalyzerConfiguration) -> Void = { _ in }
  ) {
    var configuration = AnalyzerConfiguration()
    configure(&configuration)
    // Once to see each verdict in the order of the SYNs, with the knowledge of the end.
    var tracker = FlowTracker(
      timeWait: configuration.assumedTimeWait,
      timer: (configuration.serverStack ?? .linux).timer)
    for segment in conversation.segments { _ = tracker.observe(segment) }
    tracker.finish()
    let judge = Judge(
      stack: configuration.serverStack, rfc1337: configuration.rfc1337,
      timeWait: configuration.assumedTimeWait)
    var exchanges: [Exchange] = []
    for index in 0..<tracker.finishedCount { exchanges.append(tracker.finishedExchange(index)) }
    for exchange in exchanges.sorted(by: { $0.frame < $1.frame }) {
      let verdict = judge.verdict(
        on: exchange, knowing: tracker.knowledge[exchange.destination])
      verdicts.append(Self.text(verdict))
      if case .hit(let hit) = verdict { hits.append(hit) }
    }
    // And once through the stages as they are wired, for the report.
    var audit = Audit(configuration: configuration)
    for segment in conversation.segments { _ = audit.observe(segment) }
    audit.finish()
    report = ReportBuilder(
      configuration: configuration, captures: [], isPartial: false
    ).report(audit.result(configuration))
  }

  private static func text(_ verdict: Verdict) -> String {
    switch verdict {
    case .firstUse: return "first use"
    case .reuse(let reason): return "reuse \(reason.rawValue)"
    case .hit(let hit):
      let words = [hit.held.rawValue, hit.answer.rawValue, hit.reason.rawValue]
      return (hit.evidence == .inferred ? ["inferred"] + words : words).joined(separator: " ")
    }
  }
}
