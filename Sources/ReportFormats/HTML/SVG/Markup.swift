import FlowAnalyzer
import Mustache

/// Text that may stand in a page as it is: tags of our own, and text from elsewhere that was escaped.
///
/// Templates take it with three braces, and nothing else so.
struct Markup: Equatable, Sendable {
  private(set) var text: String

  /// - Parameter tags: written by us, without anything from a capture or the command line.
  init(tags: String) { text = tags }

  /// - Parameter text: from anywhere.
  init(escaping text: String) { self.text = Self.escape(text) }

  mutating func append(_ other: Markup) { text += other.text }

  /// Scalar by scalar: to look at whole characters would let a quotation mark pass that carries an
  /// accent. Characters without a glyph, which could turn the text around them, become `?`.
  static func escape(_ text: String) -> String {
    var escaped = ""
    for scalar in text.printable.unicodeScalars {
      switch scalar {
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "&": escaped += "&amp;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

extension Markup {
  /// Roles become classes; what matters in them is said by the words too.
  init(_ styled: StyledText) {
    text = ""
    for run in styled.runs {
      let escaped = Self.escape(run.text.keepingUnits)
      switch run.role {
      case .plain: text += escaped
      case .heading, .strong: text += "<strong>\(escaped)</strong>"
      case .dim: text += "<span class=\"dim\">\(escaped)</span>"
      case .good: text += "<span class=\"good\">\(escaped)</span>"
      case .warning: text += "<span class=\"warning\">\(escaped)</span>"
      case .bad: text += "<strong class=\"bad\">\(escaped)</strong>"
      }
    }
  }
}

extension String {
  /// With spaces between numbers and their units at which no line ends. For prose, not for what people
  /// copy: to a shell such a space is a letter.
  var keepingUnits: String {
    replacing(Self.numberAndUnit) { "\($0.1)\u{A0}\($0.2)" }
  }

  /// Not a constant: a regular expression is not `Sendable`.
  private static var numberAndUnit: Regex<(Substring, Substring, Substring)> {
    /([0-9]) (us|ms|s|min|h|%)(?![A-Za-z0-9])/
  }
}

extension Markup: MustacheCustomRenderable {
  var renderText: String { text }
  var isNull: Bool { false }
}

/// What templates do to text in two braces: the same as `Markup`.
struct EscapedContent: MustacheContentType {
  func escapeText(_ text: String) -> String { Markup.escape(text) }
}
