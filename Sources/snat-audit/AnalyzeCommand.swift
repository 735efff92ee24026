import ArgumentParser
import FlowAnalyzer
import Glibc
import ReportFormats

/// Arguments -> configuration -> `Analyzer` -> reports. Nothing is analysed here.
struct AnalyzeCommand: ParsableCommand {
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
  @OptionGroup(title: "Server") var server: ServerOptions
  @OptionGroup(title: "Reports") var reports: ReportOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(visibility: .hidden) var planned: PlannedOptions

  func validate() throws {
    for request in reports.requests {
      if let input = captures.inputs.first(where: { request.destination.isSameFile(as: $0.path) }) {
        throw ValidationError("--report: \(input.path) is a capture to be read, not overwritten.")
      }
    }
  }

  func run() throws {
    // Not in `validate()`: what is wrong with an option must be said first.
    if captures.inputs.isEmpty {
      throw ValidationError("no capture is named; for example: analyze --server server.pcap")
    }
    let analysis = analyze()
    if !analysis.assumed.isEmpty {
      Message.warning(
        "\(analysis.assumed.joined(separator: ", ")): taken for the server side; say --server to be sure"
      )
    }
    let isPartial = analysis.report.partial
    let failures = analysis.failures.filter { !$0.isInterruption }
    for failure in failures { Message.error("\(failure)") }
    let isWritten = write(analysis.report, traces: isPartial ? [] : traces(for: analysis))
    if !isWritten { throw ExitStatus.failed }
    if isPartial { throw ExitStatus.interrupted }
    if !failures.isEmpty { throw ExitStatus.failed }
  }

  private var analyzer: Analyzer {
    var configuration = AnalyzerConfiguration()
    server.apply(to: &configuration)
    configuration.maximumFindings = reports.maxFindings
    work.apply(to: &configuration)
    return Analyzer(configuration: configuration)
  }

  private func analyze() -> Analysis {
    Interruption.watch()
    defer { Interruption.stopWatching() }
    var bar = ProgressBar()
    var analysis = analyzer.analyze(captures.inputs) { progress in
      bar.update(progress)
      return !Interruption.happened
    }
    bar.erase()
    // A pipe that ran dry by the signal looks like one that ended.
    if Interruption.happened { analysis.report.partial = true }
    return analysis
  }

  /// The packets of the findings that are drawn, where a report draws some and the captures can be read
  /// again; what comes from a pipe cannot.
  private func traces(for analysis: Analysis) -> [FindingTrace] {
    guard reports.requests.contains(where: { $0.format == .html }) else { return [] }
    Interruption.watch()
    defer { Interruption.stopWatching() }
    var bar = ProgressBar()
    defer { bar.erase() }
    let findings = analysis.report.findingsToTrace
    let traces = try? analyzer.trace(findings, of: analysis, framesPerConversation: 64) {
      progress in
      bar.update(progress)
      return !Interruption.happened
    }
    return traces ?? []
  }

  /// Writes every report that can be written.
  private func write(_ report: AnalysisReport, traces: [FindingTrace]) -> Bool {
    var isWritten = true
    for request in reports.requests {
      do {
        let style = request.destination == .standardOutput ? Terminal.output.style : TextStyle()
        try request.destination.write {
          try request.format.write(report, style, traces: traces, to: &$0)
        }
      } catch {
        Message.error("\(request.destination): the report cannot be written: \(error).")
        isWritten = false
      }
    }
    return isWritten
  }
}

extension CaptureError {
  /// A signal ended the wait for the first bytes of a pipe; the user knows.
  fileprivate var isInterruption: Bool {
    if case .readFailed(_, _, code: EINTR) = self { return true }
    return false
  }
}
