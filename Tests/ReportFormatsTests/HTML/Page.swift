import Fixtures
import FlowAnalyzer
import Foundation
import ReportFormats
import Testing

/// A page as a test sees it.
struct Page {
  let html: String

  init(_ report: AnalysisReport, traces: [FindingTrace] = []) throws {
    var html = ""
    try report.writeHTML(traces: traces) { html += $0 }
    self.html = html
  }

  /// The page of `whatif`.
  init(forecast report: AnalysisReport) throws {
    var html = ""
    try report.writeForecastHTML { html += $0 }
    self.html = html
  }

  /// The page of committed captures, which are read again for its ladders.
  init(fixtures files: String..., role: CaptureRole? = nil, workers: Int = 1) throws {
    var configuration = AnalyzerConfiguration()
    configuration.workers = workers
    let analyzer = Analyzer(configuration: configuration)
    let analysis = analyzer.analyze(
      files.map { CaptureInput(path: Fixtures.captures.appending(path: $0).path, role: role) })
    let findings = analysis.report.findingsToTrace
    try self.init(
      analysis.report, traces: analyzer.trace(findings, of: analysis, framesPerConversation: 64))
  }

  /// The tags of one name, with their attributes.
  func tags(_ name: String) -> [String] { matches("<\(name)(?: [^>]*)?>") }

  /// What a regular expression finds, in order.
  func matches(_ pattern: String) -> [String] {
    guard let expression = try? Regex(pattern) else { return [] }
    return html.matches(of: expression).map { String(html[$0.range]) }
  }

  /// The values of an attribute, in order.
  func attributes(_ name: String) -> [String] {
    matches(" \(name)=\"[^\"]*\"").map { String($0.dropFirst(name.count + 3).dropLast()) }
  }
}

extension Page: CustomTestStringConvertible {
  /// Its heading; all of it would fill the log.
  var testDescription: String {
    html.firstMatch(of: #/<title>([^<]*)/#).map { String($0.1) } ?? "a page"
  }
}
