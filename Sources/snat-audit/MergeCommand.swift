import ArgumentParser
import FlowAnalyzer
import Foundation

/// Summaries on standard input -> reports.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Make the report of what was judged in parts.",
    usage: "snat-audit merge [<options>]",
    discussion: """
      The last stage of analyze. Standard input holds what judge has written for each load balancer, a line \
      each, in any order. Reports and exit codes are those of analyze over the same captures; packets are not \
      there any more, so that HTML has no diagrams of findings.

      Example:
        cat lb1.summary lb2.summary | snat-audit merge --report json=report.json
      """)

  @OptionGroup(title: "Reports") var reports: ReportOptions
  @OptionGroup(title: "Work") var work: WorkOptions

  func run() throws {
    var configuration = AnalyzerConfiguration()
    work.apply(to: &configuration)
    if reports.requests.contains(where: \.format.hasForecast) { configuration.forecast = .brief }
    let analysis: Analysis
    do {
      analysis = try Analyzer(configuration: configuration).merge(try Self.summaries())
    } catch let error as SummaryError {
      throw StageFailure("standard input: \(error)")
    }
    analysis.warnOfAssumedSides()
    for failure in analysis.failures { Message.error("\(failure)") }
    let isWritten = reports.requests.write(
      analysis.report, traces: [], timeZone: reports.place.timeZone,
      workers: configuration.workers)
    if !isWritten || !analysis.failures.isEmpty { throw ExitStatus.failed }
  }

  private static func summaries() throws -> [PartialSummary] {
    let input = FileHandle.standardInput.readDataToEndOfFile()
    return try lines(of: input).enumerated().map { number, line in
      do {
        return try JSONDecoder().decode(PartialSummary.self, from: line)
      } catch {
        throw StageFailure(
          "standard input: line \(number + 1) is no summary of this version of judge")
      }
    }
  }

  /// Those that are not empty. A line may have millions of bytes, which `split` looks at one by one.
  private static func lines(of input: Data) -> [Data] {
    var lines: [Data] = []
    var rest = input
    while !rest.isEmpty {
      let end = rest.range(of: Data([0x0a]))?.lowerBound ?? rest.endIndex
      if end > rest.startIndex { lines.append(rest[..<end]) }
      rest = rest[min(end + 1, rest.endIndex)...]
    }
    return lines
  }
}

/// What ends a stage of a distributed analysis: one line, and exit code 2.
struct StageFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
