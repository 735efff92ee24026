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
        snat-audit check --policy policy.yaml lb-any.pcap

      Exit codes: 0 done; 1 and 3 of check: the policy is broken, the evidence does not allow a \
      verdict; 2 usage error, an input that cannot be read, or a report that cannot be written; 130 \
      interrupted.
      """,
    version: "0.1.0",
    subcommands: [
      AnalyzeCommand.self, CheckCommand.self, ExplainCommand.self, ExtractCommand.self,
      WhatIfCommand.self, ConnectionsCommand.self, ExtractRecordsCommand.self, JudgeCommand.self,
      MergeCommand.self, SchemaCommand.self, ManualCommand.self,
    ])

  static func main() {
    ProcessSetup.run()
    var arguments = CommandLine.arguments.dropFirst()[...]
    if arguments.isEmpty { arguments = ["--help"] }
    do {
      try CommandNames.require(Array(arguments))
      var command = try parse(Array(arguments))
      try command.run()
    } catch let status as ExitStatus {
      status.exit()
    } catch let fault as FileFault {
      Message.error("\(fault)")
      ExitStatus.failed.exit()
    } catch let failure as StageFailure {
      Message.error("\(failure)")
      ExitStatus.failed.exit()
    } catch {
      guard exitCode(for: error) != .success else { leave(with: error) }
      fail(message(for: error), command: arguments.first)
    }
  }

  /// Parses the command line, with the options of a file in front where it names one.
  private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    guard let file = try ConfigFile(arguments, among: configuration.subcommands) else {
      return try parseExplaining(arguments)
    }
    do {
      return try parseExplaining(file.expanded)
    } catch  where exitCode(for: error) != .success {
      throw file.fault(message(for: error)) { refusal(of: $0) } ?? error
    }
  }

  /// Parses, and says of a negative number what its option takes.
  private static func parseExplaining(_ arguments: [String]) throws -> any ParsableCommand {
    do {
      return try parseAsRoot(arguments)
    } catch  where exitCode(for: error) != .success {
      let joined = NegativeNumbers.joined(arguments)
      guard joined != arguments, let refusal = refusal(of: joined) else { throw error }
      throw ValidationError(refusal)
    }
  }

  /// Why arguments are not taken; nil where they are.
  private static func refusal(of arguments: [String]) -> String? {
    do {
      _ = try parseAsRoot(arguments)
      return nil
    } catch {
      return exitCode(for: error) == .success ? nil : message(for: error)
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
    let help = command.flatMap { CommandNames.all.contains($0) ? " \($0)" : nil } ?? ""
    Message.error("\(sentence) (see: snat-audit\(help) --help)")
    ExitStatus.failed.exit()
  }
}
