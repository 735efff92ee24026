extension TimeBound {
  /// - Parameter text: an instant of RFC 3339, whose offset may be missing and then is UTC, as its
  ///   seconds may; a time of day in UTC; seconds since 1970; or `+` and a number with `ms`, `s`, `m`,
  ///   `h` or nothing, seconds, after the first packet. Fractions have nine digits at most.
  /// - Returns: nil for everything else.
  public init?(_ text: String) {
    var cursor = TimeCursor(text)
    if cursor.skip("+") {
      guard let distance = cursor.duration(), cursor.isAtEnd else { return nil }
      self = .afterStart(distance)
    } else if text.utf8.dropFirst(4).first == UInt8(ascii: "-") {
      guard let instant = cursor.instant(), cursor.isAtEnd else { return nil }
      self = .instant(instant)
    } else if text.utf8.contains(UInt8(ascii: ":")) {
      guard let time = cursor.timeOfDay(), cursor.isAtEnd else { return nil }
      self = .timeOfDay(time)
    } else {
      // Fewer digits are before 1973, and rather a distance that lacks its plus.
      guard text.utf8.prefix(while: { $0 != UInt8(ascii: ".") }).count >= 9 else { return nil }
      guard let seconds = cursor.decimal(unit: 1_000_000_000), cursor.isAtEnd else { return nil }
      self = .instant(Timestamp(nanoseconds: seconds))
    }
  }
}

/// Reads the parts of a time, one behind the other.
private struct TimeCursor {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = Substring(text).utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  /// A number of so many digits, in the range.
  private mutating func number(_ digits: Int, _ range: ClosedRange<Int64>) -> Int64? {
    let head = rest.prefix(digits)
    guard head.count == digits, head.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    let value = head.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
    guard range.contains(value) else { return nil }
    rest.removeFirst(digits)
    return value
  }

  /// What follows a decimal point, in billionths; zero where there is none.
  private mutating func fraction() -> Int64? {
    guard skip(".") else { return 0 }
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    guard (1...9).contains(digits.count) else { return nil }
    let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
    rest.removeFirst(digits.count)
    return (digits.count..<9).reduce(value) { value, _ in value * 10 }
  }

  /// A number with a fraction, in nanoseconds.
  ///
  /// - Parameter unit: what one is, in nanoseconds.
  mutating func decimal(unit: Int64) -> Int64? {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    guard (1...10).contains(digits.count), let whole = number(digits.count, 0...9_999_999_999),
      let fraction = fraction()
    else { return nil }
    return Int64(
      exactly: Int128(whole) * Int128(unit) + Int128(fraction) * Int128(unit) / 1_000_000_000)
  }

  mutating func duration() -> Int64? {
    var copy = self
    guard copy.decimal(unit: 1_000_000_000) != nil else { return nil }
    let unit: (Int64, length: Int)? =
      switch String(Substring(copy.rest)) {
      case "", "s": (1_000_000_000, copy.rest.count)
      case "ms": (1_000_000, 2)
      case "m": (60_000_000_000, 1)
      case "h": (3_600_000_000_000, 1)
      default: nil
      }
    guard let unit, let value = decimal(unit: unit.0) else { return nil }
    rest.removeFirst(unit.length)
    return value
  }

  /// `13:37`, `13:37:30.5`.
  mutating func timeOfDay() -> Int64? {
    guard let hour = number(2, 0...23), skip(":"), let minute = number(2, 0...59) else {
      return nil
    }
    var nanoseconds = (hour * 60 + minute) * 60_000_000_000
    if skip(":") {
      // 60 is a leap second: the next minute.
      guard let second = number(2, 0...60), let fraction = fraction() else { return nil }
      nanoseconds += second * 1_000_000_000 + fraction
    }
    return nanoseconds
  }

  mutating func instant() -> Timestamp? {
    guard let year = number(4, 1970...2261), skip("-"), let month = number(2, 1...12), skip("-"),
      let day = number(2, 1...31)
    else { return nil }
    let date = CivilDate(year: year, month: month, day: day)
    // The 31st of a month with 30 days is another day.
    guard CivilDate(day: date.daysSince1970) == date else { return nil }
    var nanoseconds = date.daysSince1970 * 86_400_000_000_000
    if isAtEnd { return Timestamp(nanoseconds: nanoseconds) }
    guard skip("T") || skip("t") || skip(" "), let time = timeOfDay() else { return nil }
    nanoseconds += time
    if isAtEnd || skip("Z") || skip("z") { return Timestamp(nanoseconds: nanoseconds) }
    guard let sign = skip("+") ? 1 : skip("-") ? -1 : nil as Int64?,
      let hours = number(2, 0...23)
    else { return nil }
    _ = skip(":")
    guard let minutes = number(2, 0...59) else { return nil }
    return Timestamp(nanoseconds: nanoseconds - sign * (hours * 60 + minutes) * 60_000_000_000)
  }
}

extension CivilDate {
  init(year: Int64, month: Int64, day: Int64) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The inverse of `init(day:)`, by the same reckoning.
  var daysSince1970: Int64 {
    let yearFromMarch = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = yearFromMarch.floored(by: 400)
    let monthFromMarch = (month + 9) % 12
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * Self.daysOfEra + dayOfEra - Self.daysToMarchOfYearZero
  }
}
