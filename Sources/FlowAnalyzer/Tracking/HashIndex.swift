import CPrefetch

/// An open-addressing index from hashes to positions in somebody else's storage.
///
/// The elements live in one contiguous array of their owner; this index holds eight bytes a slot
/// (a hash and a position), probes linearly and closes the gap on removal, so that lookups never
/// wade through the dead. Equality is the caller's: `find` asks `matches` about each candidate.
///
/// The last to come sits first: a new entry takes its home, and who was there moves on. Connections are
/// looked up most while they are young, and are found at the first slot as a rule; where the last to
/// come sat last, it took three and a half (measured).
///
/// Complexity: O(1) expected for every operation; growth doubles the slots at three quarters full.
@safe
struct HashIndex: ~Copyable {
  private struct Slot: BitwiseCopyable {
    var hash: UInt32
    /// Position plus one; zero marks an empty slot.
    var occupant: UInt32
  }

  // SAFETY: all accesses are at an index ANDed with `mask`, below the number of slots.
  private var slots: UnsafeMutablePointer<Slot>
  private var mask: Int
  private(set) var count = 0

  /// An index with room for `2^exponent` slots before it first grows.
  init(exponent: Int = 10) {
    unsafe slots = Self.emptySlots(1 << exponent)
    mask = 1 << exponent - 1
  }

  deinit { unsafe slots.deallocate() }

  private static func emptySlots(_ count: Int) -> UnsafeMutablePointer<Slot> {
    let slots = TableMemory.allocateWhole(byteCount: count &* MemoryLayout<Slot>.stride)
      .bindMemory(to: Slot.self, capacity: count)
    unsafe slots.initialize(repeating: Slot(hash: 0, occupant: 0), count: count)
    return unsafe slots
  }

  /// Has the processor fetch the slots of a hash that will be looked up soon.
  @inline(__always)
  func prefetch(_ hash: UInt32) { unsafe prefetch_line(slots + Int(hash) & mask) }

  /// The position of the first entry under `hash`, if it is not far off: a guess for prefetching.
  @inline(__always)
  func guess(_ hash: UInt32) -> Int? {
    for step in 0..<8 {
      let slot = unsafe slots[(Int(hash) &+ step) & mask]
      if slot.occupant == 0 { return nil }
      if slot.hash == hash { return Int(slot.occupant &- 1) }
    }
    return nil
  }

  /// The position stored under `hash` for which `matches` holds.
  @inline(__always)
  func find(_ hash: UInt32, matches: (Int) -> Bool) -> Int? {
    var slot = Int(hash) & mask
    while unsafe slots[slot].occupant != 0 {
      if unsafe slots[slot].hash == hash {
        let position = unsafe Int(slots[slot].occupant &- 1)
        if matches(position) { return position }
      }
      slot = (slot &+ 1) & mask
    }
    return nil
  }

  /// Stores `position` under `hash`; the caller has made sure that its element is not there yet.
  mutating func insert(_ hash: UInt32, position: Int) {
    if count &* 4 >= (mask &+ 1) &* 3 { grow() }
    place(Slot(hash: hash, occupant: UInt32(truncatingIfNeeded: position &+ 1)))
    count &+= 1
  }

  /// Removes the entry of `position`, which was stored under `hash`.
  mutating func remove(_ hash: UInt32, position: Int) {
    let occupant = UInt32(truncatingIfNeeded: position &+ 1)
    var hole = Int(hash) & mask
    while unsafe slots[hole].occupant != occupant {
      if unsafe slots[hole].occupant == 0 { return }
      hole = (hole &+ 1) & mask
    }
    count &-= 1
    // Pull back every follower whose home lies at or before the hole (Knuth, 6.4, algorithm R).
    var next = (hole &+ 1) & mask
    while unsafe slots[next].occupant != 0 {
      let home = unsafe Int(slots[next].hash) & mask
      if (next &- home) & mask >= (next &- hole) & mask {
        unsafe slots[hole] = slots[next]
        hole = next
      }
      next = (next &+ 1) & mask
    }
    unsafe slots[hole].occupant = 0
  }

  private mutating func place(_ entry: Slot) {
    var slot = Int(entry.hash) & mask
    var moving = entry
    while unsafe slots[slot].occupant != 0 {
      unsafe swap(&slots[slot], &moving)
      slot = (slot &+ 1) & mask
    }
    unsafe slots[slot] = moving
  }

  private mutating func grow() {
    let (old, count) = unsafe (slots, mask &+ 1)
    unsafe slots = Self.emptySlots(count &* 2)
    mask = count &* 2 &- 1
    for index in 0..<count where unsafe old[index].occupant != 0 { unsafe place(old[index]) }
    unsafe old.deallocate()
  }
}

/// Mixes 64 bits so that each input bit reaches each output bit (the finalizer of MurmurHash3).
@inline(__always)
func mixed(_ value: UInt64) -> UInt64 {
  var hash = value
  hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
  hash = (hash ^ hash >> 33) &* 0xc4ce_b9fe_1a85_ec53
  return hash ^ hash >> 33
}
