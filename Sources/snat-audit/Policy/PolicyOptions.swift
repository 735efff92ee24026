import ArgumentParser
import FlowAnalyzer

/// What is allowed: a file, or options for the common rules; what the command line says wins.
struct PolicyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A policy in YAML (default: no SYN that hits is refused, and no connection killed).",
      valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var policy: String?

  @Option(
    help: ArgumentHelp(
      "An earlier JSON report that this one is compared with.",
      discussion: """
        Findings are compared where both are of the same captures, whatever their names; otherwise rates \
        per attempt. If the policy has no baseline rules: nothing may get worse, except that refused \
        SYNs may rise by 10 %.
        """,
      valueName: "report"),
    completion: .file(extensions: ["json"]))
  var baseline: String?

  @Option(
    help: ArgumentHelp(
      "How many SYNs may hit; of one kind or answer: rejected=0, time-wait.unanswered=3.",
      discussion: "May be given several times.", valueName: "[kind.][answer=]number"),
    transform: HitsLimit.parse)
  var maxHits: [HitsLimit] = []

  @Option(
    help: ArgumentHelp("How many live connections hits may kill.", valueName: "number"),
    transform: CountLimit.parse)
  var maxKilled: CountLimit?

  @Option(
    help: ArgumentHelp("How many attempts that were hit may fail.", valueName: "number"),
    transform: CountLimit.parse)
  var maxFailed: CountLimit?

  @Option(
    help: ArgumentHelp("Which share of all attempts may be hit, such as 0.1%.", valueName: "share"),
    transform: ShareLimit.parse)
  var maxHitShare: ShareLimit?

  @Option(
    help: ArgumentHelp(
      "How much set-up time hits may add, such as p99=100ms or maximum=3s.",
      discussion:
        "p50, p90, p95, p99, p999 or maximum, over all attempts. May be given several times.",
      valueName: "figure=time"),
    transform: DelayLimit.parse)
  var maxAddedDelay: [DelayLimit] = []

  @Option(
    help: ArgumentHelp(
      "The least coverage accepted for a verdict (default: limited); inconclusive accepts any.",
      valueName: "full|limited|inconclusive"),
    transform: CoverageGrade.parse)
  var minCoverage: CoverageGrade?

  /// The policy that all of them make.
  ///
  /// - Throws: `FileFault`, or `ValidationError` where the policy compares with a baseline and none is
  ///   named.
  func resolved() throws -> Policy {
    var resolved = try policy.map { path throws in try PolicyFile.read(path) } ?? .standard
    let limits = self.limits
    if policy == nil, !limits.isEmpty { resolved = Policy(origin: "options") }
    for limit in limits { resolved.limit(limit.measure, to: limit.amount) }
    if let minCoverage { resolved.coverage = minCoverage.grade }
    if baseline == nil, !resolved.increase.isEmpty {
      throw ValidationError("the policy compares with a baseline; name it with --baseline REPORT.")
    }
    if let policy, baseline == nil, resolved.maximum.isEmpty {
      throw FileFault(file: policy, problem: PolicyFile.noRule)
    }
    guard baseline != nil, resolved.increase.isEmpty else { return resolved }
    resolved.increase = Policy.noWorse
    // The default asks for no hits at all, where a baseline says how many there were.
    if policy == nil, limits.isEmpty { resolved.maximum = [] }
    return resolved
  }

  private var limits: [Policy.Limit] {
    var limits = maxHits.map(\.limit)
    if let maxKilled { limits.append(.init(.killedConnections, maxKilled.amount)) }
    if let maxFailed { limits.append(.init(.failedAttempts, maxFailed.amount)) }
    if let maxHitShare { limits.append(.init(.hitShare, maxHitShare.amount)) }
    return limits + maxAddedDelay.map(\.limit)
  }
}

/// `[[KIND.]ANSWER=]NUMBER` on the command line.
struct HitsLimit: ExplainedArgument {
  let limit: Policy.Limit

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts.count == 2 ? "hits.\(parts[0])" : "hits"
    guard let measure = Measure(name), let last = parts.last,
      let amount = Amount(String(last), of: measure)
    else { return nil }
    limit = Policy.Limit(measure, amount)
  }

  static let explanation: String = {
    func list(_ names: [String]) -> String { names.joined(separator: ", ") }
    return "a whole number; before it a kind, an answer or both, as in time-wait.rejected=0. "
      + "Kinds: \(list(HeldKind.allCases.map(\.rawValue))). "
      + "Answers: \(list(Answer.allCases.map(\.rawValue)))"
  }()
}

/// `FIGURE=TIME` on the command line.
struct DelayLimit: ExplainedArgument {
  let limit: Policy.Limit

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let measure = Measure("added-delay.\(parts[0])"),
      let amount = Amount(String(parts[1]), of: measure)
    else { return nil }
    limit = Policy.Limit(measure, amount)
  }

  static let explanation =
    "a figure and a time, as in p99=100ms or maximum=3s. Figures: "
    + "\(DelayStatistic.allCases.map(\.rawValue).joined(separator: ", ")). Units: us, ms, s, min; at "
    + "most a day"
}

struct CountLimit: ExplainedArgument {
  let amount: Amount

  init?(argument: String) {
    guard let amount = Amount(argument, of: .killedConnections) else { return nil }
    self.amount = amount
  }

  static let explanation = "a whole number, at least 0"
}

struct ShareLimit: ExplainedArgument {
  let amount: Amount

  init?(argument: String) {
    guard let amount = Amount(argument, of: .hitShare) else { return nil }
    self.amount = amount
  }

  static let explanation = "a share from 0% to 100%, with the sign, such as 0.1%"
}

struct CoverageGrade: ExplainedArgument {
  let grade: Coverage.Grade

  init?(argument: String) {
    guard let grade = Coverage.Grade(rawValue: argument) else { return nil }
    self.grade = grade
  }

  static let explanation = "full, limited or inconclusive"
}
