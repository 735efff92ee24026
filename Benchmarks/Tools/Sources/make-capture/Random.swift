import Glibc

/// A small seeded generator (splitmix64): the same seed gives the same capture on every machine.
struct Random {
  private var state: UInt64

  init(seed: UInt64) { state = mixed(seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return mixed(state)
  }

  /// A number from 0 to `bound - 1`.
  mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number from 0 up to but without 1.
  mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

  mutating func chance(_ probability: Double) -> Bool { fraction() < probability }

  /// Nanoseconds from `low` up to but without `high`.
  mutating func duration(_ low: UInt64, _ high: UInt64) -> UInt64 {
    low + UInt64(below(Int(high - low)))
  }

  /// Nanoseconds to the next event of a Poisson process with so many events per second.
  mutating func interval(perSecond rate: Double) -> UInt64 {
    UInt64(-log(1 - fraction()) / rate * 1e9) + 1
  }
}

/// Scrambles a number so that its neighbours have nothing in common; also the keyed hash of hosts.
func mixed(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
  return z ^ (z >> 31)
}
