/// What the captures of one load balancer have shown: all that the report needs of them, without the
/// tables by which it was found.
///
/// Summaries add up to a report, on one machine and from many (`Analyzer.merge`). They are written down to
/// travel, and only the version that wrote one reads it.
public struct PartialSummary: Sendable, Codable {
  private(set) var version = SummaryVersion()
  /// Where its captures stand among those of other load balancers.
  var number = 0
  /// By what it was judged.
  var rules: JudgingRules
  var captures: [CaptureRecord]
  var clocks: [ClockReading]
  var window: TimeWindow?
  /// The captures were not read to their ends.
  var isPartial: Bool
  var found: AuditResult
  /// Nil where nothing is to be forecast.
  var arrivals: LoggedArrivals?

  /// Has its captures and points stand behind those of others.
  mutating func move(behind others: [CaptureRecord]) {
    guard !others.isEmpty else { return }
    let points = (others.compactMap(\.point).max() ?? -1) + 1
    for index in captures.indices where captures[index].point != nil {
      captures[index].point? += points
    }
    for index in clocks.indices where clocks[index].capture != nil {
      clocks[index].capture? += others.count
    }
    found.findings.shiftCaptures(by: UInt32(truncatingIfNeeded: others.count))
    arrivals?.shiftCaptures(by: UInt32(truncatingIfNeeded: others.count))
  }
}

/// The form of a summary: whoever reads one knows no other than the one it would write.
struct SummaryVersion: Sendable, Codable {
  /// Every change of what is in a summary, or of what that means, is a new one.
  static let current = 2

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let version = try container.decode(Int.self)
    guard version == Self.current else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "it has version \(version), not \(Self.current)")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Self.current)
  }
}

/// What verdicts depend on besides the packets: equal for all parts of a report.
struct JudgingRules: Sendable, Codable, Equatable {
  var timeWait: Int64?
  var timeWaitIsConfigured: Bool
  var serverStack: StackProfile?
  var rfc1337: Bool?
  var maximumFindings: Int
  var balancers: [LoadBalancerPreset]

  init(_ configuration: AnalyzerConfiguration) {
    timeWait = configuration.timeWait
    timeWaitIsConfigured = configuration.timeWaitIsConfigured
    serverStack = configuration.serverStack
    rfc1337 = configuration.rfc1337
    maximumFindings = configuration.maximumFindings
    balancers = configuration.balancers
  }

  /// Has a configuration follow them.
  func apply(to configuration: inout AnalyzerConfiguration) {
    configuration.timeWait = timeWait
    configuration.timeWaitIsConfigured = timeWaitIsConfigured
    configuration.serverStack = serverStack
    configuration.rfc1337 = rfc1337
    configuration.maximumFindings = maximumFindings
    configuration.balancers = balancers
  }
}
