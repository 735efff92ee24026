import HeapModule

/// The SNAT ports of a load balancer toward one server, and what the server still holds of each.
///
/// Ports that were never used are alike, so that most policies need no numbers for them: a slot is made
/// when a port is used for the first time. Policies that go by the number look slots up by it.
struct PortPool {
  /// A port that has been used.
  struct Slot {
    /// The connection that left it last, by its arrival, and until when the server holds that in
    /// TIME_WAIT.
    var leftBy: Int32 = -1
    var heldUntil = Int64.min
    /// When its connection ends, or ended, at the load balancer.
    fileprivate var releasedAt = Int64.min
    /// Counts its uses, so that what was noted of an earlier one is known to be out of date.
    fileprivate var use: UInt32 = 0
  }

  private struct Reservation: Comparable {
    /// When the port may be chosen again.
    var end: Int64
    var slot: Int32
    var use: UInt32

    static func < (one: Reservation, other: Reservation) -> Bool {
      (one.end, one.slot) < (other.end, other.slot)
    }
  }

  let policy: PortPolicy
  private(set) var slots: [Slot] = []
  private var reservations = Heap<Reservation>()
  /// Slots that may be chosen, in the order in which they became so, from `firstFree` on.
  private var free: [Int32] = []
  private var firstFree = 0
  /// Policies by number: the slot of each number that has been used.
  private var slotOfNumber: [Int: Int32] = [:]
  private var nextNumber: Int
  /// The most ports that were in use or kept back at once.
  private(set) var peak = 0

  init(_ policy: PortPolicy, random: inout SeededRandom) {
    self.policy = policy
    nextNumber = random.below(max(policy.size, 1))
  }

  subscript(slot: Int) -> Slot {
    _read { yield slots[slot] }
    _modify { yield &slots[slot] }
  }

  // MARK: - Taking and giving back

  /// Takes a port for a connection.
  ///
  /// - Parameters:
  ///   - client: a number for the client's address and port.
  ///   - port: the client's own port, where that is known.
  /// - Returns: its slot; nil where there is none to be had.
  mutating func take(
    at now: Int64, client: UInt64, port: Int, random: inout SeededRandom
  ) -> Int? {
    let slot: Int? =
      switch policy.choice {
      case .random, .leastRecent, .mostRecent: takeAny(at: now, random: &random)
      case .sequential: takeNumber(from: nextNumber, at: now, random: &random)
      case .hash:
        takeNumber(
          from: Int(truncatingIfNeeded: mixed(client) >> 1) % policy.size, at: now, random: &random)
      case .preserving: takePreserved(client: client, port: port, at: now, random: &random)
      }
    if let slot {
      slots[slot].use &+= 1
      slots[slot].releasedAt = .max
    }
    return slot
  }

  /// A connection ends at `end`, which may lie ahead, and keeps its port for as long as the policy says.
  mutating func give(_ slot: Int, at end: Int64) {
    slots[slot].releasedAt = end
    let reservedUntil = end.addingReportingOverflow(policy.hold)
    guard policy.choice.goesByOrder else {
      peak = max(peak, slots.count)
      return
    }
    reservations.insert(
      Reservation(
        end: reservedUntil.overflow ? .max : reservedUntil.partialValue, slot: Int32(slot),
        use: slots[slot].use))
    peak = max(peak, slots.count - (free.count - firstFree))
  }

  private mutating func addSlot() -> Int {
    slots.append(Slot())
    return slots.count - 1
  }

  // MARK: - By order

