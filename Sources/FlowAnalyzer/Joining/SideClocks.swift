/// How the clocks of the two sides run against each other, for pairs of capture points that share
/// handshakes.
struct SideClocks {
  private struct Pair {
    let client: UInt32
    let server: UInt32
    var watch = ClockWatch()
  }

  /// In the order of their points. There is a handful, so that they are searched one by one.
  private var pairs: [Pair] = []
  private var askedShifts = 0
  private var seenShifts = 0

  /// Whether the segments that come have all the shifts in them that were asked for: until then they
  /// say nothing new.
  private var isSettled: Bool { seenShifts == askedShifts }

  mutating func noteShifts(_ count: Int) { seenShifts = count }

  /// A SYN was seen on both sides. Only the first of an attempt is sure to be the same on both.
  ///
  /// - Parameter time: when the server side saw it.
  mutating func noteForth(_ leg: ClientLeg, at time: Timestamp) {
    guard isSettled, leg.synCount == 1, leg.forwardedCount == 1, leg.point != leg.serverPoint
    else { return }
    pairs[place(of: leg)].watch.noteForth(time.nanoseconds(since: leg.firstSynAt), at: time)
  }

  /// The answer to it has come to the client side.
  ///
  /// - Parameter sentAt: when the server side saw it.
  mutating func noteBack(_ leg: ClientLeg, sentAt: Timestamp) {
    guard isSettled, leg.synCount == 1, leg.point != leg.serverPoint, let seenAt = leg.synAckAt
    else { return }
    pairs[place(of: leg)].watch.noteBack(sentAt.nanoseconds(since: seenAt), at: sentAt)
  }

  private mutating func place(of leg: ClientLeg) -> Int {
    let place =
      pairs.firstIndex { ($0.client, $0.server) >= (leg.point, leg.serverPoint) } ?? pairs.count
    if place == pairs.count
      || (pairs[place].client, pairs[place].server) != (leg.point, leg.serverPoint)
    {
      pairs.insert(Pair(client: leg.point, server: leg.serverPoint), at: place)
    }
    return place
  }

  /// What is to be added to the times of points of the client side from now on.
  mutating func takeShifts() -> [(point: UInt32, shift: Int64)] {
    var shifts: [(point: UInt32, shift: Int64)] = []
    for index in pairs.indices where shifts.last?.point != pairs[index].client {
      let shift = pairs[index].watch.takeShift()
      if shift != 0 { shifts.append((pairs[index].client, shift)) }
    }
    if !shifts.isEmpty { askedShifts += 1 }
    return shifts
  }

  mutating func finish() {
    for index in pairs.indices { pairs[index].watch.finish() }
  }

  /// How the clock of a point of the client side runs, against the first of the server side.
  func watch(ofClientPoint point: Int) -> ClockWatch? {
    pairs.first { Int($0.client) == point }?.watch
  }
}
