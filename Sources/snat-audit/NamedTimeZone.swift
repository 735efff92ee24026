import FlowAnalyzer
import Foundation

/// A time zone on the command line: a name of the IANA database, or an offset from UTC. Never the
/// machine's own, as a report must not depend on where it is made.
struct NamedTimeZone: ExplainedArgument {
  let clock: LocalClock

  init?(argument: String) {
    guard let zone = Self.offset(argument) ?? Self.named(argument) else { return nil }
    clock = LocalClock(name: argument) { time in
      zone.secondsFromGMT(
        for: Date(timeIntervalSince1970: Double(time.nanoseconds) / 1_000_000_000))
    }
  }

  static let explanation =
    "a name of the IANA database, such as Asia/Tokyo, UTC, or an offset from -14:59 to +14:59, such as "
    + "+09:00"

  private static func named(_ name: String) -> TimeZone? {
    // Foundation also takes abbreviations such as EST, which mean several zones.
    guard name == "UTC" || name.contains("/") else { return nil }
    return TimeZone(identifier: name)
  }

  /// `+09:00`, `-03:30`.
  private static func offset(_ text: String) -> TimeZone? {
    guard let match = text.wholeMatch(of: /([+-])([01][0-9]):([0-5][0-9])/),
      let hours = Int(match.2), let minutes = Int(match.3), hours <= 14
    else { return nil }
    let seconds = hours * 3600 + minutes * 60
    return TimeZone(secondsFromGMT: match.1 == "-" ? -seconds : seconds)
  }
}