  private mutating func takeAny(at now: Int64, random: inout SeededRandom) -> Int? {
    collectFree(at: now)
    if policy.leak > 0, random.share() < policy.leak,
      let slot = takeHeld(at: now, tries: 16, random: &random)
    {
      return slot
    }
    let unused = policy.size - slots.count
    let count = free.count - firstFree
    guard unused + count > 0 else {
      return policy.evicts ? takeHeld(at: now, tries: .max, random: &random) : nil
    }
    switch policy.choice {
    case .leastRecent:
      if unused > 0 { return addSlot() }
      defer { dropFirstFree() }
      return Int(free[firstFree])
    case .mostRecent:
      if count > 0 { return Int(free.removeLast()) }
      return addSlot()
    case .random, .hash, .preserving, .sequential:
      let number = random.below(unused + count)
      if number < unused { return addSlot() }
      free.swapAt(firstFree + number - unused, free.count - 1)
      return Int(free.removeLast())
    }
  }

  private mutating func dropFirstFree() {
    firstFree += 1
    if firstFree > 4096, firstFree * 2 > free.count {
      free.removeFirst(firstFree)
      firstFree = 0
    }
  }

  /// Notes which ports may be chosen again by now.
  private mutating func collectFree(at now: Int64) {
    while let next = reservations.min, next.end <= now {
      reservations.removeMin()
      if slots[Int(next.slot)].use == next.use { free.append(next.slot) }
    }
  }

  /// Takes a port whose connection is over but which is still kept back.
  ///
  /// - Parameter tries: how many are looked at by chance; `max` looks at all in the end.
  private mutating func takeHeld(at now: Int64, tries: Int, random: inout SeededRandom) -> Int? {
    let candidates = reservations.unordered
    guard !candidates.isEmpty else { return nil }
    for _ in 0..<min(tries, 64) {
      let candidate = candidates[random.below(candidates.count)]
      if isHeld(candidate, at: now) { return Int(candidate.slot) }
    }
    guard tries == .max else { return nil }
    return candidates.first { isHeld($0, at: now) }.map { Int($0.slot) }
  }

  private func isHeld(_ reservation: Reservation, at now: Int64) -> Bool {
    let slot = slots[Int(reservation.slot)]
    return slot.use == reservation.use && slot.releasedAt <= now
  }

  // MARK: - By number

  /// How many numbers are looked at before the pool counts as exhausted.
  private static let longestSearch = 8192

  private mutating func takeNumber(
    from start: Int, at now: Int64, random: inout SeededRandom
  ) -> Int? {
    var held: Int?
    for step in 0..<min(policy.size, Self.longestSearch) {
      var number = start + step
      if number >= policy.size { number -= policy.size }
      guard let slot = slotOfNumber[number] else {
        nextNumber = number + 1 == policy.size ? 0 : number + 1
        let slot = addSlot()
        slotOfNumber[number] = Int32(slot)
        return slot
      }
      let releasedAt = slots[Int(slot)].releasedAt
      guard releasedAt <= now else { continue }
      let isFree = now - releasedAt >= policy.hold
      if isFree || policy.leak > 0 && random.share() < policy.leak {
        nextNumber = number + 1 == policy.size ? 0 : number + 1
        return Int(slot)
      }
      if held == nil { held = Int(slot) }
    }
    return policy.evicts ? held : nil
  }

  private mutating func takePreserved(
    client: UInt64, port: Int, at now: Int64, random: inout SeededRandom
  ) -> Int? {
    let address = Int(truncatingIfNeeded: mixed(client &* 31) >> 1) % policy.addresses
    let number = address * policy.ports + port % policy.ports
    if let slot = slotOfNumber[number] {
      let releasedAt = slots[Int(slot)].releasedAt
      if releasedAt <= now, now - releasedAt >= policy.hold { return Int(slot) }
      return takeNumber(from: random.below(policy.size), at: now, random: &random)
    }
    let slot = addSlot()
    slotOfNumber[number] = Int32(slot)
    return slot
  }
}

extension PortChoice {
  /// Ports are told apart by when they became free, not by their numbers.
  var goesByOrder: Bool {
    switch self {
    case .random, .leastRecent, .mostRecent: true
    case .hash, .preserving, .sequential: false
    }
  }
}
