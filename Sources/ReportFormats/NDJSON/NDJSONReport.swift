public import FlowAnalyzer

extension AnalysisReport {
  /// Writes one event a line, in the fields of the Elastic Common Schema: a line for each hit of the
  /// findings, one for each world of the forecast, and at the end one of all counts, so that a report without findings is a line too.
  ///
  /// What ECS has no field for is in `snat_audit`; docs/machine-formats.md lists the fields.
  ///
  /// - Parameters:
  ///   - workers: how many threads write hits; the text is the same.
  ///   - write: takes the text piece by piece, in UTF-8.
  public func writeNDJSON<Failure: Error>(
    workers: Int = 1, to write: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    var json = JSONWriter(isPretty: false)
    try json.elements(findings.count, workers: workers, to: write) { position, json in
      let finding = findings[position]
      for index in finding.hits.indices {
        HitEvent(self, finding, index: index).write(to: &json)
        json.append("\n")
      }
    }
    if let forecast {
      for row in forecast.rows {
        ForecastEvent(forecast: forecast, row: row, time: captureSpan?.upperBound).write(to: &json)
        json.append("\n")
      }
    }
    SummaryEvent(self).write(to: &json)
    json.append("\n")
    try json.handOut(isLast: true, to: write)
  }
}

/// What all our events have in common.
enum EventSchema {
  /// The version of ECS whose names and values are used.
  static let version = "8.17.0"

  static func writeVersion(to json: inout JSONWriter) {
    json.object("ecs") { $0.field("version", version) }
  }

  /// - Parameter point: the capture point; nil for all of them.
  static func writeObserver(point: String?, to json: inout JSONWriter) {
    json.object("observer") { json in
      json.field("name", point)
      json.field("product", "snat-audit")
      json.field("type", "sensor")
    }
  }
}
