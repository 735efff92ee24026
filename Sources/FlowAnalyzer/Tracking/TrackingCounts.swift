/// What the tracker counts on the way.
struct TrackingCounts: BitwiseCopyable {
  /// SYNs, each once, copies apart.
  var syns = 0
  /// TIME_WAITs entered, by who holds them.
  var timeWaitsAtServer = 0
  var timeWaitsAtPeer = 0
  var timeWaitsAtBoth = 0
  /// Servers that got as far as FIN_WAIT_2 and no further.
  var finWait2 = 0

  /// Counts a connection once, under the holders known so far.
  mutating func noteTimeWaits(before: Connection.Side, after: Connection.Side) {
    guard before != after else { return }
    add(-1, before)
    add(1, after)
  }

  private mutating func add(_ count: Int, _ holders: Connection.Side) {
    switch holders {
    case .responder: timeWaitsAtServer += count
    case .originator: timeWaitsAtPeer += count
    case [.originator, .responder]: timeWaitsAtBoth += count
    default: break
    }
  }
}
