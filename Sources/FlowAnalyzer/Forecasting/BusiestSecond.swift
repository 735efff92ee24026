/// The most attempts within a second, of several logs that each count their own seconds.
struct BusiestSecond {
  private(set) var attempts = 0
  /// Seconds that may not be over, by their ends.
  private var open: [Int64: Int] = [:]

  /// Adds what a log has counted since it was last asked.
  mutating func add(_ seconds: [(end: Int64, attempts: Int)]) {
    for second in seconds { open[second.end, default: 0] += second.attempts }
  }

  /// All logs were asked up to the same place of the stream: of earlier seconds nothing more comes, but for
  /// segments that stand late, by less than a second.
  mutating func settle() {
    guard let latest = open.keys.max() else { return }
    for (end, count) in open {
      attempts = max(attempts, count)
      if end < latest - 2_000_000_000 { open[end] = nil }
    }
  }
}
