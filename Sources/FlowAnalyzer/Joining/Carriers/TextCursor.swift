/// A place in text that lies in a packet: reads it byte by byte without copying it.
///
/// Each method is given the bytes anew, since a view of them cannot be kept.
struct TextCursor {
  /// The byte to be read next.
  var offset: Int
  /// Nothing is read from here on.
  var end: Int

  struct LineEnd {
    /// Behind the line's last byte.
    var start: Int
    /// Where the next line begins.
    var next: Int
    var isCRLF: Bool { next - start == 2 }
  }

  func peek(_ bytes: RawSpan) -> UInt8? { offset < end ? bytes.uint8(at: offset) : nil }

  /// Moves on behind `text` if that is what comes next, in capitals or not if `ignoresCase`.
  mutating func skip(_ text: StaticString, in bytes: RawSpan, ignoresCase: Bool = false) -> Bool {
    guard offset + text.utf8CodeUnitCount <= end else { return false }
    let matches = text.withUTF8Buffer { expected in
      for index in 0..<expected.count {
        var byte = bytes.uint8(at: offset + index)
        if ignoresCase, byte >= UInt8(ascii: "A"), byte <= UInt8(ascii: "Z") { byte |= 0x20 }
        // SAFETY: `index` runs over the buffer.
        if unsafe byte != expected[index] { return false }
      }
      return true
    }
    if matches { offset += text.utf8CodeUnitCount }
    return matches
  }

  mutating func skipSpace(in bytes: RawSpan) {
    while let byte = peek(bytes), byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
      offset += 1
    }
  }

  /// The end of the line that the cursor is in; nil where none comes within `limit` bytes.
  func lineEnd(in bytes: RawSpan, limit: Int) -> LineEnd? {
    var place = offset
    let last = min(end, offset + limit)
    while place < last {
      if bytes.uint8(at: place) == UInt8(ascii: "\n") {
        let hasReturn = place > offset && bytes.uint8(at: place - 1) == UInt8(ascii: "\r")
        return LineEnd(start: hasReturn ? place - 1 : place, next: place + 1)
      }
      place += 1
    }
    return nil
  }

  /// A decimal number of at most `digits` digits without leading zeros.
  mutating func number(in bytes: RawSpan, digits: Int) -> Int? {
    var value = 0
    let start = offset
    while offset - start < digits, let byte = peek(bytes), byte >= 0x30, byte <= 0x39 {
      value = value * 10 + Int(byte - 0x30)
      offset += 1
    }
    let count = offset - start
    guard count > 0, count == 1 || bytes.uint8(at: start) != 0x30 else { return nil }
    return value
  }

  /// A port, 1...65535.
  mutating func port(in bytes: RawSpan) -> UInt16? {
    guard let value = number(in: bytes, digits: 5), value > 0 else { return nil }
    return UInt16(exactly: value)
  }

  /// An IPv4 or IPv6 address (RFC 4291, section 2.2), without brackets or zone.
  mutating func address(in bytes: RawSpan) -> IPAddress? {
    let start = offset
    if let address = dottedQuad(in: bytes) { return IPAddress(v4: address) }
    offset = start
    return addressV6(in: bytes)
  }

  private mutating func dottedQuad(in bytes: RawSpan) -> UInt32? {
    var address: UInt32 = 0
    for part in 0..<4 {
      if part > 0 {
        guard peek(bytes) == UInt8(ascii: ".") else { return nil }
        offset += 1
      }
      guard let value = number(in: bytes, digits: 3), value <= 255 else { return nil }
      address = address << 8 | UInt32(value)
    }
    return address
  }

  private mutating func addressV6(in bytes: RawSpan) -> IPAddress? {
    var groups = InlineArray<8, UInt16>(repeating: 0)
    var count = 0
    /// How many groups come before "::".
    var gap: Int?
    if peek(bytes) == UInt8(ascii: ":") {
      guard skip("::", in: bytes) else { return nil }
      gap = 0
    }
    while count < 8, let byte = peek(bytes), Self.hexadecimal(byte) != nil {
      let start = offset
      if count <= 6, let embedded = dottedQuad(in: bytes) {
        groups[count] = UInt16(truncatingIfNeeded: embedded >> 16)
        groups[count + 1] = UInt16(truncatingIfNeeded: embedded)
        count += 2
        break
      }
      offset = start
      guard let group = group(in: bytes) else { return nil }
      groups[count] = group
      count += 1
      guard peek(bytes) == UInt8(ascii: ":") else { break }
      if gap == nil, skip("::", in: bytes) {
        gap = count
      } else {
        guard count < 8 else { return nil }
        offset += 1
        guard let next = peek(bytes), Self.hexadecimal(next) != nil else { return nil }
      }
    }
    guard gap == nil ? count == 8 : count < 8 else { return nil }
    let zeros = 8 - count
    var words: (UInt64, UInt64) = (0, 0)
    for index in 0..<8 {
      let place = gap ?? 8
      let group: UInt16 =
        index < place ? groups[index] : index < place + zeros ? 0 : groups[index - zeros]
      if index < 4 {
        words.0 = words.0 << 16 | UInt64(group)
      } else {
        words.1 = words.1 << 16 | UInt64(group)
      }
    }
    return IPAddress(v6High: words.0, low: words.1)
  }

  private mutating func group(in bytes: RawSpan) -> UInt16? {
    var value: UInt16 = 0
    var count = 0
    while count < 4, let byte = peek(bytes), let digit = Self.hexadecimal(byte) {
      value = value << 4 | UInt16(digit)
      count += 1
      offset += 1
    }
    return count > 0 ? value : nil
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}

extension IPAddress {
  /// An IPv6 address that stands for an IPv4 one (RFC 4291, section 2.5.5.2).
  var isMapped: Bool { isIPv6 && high == 0 && low >> 32 == 0xffff }

  /// The IPv4 address in an IPv4-mapped one; any other as it is.
  var unmapped: IPAddress {
    isMapped ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : self
  }
}
