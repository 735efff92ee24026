import FlowAnalyzer

// How limits are written, in files and on the command line.

extension Measure {
  /// By the name that policies give it, such as `hits.rejected` or `added-delay.p99`.
  init?(_ name: String) {
    guard let measure = Self.byName[name] else { return nil }
    self = measure
  }

  private static let byName: [String: Measure] = {
    var measures: [Measure] = [.killedConnections, .failedAttempts, .hitShare, .newFindings]
    measures += DelayStatistic.allCases.map { .addedDelay($0) }
    for kind in [nil] + HeldKind.allCases {
      measures += ([nil] + Answer.allCases).map { .hits(kind, $0) }
    }
    return Dictionary(uniqueKeysWithValues: measures.map { ("\($0)", $0) })
  }()

  /// What a value is that does not fit.
  var unitFault: String {
    switch self {
    case .hits, .killedConnections, .failedAttempts, .newFindings: "no whole number, such as 0"
    case .hitShare: "no share, such as 0.1%"
    case .addedDelay: "no time, such as 100ms or 3s"
    }
  }

  /// What an increase is that does not fit.
  var allowanceFault: String {
    switch self {
    case .newFindings: "no whole number, such as 0"
    case .addedDelay: "no increase, such as +10% or +50ms"
    case .hits, .killedConnections, .failedAttempts, .hitShare: "no increase, such as +10%"
    }
  }
}

extension Amount {
  /// `0` for a count, `0.1%` for a share, `100ms` or `1.5s` for a time.
  init?(_ text: String, of measure: Measure) {
    switch measure {
    case .hits, .killedConnections, .failedAttempts, .newFindings:
      guard let count = Int(digits: text) else { return nil }
      self = .count(count)
    case .hitShare:
      guard let share = Decimal(text, unit: "%"), share.units <= 100 else { return nil }
      self = .share(Share(partsPerBillion: share.scaled(by: 10_000_000)))
    case .addedDelay:
      guard let time = Seconds(text) else { return nil }
      self = .duration(time)
    }
  }
}

extension Policy.Allowance {
  /// `+10%`, for a delay also `+50ms`, for new findings `3`; the plus may be left out.
  init?(_ text: String, of measure: Measure) {
    let text = text.hasPrefix("+") ? String(text.dropFirst()) : text
    if measure == .newFindings {
      guard let count = Int(digits: text) else { return nil }
      self = .count(count)
    } else if let share = Decimal(text, unit: "%") {
      guard share.units <= Self.mostRelative / 10_000_000 else { return nil }
      self = .relative(partsPerBillion: share.scaled(by: 10_000_000))
    } else if case .addedDelay = measure, let time = Seconds(text) {
      self = .time(time)
    } else {
      return nil
    }
  }
}

extension Seconds {
  /// `250us`, `100ms`, `1.5s`, `2min`; at most a day.
  init?(_ text: String) {
    // The longer name first: the unit "s" ends all of them.
    let units = [("us", 1_000), ("ms", 1_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000)]
    guard let (unit, scale) = units.first(where: { text.hasSuffix($0.0) }),
      let time = Decimal(text, unit: unit), time.units <= 86_400_000_000
    else { return nil }
    let (nanoseconds, isCut) = time.units.multipliedReportingOverflow(by: scale)
    guard !isCut, nanoseconds <= 86_400_000_000_000 else { return nil }
    self.init(nanoseconds: Int64(time.scaled(by: scale)))
  }
}

/// A decimal number of a unit, exact: `0.1%`.
private struct Decimal {
  var units: Int
  /// The digits behind the point, filled up to nine.
  private var billionths: Int

  init?(_ text: String, unit: String) {
    guard text.hasSuffix(unit) else { return nil }
    var number = text.dropLast(unit.count)
    while number.last == " " { number.removeLast() }
    let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let units = Int(digits: parts[0]) else { return nil }
    self.units = units
    billionths = 0
    guard parts.count == 2 else { return }
    let padded = parts[1] + String(repeating: "0", count: max(0, 9 - parts[1].count))
    guard !parts[1].isEmpty, padded.count == 9, let fraction = Int(digits: padded) else {
      return nil
    }
    billionths = fraction
  }

  /// In parts of which a unit has `scale`; what is smaller than one falls away.
  func scaled(by scale: Int) -> Int {
    units * scale + Int(Int128(billionths) * Int128(scale) / 1_000_000_000)
  }
}

extension Int {
  /// Digits and nothing else; at most what a capture can hold.
  fileprivate init?(digits text: some StringProtocol) {
    guard !text.isEmpty,
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let value = Int(text), value <= Share.largestCount
    else { return nil }
    self = value
  }
}
