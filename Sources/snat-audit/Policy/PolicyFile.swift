import FlowAnalyzer

/// A policy as people write it:
///
///     maximum:
///       hits: {time-wait: {rejected: 0, unanswered: 3}, established: 0}
///       killed-connections: 0
///       hit-share: 0.1%
///       added-delay: {p99: 100ms, maximum: 3s}
///     baseline:
///       hit-share: +10%
///     coverage: limited
enum PolicyFile {
  /// What is wrong with one that every capture would keep.
  static let noRule =
    "has no rule, so that every capture would keep it; limit something under 'maximum', as in "
    + "'maximum: {hits: {rejected: 0}}', or leave --policy out for the default"

  /// - Throws: `FileFault`.
  static func read(_ path: String) throws(FileFault) -> Policy {
    let root = try YAMLFile.read(path)
    var policy = Policy(origin: path)
    for (key, value) in try root.entries() {
      switch key {
      case "version":
        guard try value.text() == "1" else {
          throw value.fault("this program knows version 1")
        }
      case "maximum":
        for (measure, limit) in try measures(value, known: limitKeys) {
          policy.maximum.append(.init(measure, try amount(limit, of: measure)))
        }
      case "baseline":
        for (measure, allowance) in try measures(value, known: increaseKeys) {
          policy.increase.append(.init(measure, try self.allowance(allowance, of: measure)))
        }
      case "coverage": policy.coverage = try grade(value)
      default:
        throw value.fault(unknown: key, known: ["version", "maximum", "baseline", "coverage"])
      }
    }
    return policy
  }

  private static let limitKeys = [
    "hits", "killed-connections", "failed-attempts", "hit-share", "added-delay",
  ]
  private static let increaseKeys = limitKeys + ["new-findings"]

  /// The measures of a section, each with its value.
  private static func measures(
    _ section: YAMLValue, known: [String]
  ) throws(FileFault) -> [(Measure, YAMLValue)] {
    var measures: [(Measure, YAMLValue)] = []
    for (key, value) in try section.entries() {
      guard known.contains(key) else { throw value.fault(unknown: key, known: known) }
      switch key {
      case "hits": measures += try hits(value, nil)
      case "added-delay": measures += try delays(value)
      default:
        // The other keys are the measures' own names.
        guard let measure = Measure(key) else { throw value.fault(unknown: key, known: known) }
        measures.append((measure, value))
      }
    }
    return measures
  }

  /// One number for all hits, or one for each kind, each answer, or each answer to a kind; `total` is
  /// the sum beside them.
  private static func hits(
    _ value: YAMLValue, _ kind: HeldKind?
  ) throws(FileFault) -> [(Measure, YAMLValue)] {
    guard value.isMapping else { return [(.hits(kind, nil), value)] }
    var measures: [(Measure, YAMLValue)] = []
    for (key, value) in try value.entries() {
      if key == "total" {
        measures.append((.hits(kind, nil), value))
      } else if let answer = Answer(rawValue: key) {
        measures.append((.hits(kind, answer), value))
      } else if kind == nil, let kind = HeldKind(rawValue: key) {
        measures += try hits(value, kind)
      } else {
        let kinds = kind == nil ? HeldKind.allCases.map(\.rawValue) : []
        throw value.fault(
          unknown: key, known: ["total"] + kinds + Answer.allCases.map(\.rawValue))
      }
    }
    return measures
  }

  private static func delays(_ value: YAMLValue) throws(FileFault) -> [(Measure, YAMLValue)] {
    var measures: [(Measure, YAMLValue)] = []
    for (key, value) in try value.entries() {
      guard let statistic = DelayStatistic(rawValue: key) else {
        throw value.fault(unknown: key, known: DelayStatistic.allCases.map(\.rawValue))
      }
      measures.append((.addedDelay(statistic), value))
    }
    return measures
  }

  // MARK: - Values

  private static func amount(
    _ value: YAMLValue, of measure: Measure
  ) throws(FileFault) -> Amount {
    let text = try value.text()
    guard let amount = Amount(text, of: measure) else {
      throw value.fault("'\(text)' is \(measure.unitFault)")
    }
    return amount
  }

  private static func allowance(
    _ value: YAMLValue, of measure: Measure
  ) throws(FileFault) -> Policy.Allowance {
    let text = try value.text()
    guard let allowance = Policy.Allowance(text, of: measure) else {
      throw value.fault("'\(text)' is \(measure.allowanceFault)")
    }
    return allowance
  }

  private static func grade(_ value: YAMLValue) throws(FileFault) -> Coverage.Grade {
    let text = try value.text()
    guard let grade = Coverage.Grade(rawValue: text) else {
      throw value.fault(
        "'\(text)' is no grade; there are: \(Coverage.Grade.allCases.map(\.rawValue).joined(separator: ", "))"
      )
    }
    return grade
  }
}
