import ArgumentParser

/// Options in a file, under their long names:
///
///     server: [captures/]
///     time-wait: 60
///     report: [text, junit=snat-audit.xml]
///
/// They become arguments in front of the user's own, so that all that holds for the command line holds
/// for the file. `captures` has what stands without a name on the command line. An option that the
/// command line names is not taken from the file. One of another command is passed over, so that one
/// file does for all of them.
struct ConfigFile {
  let path: String
  private let entries: [Entry]
  private let command: String
  /// The command line without the file.
  private let own: [String]

  /// An option of the file, as arguments.
  private struct Entry {
    var value: YAMLValue
    var isGreedy: Bool
    var arguments: [String]
  }

  /// Nil where the command line names no file.
  ///
  /// - Parameter arguments: the command's name, then what belongs to it.
  /// - Throws: `FileFault`, or `ValidationError` where several files are named.
  init?(_ arguments: [String], among commands: [any ParsableCommand.Type]) throws {
    guard let name = arguments.first,
      let command = commands.first(where: { $0.configuration.commandName == name })
    else { return nil }
    // What follows "--" is no option.
    let tail = arguments.drop { $0 != "--" }
    var rest = arguments.dropFirst().prefix { $0 != "--" }
    var given: [String] = []
    var paths: [String] = []
    while let argument = rest.popFirst() {
      if argument == Self.option, let path = rest.popFirst() {
        paths.append(path)
      } else if argument.hasPrefix(Self.option + "=") {
        paths.append(String(argument.dropFirst(Self.option.count + 1)))
      } else {
        given.append(argument)
      }
    }
    guard let path = paths.first else { return nil }
    guard paths.count == 1 else { throw ValidationError("--config: name one file, please.") }
    self.path = path
    self.command = name
    own = given + tail
    entries = try Self.entries(
      path, OptionCatalog(command), all: commands.map { OptionCatalog($0) }, given: given)
  }

  private static let option = "--config"

  private static func entries(
    _ path: String, _ catalog: OptionCatalog, all: [OptionCatalog], given: [String]
  ) throws(FileFault) -> [Entry] {
    var entries: [Entry] = []
    for (key, value) in try YAMLFile.read(path).entries() {
      guard let option = catalog.options[key] else {
        guard all.contains(where: { $0.options[key] != nil }) else {
          throw value.fault(
            "there is no such option; keys are long names of options, such as time-wait, or captures"
          )
        }
        continue
      }
      let isGiven = given.contains { argument in
        option.spellings.contains { argument == $0 || argument.hasPrefix($0 + "=") }
      }
      if isGiven { continue }
      entries.append(
        Entry(
          value: value, isGreedy: option.isGreedy,
          arguments: try self.arguments(key, value, option)))
    }
    return entries
  }

  private static func arguments(
    _ name: String, _ value: YAMLValue, _ option: OptionCatalog.Option
  ) throws(FileFault) -> [String] {
    if option.isFlag {
      switch try value.text() {
      case "true": return ["--\(name)"]
      case "false": return []
      case let text: throw value.fault("'\(text)' is neither true nor false")
      }
    }
    let texts = try value.texts()
    guard option.isRepeating || texts.count == 1 else { throw value.fault("expected one value") }
    return texts.map { "--\(name)=\($0)" }
      // The report says where this one comes from.
      + (name == "time-wait" ? ["--time-wait-is-configured"] : [])
  }

  /// The file's options, then the user's own.
  var expanded: [String] { arguments(entries) }

  private func arguments(_ entries: [Entry]) -> [String] {
    // What takes all that follows comes first, and the name of the file last, which takes one word.
    let sorted = entries.filter(\.isGreedy) + entries.filter { !$0.isGreedy }
    return [command] + sorted.flatMap(\.arguments) + ["\(Self.option)=\(path)"] + own
  }

  /// What the command line is refused for, laid at the file's door where it is not the user's own fault.
  ///
  /// - Parameters:
  ///   - message: what the parser says of all.
  ///   - refusal: what it says of other arguments; nil where it takes them.
  func fault(_ message: String, refusal: ([String]) -> String?) -> FileFault? {
    guard refusal(arguments([])) == nil else { return nil }
    for entry in entries {
      if let message = refusal(arguments([entry])) { return entry.value.fault(message) }
    }
    return FileFault(file: path, problem: message)
  }
}
