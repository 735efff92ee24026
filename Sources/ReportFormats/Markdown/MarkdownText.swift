import FlowAnalyzer

/// Markdown as GitHub and GitLab render it, up to a length: a part that would go beyond is left out.
struct MarkdownText {
  private(set) var output = ""
  private(set) var isCut = false
  private let limit: Int
  private var length = 0

  /// - Parameter limit: in bytes, and so at least as many characters.
  init(limit: Int) { self.limit = limit }

  /// Adds a block, such as a paragraph or a table, behind an empty line.
  mutating func add(_ block: String) {
    let block = output.isEmpty ? block + "\n" : "\n" + block + "\n"
    guard length + block.utf8.count <= limit else {
      isCut = true
      return
    }
    output += block
    length += block.utf8.count
  }

  mutating func add(_ table: Table) {
    if !table.rows.isEmpty { add(table.text) }
  }

  /// A block that is folded up until somebody asks.
  mutating func addDetails(_ summary: String, _ block: String) {
    add("<details>\n<summary>\(Markdown.html(summary))</summary>\n\n\(block)\n\n</details>")
  }

  /// Cells are Markdown.
  struct Table {
    enum Alignment { case left, right }

    var columns: [(name: String, alignment: Alignment)]
    var rows: [[String]] = []

    init(_ columns: (String, Alignment)...) {
      self.columns = columns.map { (name: $0.0, alignment: $0.1) }
    }

    mutating func row(_ cells: String...) { rows.append(cells) }

    var text: String {
      let rules = columns.map { $0.alignment == .right ? "---:" : "---" }
      return ([columns.map(\.name), rules] + rows).map(Self.line).joined(separator: "\n")
    }

    private static func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacingPipes }.joined(separator: " | ") + " |"
    }
  }
}

enum Markdown {
  /// Text that means what it says: nothing in it is markup.
  static func text(_ text: String) -> String {
    var escaped = ""
    for character in text.printable {
      if #"\`*_<>[]~&"#.contains(character) { escaped.append("\\") }
      escaped.append(character)
    }
    return escaped
  }

  static func text(_ text: StyledText) -> String { self.text(text.runs.map(\.text).joined()) }

  /// Text that strangers may have chosen, such as a path: in a code span nothing becomes markup, a
  /// link, or the mention of a person. The middle of a long one is left out.
  static func code(_ text: String) -> String {
    var plain = text.printable
    if plain.count > longestCode {
      plain = "\(plain.prefix(longestCode / 2))...\(plain.suffix(longestCode / 2))"
    }
    if plain.isEmpty { plain = " " }
    // A fence that is longer than any run inside, and a space from those at the edges.
    let longest = plain.split { $0 != "`" }.map(\.count).max() ?? 0
    let fence = String(repeating: "`", count: longest + 1)
    let isEdged = plain.hasPrefix("`") || plain.hasSuffix("`")
    return isEdged ? "\(fence) \(plain) \(fence)" : "\(fence)\(plain)\(fence)"
  }

  /// A command on lines of its own.
  static func block(_ lines: [String]) -> String {
    let text = lines.map(\.printable).joined(separator: "\n")
    let longest = text.split { $0 != "`" }.map(\.count).max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)sh\n\(text)\n\(fence)"
  }

  /// For the few elements of HTML that Markdown has no sign for.
  static func html(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      default: escaped.append(character)
      }
    }
    return escaped
  }

  private static let longestCode = 160
}

extension String {
  /// A pipe ends a cell, also inside of code, unless a backslash precedes it.
  fileprivate var replacingPipes: String {
    split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
