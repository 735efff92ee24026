/// What the tracker counts on the way.
struct TrackingCounts: BitwiseCopyable, Equatable {
  /// SYNs, each once, copies apart.
  var syns = 0
  /// Segments without SYN, FIN and RST: none at all means that a filter kept them out.
  var plainSegments = 0
  /// SYNs that repeat another's ISN toward another destination within moments: both sides of an LB.
  var translatedSyns = 0
  /// Connections whose beginning was not captured.
  var beganUnseen = 0
  /// Connections whose SYN-ACK was captured, but not their SYN, although the capture went on then.
  var unseenSyns = 0
  /// TIME_WAITs entered, by who holds them.
  var timeWaitsAtServer = 0
  var timeWaitsAtPeer = 0
  var timeWaitsAtBoth = 0
  /// Servers that got as far as FIN_WAIT_2 and no further.
  var finWait2 = 0

  /// Counts a connection once, under the holders known so far.
  @inline(__always)
  mutating func noteTimeWaits(before: Connection.Side, after: Connection.Side) {
    guard before != after else { return }
    add(-1, before)
    add(1, after)
  }

  /// What a connection's server and those that hold its TIME_WAIT are, as far as known.
  typealias Standing = (state: TCPState, holders: Connection.Side)

  @inline(__always)
  mutating func noteFinWait2(before: Standing, after: Standing) {
    guard before.state != after.state else { return }
    if after.state == .finWait2 { finWait2 += 1 }
    if before.state == .finWait2, after.state != .closed { finWait2 -= 1 }
    // The peer's FIN has found nothing any more: the server had come no further.
    if before.state == .timeWait, after.state == .closed, before.holders.contains(.responder),
      !after.holders.contains(.responder)
    {
      finWait2 += 1
    }
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

extension TrackingCounts: Tally, Codable {
  static var counts: [WritableKeyPath<Self, Int>] {
    [
      \.syns, \.plainSegments, \.translatedSyns, \.beganUnseen, \.unseenSyns, \.timeWaitsAtServer,
      \.timeWaitsAtPeer, \.timeWaitsAtBoth, \.finWait2,
    ]
  }
}
