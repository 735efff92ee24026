import ArgumentParser
import FlowAnalyzer
import Glibc

/// Arguments -> `Analyzer` -> one line for each connection, as soon as it is done.
struct ConnectionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connections",
    abstract: "Print which connections of the two sides belong together, one JSON object a line.",
    usage: "snat-audit connections [<options>] [<capture> ...]",
    discussion: """
      A line has the client's tuple, those of its partners behind the load balancer, how they were \
      found, and how sure that is. Lines come in the order in which connections are done: a \
      connection that no further SYN or request can join.

      Example:
        snat-audit connections lb-any.pcap | jq .join.method
      """)

  @OptionGroup(title: "Captures") var captures: CaptureOptions
  @OptionGroup(title: "Selection") var selection: SelectionOptions
  @OptionGroup(title: "Privacy") var privacy: PrivacyOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  /// Changes nothing here; taken, as one set of options serves all commands, but not offered.
  @OptionGroup(title: "Load balancer", visibility: .hidden) var balancer: BalancerOptions

  func run() throws {
    try captures.requireInputs(
      advice: "for example: connections --client client.pcap --server server.pcap")
    var configuration = AnalyzerConfiguration()
    selection.apply(to: &configuration)
    try privacy.apply(to: &configuration)
    Interruption.watch()
    defer { Interruption.stopWatching() }
    var output = StreamedOutput()
    work.apply(to: &configuration)
    let failures = Analyzer(configuration: configuration).connections(captures.inputs) { lines in
      output.write(lines)
      return !Interruption.happened && !output.isClosed
    }
    output.flush()
    for failure in failures { Message.error("\(failure)") }
    if let error = output.error {
      Message.error("standard output: \(error).")
      throw ExitStatus.failed
    }
    if Interruption.happened { throw ExitStatus.interrupted }
    if !failures.isEmpty { throw ExitStatus.failed }
  }
}

/// Standard output for lines that come one by one over the whole run.
struct StreamedOutput {
  private var sink = ReportSink(descriptor: STDOUT_FILENO)
  /// The reader has gone away, or nothing can be written any more.
  private(set) var isClosed = false
  /// What went wrong, unless the reader has gone away.
  private(set) var error: SystemError?

  init() { signal(SIGPIPE, SIG_IGN) }

  mutating func write(_ text: Span<UInt8>) {
    attempt { sink throws(SystemError) in try sink.write(text) }
  }

  mutating func flush() {
    attempt { sink throws(SystemError) in try sink.flush() }
  }

  private mutating func attempt(_ body: (inout ReportSink) throws(SystemError) -> Void) {
    guard !isClosed else { return }
    do throws(SystemError) {
      try body(&sink)
    } catch {
      isClosed = true
      if error.code != EPIPE { self.error = error }
    }
  }
}
