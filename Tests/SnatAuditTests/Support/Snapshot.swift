import Foundation
import Testing

/// Expected text in a file of its own, beside the tests.
///
/// `SNAT_AUDIT_RECORD=1 swift test` writes the files anew; such a run fails, so that nothing is
/// recorded by accident and a reviewer sees the difference.
func expectSnapshot(
  _ text: String, named name: String, file: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let url = URL(filePath: file).deletingLastPathComponent().appending(path: "Snapshots/\(name)")
  if ProcessInfo.processInfo.environment["SNAT_AUDIT_RECORD"] != nil {
    try Data(text.utf8).write(to: url)
    Issue.record(
      "recorded \(name); run again without SNAT_AUDIT_RECORD", sourceLocation: sourceLocation)
    return
  }
  let expected = try String(contentsOf: url, encoding: .utf8)
  guard text != expected else { return }
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  let expectedLines = expected.split(separator: "\n", omittingEmptySubsequences: false)
  let index = zip(lines, expectedLines).enumerated().first { $1.0 != $1.1 }?.offset
  let line = index ?? min(lines.count, expectedLines.count)
  Issue.record(
    """
    \(name), line \(line + 1)
      expected: \(line < expectedLines.count ? expectedLines[line] : "the end")
      but was:  \(line < lines.count ? lines[line] : "the end")
    SNAT_AUDIT_RECORD=1 swift test records it anew.
    """, sourceLocation: sourceLocation)
}
