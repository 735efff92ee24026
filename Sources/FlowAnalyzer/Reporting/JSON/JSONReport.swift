extension AnalysisReport {
  /// Writes the report as JSON (contract, section 4): names sorted, two spaces, a newline at the end.
  ///
  /// Each finding stands on a line of its own. Some 64 KiB are gathered before they are handed out, or a few
  /// stretches of findings by each thread, so that memory does not grow with the length of the report.
  ///
  /// - Parameters:
  ///   - workers: how many threads write findings; the text is the same.
  ///   - write: takes the text piece by piece, in UTF-8.
  public func writeJSON<Failure: Error>(
    workers: Int = 1, to write: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    var json = JSONWriter(isPretty: true)
    try json.object { json throws(Failure) in
      json.field("analysis", analysis)
      json.field("anonymization", anonymization)
      json.field("captures", captures)
      json.field("check", check)
      json.field("clock", clock)
      json.field("coverage", coverage)
      json.name("findings")
      if findings.isEmpty {
        json.oneLine { $0.array { _ in } }
      } else {
        try json.array { json throws(Failure) in
          let findings = findings
          try json.elements(findings.count, workers: workers, to: write) { position, json in
            json.oneLine { findings[position].write(to: &$0) }
          }
        }
      }
      json.field("findingsOmitted", findingsOmitted)
      json.field("forecast", forecast)
      json.field("forecastAbsence", forecastAbsence)
      json.name("heldAtEnd")
      try heldAtEnd.write(to: &json) { json throws(Failure) in try json.handOut(to: write) }
      json.field("partial", partial)
      json.field("reuseIntervals", reuseIntervals)
      json.field("schemaVersion", schemaVersion)
      json.field("selection", selection)
      json.field("sources", sources)
      json.field("sourcesOmitted", sourcesOmitted)
      json.field("summary", summary)
      json.field("timeline", timeline)
      json.field("topology", topology)
    }
    json.append("\n")
    try json.handOut(isLast: true, to: write)
  }
}

extension AnalysisReport.HeldAtEnd {
  /// - Parameter pause: called after each tuple.
  fileprivate func write<Failure: Error>(
    to json: inout JSONWriter, pause: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    try json.object { json throws(Failure) in
      json.field("closing", closing)
      json.field("established", established)
      json.field("timeWait", timeWait)
      json.name("tuples")
      try json.array { json throws(Failure) in
        for tuple in tuples {
          tuple.write(to: &json)
          try pause(&json)
        }
      }
      json.field("tuplesOmitted", tuplesOmitted)
    }
  }
}
