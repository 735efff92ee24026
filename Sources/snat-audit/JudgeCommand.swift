import ArgumentParser
import FlowAnalyzer
import Foundation

/// Frames of records on standard input -> a summary on standard output.
struct JudgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "judge",
    abstract: "Judge the records of one load balancer's captures.",
    usage: "snat-audit judge [<options>]",
    discussion: """
      The second stage of analyze. Standard input holds what extract-records has written of all captures of \
      one load balancer, one behind the other, by their numbers. Standard output gets one line for merge. \
      Records wait in a temporary folder (TMPDIR) until all are there. They hold addresses, what clients \
      ask, and fragments: what --anonymize encrypts is encrypted here, and merge needs no key.

      Example:
        cat *.records | snat-audit judge > lb1.summary
      """)

  @OptionGroup(title: "Server") var server: ServerOptions
  @OptionGroup(title: "Load balancer") var balancer: BalancerOptions
  @OptionGroup(title: "Reports") var findings: FindingOptions
  @OptionGroup(title: "Privacy") var privacy: PrivacyOptions
  @OptionGroup(title: "Work") var work: WorkOptions

  func run() throws {
    Interruption.watch()
    defer { Interruption.stopWatching() }
    var configuration = AnalyzerConfiguration()
    server.apply(to: &configuration)
    try privacy.apply(to: &configuration)
    work.apply(to: &configuration)
    configuration.balancers = balancer.balancers
    configuration.maximumFindings = findings.maxFindings
    configuration.forecast = .brief
    let analyzer = Analyzer(configuration: configuration)
    var output = StreamedOutput()
    let line = Array(try Self.summary(by: analyzer)) + [0x0a]
    output.write(line.span)
    output.flush()
    if let error = output.error { throw StageFailure("standard output: \(error)") }
  }

  /// - Returns: a line of JSON.
  private static func summary(by analyzer: Analyzer) throws -> Data {
    do {
      let spool = try RecordSpool(in: FileManager.default.temporaryDirectory.path)
      try RecordStream.forEachFrame { frame in
        if Interruption.happened { throw ExitStatus.interrupted }
        try spool.add(frame)
      }
      let summary = try analyzer.judge(spool) { _ in !Interruption.happened }
      if Interruption.happened { throw ExitStatus.interrupted }
      return try JSONEncoder.sorted.encode(summary)
    } catch let error as RecordSpoolError {
      throw StageFailure("\(error)")
    } catch let error as RecordStreamError {
      if Interruption.happened { throw ExitStatus.interrupted }
      throw StageFailure("\(error)")
    }
  }
}
