/// What traffic may show and still pass: limits on the figures of a report, and the evidence that it
/// takes to say so.
public struct Policy: Equatable, Sendable {
  /// Where it comes from, as reports name it.
  public var origin: String
  /// The most that a figure may be; each measure once.
  public var maximum: [Limit]
  /// By how much a figure may be worse than in a baseline; each measure once.
  public var increase: [Increase]
  /// The least coverage accepted for a verdict; `inconclusive` accepts any.
  public var coverage: Coverage.Grade

  public struct Limit: Equatable, Sendable {
    public var measure: Measure
    public var amount: Amount

    public init(_ measure: Measure, _ amount: Amount) {
      self.measure = measure
      self.amount = amount
    }
  }

  public struct Increase: Equatable, Sendable {
    public var measure: Measure
    public var allowance: Allowance
    /// It is left out where it cannot be compared; else there is no verdict then.
    public var isOptional: Bool

    public init(_ measure: Measure, _ allowance: Allowance, isOptional: Bool = false) {
      self.measure = measure
      self.allowance = allowance
      self.isOptional = isOptional
    }
  }

  /// What may come on top of the baseline's figure.
  public enum Allowance: Equatable, Sendable {
    /// A part of that figure, in parts per billion: 10 % are 100,000,000. At most `mostRelative`.
    case relative(partsPerBillion: Int)
    /// For delays: so much time.
    case time(Seconds)
    /// For new findings: so many.
    case count(Int)

    /// A thousand times as much. Beyond, an exact comparison might not fit its numbers.
    public static let mostRelative = 1_000 * Share.billion
  }

  public init(
    origin: String, maximum: [Limit] = [], increase: [Increase] = [],
    coverage: Coverage.Grade = .limited
  ) {
    self.origin = origin
    self.maximum = maximum
    self.increase = increase
    self.coverage = coverage
  }

  /// The policy of those who have none: nobody is refused, and no connection killed.
  public static let standard = Policy(
    origin: "default",
    maximum: [
      Limit(.hits(nil, .rejected), .count(0)), Limit(.hits(nil, .reset), .count(0)),
      Limit(.hits(nil, .unanswered), .count(0)), Limit(.killedConnections, .count(0)),
    ])

  /// What a baseline is for where nobody says more: nothing gets worse, except that refused
  /// SYNs may rise by 10 %, as no two captures are alike.
  public static let noWorse: [Increase] = [
    Increase(.newFindings, .count(0), isOptional: true),
    Increase(.hits(nil, .rejected), .relative(partsPerBillion: 100_000_000)),
    Increase(.hits(nil, .reset), .relative(partsPerBillion: 100_000_000)),
    Increase(.hits(nil, .unanswered), .relative(partsPerBillion: 100_000_000)),
    Increase(.killedConnections, .relative(partsPerBillion: 0)),
    Increase(.failedAttempts, .relative(partsPerBillion: 0)),
  ]

  /// Sets a limit, in the place of one on the same measure.
  public mutating func limit(_ measure: Measure, to amount: Amount) {
    let limit = Limit(measure, amount)
    if let index = maximum.firstIndex(where: { $0.measure == measure }) {
      maximum[index] = limit
    } else {
      maximum.append(limit)
    }
  }
}

extension Policy.Allowance {
  /// The most that may come after a baseline with `amount`; nil where the two do not go together.
  func limit(above amount: Amount) -> Amount? {
    switch (self, amount) {
    case (.relative(let parts), .share(let share)):
      return .share(share.increased(byPartsPerBillion: parts))
    case (.relative(let parts), .duration(let duration)):
      let limit =
        Int128(duration.nanoseconds) * Int128(Share.billion + parts) / Int128(Share.billion)
      return .duration(Seconds(nanoseconds: Int64(clamping: limit)))
    case (.time(let time), .duration(let duration)):
      let (limit, isCut) = duration.nanoseconds.addingReportingOverflow(time.nanoseconds)
      return .duration(Seconds(nanoseconds: isCut ? .max : limit))
    case (.count(let count), .count(let own)):
      let (limit, isCut) = own.addingReportingOverflow(count)
      return .count(isCut ? .max : limit)
    default: return nil
    }
  }
}
