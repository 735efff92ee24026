import Yams

/// What is wrong with a file that the command line names, such as a policy: one line, with the place.
struct FileFault: Error, CustomStringConvertible {
  var file: String
  /// From 1.
  var line: Int?
  /// The keys that lead to the value.
  var key: [String] = []
  var problem: String

  var description: String {
    var place = file
    if let line { place += ":\(line)" }
    if !key.isEmpty { place += ": \(key.joined(separator: "."))" }
    return "\(place): \(problem)".onOneLine
  }
}

extension FileFault {
  /// What the YAML parser says.
  init(file: String, _ error: YamlError) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self.init(file: file, line: mark.line, problem: "no YAML: \(problem)")
    case .duplicatedKeysInMapping(let keys, let context):
      self.init(
        file: file, line: context.mark.line, key: keys.prefix(1).map { $0 },
        problem: "this key is there twice")
    case .reader(let problem, _, _, _):
      self.init(file: file, problem: "no YAML: \(problem)")
    default: self.init(file: file, problem: "no YAML: \(error)")
    }
  }
}

extension String {
  /// Without line breaks and other control characters, as messages are one line each.
  var onOneLine: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}
