/// What takes text byte by byte: a report's buffer, a hash, a string.
///
/// Values of a report are written digit by digit into it, as making a `String` of each costs more
/// than judging the SYN that it is about.
package protocol ByteSink: ~Copyable {
  mutating func append(_ byte: UInt8)
  mutating func append(_ text: Span<UInt8>)
}

extension ByteSink where Self: ~Copyable {
  package mutating func append(_ character: Unicode.Scalar) { append(UInt8(ascii: character)) }

  /// In decimal, without leading zeros.
  package mutating func append(decimal value: UInt64) {
    // 20 digits are the most.
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var start = 20
    var rest = value
    repeat {
      start &-= 1
      digits[start] = UInt8(decimalDigitOf: rest)
      rest /= 10
    } while rest > 0
    append(digits.span.extracting(start..<20))
  }

  package mutating func append(decimal value: Int64) {
    if value < 0 { append("-") }
    append(decimal: value.magnitude)
  }

  /// The last `width` decimal digits of `value`, at most 20, zeros in front.
  package mutating func append(decimal value: UInt64, width: Int) {
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var rest = value
    for index in 1...width {
      digits[20 &- index] = UInt8(decimalDigitOf: rest)
      rest /= 10
    }
    append(digits.span.extracting((20 &- width)..<20))
  }

  /// In hexadecimal, without leading zeros.
  package mutating func append(hexadecimal value: UInt16) {
    var shift = 12
    while shift > 0, value >> shift == 0 { shift -= 4 }
    while shift >= 0 {
      append(UInt8(hexadecimalDigitOf: UInt64(value >> shift)))
      shift -= 4
    }
  }

  /// In sixteen hexadecimal digits.
  package mutating func append(hexadecimal value: UInt64) {
    for index in 0..<16 { append(UInt8(hexadecimalDigitOf: value >> UInt64(60 - 4 * index))) }
  }
}

extension UInt8 {
  /// The character of the last decimal digit of `value`.
  init(decimalDigitOf value: UInt64) {
    self = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value % 10)
  }

  /// The character of the last hexadecimal digit of `value`.
  init(hexadecimalDigitOf value: UInt64) {
    let digit = UInt8(truncatingIfNeeded: value & 0xf)
    self = digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ digit &- 10
  }
}

extension [UInt8]: ByteSink {
  package mutating func append(_ text: Span<UInt8>) {
    for index in text.indices { append(text[index]) }
  }
}

extension String {
  /// What `write` gives to a sink.
  package init(_ write: (inout [UInt8]) -> Void) {
    var bytes: [UInt8] = []
    write(&bytes)
    self.init(decoding: bytes, as: UTF8.self)
  }
}
