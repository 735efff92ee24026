import ArgumentParser
import FlowAnalyzer
import Glibc

/// What commands that report on captures have in common: read, analyse, write every report.
protocol ReportingCommand: ParsableCommand {
  var captures: CaptureOptions { get }
  var server: ServerOptions { get }
  var reports: ReportOptions { get }
  var work: WorkOptions { get }
}

extension ReportingCommand {
  func validateDestinations() throws {
    for request in reports.requests {
      if let input = captures.inputs.first(where: { request.destination.isSameFile(as: $0.path) }) {
        throw ValidationError("--report: \(input.path) is a capture to be read, not overwritten.")
      }
    }
  }

  /// Not a part of `validate()`: what is wrong with an option must be said first.
  func requireCaptures() throws {
    guard captures.inputs.isEmpty else { return }
    throw ValidationError(
      "no capture is named; for example: \(Self._commandName) --server server.pcap")
  }

  /// Reads and analyses, and says what could not be read.
  func analyze() -> Analysis {
    var configuration = AnalyzerConfiguration()
    server.apply(to: &configuration)
    configuration.maximumFindings = reports.maxFindings
    work.apply(to: &configuration)

    Interruption.watch()
    defer { Interruption.stopWatching() }
    var bar = ProgressBar()
    var analysis = Analyzer(configuration: configuration).analyze(
      captures.inputs
    ) { progress in
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

  /// Writes every report that can be written.
  ///
  /// - Returns: whether all could be.
  func write(_ report: AnalysisReport, _ requests: [ReportRequest]) -> Bool {
    var isWritten = true
    for request in requests {
      do {
        let style = request.destination == .standardOutput ? Terminal.output.style : TextStyle()
        try request.destination.write { try request.format.write(report, style, to: &$0) }
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
