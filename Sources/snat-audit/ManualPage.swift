/// The manual page in mdoc, section 1.
struct ManualPage {
  private(set) var text = ""

  /// When this version's page was made; a page needs a date, and the clock is no input of ours.
  private static let date = "November 25, 2026"

  init(_ tool: ToolDescription, version: String) {
    let root = tool.command
    let commands = (root.subcommands ?? []).filter {
      $0.shouldDisplay ?? true && $0.commandName != "help"
    }
    macro("Dd \(Self.date)")
    macro("Dt SNAT-AUDIT 1")
    macro("Os")
    macro("Sh NAME")
    macro("Nm snat-audit")
    macro("Nd \(Self.clause(root.abstract))")
    macro("Sh SYNOPSIS")
    for command in commands { synopsis(command) }
    macro("Sh DESCRIPTION")
    discussion(root.discussion)
    macro("Sh COMMANDS")
    for command in commands { section(command) }
    exitStatus()
    environment()
    macro("Sh SEE ALSO")
    macro("Xr tcpdump 1 ,")
    macro("Xr pcap-filter 7")
    macro("Sh HISTORY")
    line("This page describes version \(version).")
  }

  // MARK: - Parts

  private mutating func synopsis(_ command: ToolDescription.Command) {
    macro("Nm")
    macro("Cm \(command.commandName)")
    for argument in Self.shown(command) {
      let name = argument.valueName ?? "value"
      switch argument.kind {
      case "positional":
        let operand = "Ar \(Self.word(name))" + (argument.isRepeating ? " ..." : "")
        macro(argument.isOptional ? "Op \(operand)" : operand)
      default:
        guard !argument.isOptional, let spelling = Self.spellings(argument).last else { continue }
        macro("\(spelling) Ar \(Self.word(name))")
      }
    }
    macro("Op Ar options")
  }

  private mutating func section(_ command: ToolDescription.Command) {
    macro("Ss snat-audit \(command.commandName)")
    line(command.abstract ?? "")
    discussion(command.discussion)
    let arguments = Self.shown(command)
    guard !arguments.isEmpty else { return }
    macro("Bl -tag -width Ds")
    for argument in arguments {
      let value = argument.valueName.map { " Ar \(Self.word($0))" } ?? ""
      if argument.kind == "positional" {
        macro("It" + value)
      } else {
        let isFlag = argument.kind == "flag"
        macro(
          "It "
            + Self.spellings(argument).map { $0 + (isFlag ? "" : value) }.joined(separator: " , "))
      }
      line(argument.abstract ?? "")
      discussion(argument.discussion)
    }
    macro("El")
  }

  private mutating func exitStatus() {
    macro("Sh EXIT STATUS")
    macro("Bl -tag -width Ds")
    for (status, meaning) in [
      ("0", "Done; with check: the policy is kept. Also when the reader closed the pipe."),
      ("1", "With check: the policy is broken."),
      ("2", "A usage error, an input that cannot be read, or a report that cannot be written."),
      ("3", "With check: the evidence does not allow a verdict."),
      ("130", "Interrupted; what was read so far is reported."),
    ] {
      macro("It \(status)")
      line(meaning)
    }
    macro("El")
  }

  private mutating func environment() {
    macro("Sh ENVIRONMENT")
    macro("Bl -tag -width NO_COLOR")
    macro("It Ev NO_COLOR")
    line("Text on a terminal has no colour where this is set to something.")
    macro("El")
  }

  // MARK: - Text

  /// Paragraphs; lines that are indented are examples and stay as they are.
  private mutating func discussion(_ text: String?) {
    guard let text else { return }
    var isLiteral = false
    var isBlank = true
    macro("Pp")
    for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let isExample = part.hasPrefix("  ")
      if isLiteral, !isExample {
        macro("Ed")
        isLiteral = false
      }
      if isExample, !isLiteral {
        macro("Bd -literal -offset indent")
        isLiteral = true
      }
      if part.isEmpty {
        if !isBlank { macro("Pp") }
      } else {
        line(String(isExample ? part.dropFirst(2) : part))
      }
      isBlank = part.isEmpty
    }
    if isLiteral { macro("Ed") }
    // A paragraph needs something before and after it.
    removeEmptyParagraphs()
  }

  /// What would be a paragraph in front of a display or a list is none.
  private mutating func removeEmptyParagraphs() {
    for next in [".Bd", ".Bl", ".Pp"] { text = text.replacing(".Pp\n\(next)", with: next) }
    while text.hasSuffix(".Pp\n") { text.removeLast(".Pp\n".count) }
  }

  private mutating func macro(_ macro: String) { text += ".\(macro)\n" }

  /// A line of text: what roff would take for a request or an escape is neither, and each sentence
  /// begins a line.
  private mutating func line(_ line: String) {
    var line = line.replacing("\\", with: "\\e")
    if line.hasPrefix(".") || line.hasPrefix("'") { line = "\\&" + line }
    text += line.replacing(". ", with: ".\n") + "\n"
  }

  /// One word of a macro's line.
  private static func word(_ word: String) -> String {
    let isPunctuation = word.count == 1 || word.contains(" ")
    return isPunctuation ? "\"\(word)\"" : word.replacing("|", with: "\\(ba")
  }

  /// As the one line that says what it is.
  private static func clause(_ sentence: String?) -> String {
    var clause = sentence ?? ""
    if clause.hasSuffix(".") { clause.removeLast() }
    return clause.prefix(1).lowercased() + clause.dropFirst()
  }

  private static func shown(_ command: ToolDescription.Command) -> [ToolDescription.Argument] {
    (command.arguments ?? []).filter { argument in
      argument.shouldDisplay
        && !(argument.names ?? []).contains { $0.name == "help" || $0.name == "version" }
    }
  }

  /// As flags: short ones first. A second dash is part of the name for mdoc.
  private static func spellings(_ argument: ToolDescription.Argument) -> [String] {
    (argument.names ?? []).sorted { $0.kind > $1.kind }
      .map { "Fl " + ($0.kind == "long" ? "\\-" : "") + $0.name }
  }
}
