extension Analyzer {
  /// Makes the report of what the captures of several load balancers have shown.
  ///
  /// - Parameter summaries: in any order.
  /// - Throws: `SummaryError` where they do not belong together.
  public func merge(_ summaries: [PartialSummary]) throws(SummaryError) -> Analysis {
    guard let rules = summaries.first?.rules else { throw .none }
    guard summaries.allSatisfy({ $0.rules == rules }) else { throw .otherRules }
    let numbers = summaries.map(\.number)
    guard Set(numbers).count == numbers.count else { throw .twice }
    var analyzer = self
    rules.apply(to: &analyzer.configuration)
    analyzer.configuration.forecast?.presets = rules.balancers
    return analyzer.merge(summaries.sorted { $0.number < $1.number }, [])
  }

  /// - Parameter courses: how each was read; none where others have read.
  func merge(_ summaries: [PartialSummary], _ courses: [ReadingCourse]) -> Analysis {
    var captures: [CaptureRecord] = []
    var clocks: [ClockReading] = []
    var found: AuditResult?
    var arrivals: [LoggedArrivals] = []
    for (position, var summary) in summaries.enumerated() {
      summary.move(behind: captures)
      for var capture in summary.captures {
        capture.balancerOrdinal = position + 1
        captures.append(capture)
      }
      clocks += summary.clocks
      if let logged = summary.arrivals { arrivals.append(logged) }
      if found?.add(summary.found) == nil { found = summary.found }
    }
    guard let found else { preconditionFailure("no captures at all are a group, too") }
    let builder = ReportBuilder(
      configuration: configuration, captures: captures, clocks: clocks,
      window: summaries.lazy.compactMap(\.window).first,
      keyFingerprint: summaries.first?.rules.keyFingerprint,
      isPartial: summaries.contains(where: \.isPartial))
    var report = builder.report(found)
    if let options = configuration.forecast {
      var addresses = AddressTable()
      let log = LoggedArrivals.merged(arrivals, limit: options.maximumArrivals, &addresses)
      report.forecast(from: log, addresses, options, configuration)
    }
    return Analysis(
      report: report, failures: captures.compactMap(\.failure),
      assumed: captures.filter { $0.role == nil && $0.packets > 0 }.map(\.path),
      courses: courses)
  }
}

/// Why summaries do not make a report.
public enum SummaryError: Error, Equatable, Sendable {
  case none
  case otherRules
  case twice
}

extension SummaryError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .none: "there is no summary to merge; `snat-audit judge` writes them"
    case .otherRules:
      "summaries were extracted or judged by different options; run extract-records and judge with the "
        + "same ones for all"
    case .twice: "two summaries are of the same captures; name each once"
    }
  }
}
