import Foundation
import Testing

/// Expected text in a file under `Snapshots`, beside the tests.
///
/// `SNAT_AUDIT_RECORD=1 swift test` writes the files anew; such a run fails, so that nothing is
/// recorded by accident and a reviewer sees the difference.
func expectSnapshot(
  _ text: String, named name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let url = Consumer.repository.appending(path: "Tests/ReportFormatsTests/Snapshots/\(name)")
  if ProcessInfo.processInfo.environment["SNAT_AUDIT_RECORD"] != nil {
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    Issue.record(
      "recorded \(name); run again without SNAT_AUDIT_RECORD", sourceLocation: sourceLocation)
    return
  }
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  let expected = try String(contentsOf: url, encoding: .utf8)
    .split(separator: "\n", omittingEmptySubsequences: false)
  guard lines != expected else { return }
  let line =
    zip(lines, expected).enumerated().first { $1.0 != $1.1 }?.offset
    ?? min(lines.count, expected.count)
  Issue.record(
    """
    \(name), line \(line + 1)
      expected: \(line < expected.count ? expected[line] : "the end")
      but was:  \(line < lines.count ? lines[line] : "the end")
    SNAT_AUDIT_RECORD=1 swift test records it anew.
    """, sourceLocation: sourceLocation)
}
