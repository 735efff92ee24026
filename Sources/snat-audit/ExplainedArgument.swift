import ArgumentParser

/// A value on the command line that says what it may be where it is something else: the parser alone
/// says only that it is invalid.
protocol ExplainedArgument {
  init?(argument: String)
  /// What it may be.
  static var explanation: String { get }
}

extension ExplainedArgument {
  /// For `transform` of an option.
  ///
  /// - Throws: `ValidationError` with what it may be.
  static func parse(_ argument: String) throws -> Self {
    guard let value = Self(argument: argument) else {
      throw ValidationError("expected \(explanation)")
    }
    return value
  }
}

/// Whole numbers on the command line.
enum WholeNumber {
  /// For `transform` of an option.
  ///
  /// - Returns: what throws `ValidationError` where a text is no number of `range`.
  static func parse<Number: FixedWidthInteger & Sendable>(
    in range: ClosedRange<Number>
  ) -> @Sendable (String) throws -> Number {
    { text in
      guard let number = Number(text), range.contains(number) else {
        throw ValidationError(
          range.upperBound == .max
            ? "expected a whole number, at least \(range.lowerBound)"
            : "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
  }
}

/// Numbers below zero on the command line. No option takes one, and the parser takes `-3` for an option
/// itself, so that it misses a value where the user gave a wrong one.
enum NegativeNumbers {
  /// Each joined with the option in front of it, for the parser to say what that one takes.
  static func joined(_ arguments: [String]) -> [String] {
    var joined: [String] = []
    for (index, argument) in arguments.enumerated() {
      if argument == "--" { return joined + arguments[index...] }
      let isNumber = argument.hasPrefix("-") && argument.dropFirst().first?.isNumber == true
      if isNumber, let option = joined.last, option.hasPrefix("--"), !option.contains("=") {
        joined[joined.count - 1] = "\(option)=\(argument)"
      } else {
        joined.append(argument)
      }
    }
    return joined
  }
}
