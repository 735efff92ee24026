import ArgumentParser
import FlowAnalyzer

/// Arguments -> one finding -> its packets in a file of their own.
struct ExtractCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Write the packets of one finding, from both sides, to a pcapng with comments.",
    discussion: """
      The file has an interface for each side of the load balancer, all packets of the connection that \
      left the tuple behind and of the attempt that hit it, byte for byte, each with a comment that says \
      what it does. Times are by one clock, so that both sides line up. Wireshark and tshark show the \
      comments; snat-audit finds the same finding in it. Give the captures of the analysis: they are \
      read twice. With --anonymize packets are not byte for byte: they are made anew of their IP and TCP \
      headers, with encrypted addresses and without payload.

      Examples:
        snat-audit extract worst lb-any.pcap --output finding.pcapng
        snat-audit extract 5f0c --client c.pcap --server s.pcap -o 5f0c.pcapng
        snat-audit extract 5f0c lb.pcap -o - | tshark -r - -Tfields -e frame.comment
      """)

  @Argument(help: "The finding's id from a report, or its first digits, or 'worst'.")
  var id: FindingName

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where to write; - is standard output. A file is written whole or not at all.",
      valueName: "file"))
  var output: String

  @OptionGroup(title: "Captures") var captures: CaptureOptions
  @OptionGroup(title: "Selection") var selection: SelectionOptions
  @OptionGroup(title: "Server") var server: ServerOptions
  @OptionGroup(title: "Privacy") var privacy: PrivacyOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  /// Changes nothing here; taken, as one set of options serves all commands, but not offered.
  @OptionGroup(title: "Load balancer", visibility: .hidden) var balancer: BalancerOptions

  private var destination: ReportDestination {
    output == "-" ? .standardOutput : .file(output)
  }

  func validate() throws {
    try id.validate()
    if output.isEmpty { throw ValidationError("--output: a file, or - for standard output.") }
    try requireNoInput(captures.inputs.map(\.path))
    if let key = privacy.anonymize, destination.isSameFile(as: key) {
      throw ValidationError("--output: \(key) is to be read, not overwritten.")
    }
  }

  /// Throws where the output is one of the captures.
  private func requireNoInput(_ paths: [String]) throws {
    if let path = paths.first(where: { destination.isSameFile(as: $0) }) {
      throw ValidationError("--output: \(path) is a capture to be read, not overwritten.")
    }
  }

  /// Of longer conversations the middle is left out.
  private static let framesPerConversation = 4096

  func run() throws {
    if destination == .standardOutput, Terminal.output.isTerminal {
      throw ValidationError(
        "--output -: packets are nothing for a terminal; name a file or a pipe.")
    }
    let result = try FindingSearch(
      captures: captures, selection: selection, server: server, privacy: privacy, work: work
    )
    .find(id, command: "extract", framesPerConversation: Self.framesPerConversation)
    // Captures in directories are known only now.
    try requireNoInput(result.analysis.paths)
    guard result.trace.isComplete else {
      Message.error(
        "finding \(result.trace.finding.id): its packets were not found again; a capture has changed "
          + "since it was read. Run it once more.")
      throw ExitStatus.failed
    }
    do {
      try destination.write { sink in
        _ = try result.analyzer.extract(result.trace, of: result.analysis) { try sink.write($0) }
      }
    } catch let error as CaptureError {
      Message.error("\(error)")
      throw ExitStatus.failed
    } catch {
      Message.error("\(destination): the packets cannot be written: \(error).")
      throw ExitStatus.failed
    }
    if !result.analysis.failures.isEmpty { throw ExitStatus.failed }
  }
}
