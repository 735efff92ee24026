/// Watches how a client-side clock runs against a server-side one, by handshakes that both have seen,
/// after what the survey has found was corrected.
///
/// What goes forth cannot arrive before it left, and an answer cannot have left after it arrived: over
/// a stretch of time these bounds leave an interval for what still differs. Where zero lies outside of
/// it, the clock has drifted, and the correction follows.
struct ClockWatch {
  /// How long the stretches are at first, in nanoseconds; they grow where there would be too many.
  private static let shortestStretch: Int64 = 10_000_000_000
  private static let longestList = 512
  /// Fewer stretches, or a shorter time, tell no drift.
  private static let leastStretches = 4
  private static let leastSpan: Int64 = 60_000_000_000

  private struct Stretch {
    var start: Timestamp
    var low = Int64.min
    var high = Int64.max
    var hasBoth: Bool { low != .min && high != .max }
  }

  /// What the clock was found to be ahead when, in nanoseconds, beside what the survey has found.
  private var readings: [(time: Timestamp, ahead: Int64, error: Int64)] = []
  private var stretch: Stretch?
  private var length = Self.shortestStretch
  /// What has been added to the client side's times since the survey.
  private var added: Int64 = 0
  /// What is still to be added.
  private var due: Int64 = 0

  /// Something has come from the client side to the server side.
  ///
  /// - Parameter way: its time there less its time here.
  mutating func noteForth(_ way: Int64, at time: Timestamp) {
    guard Self.isPossible(way) else { return }
    advance(to: time)
    let high = min(stretch?.high ?? .max, way)
    stretch?.high = high
  }

  /// An answer has come from the server side to the client side.
  ///
  /// - Parameter way: its time there less its time here.
  mutating func noteBack(_ way: Int64, at time: Timestamp) {
    guard Self.isPossible(way) else { return }
    advance(to: time)
    let low = max(stretch?.low ?? .min, way)
    stretch?.low = low
  }

  /// Hostile captures carry any times.
  private static func isPossible(_ way: Int64) -> Bool {
    way.magnitude <= UInt64(Timestamp.largestClockDifference)
  }

  private mutating func advance(to time: Timestamp) {
    guard let current = stretch else {
      stretch = Stretch(start: time)
      return
    }
    guard time.nanoseconds(since: current.start) >= length else { return }
    close(current)
    stretch = Stretch(start: time)
  }

  private mutating func close(_ stretch: Stretch) {
    guard stretch.hasBoth else { return }
    // A clock that runs away within the stretch turns the bounds round: they are then what it has
    // passed through.
    let middle = stretch.low + (stretch.high - stretch.low) / 2
    let error = max(1, (abs(stretch.high - stretch.low) + 1) / 2)
    // The client side's clock is ahead where what it sends arrives too early.
    readings.append((stretch.start, 0 &- (middle &+ added), error))
    if abs(middle) > error { due = middle }
    if readings.count > Self.longestList {
      readings = readings.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
      length *= 2
    }
  }

  /// What is to be added to the client side's times from now on; zero most of the time.
  mutating func takeShift() -> Int64 {
    let shift = due
    guard shift != 0 else { return 0 }
    due = 0
    added &+= shift
    stretch = nil
    return shift
  }

  /// Takes the last stretch in.
  mutating func finish() {
    if let stretch { close(stretch) }
    stretch = nil
  }

  /// How fast the client side's clock gains on the other, in parts per million: the median of the slopes
  /// between readings (Theil and Sen). Nil where the time was too short to tell.
  var driftPpm: Double? {
    guard readings.count >= Self.leastStretches, let first = readings.first,
      let last = readings.last, last.time.nanoseconds(since: first.time) >= Self.leastSpan
    else { return nil }
    // A hundred readings have five thousand slopes: enough.
    let step = max(1, readings.count / 100)
    let chosen = stride(from: 0, to: readings.count, by: step).map { readings[$0] }
    var slopes: [Double] = []
    for (index, reading) in chosen.enumerated() {
      for later in chosen[(index + 1)...] {
        let time = Double(later.time.nanoseconds(since: reading.time))
        guard time > 0 else { continue }
        slopes.append(Double(later.ahead &- reading.ahead) / time * 1_000_000)
      }
    }
    guard !slopes.isEmpty else { return nil }
    let median = slopes.sorted()[slopes.count / 2]
    // What the errors of the readings leave open is no drift.
    let span = Double(last.time.nanoseconds(since: first.time))
    let doubt = Double(first.error + last.error) / span * 1_000_000
    return abs(median) <= doubt ? 0 : median
  }

  /// The largest error of a reading, in nanoseconds; nil without any.
  var error: Int64? { readings.map(\.error).max() }
}
