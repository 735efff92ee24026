import ArgumentParser
import FlowAnalyzer
import ReportFormats

/// What commands that report on captures have in common: read, analyse, write every report.
protocol ReportingCommand: AnalyzingCommand {
  var reports: ReportOptions { get }
  var findings: FindingOptions { get }
}

extension ReportingCommand {
  /// - Parameter files: what is read besides captures, and a key.
  func validateDestinations(besides files: String?...) throws {
    try reports.requests.requireOthers(than: captures.inputs, [privacy.anonymize] + files)
  }

  /// - Throws: as `makeConfiguration`.
  func makeAnalyzer() throws -> Analyzer {
    var configuration = try makeConfiguration()
    configuration.maximumFindings = findings.maxFindings
    if reports.requests.contains(where: \.format.hasForecast) {
      configuration.forecast = .brief
      configuration.forecast?.presets = balancer.balancers
    }
    return Analyzer(configuration: configuration)
  }

  /// The packets of the findings that the HTML report draws, from a second reading. What comes from a
  /// pipe cannot be read twice, and who interrupted the first reading wants no second.
  private func traces(of analysis: Analysis, by analyzer: Analyzer) -> [FindingTrace] {
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
  /// - Parameter analyzer: that of the analysis.
  /// - Returns: whether all could be.
  func write(_ analysis: Analysis, by analyzer: Analyzer, _ requests: [ReportRequest]) -> Bool {
    let traces =
      requests.contains { $0.format == .html } ? traces(of: analysis, by: analyzer) : []
    return requests.write(
      analysis.report, traces: traces, timeZone: reports.place.timeZone,
      workers: analyzer.configuration.workers)
  }
}

extension [ReportRequest] {
  /// No report may overwrite what is to be read.
  ///
  /// - Parameter files: those that are no captures.
  func requireOthers(than inputs: [CaptureInput], _ files: [String?]) throws {
    for request in self {
      if let input = inputs.first(where: { request.destination.isSameFile(as: $0.path) }) {
        throw ValidationError("--report: \(input.path) is a capture to be read, not overwritten.")
      }
      if let file = files.compactMap(\.self).first(where: request.destination.isSameFile) {
        throw ValidationError("--report: \(file) is to be read, not overwritten.")
      }
    }
  }

  /// Writes every report that can be written.
  ///
  /// - Parameters:
  ///   - traces: what HTML draws.
  ///   - workers: how many threads may write one.
  /// - Returns: whether all could be.
  func write(
    _ report: AnalysisReport, traces: [FindingTrace], timeZone: NamedTimeZone?, workers: Int
  ) -> Bool {
    var isWritten = true
    // Captures in directories are known only now.
    let captures = report.captures.map(\.path)
    for request in self {
      if let path = captures.first(where: { request.destination.isSameFile(as: $0) }) {
        Message.error("--report: \(path) is a capture to be read, not overwritten.")
        isWritten = false
        continue
      }
      do {
        var style = request.destination == .standardOutput ? Terminal.output.style : TextStyle()
        style.localClock = timeZone?.clock
        try request.destination.write {
          try request.format.write(report, style, traces: traces, workers: workers, to: &$0)
        }
      } catch {
        Message.error("\(request.destination): the report cannot be written: \(error).")
        isWritten = false
      }
    }
    return isWritten
  }
}
