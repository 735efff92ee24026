import ArgumentParser
import FlowAnalyzer

/// Arguments and a policy -> `Analyzer` -> a verdict, reports and an exit code.
struct CheckCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Judge captures by a policy; the exit code says whether they keep it.",
    discussion: """
      Reads what analyze reads. Says on standard output which rule is broken, by how much, and where \
      to look, unless a report is asked for there; every report has the verdict too.

      Exit codes: 0 the policy is kept; 1 it is broken; 3 the evidence does not allow a verdict, as \
      with the clients' side alone. A usage error, or a file that cannot be read or written, is 2 \
      whatever the others show; interrupted is 130.

      Examples:
        snat-audit check --policy policy.yaml --server server.pcap
        snat-audit check --max-hits rejected=0 --max-added-delay p99=100ms lb.pcap
        snat-audit check --baseline last-week.json lb.pcap --report junit=check.xml
      """)

  @OptionGroup(title: "Captures") var captures: CaptureOptions
  @OptionGroup(title: "Selection") var selection: SelectionOptions
  @OptionGroup(title: "Policy") var policy: PolicyOptions
  @OptionGroup(title: "Server") var server: ServerOptions
  @OptionGroup(title: "Load balancer") var balancer: BalancerOptions
  @OptionGroup(title: "Reports") var reports: ReportOptions
  @OptionGroup(title: "Reports") var findings: FindingOptions
  @OptionGroup(title: "Privacy") var privacy: PrivacyOptions
  @OptionGroup(title: "Work") var work: WorkOptions

  func validate() throws { try validateDestinations(besides: policy.policy) }

  func run() throws {
    try requireCaptures()
    // Before the captures, which may take a while.
    let policy = try self.policy.resolved()
    var baseline = try self.policy.baseline.map { path throws in try BaselineFile.read(path) }
    let analyzer = try makeAnalyzer()
    // Its name may tell of whom it is.
    if privacy.isAsked { baseline?.path = "baseline" }
    var analysis = analyze(with: analyzer)
    let verdict = policy.verdict(on: analysis.report, against: baseline)
    analysis.report.check = verdict

    var requests = reports.report
    if !requests.contains(where: { $0.destination == .standardOutput }) {
      requests.insert(ReportRequest(format: .check, destination: .standardOutput), at: 0)
    }
    if !write(analysis, by: analyzer, requests) { throw ExitStatus.failed }
    if analysis.report.partial { throw ExitStatus.interrupted }
    if !analysis.failures.isEmpty { throw ExitStatus.failed }
    switch verdict.outcome {
    case .passed: break
    case .failed: throw ExitStatus.broken
    case .inconclusive: throw ExitStatus.inconclusive
    }
  }
}
