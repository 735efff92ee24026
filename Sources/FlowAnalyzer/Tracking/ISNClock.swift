/// The clock that runs under the initial sequence numbers of Linux (`secure_tcp_seq`): one step per
/// 64 ns beside a keyed hash of the 4-tuple. For one tuple the hash cancels, so two ISNs of fresh
/// sockets lie as far apart as the time between them.
enum ISNClock {
  static let nanosecondsPerStep: Int64 = 64
  /// How far off the line a fresh ISN may lie, in nanoseconds: the way to the capture point, and
  /// two clocks that drift apart by at most 100 ppm.
  static func tolerance(over elapsed: Int64) -> Int64 {
    2_000_000 + Int64(elapsed.magnitude / 10_000)
  }

  /// Whether `isn`, seen at `time`, continues the line through `base`, seen at `baseTime`.
  static func fits(
    _ isn: SequenceNumber, at time: Timestamp, base: SequenceNumber, baseTime: Timestamp
  ) -> Bool {
    let elapsed = time.nanoseconds(since: baseTime)
    let steps = UInt32(truncatingIfNeeded: elapsed / nanosecondsPerStep)
    let deviation = Int64(isn.distance(from: base.advanced(by: steps))) * nanosecondsPerStep
    return deviation.magnitude <= tolerance(over: elapsed).magnitude
  }
}
