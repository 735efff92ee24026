/// The order in which the packets of a block pass, found from when each does: blocks hold them by tuple.
///
/// Sorted digit by digit, the lowest first: as many steps for each packet as the block's time has digits,
/// two or three as a rule.
struct PassingOrder {
  private static let digitBits: UInt64 = 11
  private static let digitMask: UInt64 = 1 << digitBits - 1

  /// When each entry passes.
  private var times: [UInt64] = []
  private var latest: UInt64 = 0
  private var order: [UInt32] = []
  private var sorted: [UInt32] = []
  private var ends = [Int](repeating: 0, count: 1 << Int(digitBits))

  var count: Int { times.count }

  /// Which entry comes at a position, once they are sorted.
  subscript(position: Int) -> Int {
    @inline(__always) get { Int(order[position]) }
  }

  mutating func removeAll() {
    times.removeAll(keepingCapacity: true)
    order.removeAll(keepingCapacity: true)
    latest = 0
  }

  /// - Parameter time: of the next entry, since the block began.
  @inline(__always)
  mutating func append(_ time: UInt64) {
    order.append(UInt32(truncatingIfNeeded: times.count))
    times.append(time)
    latest = max(latest, time)
  }

  /// Those of one time stay as they were appended.
  mutating func sort() {
    if sorted.count < count { sorted = [UInt32](repeating: 0, count: count) }
    var shift: UInt64 = 0
    while shift < 64, latest >> shift > 0 {
      sort(byDigitAt: shift)
      shift += Self.digitBits
    }
  }

  private mutating func sort(byDigitAt shift: UInt64) {
    for digit in ends.indices { ends[digit] = 0 }
    for time in times { ends[Int(time >> shift & Self.digitMask)] &+= 1 }
    var end = 0
    for digit in ends.indices {
      (ends[digit], end) = (end, end &+ ends[digit])
    }
    for entry in order {
      let digit = Int(times[Int(entry)] >> shift & Self.digitMask)
      sorted[ends[digit]] = entry
      ends[digit] &+= 1
    }
    for position in order.indices { order[position] = sorted[position] }
  }

  /// Brings those of one time into the order that their ranks tell.
  ///
  /// - Parameter ranks: for each entry, 0 for the first of its time; nil where all of the same time are in order.
  mutating func settle(by ranks: [UInt32?]) throws(RecordError) {
    var first = 0
    while first < count {
      var end = first &+ 1
      let time = times[self[first]]
      while end < count, times[self[end]] == time { end &+= 1 }
      if ranks[self[first]] != nil { try settle(first..<end, by: ranks) }
      first = end
    }
  }

  private mutating func settle(
    _ positions: Range<Int>, by ranks: [UInt32?]
  ) throws(RecordError) {
    let entries = Array(order[positions])
    var isFilled = [Bool](repeating: false, count: entries.count)
    for entry in entries {
      guard let rank = ranks[Int(entry)], rank < entries.count, !isFilled[Int(rank)] else {
        throw .outOfOrder
      }
      isFilled[Int(rank)] = true
      order[positions.lowerBound + Int(rank)] = entry
    }
  }
}
