import ArgumentParser
import FlowAnalyzer
import Glibc

/// What commands that analyse captures have in common: read to the end, or until they are interrupted.
protocol AnalyzingCommand: ParsableCommand {
  var captures: CaptureOptions { get }
  var selection: SelectionOptions { get }
  var privacy: PrivacyOptions { get }
  var server: ServerOptions { get }
  var balancer: BalancerOptions { get }
  var work: WorkOptions { get }
}

extension AnalyzingCommand {
  /// Not a part of `validate()`: what is wrong with an option must be said first.
  func requireCaptures() throws {
    try captures.requireInputs(advice: "for example: \(Self._commandName) --server server.pcap")
  }

  /// What the common options say.
  ///
  /// - Throws: `FileFault` where a file that one of them names is of no use.
  func makeConfiguration() throws -> AnalyzerConfiguration {
    var configuration = AnalyzerConfiguration()
    selection.apply(to: &configuration)
    server.apply(to: &configuration)
    configuration.balancers = balancer.balancers
    try privacy.apply(to: &configuration)
    work.apply(to: &configuration)
    return configuration
  }

  /// Reads and analyses, and says what could not be read.
  func analyze(with analyzer: Analyzer) -> Analysis {
    Interruption.watch()
    defer { Interruption.stopWatching() }
    var bar = ProgressBar()
    var analysis = analyzer.analyze(captures.inputs) { progress in
      bar.update(progress)
      return !Interruption.happened
    }
    bar.erase()
    // A pipe that ran dry by the signal looks like one that ended.
    if Interruption.happened { analysis.report.partial = true }
    analysis.warnOfAssumedSides()
    analysis.failures.removeAll(where: \.isInterruption)
    for failure in analysis.failures { Message.error("\(failure)") }
    return analysis
  }
}

extension Analysis {
  private static var mostNamed: Int { 3 }

  /// Says which captures were taken for the server side because nothing tells.
  func warnOfAssumedSides() {
    let files = assumed.filter { $0 != CaptureInput.standardInputPath }
    if !files.isEmpty {
      let named = files.prefix(Self.mostNamed).joined(separator: ", ")
      let others = files.count - Self.mostNamed
      Message.warning(
        "\(named)\(others > 0 ? " and \(others) more" : ""): taken for the server side; "
          + "say --server to be sure")
    }
    // To be told of both sides, --server would be the wrong thing to say.
    if files.count < assumed.count {
      Message.warning(
        "standard input cannot tell sides apart, and was taken for the server side: save it to a file, "
          + "and name that; or say --server - if it is of that side alone")
    }
  }
}

extension CaptureError {
  /// A signal ended the wait for the first bytes of a pipe; the user knows.
  fileprivate var isInterruption: Bool {
    switch self {
    // Nor had anybody opened a named pipe for writing.
    case .readFailed(_, _, code: EINTR), .cannotOpen(_, code: EINTR): true
    default: false
    }
  }
}
