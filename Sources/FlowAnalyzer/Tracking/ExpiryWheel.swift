import BasicContainers

/// Says which of many things are due, in constant time for each: a wheel of time slots, each with the
/// chain of what falls due in it (Varghese and Lauck, 1987, scheme 6).
///
/// What is handed out has left the wheel; where it turns out that its time has not come, it is added
/// again. As a rule it is handed out late by up to one slot, and early only where it is due further off
/// than the wheel reaches. Nothing may depend on when exactly.
struct ExpiryWheel: ~Copyable {
  private static let slotCount: Int64 = 64
  private static let none = UInt32.max

  /// A slot takes 2 to the power of this, in nanoseconds: time is not divided, which takes long.
  private let widthExponent: Int64
  /// The first of each slot's chain.
  private var first = UniqueArray<UInt32>(repeating: none, count: Int(slotCount))
  /// What follows in the chain, by position.
  private var next = UniqueArray<UInt32>()
  /// The slot that is being emptied, counted from time zero; nil before anything was added.
  private var current: Int64?

  /// - Parameter horizon: how long after they are added most things are due, in nanoseconds, 64 at
  ///   least.
  init(horizon: Int64) {
    let width = horizon / (Self.slotCount / 2)
    widthExponent = Int64(Int64.bitWidth - 1 - max(width, 1).leadingZeroBitCount)
  }

  /// Adds what is not in the wheel.
  mutating func add(_ position: Int, due: Timestamp, now: Timestamp) {
    let now = slot(of: now)
    // A clock that jumped back must not keep everything waiting until it is there again.
    let current = self.current.map { $0 > now &+ 1 ? now : $0 } ?? now
    self.current = current
    let due = min(max(slot(of: due), current) &+ 1, current &+ Self.slotCount &- 1)
    while next.count <= position { next.append(Self.none) }
    next[position] = first[place(due)]
    first[place(due)] = UInt32(truncatingIfNeeded: position)
  }

  /// Takes out something that is due; nil where nothing is.
  mutating func takeDue(at now: Timestamp) -> Int? {
    guard var current else { return nil }
    let now = slot(of: now)
    // One turn of the wheel passes by all that is in it.
    current = max(current, now &- Self.slotCount)
    defer { self.current = current }
    while current <= now {
      let position = first[place(current)]
      if position != Self.none {
        first[place(current)] = next[Int(position)]
        return Int(position)
      }
      guard current < now else { return nil }
      current &+= 1
    }
    return nil
  }

  /// What will be handed out next, as far as it is in the same slot: memory can be asked for it in good
  /// time.
  @inline(__always)
  var upcoming: Int? {
    guard let current else { return nil }
    return Self.position(first[place(current)])
  }

  /// What will be handed out after something that is in the wheel, as far as it is in the same slot.
  @inline(__always)
  func upcoming(after position: Int) -> Int? { Self.position(next[position]) }

  @inline(__always)
  private static func position(_ link: UInt32) -> Int? { link == none ? nil : Int(link) }

  private func place(_ slot: Int64) -> Int { Int(slot & (Self.slotCount &- 1)) }

  private func slot(of time: Timestamp) -> Int64 { time.nanoseconds &>> widthExponent }
}
