import FlowAnalyzer

/// Metrics in Prometheus' text format (version 0.0.4): families in the order in which they are given.
struct MetricsText {
  private(set) var text = ""

  /// What a family is; a gauge may go up and down from one run to the next.
  enum Kind: String {
    case gauge, histogram, summary
  }

  /// One value of a family; its labels stand in the order in which they are given.
  struct Sample {
    var suffix = ""
    var labels: [(name: String, value: String)] = []
    var value: String

    init(_ suffix: String = "", _ labels: (String, String)..., value: String) {
      self.suffix = suffix
      self.labels = labels.map { (name: $0.0, value: $0.1) }
      self.value = value
    }

    init(_ labels: (String, String)..., value: some BinaryInteger) {
      self.labels = labels.map { (name: $0.0, value: $0.1) }
      self.value = String(value)
    }

    init(_ labels: (String, String)..., value: Seconds) {
      self.labels = labels.map { (name: $0.0, value: $0.1) }
      self.value = value.metricText
    }
  }

  /// - Parameter samples: without any the family is left out, as nothing is known of it.
  mutating func add(_ name: String, _ kind: Kind = .gauge, help: String, _ samples: [Sample]) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    for sample in samples {
      text += name + sample.suffix
      if !sample.labels.isEmpty {
        let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
        text += "{\(labels.joined(separator: ","))}"
      }
      text += " \(sample.value)\n"
    }
  }

  /// A family of one value without labels; left out where that is not known.
  mutating func add(_ name: String, help: String, _ value: (some BinaryInteger)?) {
    add(name, help: help, value.map { [Sample(value: $0)] } ?? [])
  }

  mutating func add(_ name: String, help: String, _ value: Seconds?) {
    add(name, help: help, value.map { [Sample(value: $0)] } ?? [])
  }

  private static func escaped(_ value: String) -> String {
    value.reduce(into: "") { text, character in
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
  }
}

extension Seconds {
  var metricText: String { String { writeText(to: &$0) } }
}
