import Fixtures
import FlowAnalyzer
import Foundation

extension AnalysisReport {
  /// The report of committed captures.
  ///
  /// - Parameters:
  ///   - files: under `Captures`; their sides are found out.
  init(fixtures files: String...) {
    let inputs = files.map { file in
      CaptureInput(path: Fixtures.captures.appending(path: file).path)
    }
    self = Analyzer().analyze(inputs).report
  }
}
