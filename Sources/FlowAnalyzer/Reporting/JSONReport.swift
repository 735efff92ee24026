import FoundationEssentials

extension AnalysisReport {
  /// The report as JSON (contract, section 4): keys sorted, two spaces, a newline at the end.
  ///
  /// - Throws: what `JSONEncoder` throws; no value of this model makes it do so.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}
