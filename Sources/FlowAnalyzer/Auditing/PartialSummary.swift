/// What the captures of one load balancer have shown: all that the report needs of them, without the
/// tables by which it was found.
///
/// Summaries add up to a report, on one machine and from many (`Analyzer.merge`). They are written down to
/// travel, and only the version that wrote one reads it.
public struct PartialSummary: Sendable, Codable {
  /// Of this form; every change of what is in it, or of what that means, is a new one.
  static let version = 4

  private(set) var version = Self.version
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

  /// Has hashes tell nothing of addresses, which are encrypted already. Names stay until reports are written.
  mutating func disguise(by anonymizer: AddressAnonymizer?) {
    guard let anonymizer else { return }
    for index in captures.indices { captures[index].disguiseHash(by: anonymizer) }
  }

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

extension PartialSummary {
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let version = try values.decode(Int.self, forKey: .version)
    guard version == Self.version else {
      throw DecodingError.dataCorruptedError(
        forKey: .version, in: values, debugDescription: "\(version) is not \(Self.version)")
    }
    number = try values.decode(Int.self, forKey: .number)
    rules = try values.decode(JudgingRules.self, forKey: .rules)
    captures = try values.decode([CaptureRecord].self, forKey: .captures)
    clocks = try values.decode([ClockReading].self, forKey: .clocks)
    window = try values.decodeIfPresent(TimeWindow.self, forKey: .window)
    isPartial = try values.decode(Bool.self, forKey: .isPartial)
    found = try values.decode(AuditResult.self, forKey: .found)
    arrivals = try values.decodeIfPresent(LoggedArrivals.self, forKey: .arrivals)
    guard isSound else {
      throw DecodingError.dataCorruptedError(
        forKey: .captures, in: values, debugDescription: "its numbers do not fit each other")
    }
  }

  /// Whether what only adds up, or is the place of something else, does not go beyond what there is.
  private var isSound: Bool {
    captures.allSatisfy(\.isSound) && (0...PackedReader.largestCount).contains(found.attempts)
      && clocks.allSatisfy { clock in
        (clock.capture.map(captures.indices.contains) ?? true) && clock.offset != .min
      }
  }
}

/// What verdicts and reports depend on besides the packets: equal for all parts of a report.
struct JudgingRules: Sendable, Codable, Equatable {
  var selection: PacketSelection
  /// Of the key by which addresses were encrypted; nil where they are as captured.
  var keyFingerprint: String?
  var timeWait: Int64?
  var timeWaitIsConfigured: Bool
  var serverStack: StackProfile?
  var rfc1337: Bool?
  var maximumFindings: Int
  var balancers: [LoadBalancerPreset]

  init(_ configuration: AnalyzerConfiguration) {
    selection = configuration.selection
    keyFingerprint = configuration.anonymizer?.keyFingerprint
    timeWait = configuration.timeWait
    timeWaitIsConfigured = configuration.timeWaitIsConfigured
    serverStack = configuration.serverStack
    rfc1337 = configuration.rfc1337
    maximumFindings = configuration.maximumFindings
    balancers = configuration.balancers
  }

  /// Has a configuration follow them.
  func apply(to configuration: inout AnalyzerConfiguration) {
    configuration.selection = selection
    configuration.timeWait = timeWait
    configuration.timeWaitIsConfigured = timeWaitIsConfigured
    configuration.serverStack = serverStack
    configuration.rfc1337 = rfc1337
    configuration.maximumFindings = maximumFindings
    configuration.balancers = balancers
  }
}
