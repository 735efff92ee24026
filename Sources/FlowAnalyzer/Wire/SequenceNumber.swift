/// A TCP sequence number: a position in a 32-bit circle (RFC 9293, section 3.4).
///
/// Deliberately not `Comparable`: order on a circle is not transitive, so sorting by it would be
/// wrong. `precedes` and `follows` compare two numbers less than half the circle apart.
public struct SequenceNumber: BitwiseCopyable, Hashable, Sendable {
  public var value: UInt32

  public init(_ value: UInt32) { self.value = value }

  /// The signed way from `other` to this number, -2^31 … 2^31 - 1.
  @inlinable
  public func distance(from other: SequenceNumber) -> Int32 {
    Int32(bitPattern: value &- other.value)
  }

  @inlinable public func precedes(_ other: SequenceNumber) -> Bool { distance(from: other) < 0 }

  /// Exactly `after()` of Linux, include/net/tcp.h: a distance of 2^31 counts as after.
  @inlinable public func follows(_ other: SequenceNumber) -> Bool { other.precedes(self) }

  @inlinable
  public func advanced(by count: UInt32) -> SequenceNumber { SequenceNumber(value &+ count) }

  @inlinable
  public func retreated(by count: UInt32) -> SequenceNumber { SequenceNumber(value &- count) }
}

extension SequenceNumber: Codable {
  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(UInt32.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}
