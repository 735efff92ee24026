import ArgumentParser
import FlowAnalyzer
import Glibc

/// How the work is done; what comes of it does not depend on that.
struct WorkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many threads may work (default: as many as there are processors).",
      discussion: """
        One decodes while another analyses; more than two change nothing yet. Reports are the same \
        whatever this says.
        """,
      valueName: "number"))
  var workers: Int?

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers: at least 1, please.") }
  }

  func apply(to configuration: inout AnalyzerConfiguration) {
    configuration.workers = workers ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }
}
