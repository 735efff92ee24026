import FoundationEssentials

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC with nine fractional digits: `2026-11-22T21:17:48.123456789Z`.
  public var description: String { wholeSeconds + "." + Self.padded(fraction, 9) + "Z" }

  /// The time of day in UTC to the microsecond, as tcpdump prints it: `21:17:48.123456`.
  public var timeOfDay: String {
    wholeSeconds.dropFirst("2026-11-22T".count) + "." + Self.padded(fraction / 1000, 6)
  }

  /// Nanoseconds within the second, 0 … 999,999,999, also before 1970.
  private var fraction: Int64 { nanoseconds &- seconds &* 1_000_000_000 }

  /// Whole seconds since 1970, rounded down.
  private var seconds: Int64 {
    let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// Without fraction and zone.
  private var wholeSeconds: String {
    let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    return String(text.dropLast())
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
