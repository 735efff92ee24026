import ArgumentParser
import FlowAnalyzer

/// What to read.
struct CaptureOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Captures whose side is not said.",
      discussion: """
        What they show tells: the clients' side, the server's, or both, as tcpdump -i any on the load \
        balancer writes it. Where nothing tells, they are taken for the server side, with a warning. A \
        file, a directory with captures, or - for standard input, which is read once and taken as it is: \
        it must be of one side only, and no clock is corrected there.
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
        several points; NAME= gives a point a name and joins its files. NAME@LB= or @LB= also says at \
        which load balancer it is: those of different ones are analysed apart. Write ./a=b.pcap for a \
        file with an equals sign in its name.
        """,
      valueName: "[name][@lb]=capture"),
    completion: .file(extensions: ["pcap", "pcapng", "cap"]),
    transform: NamedCapture.parse)
  var server: [NamedCapture] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Captures taken between the clients and the load balancer.",
      discussion: "Joined with the server side, they name the client of every connection.",
      valueName: "[name][@lb]=capture"),
    completion: .file(extensions: ["pcap", "pcapng", "cap"]),
    transform: NamedCapture.parse)
  var client: [NamedCapture] = []

  /// Those without a side in a file of options, where all stand under a name.
  @Option(name: .customLong("captures"), help: .hidden) var listed: [String] = []

  /// In the order of the command line within each kind.
  var inputs: [CaptureInput] {
    server.map { $0.input(.server) } + client.map { $0.input(.client) }
      + (captures.isEmpty ? listed : captures).map { CaptureInput(path: $0) }
  }

  /// There must be captures, and none that is of both sides by its options.
  ///
  /// - Parameter advice: what to name where none is.
  func requireInputs(advice: String) throws {
    let inputs = inputs
    guard !inputs.isEmpty else { throw ValidationError("no capture is named; \(advice)") }
    let clients = inputs.filter { $0.role == .client }
    for server in inputs where server.role == .server {
      guard clients.contains(where: { ReportDestination.areOneFile($0.path, server.path) }) else {
        continue
      }
      throw ValidationError(
        "\(server.path) is named for both sides; if it shows both, name it without --client and --server"
      )
    }
  }
}

/// `[[NAME][@LB]=]CAPTURE` on the command line.
struct NamedCapture: ExplainedArgument {
  private let path: String
  private var name: String?
  private var balancer: String?

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[0].contains("/") else {
      path = argument
      return
    }
    guard !parts[1].isEmpty else { return nil }
    path = String(parts[1])
    let names = parts[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    if !names[0].isEmpty { name = String(names[0]) }
    if names.count == 2 {
      guard !names[1].isEmpty else { return nil }
      balancer = String(names[1])
    }
  }

  static let explanation =
    "a capture; before it NAME=, @LB= or NAME@LB=, where neither the capture nor LB may be empty"

  func input(_ role: CaptureRole) -> CaptureInput {
    CaptureInput(path: path, role: role, pointName: name, balancer: balancer)
  }
}
