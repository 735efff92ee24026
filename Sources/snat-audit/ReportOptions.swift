import ArgumentParser
import FlowAnalyzer
import ReportFormats

/// What to write, and where.
struct ReportOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A report to write, to standard output or to a file (default: text).",
      discussion: """
        Formats: text, for people; html, one page with pictures; json, all of it, see the command \
        schema; ndjson, one event a line in ECS fields; prometheus, metrics for the textfile collector; \
        junit, for CI; markdown, for a comment or a job's summary. May be given several times, once \
        without a path. A file is written whole or not at all.
        """,
      valueName: "format[=path]"),
    completion: .list(
      ReportFormat.available.flatMap { [$0.rawValue, "\($0.rawValue)="] }),
    transform: ReportRequest.parse)
  var report: [ReportRequest] = []

  @OptionGroup var place: PlaceOptions

  func validate() throws {
    for (index, request) in report.enumerated() {
      if report[..<index].contains(where: { $0.destination.isSameTarget(as: request.destination) })
      {
        throw ValidationError(
          "two reports would go to \(request.destination); give each a path of its own.")
      }
    }
  }

  var requests: [ReportRequest] {
    report.isEmpty ? [ReportRequest(format: .text, destination: .standardOutput)] : report
  }
}

/// Whose time stands beside UTC.
struct PlaceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "In text, also show the time of a place: Asia/Tokyo, or an offset such as +09:00.",
      valueName: "zone"),
    transform: NamedTimeZone.parse)
  var timeZone: NamedTimeZone?
}

/// How much a report lists: said where findings are gathered, which need not be where it is written.
struct FindingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many findings a report lists (default: 100000); the others are counted all the same.",
      valueName: "number"),
    transform: WholeNumber.parse(in: 0 ... .max))
  var maxFindings = 100_000
}

/// `FORMAT[=PATH]` on the command line.
struct ReportRequest: ExplainedArgument {
  var format: ReportFormat
  var destination: ReportDestination

  init(format: ReportFormat, destination: ReportDestination) {
    self.format = format
    self.destination = destination
  }

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard !parts[0].isEmpty, let format = ReportFormat(rawValue: String(parts[0])) else {
      return nil
    }
    self.format = format
    guard parts.count == 2 else {
      destination = .standardOutput
      return
    }
    guard !parts[1].isEmpty else { return nil }
    destination = parts[1] == "-" ? .standardOutput : .file(String(parts[1]))
  }

  static var explanation: String { explanation(of: ReportFormat.available) }

  static func explanation(of formats: [ReportFormat]) -> String {
    let names = formats.map(\.rawValue)
    return "\(names.dropLast().joined(separator: ", ")) or \(names.last ?? ""), "
      + "alone or with a path, as in html=report.html"
  }
}

/// The formats of the contract.
enum ReportFormat: String, CaseIterable {
  case text, json, ndjson, html, markdown, junit, prometheus
  /// What `check` says by itself; not to be asked for by name.
  case check = ""

  static let available = allCases.filter { $0 != .check }

  /// It says what would help; the others are about a policy.
  var hasForecast: Bool {
    switch self {
    case .text, .json, .ndjson, .html, .markdown, .prometheus: true
    case .junit, .check: false
    }
  }

  /// Writes the report in this format; `style` is for text, whose length has a bound, and `traces` for
  /// HTML.
  func write(
    _ report: AnalysisReport, _ style: TextStyle, traces: [FindingTrace], workers: Int,
    to sink: inout ReportSink
  ) throws {
    switch self {
    case .json: try report.writeJSON(workers: workers) { try sink.write($0) }
    case .ndjson: try report.writeNDJSON(workers: workers) { try sink.write($0) }
    case .prometheus: try sink.write(report.prometheusText)
    case .check: try sink.write(report.checkText(style))
    case .markdown: try sink.write(report.markdown)
    case .junit: try sink.write(report.junit)
    case .html: try report.writeHTML(traces: traces) { try sink.write($0) }
    case .text:
      try sink.write(report.text(style))
    }
  }
}
