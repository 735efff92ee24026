extension IPAddress {
  /// Writes its `description`: a dotted quad, or the canonical IPv6 text of RFC 5952.
  package func writeText(to sink: inout some ByteSink & ~Copyable) {
    if isIPv6 {
      writeIPv6(to: &sink)
    } else {
      Self.writeDottedQuad(low, to: &sink)
    }
  }

  /// - Parameter address: only the lowest 32 bits count.
  private static func writeDottedQuad(
    _ address: UInt64, to sink: inout some ByteSink & ~Copyable
  ) {
    // From the last character to the first, so that the sink takes all at once.
    var text = InlineArray<15, UInt8>(repeating: UInt8(ascii: "."))
    var start = 15
    for octet: UInt64 in 0..<4 {
      if octet > 0 { start &-= 1 }
      var rest = address >> (8 &* octet) & 0xff
      repeat {
        start &-= 1
        text[start] = UInt8(decimalDigitOf: rest)
        rest /= 10
      } while rest > 0
    }
    sink.append(text.span.extracting(start..<15))
  }

  private func writeIPv6(to sink: inout some ByteSink & ~Copyable) {
    if high == 0, low >> 32 == 0xffff {
      for character in "::ffff:".unicodeScalars { sink.append(character) }
      return Self.writeDottedQuad(low, to: &sink)
    }
    let zeros = longestZeros
    var index = 0
    while index < 8 {
      if index == zeros.lowerBound, !zeros.isEmpty {
        sink.append(":")
        sink.append(":")
        index = zeros.upperBound
        continue
      }
      if index > 0, index != zeros.upperBound || zeros.isEmpty { sink.append(":") }
      sink.append(hexadecimal: group(index))
      index += 1
    }
  }

  private func group(_ index: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - index % 4 * 16))
  }

  /// The longest run of two or more zero groups, the first of equals; empty where there is none.
  private var longestZeros: Range<Int> {
    var longest = 0..<0
    var start = 0
    for index in 0...8 where index == 8 || group(index) != 0 {
      if index - start > max(1, longest.count) { longest = start..<index }
      start = index + 1
    }
    return longest
  }
}

extension Endpoint {
  /// Writes its `description`: `10.10.1.1:4003`, or `[fd10::1]:4003`.
  package func writeText(to sink: inout some ByteSink & ~Copyable) {
    if address.isIPv6 { sink.append("[") }
    address.writeText(to: &sink)
    if address.isIPv6 { sink.append("]") }
    sink.append(":")
    sink.append(decimal: UInt64(port))
  }
}
