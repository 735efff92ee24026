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
  mutating func noteTimeWaits(_ entered: Connection.Side, all: Connection.Side) {
    let before = all.subtracting(entered)
    if before == .responder { timeWaitsAtServer -= 1 }
    if before == .originator { timeWaitsAtPeer -= 1 }
    switch all {
    case .responder: timeWaitsAtServer += 1
    case .originator: timeWaitsAtPeer += 1
    default: timeWaitsAtBoth += 1
    }
  }
}
