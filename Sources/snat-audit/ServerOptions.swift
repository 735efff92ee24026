public import ArgumentParser
public import FlowAnalyzer

/// What is known about the server beforehand.
struct ServerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long the server holds TIME_WAIT (default: 60, or what the server's stack has).",
      valueName: "seconds"),
    transform: TimeWaitLength.parse)
  var timeWait: TimeWaitLength?

  /// It stands in a file of options.
  @Flag(help: .hidden) var timeWaitIsConfigured = false

  @Option(
    help: ArgumentHelp(
      "The server's TCP stack (default: what its answers show, Linux until then).",
      valueName: "name"))
  var serverStack: StackProfile?

  @Option(
    help: ArgumentHelp(
      "Whether the server ignores RSTs in TIME_WAIT; auto lets its answers tell.",
      valueName: "on|off|auto"))
  var rfc1337: Switch = .auto

  enum Switch: String, ExpressibleByArgument, CaseIterable {
    case on, off, auto
  }

  func apply(to configuration: inout AnalyzerConfiguration) {
    configuration.timeWait = timeWait?.nanoseconds
    configuration.timeWaitIsConfigured = timeWaitIsConfigured
    configuration.serverStack = serverStack
    configuration.rfc1337 =
      switch rfc1337 {
      case .on: true
      case .off: false
      case .auto: nil
      }
  }
}

// A conformance of a public type is public, and so must be the imports of both.
extension StackProfile: ExpressibleByArgument {}

/// Seconds on the command line, more than none and at most a day.
struct TimeWaitLength: ExplainedArgument {
  let nanoseconds: Int64

  init?(argument: String) {
    guard let seconds = Double(argument), Self.range.contains(seconds) else { return nil }
    nanoseconds = Int64((seconds * 1_000_000_000).rounded())
  }

  /// In seconds.
  static let range = 0.001...86_400

  static let explanation = "seconds, from 0.001 to 86400"
}
