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
    /// The sequence number behind the last of that connection's client.
    fileprivate var leaves = SequenceNumber(0)
    fileprivate var client: UInt64 = 0
    /// It was not used yet, or was forgotten.
    fileprivate var isFree = true
    /// Counts its uses, so that what was noted of an earlier one is known to be out of date.
    fileprivate var use: UInt32 = 0
  }

  struct Reservation: Comparable {
    /// When the port may be chosen again.
    fileprivate var end: Int64
    fileprivate var slot: Int32
    fileprivate var use: UInt32

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
  private var slotOfNumber: SlotIndex
  private var numberOfSlot: [Int] = []
  /// Those that may be chosen, for policies that take the next one.
  private var freeNumbers: NumberSet?
  private var nextNumber: Int
  /// The ports that are in use or kept back; and the most that were so at once.
  private var reserved = 0
  private(set) var peak = 0

  init(_ policy: PortPolicy, random: inout SeededRandom) {
    self.policy = policy
    nextNumber = random.below(max(policy.size, 1))
    slotOfNumber = SlotIndex(below: policy.choice.goesByOrder ? 0 : policy.size)
    if policy.choice.takesNext, policy.size <= Self.mostNumbers {
      freeNumbers = NumberSet(below: policy.size)
    }
  }

  subscript(slot: Int) -> Slot {
    _read { yield slots[slot] }
    _modify { yield &slots[slot] }
  }

  // MARK: - Taking and giving back

  /// Takes a port for a connection.
  ///
  /// - Returns: its slot; nil where there is none to be had.
  mutating func take(_ request: PortRequest, random: inout SeededRandom) -> Int? {
    let now = request.time
    collectFree(at: now)
    let isOtherwise = policy.choice.hasExceptions && random.share() < PortChoice.otherwise
    let slot: Int? =
      switch policy.choice {
      case _ where isOtherwise: search(for: request, random: &random)
      case .random, .leastRecent, .mostRecent: takeAny(at: now, random: &random)
      case .sequential: takeNumber(from: nextNumber, at: now, random: &random)
      case .hash:
        takeNumber(
          from: Int(truncatingIfNeeded: mixed(request.client) >> 1) % policy.size, at: now,
          random: &random)
      case .probing: search(for: request, random: &random)
      case .preserving: takePreserved(request, random: &random)
      }
    guard let slot else { return nil }
    if isFree(slot, at: now) { reserved += 1 }
    peak = max(peak, reserved)
    slots[slot].use &+= 1
    slots[slot].releasedAt = .max
    slots[slot].isFree = false
    if freeNumbers != nil { freeNumbers?[numberOfSlot[slot]] = false }
    slots[slot].client = request.client
    return slot
  }

  /// A connection ends at `end`, which may lie ahead, and keeps its port for as long as the policy says.
  ///
  /// - Parameter leaves: the sequence number behind the last of the connection's client.
  @discardableResult
  mutating func give(_ slot: Int, at end: Int64, leaves: SequenceNumber) -> Reservation {
    slots[slot].releasedAt = end
    slots[slot].leaves = leaves
    let reservedUntil = end.addingReportingOverflow(policy.hold)
    let reservation = Reservation(
      end: reservedUntil.overflow ? .max : reservedUntil.partialValue, slot: Int32(slot),
      use: slots[slot].use)
    reservations.insert(reservation)
    return reservation
  }

  /// The client of a SYN that was not let in tries again: nf_nat forgets the first try, and looks for a port
  /// anew.
  mutating func forget(_ reservation: Reservation) {
    let slot = Int(reservation.slot)
    guard policy.choice == .probing || policy.choice == .preserving,
      slots[slot].use == reservation.use, !slots[slot].isFree
    else { return }
    slots[slot].isFree = true
    // What is noted of the use is out of date from now on.
    slots[slot].use &+= 1
    reserved -= 1
  }

  private func isFree(_ number: Int, at now: Int64) -> Bool {
    let slot = slots[number]
    return slot.isFree || slot.releasedAt <= now && now - slot.releasedAt >= policy.hold
  }

  private mutating func addSlot() -> Int {
    slots.append(Slot())
    return slots.count - 1
  }

  // MARK: - By order

  private mutating func takeAny(at now: Int64, random: inout SeededRandom) -> Int? {
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
    case .random, .hash, .probing, .preserving, .sequential:
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
      guard slots[Int(next.slot)].use == next.use else { continue }
      slots[Int(next.slot)].isFree = true
      reserved -= 1
      if policy.choice.goesByOrder { free.append(next.slot) }
      if freeNumbers != nil { freeNumbers?[numberOfSlot[Int(next.slot)]] = true }
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

  /// In a larger pool than this the next free number is never far.
  private static let mostNumbers = 1 << 22

  /// How many numbers are looked at where held ones may be taken, before the pool counts as exhausted.
  private static let longestSearch = 8192

  private mutating func takeNumber(
    from start: Int, at now: Int64, random: inout SeededRandom
  ) -> Int? {
    if policy.leak == 0, freeNumbers != nil {
      if let number = freeNumbers?.next(from: start) {
        nextNumber = number + 1 == policy.size ? 0 : number + 1
        return slotOfNumber[number].map { Int($0) } ?? addSlot(number)
      }
      guard policy.evicts else { return nil }
    }
    var held: Int?
    for step in 0..<min(policy.size, Self.longestSearch) {
      var number = start + step
      if number >= policy.size { number -= policy.size }
      guard let slot = slotOfNumber[number] else {
        nextNumber = number + 1 == policy.size ? 0 : number + 1
        return addSlot(number)
      }
      guard slots[Int(slot)].releasedAt <= now else { continue }
      if isFree(Int(slot), at: now) || policy.leak > 0 && random.share() < policy.leak {
        nextNumber = number + 1 == policy.size ? 0 : number + 1
        return Int(slot)
      }
      if held == nil { held = Int(slot) }
    }
    return policy.evicts ? held : nil
  }

  private mutating func takePreserved(
    _ request: PortRequest, random: inout SeededRandom
  ) -> Int? {
    let addresses = policy.size / policy.ports
    let address = Int(truncatingIfNeeded: mixed(request.client &* 31) >> 1) % addresses
    let number = address * policy.ports + request.port % policy.ports
    guard let slot = slotOfNumber[number] else { return addSlot(number) }
    // A client that uses its own port again opens its old connection anew.
    let former = slots[Int(slot)]
    let isTakenOver = former.client == request.client && former.releasedAt <= request.time
    return isTakenOver || isFree(Int(slot), at: request.time)
      ? Int(slot) : search(for: request, random: &random)
  }

  /// See `PortSearch`.
  private mutating func search(
    for request: PortRequest, random: inout SeededRandom
  ) -> Int? {
    var length = min(policy.size, PortSearch.longestRound)
    while true {
      let start = random.below(policy.size)
      let firstEvicting = PortSearch.firstEvicting(of: length)
      for step in 0..<length {
        let number = (start + step) % policy.size
        guard let slot = slotOfNumber[number] else { return addSlot(number) }
        if isFree(Int(slot), at: request.time)
          || step >= firstEvicting && isEvictable(Int(slot), for: request)
        {
          return Int(slot)
        }
      }
      if length == policy.size || length <= PortSearch.shortestRound { return nil }
      length /= 2
    }
  }

  private func isEvictable(_ slot: Int, for request: PortRequest) -> Bool {
    policy.evicts && slots[slot].releasedAt <= request.time
      && request.isn.advanced(by: 1).follows(slots[slot].leaves)
  }

  private mutating func addSlot(_ number: Int) -> Int {
    let slot = addSlot()
    slotOfNumber[number] = Int32(slot)
    numberOfSlot.append(number)
    return slot
  }
}

/// Who asks for a port.
struct PortRequest {
  var time: Int64
  /// A number for the client's address and port.
  var client: UInt64
  /// The client's own port, where that is known.
  var port: Int
  var isn: SequenceNumber
}

extension PortChoice {
  /// The share of choices that are made by another rule than the one that fits best: what a capture shows is
  /// never the whole of it (other services, ports that were taken before, entries that were dropped).
  static let otherwise = 0.02

  /// A port that another rule chose is another one, and not just one a little earlier in turn.
  var hasExceptions: Bool {
    switch self {
    case .hash, .probing, .preserving: true
    case .random, .leastRecent, .mostRecent, .sequential: false
    }
  }

  /// The next free number is taken, from one on.
  var takesNext: Bool { self == .hash || self == .sequential }

  /// The same client gets the same port again, if it can.
  var goesByClient: Bool { self == .hash || self == .preserving }

  /// Ports are told apart by when they became free, not by their numbers.
  var goesByOrder: Bool {
    switch self {
    case .random, .leastRecent, .mostRecent: true
    case .hash, .probing, .preserving, .sequential: false
    }
  }
}
