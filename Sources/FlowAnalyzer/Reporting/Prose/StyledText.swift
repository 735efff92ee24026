/// Text whose parts have roles, so that colour is decided in one place and widths stay honest.
///
///     let line: StyledText = "\("3 attempts failed", .bad), the others connected."
package struct StyledText: ExpressibleByStringInterpolation, Sendable {
  /// What a part is to the reader.
  package enum Role: Sendable {
    case plain, heading, strong, dim, good, warning, bad
  }

  package struct Run: Sendable {
    package var text: String
    package var role: Role
  }

  package private(set) var runs: [Run]

  package init(runs: [Run]) { self.runs = runs }

  package init(_ text: String, _ role: Role = .plain) { runs = [Run(text: text, role: role)] }

  package init(stringLiteral value: String) { self.init(value) }

  package init(stringInterpolation: Interpolation) { runs = stringInterpolation.runs }

  package struct Interpolation: StringInterpolationProtocol {
    fileprivate var runs: [Run] = []

    package init(literalCapacity: Int, interpolationCount: Int) {}

    package mutating func appendLiteral(_ literal: String) {
      if !literal.isEmpty { runs.append(Run(text: literal, role: .plain)) }
    }

    package mutating func appendInterpolation(
      _ value: some CustomStringConvertible, _ role: Role = .plain
    ) {
      runs.append(Run(text: value.description, role: role))
    }

    package mutating func appendInterpolation(_ text: StyledText) { runs += text.runs }
  }

  /// How many columns it takes on a terminal.
  package var width: Int { runs.reduce(0) { $0 + $1.text.count } }

  package var isEmpty: Bool { runs.allSatisfy(\.text.isEmpty) }

  package static func + (lhs: StyledText, rhs: StyledText) -> StyledText {
    var sum = lhs
    sum += rhs
    return sum
  }

  /// Parts of one role that meet become one, so that an escape sequence frames phrases, not words.
  package static func += (lhs: inout StyledText, rhs: StyledText) {
    for run in rhs.runs {
      if let last = lhs.runs.last, last.role == run.role {
        lhs.runs[lhs.runs.count - 1].text += run.text
      } else {
        lhs.runs.append(run)
      }
    }
  }

  /// Fills it up with spaces to `width` columns, in front where `isRightAligned`.
  func padded(to width: Int, isRightAligned: Bool = false) -> StyledText {
    let space = StyledText(String(repeating: " ", count: max(0, width - self.width)))
    return isRightAligned ? space + self : self + space
  }
}

extension StyledText {
  /// The same text in lines of at most `width` columns, broken at spaces; a longer word has a line
  /// of its own.
  func wrapped(to width: Int) -> [StyledText] {
    var lines: [StyledText] = []
    var line = StyledText(runs: [])
    for word in words {
      if !line.isEmpty, line.width + 1 + word.width > width {
        lines.append(line)
        line = StyledText(runs: [])
      }
      if line.isEmpty {
        line = word
      } else {
        let isOneRole = line.runs.last?.role == word.runs.first?.role
        line += StyledText(" ", isOneRole ? word.runs.first?.role ?? .plain : .plain)
        line += word
      }
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }

  /// Split at spaces; a word may change its role in the middle.
  private var words: [StyledText] {
    var words: [StyledText] = []
    var word = StyledText(runs: [])
    for run in runs {
      for (index, part) in run.text.split(separator: " ", omittingEmptySubsequences: false)
        .enumerated()
      {
        if index > 0 {
          if !word.isEmpty { words.append(word) }
          word = StyledText(runs: [])
        }
        if !part.isEmpty { word.runs.append(Run(text: String(part), role: run.role)) }
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}
