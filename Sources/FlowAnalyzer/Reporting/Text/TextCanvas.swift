/// How a text report is laid out.
public struct TextStyle: Sendable {
  /// Columns. Prose and tables keep within; what is made for copying is never broken.
  public var width: Int
  public var hasColor: Bool
  /// Diagrams may be drawn with characters beyond ASCII.
  public var hasBoxes: Bool
  /// Times of this place stand beside those in UTC.
  public var localClock: LocalClock?

  /// Tables need that much.
  private static let narrowest = 72

  /// A report in a file has 100 columns, whatever terminal it is written from.
  public init(
    width: Int = 100, hasColor: Bool = false, hasBoxes: Bool = false, localClock: LocalClock? = nil
  ) {
    self.width = max(width, Self.narrowest)
    self.hasColor = hasColor
    self.hasBoxes = hasBoxes
    self.localClock = localClock
  }
}

/// Collects the lines of a text report. Every line ends where its text does, without spaces.
struct TextCanvas {
  let style: TextStyle
  private(set) var output = ""

  init(style: TextStyle) { self.style = style }

  mutating func blank() { output += "\n" }

  /// One line, never broken.
  mutating func line(_ text: StyledText, indent: Int = 0) {
    var rendered = String(repeating: " ", count: indent) + text.rendered(hasColor: style.hasColor)
    while rendered.hasSuffix(" ") { rendered.removeLast() }
    output += rendered + "\n"
  }

  /// Prose, wrapped; lines after the first start `hanging` columns further to the right.
  mutating func paragraph(_ text: StyledText, indent: Int = 2, hanging: Int = 0) {
    labelled("", text, indent: indent, hanging: hanging)
  }

  /// Prose behind a label that takes `hanging` columns.
  mutating func labelled(
    _ label: StyledText, _ text: StyledText, indent: Int = 2, hanging: Int
  ) {
    let width = max(style.width - indent - hanging, 30)
    let isLabelled = !label.isEmpty
    for (index, line) in text.wrapped(to: width).enumerated() {
      if index == 0 {
        self.line(
          isLabelled ? label.padded(to: hanging) + line : line, indent: indent)
      } else {
        self.line(line, indent: indent + hanging)
      }
    }
  }

  /// The title of a section, behind an empty line.
  mutating func heading(_ title: String, _ remark: String = "") {
    blank()
    line("\(title, .heading)\(remark.isEmpty ? "" : "  " + remark, .dim)")
  }

  mutating func table(_ table: TextTable, indent: Int = 2) {
    for row in table.lines(width: style.width - indent) { line(row, indent: indent) }
  }
}

extension TextTable {
  private static let gap = 2

  /// The table for a terminal; the last column is prose and wraps.
  func lines(width: Int) -> [StyledText] {
    let rows = (header.isEmpty ? [] : [header]) + rows
    let fixed = columns.indices.dropLast().map { column in
      // A row of one cell is the title of those below it, and may reach over all columns.
      rows.map { $0.count > max(column, 1) ? $0[column].width : 0 }.max() ?? 0
    }
    let start = fixed.reduce(0) { $0 + $1 + Self.gap }
    var lines: [StyledText] = []
    for row in rows {
      var line = StyledText(runs: [])
      for (column, width) in fixed.enumerated() where column < row.count {
        line += row[column].padded(to: width, isRightAligned: columns[column] == .right)
        line += "  "
      }
      guard row.count == columns.count, let last = row.last else {
        lines.append(line)
        continue
      }
      if columns.last == .right {
        let end = rows.map { $0.count == columns.count ? $0.last?.width ?? 0 : 0 }.max() ?? 0
        lines.append(line + last.padded(to: end, isRightAligned: true))
        continue
      }
      for (index, part) in last.wrapped(to: max(width - start, 24)).enumerated() {
        lines.append(
          index == 0 ? line + part : StyledText(String(repeating: " ", count: start)) + part)
      }
    }
    return lines
  }
}
