import BasicContainers

/// An open-addressing index from hashes to positions in somebody else's storage.
///
/// The elements live in one contiguous array of their owner; this index holds eight bytes a slot
/// (a hash and a position), probes linearly and closes the gap on removal, so that lookups never
/// wade through the dead. Equality is the caller's: `find` asks `matches` about each candidate.
///
/// Complexity: O(1) expected for every operation; growth doubles the slots at three quarters full.
struct HashIndex: ~Copyable {
  struct Slot: BitwiseCopyable {
    var hash: UInt32
    /// Position plus one; zero marks an empty slot.
    var occupant: UInt32
  }

  private var slots: UniqueArray<Slot>
  private var mask: Int
  private(set) var count = 0

  /// An index with room for `2^exponent` slots before it first grows.
  init(exponent: Int = 10) {
    slots = UniqueArray(repeating: Slot(hash: 0, occupant: 0), count: 1 << exponent)
    mask = 1 << exponent - 1
  }

  /// The position stored under `hash` for which `matches` holds.
  @inline(__always)
  func find(_ hash: UInt32, matches: (Int) -> Bool) -> Int? {
    var slot = Int(hash) & mask
    while slots[slot].occupant != 0 {
      if slots[slot].hash == hash {
        let position = Int(slots[slot].occupant &- 1)
        if matches(position) { return position }
      }
      slot = (slot &+ 1) & mask
    }
    return nil
  }

  /// Stores `position` under `hash`; the caller has made sure that its element is not there yet.
  mutating func insert(_ hash: UInt32, position: Int) {
    if count &* 4 >= slots.count &* 3 { grow() }
    place(Slot(hash: hash, occupant: UInt32(truncatingIfNeeded: position &+ 1)))
    count &+= 1
  }

  /// Removes the entry of `position`, which was stored under `hash`.
  mutating func remove(_ hash: UInt32, position: Int) {
    let occupant = UInt32(truncatingIfNeeded: position &+ 1)
    var hole = Int(hash) & mask
    while slots[hole].occupant != occupant {
      if slots[hole].occupant == 0 { return }
      hole = (hole &+ 1) & mask
    }
    count &-= 1
    // Pull back every follower whose home lies at or before the hole (Knuth, 6.4, algorithm R).
    var next = (hole &+ 1) & mask
    while slots[next].occupant != 0 {
      let home = Int(slots[next].hash) & mask
      if (next &- home) & mask >= (next &- hole) & mask {
        slots[hole] = slots[next]
        hole = next
      }
      next = (next &+ 1) & mask
    }
    slots[hole].occupant = 0
  }

  private mutating func place(_ entry: Slot) {
    var slot = Int(entry.hash) & mask
    while slots[slot].occupant != 0 { slot = (slot &+ 1) & mask }
    slots[slot] = entry
  }

  private mutating func grow() {
    var other = UniqueArray(repeating: Slot(hash: 0, occupant: 0), count: slots.count &* 2)
    swap(&slots, &other)
    mask = slots.count &- 1
    for index in other.indices where other[index].occupant != 0 { place(other[index]) }
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
