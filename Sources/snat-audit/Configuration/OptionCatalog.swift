import ArgumentParser

/// The options of a command by their long names, as the argument parser itself knows them.
struct OptionCatalog {
  struct Option {
    var isFlag: Bool
    /// May be given several times.
    var isRepeating: Bool
    /// Takes what follows it, up to the next option.
    var isGreedy: Bool
    /// All of its names, such as `--output` and `-o`.
    var spellings: [String]
  }

  let options: [String: Option]

  init(_ command: any ParsableCommand.Type) {
    let tool = try? ToolDescription(command)
    var options: [String: Option] = [:]
    for argument in tool?.command.arguments ?? [] where argument.kind != "positional" {
      guard let long = argument.names?.first(where: { $0.kind == "long" })?.name,
        !Self.notForFiles.contains(long)
      else { continue }
      options[long] = Option(
        isFlag: argument.kind == "flag", isRepeating: argument.isRepeating,
        isGreedy: argument.parsingStrategy == "upToNextOption",
        spellings: (argument.names ?? []).map(\.spelling))
    }
    self.options = options
  }

  /// They ask for something else than a run, or for the file itself.
  private static let notForFiles: Set = ["help", "version", "config"]
}
