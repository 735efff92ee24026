import ArgumentParser
import FlowAnalyzer

/// Arguments -> configuration -> `Analyzer` -> reports. Nothing is analysed here.
struct AnalyzeCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Report every SYN that hit a tuple which the server still held.",
    discussion: """
      Reads pcap and pcapng captures of the server's side of the load balancer, and of the clients' \
      side if there are any: then every finding names both clients. A capture that cannot be read \
      costs exit code 2; the others are reported.

      Examples:
        snat-audit analyze --server server.pcap --report json=report.json
        snat-audit analyze --client client.pcap --server server.pcap
        snat-audit analyze lb-any.pcap
      """)

  @OptionGroup(title: "Captures") var captures: CaptureOptions
  @OptionGroup(title: "Selection") var selection: SelectionOptions
  @OptionGroup(title: "Server") var server: ServerOptions
  @OptionGroup(title: "Load balancer") var balancer: BalancerOptions
  @OptionGroup(title: "Reports") var reports: ReportOptions
  @OptionGroup(title: "Reports") var findings: FindingOptions
  @OptionGroup(title: "Privacy") var privacy: PrivacyOptions
  @OptionGroup(title: "Work") var work: WorkOptions

  func validate() throws { try validateDestinations() }

  func run() throws {
    try requireCaptures()
    let analyzer = try makeAnalyzer()
    let analysis = analyze(with: analyzer)
    if !write(analysis, by: analyzer, reports.requests) { throw ExitStatus.failed }
    if analysis.report.partial { throw ExitStatus.interrupted }
    if !analysis.failures.isEmpty { throw ExitStatus.failed }
  }
}
