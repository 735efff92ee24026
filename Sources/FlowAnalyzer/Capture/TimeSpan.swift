/// When packets were captured, in the order of their file.
struct TimeSpan: BitwiseCopyable, Codable {
  private(set) var earliest = Timestamp(nanoseconds: .max)
  private(set) var latest = Timestamp(nanoseconds: .min)
  /// By how much, at most, one is older than another that stands before it, in nanoseconds.
  private(set) var setBack: Int64 = 0

  var isEmpty: Bool { earliest > latest }

  @inline(__always)
  mutating func add(_ time: Timestamp) {
    // More than 292 years wrap to less than nothing.
    if latest > time { setBack = max(setBack, latest.nanoseconds(since: time)) }
    earliest = min(earliest, time)
    latest = max(latest, time)
  }
}
