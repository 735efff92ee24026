/// How numbers are written for people: the same everywhere, without a locale.
enum Quantity {
  /// With commas between thousands: `1,820`.
  static func count(_ value: some BinaryInteger) -> String {
    var digits = Array(String(value.magnitude))
    var position = digits.count - 3
    while position > 0 {
      digits.insert(",", at: position)
      position -= 3
    }
    return (value < 0 ? "-" : "") + String(digits)
  }

  /// With its sign, also where it is positive: `+1,820`.
  static func signed(_ value: some BinaryInteger) -> String {
    (value > 0 ? "+" : "") + count(value)
  }

  /// `1 SYN`, `2 SYNs`; `plural` where an s does not do.
  static func count(_ value: some BinaryInteger, _ noun: String, _ plural: String? = nil) -> String
  {
    "\(count(value)) \(value == 1 ? noun : plural ?? noun + "s")"
  }

  /// A share in whole percent; never 0 for some, nor 100 for not quite all.
  static func percent(_ part: Int, of whole: Int) -> String {
    guard whole > 0 else { return "0 %" }
    let rounded = (part * 200 + whole) / (whole * 2)
    if rounded == 0, part > 0 { return "<1 %" }
    if rounded == 100, part < whole { return ">99 %" }
    return "\(rounded) %"
  }

  /// With three significant digits and the unit that suits: `16 us`, `25.2 ms`, `4.10 s`,
  /// `3 min 20 s`, `2 h 5 min`.
  static func duration(_ duration: Seconds) -> String {
    let nanoseconds = duration.nanoseconds
    if nanoseconds < 0 {
      // -Int64.min would overflow; a capture may claim anything.
      return "-" + Self.duration(Seconds(nanoseconds: -max(nanoseconds, -Int64.max)))
    }
    switch nanoseconds {
    case 0: return "0 s"
    case ..<999_500: return "\(max(1, (nanoseconds + 500) / 1000)) us"
    case ..<999_500_000: return significant(nanoseconds / 1000) + " ms"
    case ..<99_950_000_000: return significant(nanoseconds / 1_000_000) + " s"
    case ..<7_200_000_000_000:
      let seconds = (nanoseconds + 500_000_000) / 1_000_000_000
      return "\(seconds / 60) min" + (seconds % 60 == 0 ? "" : " \(seconds % 60) s")
    default:
      let minutes = (nanoseconds / 1_000_000_000 + 30) / 60
      return "\(minutes / 60) h" + (minutes % 60 == 0 ? "" : " \(minutes % 60) min")
    }
  }

  /// A length of time that somebody chose: without digits that say nothing.
  static func setting(_ duration: Seconds) -> String {
    let nanoseconds = duration.nanoseconds
    return nanoseconds % 1_000_000_000 == 0 && nanoseconds < 1_000_000_000_000
      ? "\(nanoseconds / 1_000_000_000) s" : Self.duration(duration)
  }

  /// Thousandths as a decimal number of three significant digits.
  private static func significant(_ thousandths: Int64) -> String {
    let (unit, digits): (Int64, Int) =
      thousandths < 9_995 ? (10, 2) : thousandths < 99_950 ? (100, 1) : (1000, 0)
    let rounded = (thousandths + unit / 2) / unit
    guard digits > 0 else { return "\(rounded)" }
    let scale: Int64 = digits == 2 ? 100 : 10
    let fraction = String(rounded % scale)
    return "\(rounded / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// `a`, `a and b`, `a, b and c`.
  static func list(_ parts: [String]) -> String {
    guard let last = parts.last else { return "" }
    return parts.count == 1 ? last : parts.dropLast().joined(separator: ", ") + " and " + last
  }
}
