/// Numbers that look random and are the same in each run: SplitMix64 (Steele, Lea and Flood, 2014).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A stream of its own for each purpose and repetition.
  init(seed: UInt64, stream: Int, repetition: Int) {
    state = mixed(seed &+ mixed(UInt64(stream) << 32 | UInt64(repetition)))
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }

  /// Below `limit`, which must be positive; biased by less than one in 2^32 for what occurs here.
  mutating func below(_ limit: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(limit)).high)
  }

  /// In 0..<1.
  mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }
}
