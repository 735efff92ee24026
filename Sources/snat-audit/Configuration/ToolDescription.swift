import ArgumentParser
import Foundation

/// The commands and options as the argument parser itself describes them, for what would else be
/// written down twice: what a file of options may hold, and the manual page.
struct ToolDescription: Decodable {
  var command: Command

  struct Command: Decodable {
    var commandName: String
    var abstract: String?
    var discussion: String?
    var arguments: [Argument]?
    var subcommands: [Command]?
    var shouldDisplay: Bool?
  }

  struct Argument: Decodable {
    /// positional, option or flag.
    var kind: String
    var names: [Name]?
    var abstract: String?
    var discussion: String?
    var valueName: String?
    var isOptional: Bool
    var isRepeating: Bool
    var shouldDisplay: Bool
    var parsingStrategy: String?
    var sectionTitle: String?
  }

  struct Name: Decodable {
    /// long or short.
    var kind: String
    var name: String

    /// With its dashes.
    var spelling: String { (kind == "long" ? "--" : "-") + name }
  }

  /// Of a command and all below it; what `--experimental-dump-help` prints.
  init(_ command: any ParsableCommand.Type) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(command._dumpHelp().utf8))
  }
}
