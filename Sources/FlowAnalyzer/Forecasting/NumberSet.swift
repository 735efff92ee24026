/// Some of the numbers below a limit, by a bit each, so that the next one is found at once.
struct NumberSet {
  private var words: [UInt64]

  /// All numbers below `limit`.
  init(below limit: Int) {
    words = Array(repeating: .max, count: (limit + 63) / 64)
    if limit % 64 != 0 { words[words.count - 1] = 1 << UInt64(limit % 64) - 1 }
  }

  subscript(number: Int) -> Bool {
    get { words[number / 64] & (1 << UInt64(number % 64)) != 0 }
    set {
      let bit: UInt64 = 1 << UInt64(number % 64)
      if newValue { words[number / 64] |= bit } else { words[number / 64] &= ~bit }
    }
  }

  /// The first from `start` on, which goes on at zero.
  func next(from start: Int) -> Int? {
    let first = words[start / 64] & (.max << UInt64(start % 64))
    if first != 0 { return start / 64 * 64 + first.trailingZeroBitCount }
    for step in 1..<words.count + 1 {
      let word = (start / 64 + step) % words.count
      if words[word] != 0 { return word * 64 + words[word].trailingZeroBitCount }
    }
    return nil
  }
}
