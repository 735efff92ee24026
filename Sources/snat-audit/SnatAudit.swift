import ArgumentParser

/// The root command. Its `main` exists for one reason: every failure is one line on standard error
/// and one of the documented exit codes, while swift-argument-parser would print its usage and
/// leave with 64.
@main
struct SnatAudit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snat-audit",
    abstract: "Find SYNs that hit a 4-tuple which the server still holds.",
    discussion: """
      Behind a load balancer with SNAT, new connections reuse the ports of old ones. A SYN on a \
      tuple that the server still holds in TIME_WAIT may be refused or ignored, and its client \
      waits seconds for no visible reason. snat-audit reads packet captures and tells of every SYN \
      what it met, how the server answered, and what that cost.

      Examples:
        snat-audit analyze --server server.pcap
        snat-audit analyze --client client.pcap --server server.pcap
        snat-audit analyze lb-any.pcap

      Exit codes: 0 done; 2 usage error, an input that cannot be read, or a report that cannot be \
      written; 130 interrupted.
      """,
    version: "0.1.0",
    subcommands: [
      AnalyzeCommand.self, ExplainCommand.self, ExtractCommand.self, ConnectionsCommand.self,
      SchemaCommand.self, WhatIfCommand.self,
    ])

  static func main() {
    var arguments = CommandLine.arguments.dropFirst()[...]
    if let name = arguments.first, PlannedCommand(rawValue: name) != nil {
      let known = configuration.subcommands.compactMap { $0.configuration.commandName }
      fail("the command '\(name)' is not in this version; it has: \(known.joined(separator: ", "))")
    }
    if arguments.isEmpty { arguments = ["--help"] }
    do {
      var command = try parseAsRoot(Array(arguments))
      try command.run()
    } catch let status as ExitStatus {
      status.exit()
    } catch {
      guard exitCode(for: error) != .success else { leave(with: error) }
      fail(message(for: error), command: arguments.first)
    }
  }

  /// Prints the help, the version or a completion script that was asked for.
  private static func leave(with request: any Error) -> Never {
    do {
      try StandardOutput.write(fullMessage(for: request) + "\n")
      ExitStatus.done.exit()
    } catch {
      Message.error("standard output: \(error)")
      ExitStatus.failed.exit()
    }
  }

  private static func fail(_ message: String, command: String? = nil) -> Never {
    let sentence = message.split(whereSeparator: \.isNewline)
      .map { String($0.drop(while: \.isWhitespace)) }.joined(separator: " ")
    let known = configuration.subcommands.compactMap { $0.configuration.commandName }
    let help = command.flatMap { known.contains($0) ? " \($0)" : nil } ?? ""
    Message.error("\(sentence) (see: snat-audit\(help) --help)")
    ExitStatus.failed.exit()
  }
}

/// Commands that are documented for a later version.
private enum PlannedCommand: String {
  case check, judge, merge
  case extractRecords = "extract-records"
}
