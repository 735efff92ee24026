@testable import FlowAnalyzer

extension AnalysisReport {
  var json: String { String { text in writeJSON { text.append($0) } } }
}
