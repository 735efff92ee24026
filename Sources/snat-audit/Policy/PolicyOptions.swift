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
        Findings are compared where both are of the same captures, whatever their names; else rates per \
        attempt. Without rules of its own in the policy: nothing may be worse, but for a tenth of the \
        refused SYNs.
        """,
      valueName: "report"),
    completion: .file(extensions: ["json"]))
  var baseline: String?

  @Option(
    help: ArgumentHelp(
      "How many SYNs may hit; of one kind or answer: rejected=0, time-wait.unanswered=3.",
      discussion: "May be given several times.", valueName: "[kind.][answer=]number"))
  var maxHits: [HitsLimit] = []

  @Option(
    help: ArgumentHelp("How many live connections hits may kill.", valueName: "number"))
  var maxKilled: CountLimit?

  @Option(
    help: ArgumentHelp("How many attempts that were hit may fail.", valueName: "number"))
  var maxFailed: CountLimit?

  @Option(
    help: ArgumentHelp("Which share of all attempts may be hit, such as 0.1%.", valueName: "share"))
  var maxHitShare: ShareLimit?

  @Option(
    help: ArgumentHelp(
      "How much set-up time hits may add, such as p99=100ms or maximum=3s.",
      discussion:
        "p50, p90, p95, p99, p999 or maximum, over all attempts. May be given several times.",
      valueName: "figure=time"))
  var maxAddedDelay: [DelayLimit] = []

  @Option(
    help: ArgumentHelp(
      "The least evidence for a verdict (default: limited); inconclusive asks for none.",
      valueName: "full|limited|inconclusive"))
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
struct HitsLimit: ExpressibleByArgument {
  let limit: Policy.Limit

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts.count == 2 ? "hits.\(parts[0])" : "hits"
    guard let measure = Measure(name), let last = parts.last,
      let amount = Amount(String(last), of: measure)
    else { return nil }
    limit = Policy.Limit(measure, amount)
  }
}

/// `FIGURE=TIME` on the command line.
struct DelayLimit: ExpressibleByArgument {
  let limit: Policy.Limit

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let measure = Measure("added-delay.\(parts[0])"),
      let amount = Amount(String(parts[1]), of: measure)
    else { return nil }
    limit = Policy.Limit(measure, amount)
  }
}

struct CountLimit: ExpressibleByArgument {
  let amount: Amount

  init?(argument: String) {
    guard let amount = Amount(argument, of: .killedConnections) else { return nil }
    self.amount = amount
  }
}

struct ShareLimit: ExpressibleByArgument {
  let amount: Amount

  init?(argument: String) {
    guard let amount = Amount(argument, of: .hitShare) else { return nil }
    self.amount = amount
  }
}

struct CoverageGrade: ExpressibleByArgument {
  let grade: Coverage.Grade

  init?(argument: String) {
    guard let grade = Coverage.Grade(rawValue: argument) else { return nil }
    self.grade = grade
  }
}
