import ArgumentParser
import FlowAnalyzer
import Glibc
import ReportFormats

/// What commands that report on captures have in common: read, analyse, write every report.
protocol ReportingCommand: ParsableCommand {
  var captures: CaptureOptions { get }
  var server: ServerOptions { get }
  var reports: ReportOptions { get }
  var work: WorkOptions { get }
}

extension ReportingCommand {
  func validateDestinations() throws { try reports.requests.requireOthers(than: captures.inputs) }

  /// Not a part of `validate()`: what is wrong with an option must be said first.
  func requireCaptures() throws {
    guard captures.inputs.isEmpty else { return }
    throw ValidationError(
      "no capture is named; for example: \(Self._commandName) --server server.pcap")
  }

  private var analyzer: Analyzer {
    var configuration = AnalyzerConfiguration()
    server.apply(to: &configuration)
    configuration.maximumFindings = reports.maxFindings
    work.apply(to: &configuration)
    return Analyzer(configuration: configuration)
  }

  /// Reads and analyses, and says what could not be read.
  func analyze() -> Analysis {
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
    if !analysis.assumed.isEmpty {
      Message.warning(
        "\(analysis.assumed.joined(separator: ", ")): taken for the server side; say --server to be sure"
      )
    }
    analysis.failures.removeAll(where: \.isInterruption)
    for failure in analysis.failures { Message.error("\(failure)") }
    return analysis
  }

  /// The packets of the findings that the HTML report draws, from a second reading. What comes from a
  /// pipe cannot be read twice, and who interrupted the first reading wants no second.
  private func traces(of analysis: Analysis) -> [FindingTrace] {
    guard !analysis.report.partial else { return [] }
    Interruption.watch()
    defer { Interruption.stopWatching() }
    var bar = ProgressBar()
    defer { bar.erase() }
    let traces = try? analyzer.trace(
      analysis.report.findingsToTrace, of: analysis, framesPerConversation: 64
    ) { progress in
      bar.update(progress)
      return !Interruption.happened
    }
    return traces ?? []
  }

  /// Writes every report that can be written.
  ///
  /// - Returns: whether all could be.
  func write(_ analysis: Analysis, _ requests: [ReportRequest]) -> Bool {
    let traces = requests.contains { $0.format == .html } ? traces(of: analysis) : []
    var isWritten = true
    // Captures in directories are known only now.
    let captures = analysis.report.captures.map(\.path)
    for request in requests {
      if let path = captures.first(where: { request.destination.isSameFile(as: $0) }) {
        Message.error("--report: \(path) is a capture to be read, not overwritten.")
        isWritten = false
        continue
      }
      do {
        var style = request.destination == .standardOutput ? Terminal.output.style : TextStyle()
        style.localClock = reports.timeZone?.clock
        try request.destination.write {
          try request.format.write(analysis.report, style, traces: traces, to: &$0)
        }
      } catch {
        Message.error("\(request.destination): the report cannot be written: \(error).")
        isWritten = false
      }
    }
    return isWritten
  }
}

extension [ReportRequest] {
  /// No report may overwrite what is to be read.
  func requireOthers(than inputs: [CaptureInput]) throws {
    for request in self {
      if let input = inputs.first(where: { request.destination.isSameFile(as: $0.path) }) {
        throw ValidationError("--report: \(input.path) is a capture to be read, not overwritten.")
      }
    }
  }
}

extension CaptureError {
  /// A signal ended the wait for the first bytes of a pipe; the user knows.
  fileprivate var isInterruption: Bool {
    switch self {
    // Nor had anybody opened a named pipe for writing.
    case .readFailed(_, _, code: EINTR), .cannotOpen(_, code: EINTR): true
    default: false
    }
  }
}
