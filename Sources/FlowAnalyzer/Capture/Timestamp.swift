/// An instant of capture time: nanoseconds since 1970-01-01T00:00:00Z.
///
/// The range of `Int64` reaches from 1677 to 2262. Differences are plain nanosecond counts.
public struct Timestamp: BitwiseCopyable, Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  /// Stands for no time at all where an optional would take up eight bytes more.
  static let never = Timestamp(nanoseconds: .min)

  /// Nil for `never`.
  var ifEver: Timestamp? { self == .never ? nil : self }

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
    lhs.nanoseconds < rhs.nanoseconds
  }

  /// Nanoseconds from `earlier` to this instant; negative when `earlier` lies after it.
  ///
  /// Wraps instead of trapping: hostile captures carry any value.
  @inlinable
  public func nanoseconds(since earlier: Timestamp) -> Int64 {
    nanoseconds &- earlier.nanoseconds
  }

  /// Clocks that differ by more than a century are none; within that, differences of differences do not
  /// overflow.
  static let largestClockDifference: Int64 = 4_000_000_000_000_000_000

  /// The instant `nanoseconds` later.
  @inlinable
  public func advanced(byNanoseconds distance: Int64) -> Timestamp {
    Timestamp(nanoseconds: nanoseconds &+ distance)
  }
}

extension Timestamp: Codable {
  public init(from decoder: any Decoder) throws {
    self.init(nanoseconds: try decoder.singleValueContainer().decode(Int64.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(nanoseconds)
  }
}
