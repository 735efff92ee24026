/// The time of a place, beside UTC.
///
/// This module knows no time zones: whoever asks for one brings its offsets. A report must not depend on
/// the machine that it is made on, so the zone is always named, never the machine's own.
public struct LocalClock: Sendable {
  /// As reports show it, such as `Asia/Tokyo`.
  public var name: String
  /// Seconds to add to UTC at a time; differs over a change to summer time.
  public var offset: @Sendable (Timestamp) -> Int

  public init(name: String, offset: @escaping @Sendable (Timestamp) -> Int) {
    self.name = name
    self.offset = offset
  }
}

extension LocalClock {
  /// `22:37:34+09:00`, to the second: the microseconds are those of UTC.
  func time(_ time: Timestamp) -> String { local(time).timeOfDay.prefix(8) + offsetText(time) }

  /// `2026-11-22 22:37:34+09:00`.
  func dateAndTime(_ time: Timestamp) -> String { local(time).date + " " + self.time(time) }

  private func local(_ time: Timestamp) -> Timestamp {
    time.advanced(byNanoseconds: Int64(offset(time)) * 1_000_000_000)
  }

  /// As in RFC 3339; offsets before the days of time zones have seconds, which fall away.
  private func offsetText(_ time: Timestamp) -> String {
    let minutes = abs(offset(time)) / 60
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return (offset(time) < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60)
  }
}
