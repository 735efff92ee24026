extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC with nine fractional digits: `2026-11-22T21:17:48.123456789Z`.
  public var description: String { String { writeText(to: &$0) } }

  /// The day in UTC: `2026-11-22`.
  package var date: String { String { $0.append(text.span.extracting(0..<10)) } }

  /// The time of day in UTC to the microsecond, as tcpdump prints it: `21:17:48.123456`.
  public var timeOfDay: String { String { $0.append(text.span.extracting(11..<26)) } }

  /// Writes its `description`.
  package func writeText(to sink: inout some ByteSink & ~Copyable) { sink.append(text.span) }

  /// All characters of its description, whose places are always the same.
  private var text: InlineArray<30, UInt8> {
    let (seconds, fraction) = nanoseconds.floored(by: 1_000_000_000)
    let (day, second) = seconds.floored(by: 86_400)
    let date = CivilDate(day: day)
    var text = InlineArray<30, UInt8>(repeating: UInt8(ascii: ":"))
    func place(_ value: Int64, at start: Int, width: Int) {
      var rest = UInt64(truncatingIfNeeded: value)
      var index = start + width
      while index > start {
        index &-= 1
        text[index] = UInt8(decimalDigitOf: rest)
        rest /= 10
      }
    }
    place(date.year, at: 0, width: 4)
    text[4] = UInt8(ascii: "-")
    place(date.month, at: 5, width: 2)
    text[7] = UInt8(ascii: "-")
    place(date.day, at: 8, width: 2)
    text[10] = UInt8(ascii: "T")
    place(second / 3600, at: 11, width: 2)
    place(second / 60 % 60, at: 14, width: 2)
    place(second % 60, at: 17, width: 2)
    text[19] = UInt8(ascii: ".")
    place(fraction, at: 20, width: 9)
    text[29] = UInt8(ascii: "Z")
    return text
  }
}

/// A day of the Gregorian calendar, counted on without a time zone or a table.
struct CivilDate: Equatable {
  var year: Int64
  var month: Int64
  var day: Int64

  /// - Parameter day: days since 1970-01-01.
  ///
  /// Years are taken to begin in March, so that the leap day is the last of its year; then the
  /// lengths of months repeat every five: 31, 30, 31, 30, 31, which are 153 days. 400 years are an
  /// era of 146,097 days, after which everything repeats.
  init(day: Int64) {
    let (era, dayOfEra) = (day + Self.daysToMarchOfYearZero).floored(by: Self.daysOfEra)
    // Every fourth year is a day longer, every hundredth is not, the last of the era is again.
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    self.day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  static let daysOfEra: Int64 = 146_097
  /// From March 1 of the year 0 to 1970-01-01.
  static let daysToMarchOfYearZero: Int64 = 719_468
}

extension Int64 {
  /// Division that rounds down, with a remainder that is never negative.
  func floored(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
