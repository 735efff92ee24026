/// What a policy says of a report: in the JSON report, the field `check`.
public struct PolicyVerdict: Sendable {
  public enum Outcome: String, Sendable, CaseIterable {
    case passed, failed
    /// The evidence does not allow a verdict.
    case inconclusive
  }

  public var outcome: Outcome
  /// Where the policy comes from.
  public var policy: String
  public var coverage: CoverageRule
  /// In the order of the policy.
  public var rules: [Rule]
  public var baseline: Comparison?

  /// What the policy asks of the evidence, and what there is.
  public struct CoverageRule: Sendable {
    public var outcome: Outcome
    public var required: Coverage.Grade
    public var actual: Coverage.Grade
  }

  /// One limit, and what the captures show.
  public struct Rule: Sendable {
    /// Its place in the policy: `maximum.hits.rejected`, `baseline.hit-share`.
    public var name: String
    public var measure: Measure
    public var outcome: Outcome
    /// Counts compared with a baseline are shares of the attempts; null where the two cannot be compared.
    public var actual: Amount?
    public var limit: Amount
    /// The baseline's figure.
    public var baseline: Amount?
    /// Where to look: the worst of what broke it, at most three.
    public var findings: [Pointer]
  }

  /// A finding and its first packet that counts.
  public struct Pointer: Sendable {
    public var id: FindingIdentifier
    public var tuple: FourTuple
    public var at: Timestamp
    /// Index into the report's captures.
    public var capture: Int
    public var frame: UInt64
  }

  /// How the report goes with its baseline.
  public struct Comparison: Sendable {
    public var path: String
    /// Only then are findings compared; else rates alone.
    public var sameCaptures: Bool
    /// Null where they are not compared, or where one side does not list all of them.
    public var newFindings: FindingList?
    public var goneFindings: FindingList?
  }

  /// Some findings, the rest counted.
  public struct FindingList: Sendable {
    public var total: Int
    /// At most `listed`.
    public var ids: [FindingIdentifier]

    public static let listed = 20
  }
}
