/// SHA-1 (FIPS 180-4), as Community IDs are made of it: a name for a tuple, protecting nothing.
enum SHA1 {
  /// The 20 bytes of the digest.
  static func digest(of message: [UInt8]) -> [UInt8] {
    var state: [5 of UInt32] = [
      0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0,
    ]
    let padded = padded(message)
    for start in stride(from: 0, to: padded.count, by: 64) {
      compress(padded[start..<start + 64], into: &state)
    }
    return state.indices.flatMap { bytes(of: state[$0]) }
  }

  /// Section 5.1.1: a one, zeros, and the length in bits, so that blocks of 64 bytes are full.
  private static func padded(_ message: [UInt8]) -> [UInt8] {
    var padded = message
    padded.append(0x80)
    while padded.count % 64 != 56 { padded.append(0) }
    let bits = UInt64(message.count) * 8
    return padded + bytes(of: UInt32(bits >> 32)) + bytes(of: UInt32(truncatingIfNeeded: bits))
  }

  private static func bytes(of word: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
  }

  /// Section 6.1.2.
  private static func compress(_ block: ArraySlice<UInt8>, into state: inout [5 of UInt32]) {
    var schedule = [80 of UInt32](repeating: 0)
    for (index, byte) in block.enumerated() {
      schedule[index / 4] = schedule[index / 4] << 8 | UInt32(byte)
    }
    for t in 16..<80 {
      schedule[t] = rotate(
        schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16], by: 1)
    }
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for t in 0..<80 {
      let (f, k) = round(t, b, c, d)
      (a, b, c, d, e) = (rotate(a, by: 5) &+ f &+ e &+ k &+ schedule[t], a, rotate(b, by: 30), c, d)
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
  }

  /// Sections 4.1.1 and 4.2.1: the function and the constant of round `t`.
  private static func round(
    _ t: Int, _ b: UInt32, _ c: UInt32, _ d: UInt32
  ) -> (f: UInt32, k: UInt32) {
    switch t {
    case ..<20: (b & c ^ ~b & d, 0x5a82_7999)
    case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
    case ..<60: (b & c ^ b & d ^ c & d, 0x8f1b_bcdc)
    default: (b ^ c ^ d, 0xca62_c1d6)
    }
  }

  private static func rotate(_ word: UInt32, by count: UInt32) -> UInt32 {
    word << count | word >> (32 - count)
  }
}
