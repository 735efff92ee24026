import Foundation
import Testing

@testable import FlowAnalyzer

/// What a report says of SYNs, tuples and connections, in a form that can be compared line by line:
/// all of its JSON but for what tells of the captures themselves.
struct ReportContent {
  /// What a change of the captures changes in the report as well.
  struct Change: OptionSet {
    let rawValue: Int
    /// Frames have other numbers, or come from other files.
    static let frames = Change(rawValue: 1)
    /// Addresses and ports are others, and with them the names of findings.
    static let tuples = Change(rawValue: 2)
    /// How far the captures allow a verdict: what was cut, or dropped.
    static let coverage = Change(rawValue: 4)
  }

  private(set) var lines: [String]

  /// - Parameters:
  ///   - shift: how many nanoseconds later than in the original everything happens.
  ///   - change: what is left out.
  init(_ report: AnalysisReport, shift: Int64 = 0, without change: Change = []) throws {
    var text: [UInt8] = []
    report.writeJSON { text.append($0) }
    var fields = try #require(
      try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any])
    for name in ["captures", "clock", "schemaVersion"] { fields[name] = nil }
    if change.contains(.coverage) { fields["coverage"] = nil }
    // In the order of addresses, and of the names that come of them.
    if change.contains(.tuples) { for name in ["sources", "topology"] { fields[name] = nil } }
    var dropped: Set<String> = []
    if change.contains(.frames) { dropped.formUnion(["frame", "capture"]) }
    if change.contains(.tuples) {
      dropped.formUnion([
        "id", "tuple", "ip", "port", "snatAddresses", "virtualAddresses", "servers",
      ])
    }
    lines = []
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      add(value, at: name, shift: shift, without: dropped)
    }
  }

  private mutating func add(
    _ value: Any, at path: String, shift: Int64, without dropped: Set<String>
  ) {
    switch value {
    case let fields as [String: Any]:
      for (name, value) in fields.sorted(by: { $0.key < $1.key }) where !dropped.contains(name) {
        add(value, at: "\(path).\(name)", shift: shift, without: dropped)
      }
    case let values as [Any]:
      for (index, value) in values.enumerated() {
        add(value, at: "\(path)[\(index)]", shift: shift, without: dropped)
      }
      if values.isEmpty { lines.append("\(path) = []") }
    case let text as String:
      lines.append("\(path) = \(Self.time(text).map { "\($0 - shift)" } ?? text)")
    default: lines.append("\(path) = \(value)")
    }
  }

  /// Nanoseconds since the epoch; nil for what is no time. Without a formatter: there are very many.
  private static func time(_ text: String) -> Int64? {
    let text = Array(text.utf8)
    guard text.count == 30, text[10] == UInt8(ascii: "T"), text[29] == UInt8(ascii: "Z") else {
      return nil
    }
    let parts = text.dropLast().split { !(48...57).contains($0) }.map { digits in
      digits.reduce(0) { 10 * $0 + Int64($1 - 48) }
    }
    guard parts.count == 7 else { return nil }
    // Years that begin in March have their leap day last.
    let (year, month) = parts[1] > 2 ? (parts[0], parts[1] - 3) : (parts[0] - 1, parts[1] + 9)
    let days =
      365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + parts[2] - 719_469
    let seconds = ((24 * days + parts[3]) * 60 + parts[4]) * 60 + parts[5]
    return 1_000_000_000 * seconds + parts[6]
  }
}

/// Records the first line in which two reports differ.
func expectSame(
  _ content: ReportContent, _ expected: ReportContent, _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard content.lines != expected.lines else { return }
  let index = zip(content.lines, expected.lines).enumerated().first { $1.0 != $1.1 }?.offset
  let line = index ?? min(content.lines.count, expected.lines.count)
  func text(_ lines: [String]) -> String { line < lines.count ? lines[line] : "the end" }
  Issue.record(
    "\(comment): was \(text(content.lines)), expected \(text(expected.lines))",
    sourceLocation: sourceLocation)
}
