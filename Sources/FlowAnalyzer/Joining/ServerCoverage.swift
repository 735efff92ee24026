/// From when to when the server side was captured, as far as packets show it: what a SYN of the client side lacks
/// there is missing only then.
///
/// A capture that shows both sides was running whenever any SYN of it came, also while the server side was silent. So it
/// is where a load balancer has no port left, and sends nothing on.
struct ServerCoverage {
  private var shown: Stretch?
  /// From the first SYN of a capture to its latest, by the number of the capture.
  private var captures: [Capture] = []

  private struct Stretch: BitwiseCopyable {
    var first: Timestamp
    var last: Timestamp

    mutating func extend(to time: Timestamp) {
      first = min(first, time)
      last = max(last, time)
    }
  }

  private struct Capture: BitwiseCopyable {
    var syns: Stretch?
    var showsServerSide = false
  }

  /// Whether anything of the server side has come by.
  var hasServerSide: Bool { shown != nil }

  /// A segment of the server side has come by.
  @inline(__always)
  mutating func noteSegment(at time: Timestamp) {
    if shown == nil { shown = Stretch(first: time, last: time) }
    shown?.extend(to: time)
  }

  /// A SYN of either side has come by.
  mutating func noteSyn(at time: Timestamp, capture: UInt32, isOfServerSide: Bool) {
    let number = Int(capture)
    while captures.count <= number { captures.append(Capture()) }
    var syns = captures[number].syns ?? Stretch(first: time, last: time)
    syns.extend(to: time)
    captures[number].syns = syns
    if isOfServerSide { captures[number].showsServerSide = true }
    guard captures[number].showsServerSide else { return }
    shown?.extend(to: syns.first)
    shown?.extend(to: syns.last)
  }

  /// A SYN of the client side has come by on the server side, maybe the first of all, and late: the load balancer may
  /// have had to ask for the server's link address.
  mutating func noteSentOn(synAt time: Timestamp, arrivedAt arrival: Timestamp) {
    guard time > arrival.advanced(byNanoseconds: -Joiner.clockSlack) else { return }
    shown?.extend(to: min(time, arrival))
  }

  /// Whether it was captured what came of a SYN of the client side.
  func contains(synAt time: Timestamp) -> Bool {
    guard let shown else { return false }
    // The first SYN of all comes a moment before the first segment behind the load balancer.
    return time.nanoseconds(since: shown.first) >= -Joiner.transit && time <= shown.last
  }
}
