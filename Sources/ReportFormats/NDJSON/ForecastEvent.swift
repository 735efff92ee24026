import FlowAnalyzer

/// What the recorded traffic would do in one changed world, as an event.
struct ForecastEvent {
  let forecast: Forecast
  let row: Forecast.Row
  /// The last packet.
  let time: Timestamp?

  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("@timestamp", time)
      json.field("message", message)
      EventSchema.writeVersion(to: &json)
      json.object("event") { json in
        json.field("action", "snat-audit-forecast")
        json.field("category", ["network"])
        json.field("dataset", "snat_audit.forecast")
        json.field("kind", "metric")
        json.field("module", "snat_audit")
        json.field("outcome", forecast.basis.grade == .inconclusive ? "unknown" : "success")
        json.field("provider", "snat-audit")
        json.field("type", ["info"])
      }
      EventSchema.writeObserver(point: nil, to: &json)
      json.object("snat_audit") { json in
        json.object("forecast") { writeRow(to: &$0) }
        json.field("schema_version", AnalysisReport.schemaVersion)
      }
    }
  }

  private var message: String {
    "\(row.sentence): \(row.attemptsHit.text) of \(row.attempts) attempts would hit, "
      + "\(row.delayed.text) be delayed"
  }

  private func writeRow(to json: inout JSONWriter) {
    json.field("attempts", row.attempts)
    json.object("delayed") { write(row.delayed, to: &$0) }
    json.field("grade", forecast.basis.grade)
    json.object("hit") { write(row.attemptsHit, to: &$0) }
    json.field("is_recorded", row.isRecorded)
    json.field("limits", forecast.basis.limits.map(\.rawValue))
    json.field("name", row.name)
    json.object("refused") { write(row.refused, to: &$0) }
    json.field("value", row.value)
    json.field("world", row.group)
  }

  private func write(_ interval: Forecast.Interval, to json: inout JSONWriter) {
    json.field("high", interval.high)
    json.field("low", interval.low)
    json.field("median", interval.median)
  }
}
