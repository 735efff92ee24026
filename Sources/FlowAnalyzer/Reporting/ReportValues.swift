/// A duration, exact to the nanosecond, written in seconds.
public struct Seconds: Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  init?(_ nanoseconds: Int64?) {
    guard let nanoseconds else { return nil }
    self.init(nanoseconds: nanoseconds)
  }

  public static func < (lhs: Seconds, rhs: Seconds) -> Bool { lhs.nanoseconds < rhs.nanoseconds }

  /// In seconds; the nearest `Double`.
  public var value: Double { Double(nanoseconds) / 1_000_000_000 }
}

extension Seconds {
  /// Writes the shortest number that reads as `value`, as `Double` prints it: up to 15 digits those
  /// are the nanoseconds themselves, and below 0.0001 it has an exponent (`5e-06`).
  package func writeText(to sink: inout some ByteSink & ~Copyable) {
    guard nanoseconds.magnitude < Self.longestExact else { return sink.append(decimal: value) }
    if nanoseconds < 0 { sink.append("-") }
    let magnitude = nanoseconds.magnitude
    if magnitude == 0 || magnitude >= Self.shortestPlain {
      sink.append(decimal: magnitude / 1_000_000_000)
      Self.writeFraction(magnitude % 1_000_000_000, digits: 9, to: &sink)
    } else {
      var unit: UInt64 = 1
      var exponent: UInt64 = 9
      while magnitude / unit >= 10 {
        unit *= 10
        exponent -= 1
      }
      sink.append(decimal: magnitude / unit)
      Self.writeFraction(magnitude % unit, digits: 9 - Int(exponent), to: &sink)
      sink.append("e")
      sink.append("-")
      sink.append(decimal: exponent, width: 2)
    }
  }

  /// Writes the point and what follows it, without zeros at the end; nothing where nothing follows.
  private static func writeFraction(
    _ fraction: UInt64, digits: Int, to sink: inout some ByteSink & ~Copyable
  ) {
    guard fraction > 0 else { return }
    var fraction = fraction
    var digits = digits
    while fraction % 10 == 0 {
      fraction /= 10
      digits -= 1
    }
    sink.append(".")
    sink.append(decimal: fraction, width: digits)
  }

  /// With more than 15 digits `Double` cannot tell neighbouring nanoseconds apart.
  private static let longestExact: UInt64 = 1_000_000_000_000_000
  private static let shortestPlain: UInt64 = 100_000
}

extension ByteSink where Self: ~Copyable {
  /// The shortest number that reads as this value, without a fraction of zero.
  package mutating func append(decimal value: Double) {
    if let whole = Int64(exactly: value), whole.magnitude < 1 << 53, value.sign == .plus {
      return append(decimal: whole)
    }
    var text = value.description.utf8[...]
    if text.count > 2, text.suffix(2).elementsEqual(".0".utf8) { text.removeLast(2) }
    for byte in text { append(byte) }
  }
}
