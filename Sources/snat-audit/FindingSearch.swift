import ArgumentParser
import FlowAnalyzer

/// Analyses captures for the sake of one finding, and reads them again for its packets: what `explain`
/// and `extract` have in common.
struct FindingSearch {
  let captures: CaptureOptions
  let selection: SelectionOptions
  let server: ServerOptions
  let privacy: PrivacyOptions
  let work: WorkOptions

  struct Result {
    let analyzer: Analyzer
    var analysis: Analysis
    var trace: FindingTrace
  }

  /// - Parameters:
  ///   - name: as on the command line.
  ///   - command: whose example is named in errors.
  ///   - framesPerConversation: how many frames of a tuple are kept.
  /// - Throws: `ValidationError` where the inputs or the name do not allow it; `ExitStatus` where it was
  ///   interrupted, or nothing could be read.
  func find(_ name: FindingName, command: String, framesPerConversation: Int) throws -> Result {
    try captures.requireInputs(
      advice: "give those of the analysis: \(command) \(name) --server server.pcap")
    let inputs = captures.inputs
    do {
      try Analyzer.requireRepeatable(inputs)
    } catch {
      throw ValidationError("\(error)")
    }
    var configuration = AnalyzerConfiguration()
    selection.apply(to: &configuration)
    server.apply(to: &configuration)
    try privacy.apply(to: &configuration)
    // The one that is asked for may be beyond what a report lists.
    configuration.maximumFindings = .max
    work.apply(to: &configuration)
    let analyzer = Analyzer(configuration: configuration)

    Interruption.watch()
    defer { Interruption.stopWatching() }
    var bar = ProgressBar()
    defer { bar.erase() }
    let analysis = analyzer.analyze(inputs) { progress in
      bar.update(progress)
      return !Interruption.happened
    }
    if Interruption.happened { throw ExitStatus.interrupted }
    bar.erase()
    analysis.warnOfAssumedSides()
    for failure in analysis.failures { Message.error("\(failure)") }
    let finding = try name.look(in: analysis.report, hasFailures: !analysis.failures.isEmpty)
    let traces = try analyzer.trace(
      [finding], of: analysis, framesPerConversation: framesPerConversation
    ) { progress in
      bar.update(progress)
      return !Interruption.happened
    }
    if Interruption.happened { throw ExitStatus.interrupted }
    return Result(analyzer: analyzer, analysis: analysis, trace: traces[0])
  }
}

/// A finding as the command line names it: `worst`, or an id or its first digits.
struct FindingName: ExpressibleByArgument, CustomStringConvertible {
  let description: String

  init?(argument: String) { description = argument }

  private static let worst = "worst"

  /// Throws unless it can be a name at all.
  func validate() throws {
    guard description != Self.worst else { return }
    guard (1...16).contains(description.count), description.allSatisfy(\.isHexDigit) else {
      throw ValidationError(
        "'\(description)' is no id of a finding: those are 16 hexadecimal digits, or the first of "
          + "them, as reports have them; or say 'worst'. The captures come after it.")
    }
  }

  /// - Throws: where there is not exactly one such finding.
  func look(in report: AnalysisReport, hasFailures: Bool) throws -> AnalysisReport.Finding {
    let findings = report.findings
    guard !findings.isEmpty else {
      // What could not be read has been said.
      if hasFailures { throw ExitStatus.failed }
      throw ValidationError(ReportProse(report, ranking: 0).absenceOfFindings)
    }
    if description == Self.worst, let worst = report.worstFinding { return worst }
    switch findings.matching(description) {
    case .one(let finding): return finding
    case .several(let ids):
      let shown = ids.prefix(4).map(\.description).joined(separator: ", ")
      throw ValidationError(
        "\(ids.count) findings begin with '\(description)': \(shown)\(ids.count > 4 ? ", ..." : ""); "
          + "give more digits.")
    case .none(let nearest):
      let names = nearest.map(\.description).joined(separator: ", ")
      throw ValidationError(
        "none of the \(findings.count) findings in these captures is '\(description)'; the nearest are "
          + "\(names). 'analyze' with the same captures lists the worst, and with --report json all; or "
          + "say 'worst'.")
    }
  }
}
