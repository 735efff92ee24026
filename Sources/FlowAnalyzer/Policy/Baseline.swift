/// An earlier report, as far as a policy compares with it.
public struct Baseline: Sendable {
  /// As reports name it.
  public var path: String
  /// The contents of its captures; empty where the report does not know them.
  public var contentHashes: [String]
  public var grade: Coverage.Grade
  public var figures: Figures
  public var findings: Set<FindingIdentifier>
  /// Findings that it counted but did not list.
  public var findingsOmitted: Int

  public init(
    path: String, contentHashes: [String], grade: Coverage.Grade, figures: Figures,
    findings: Set<FindingIdentifier>, findingsOmitted: Int
  ) {
    self.path = path
    self.contentHashes = contentHashes
    self.grade = grade
    self.figures = figures
    self.findings = findings
    self.findingsOmitted = findingsOmitted
  }

  /// Whether the report is of the very same captures, whatever their names and order.
  func isOfSameCaptures(as report: AnalysisReport) -> Bool {
    let hashes = report.captures.map(\.contentHash)
    return !hashes.isEmpty && !hashes.contains("") && hashes.sorted() == contentHashes.sorted()
  }
}
