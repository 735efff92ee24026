extension StyledText {
  /// Its characters, with the escape sequences of ECMA-48 where colour is wanted.
  func rendered(hasColor: Bool) -> String {
    guard hasColor else { return runs.map(\.text).joined() }
    return runs.map { run in
      run.role.escape.map { "\u{1B}[\($0)m\(run.text)\u{1B}[0m" } ?? run.text
    }.joined()
  }
}

extension StyledText.Role {
  /// "Select graphic rendition". The sixteen colours only, which themes keep readable.
  fileprivate var escape: String? {
    switch self {
    case .plain: nil
    case .heading, .strong: "1"
    case .dim: "2"
    case .good: "32"
    case .warning: "33"
    case .bad: "1;31"
    }
  }
}
