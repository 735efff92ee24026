import ArgumentParser
import FlowAnalyzer

/// What to read.
struct CaptureOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Captures whose side is not said.",
      discussion: """
        They are taken for the server side, with a warning. A file, a directory with captures, or - \
        for standard input.
        """,
      valueName: "capture"),
    completion: .file(extensions: ["pcap", "pcapng", "cap"]))
  var captures: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Captures taken between the load balancer and the server.",
      discussion: """
        Files whose times do not overlap are one capture point (a rotation). Files that overlap are \
        several points; NAME= gives a point a name and joins its files. Write ./a=b.pcap for a file \
        with an equals sign in its name.
        """,
      valueName: "[name=]capture"),
    completion: .file(extensions: ["pcap", "pcapng", "cap"]))
  var server: [ServerCapture] = []

  func validate() throws {
    guard captures.isEmpty, server.isEmpty else { return }
    throw ValidationError(
      "no capture is named; for example: snat-audit analyze --server server.pcap")
  }

  /// In the order of the command line within each kind.
  var inputs: [CaptureInput] {
    server.map(\.input) + captures.map { CaptureInput(path: $0) }
  }
}

/// `[NAME=]CAPTURE` on the command line.
struct ServerCapture: ExpressibleByArgument {
  let input: CaptureInput

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[0].contains("/") else {
      input = CaptureInput(path: argument, role: .server)
      return
    }
    guard !parts[1].isEmpty else { return nil }
    input = CaptureInput(path: String(parts[1]), role: .server, pointName: String(parts[0]))
  }
}
