/// An IPv4 or IPv6 address as a plain 17-byte value.
///
/// IPv4 is kept apart from its IPv4-mapped IPv6 form: on the wire they are different packets.
public struct IPAddress: BitwiseCopyable, Hashable, Sendable {
  /// The upper 64 bits in network order; zero for IPv4.
  public var high: UInt64
  /// The lower 64 bits in network order; an IPv4 address fills the lowest 32.
  public var low: UInt64
  public var isIPv6: Bool

  public init(v4 address: UInt32) {
    high = 0
    low = UInt64(address)
    isIPv6 = false
  }

  public init(v6High high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
    isIPv6 = true
  }

  init(high: UInt64, low: UInt64, isIPv6: Bool) {
    self.high = high
    self.low = low
    self.isIPv6 = isIPv6
  }
}

extension IPAddress: Comparable {
  /// IPv4 before IPv6, then numerically.
  public static func < (lhs: IPAddress, rhs: IPAddress) -> Bool {
    if lhs.isIPv6 != rhs.isIPv6 { return rhs.isIPv6 }
    return lhs.high == rhs.high ? lhs.low < rhs.low : lhs.high < rhs.high
  }
}

extension IPAddress: CustomStringConvertible {
  /// Dotted quad, or the canonical IPv6 text of RFC 5952.
  public var description: String {
    isIPv6
      ? Self.canonicalIPv6(high: high, low: low)
      : Self.dottedQuad(UInt32(truncatingIfNeeded: low))
  }

  private static func dottedQuad(_ address: UInt32) -> String {
    "\(address >> 24).\(address >> 16 & 0xff).\(address >> 8 & 0xff).\(address & 0xff)"
  }

  private static func canonicalIPv6(high: UInt64, low: UInt64) -> String {
    // RFC 5952, section 5: addresses with an embedded IPv4 address under a known prefix.
    if high == 0, low >> 32 == 0xffff {
      return "::ffff:" + dottedQuad(UInt32(truncatingIfNeeded: low))
    }
    let groups = (0..<8).map { index in
      UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - index % 4 * 16))
    }
    // RFC 5952, section 4.2: "::" stands for the longest run of two or more zero groups, the
    // first of equals.
    var longest = 0..<0
    var start = 0
    while start < 8 {
      let end = groups[start...].firstIndex { $0 != 0 } ?? 8
      if end - start > max(1, longest.count) { longest = start..<end }
      start = end + 1
    }
    let text = { (range: Range<Int>) in
      groups[range].map { String($0, radix: 16) }.joined(separator: ":")
    }
    if longest.isEmpty { return text(0..<8) }
    return text(0..<longest.lowerBound) + "::" + text(longest.upperBound..<8)
  }
}
