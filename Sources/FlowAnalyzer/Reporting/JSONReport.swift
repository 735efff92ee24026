import FoundationEssentials

extension AnalysisReport {
  /// Writes the report as JSON (contract, section 4): keys sorted, two spaces, a newline at the end.
  ///
  /// Each finding stands on one line, and each is encoded alone: the memory does not grow with the
  /// text of all of them.
  ///
  /// - Parameter write: takes the text piece by piece.
  /// - Throws: what `write` throws, or `JSONEncoder`, whom no value of this model makes do so.
  public func writeJSON(to write: (String) throws -> Void) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]

    let lineEncoder = JSONEncoder()
    lineEncoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]

    func text(_ value: some Encodable) throws -> String {
      let lines = String(decoding: try encoder.encode(value), as: UTF8.self)
      return lines.split(separator: "\n", omittingEmptySubsequences: false)
        .joined(separator: "\n  ")
    }
    func member(_ name: String, _ value: some Encodable) throws {
      try write("  \"\(name)\" : \(text(value)),\n")
    }

    try write("{\n")
    try member("analysis", analysis)
    try member("captures", captures)
    try member("clock", clock)
    try member("coverage", coverage)
    try write("  \"findings\" : [")
    for (index, finding) in findings.enumerated() {
      let line = String(decoding: try lineEncoder.encode(finding), as: UTF8.self)
      try write((index == 0 ? "\n    " : ",\n    ") + line)
    }
    try write(findings.isEmpty ? "],\n" : "\n  ],\n")
    try member("findingsOmitted", findingsOmitted)
    try member("heldAtEnd", heldAtEnd)
    try member("partial", partial)
    try member("schemaVersion", schemaVersion)
    try member("summary", summary)
    try write("  \"topology\" : \(text(topology))\n}\n")
  }
}
