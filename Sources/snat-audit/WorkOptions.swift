import ArgumentParser
import FlowAnalyzer

/// How the work is done; what comes of it does not depend on that.
struct WorkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many threads may work (default: one for each processor that it may run on).",
      discussion: """
        With the server side alone up to eight threads analyse; with both sides, one reads and follows \
        the clients' connections while one does the rest. Reports are the same whatever this says.
        """,
      valueName: "number"),
    transform: WholeNumber.parse(in: 1 ... .max))
  var workers: Int?

  /// `ConfigFile` has read it before the arguments were parsed.
  @Option(
    help: ArgumentHelp(
      "A YAML file of options, under their long names; the command line wins.",
      discussion: """
        An option with several values is a list; the key captures lists those whose side is not said. \
        An option that stands on the command line too is not taken from the file; those of other \
        commands are passed over. Paths are relative to where the program runs.
        """,
      valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  func apply(to configuration: inout AnalyzerConfiguration) {
    configuration.workers = workers ?? Processors.available
  }
}
