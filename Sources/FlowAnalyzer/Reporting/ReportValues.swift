/// An optional that is written as an explicit null: the contract's fields are always there.
@propertyWrapper
public struct OrNull<Value: Encodable & Sendable>: Encodable, Sendable {
  public var wrappedValue: Value?

  public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue {
      try container.encode(wrappedValue)
    } else {
      try container.encodeNil()
    }
  }
}

extension OrNull: Equatable where Value: Equatable {}
extension OrNull: Hashable where Value: Hashable {}

/// A duration, exact to the nanosecond, written in seconds.
public struct Seconds: Encodable, Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  init?(_ nanoseconds: Int64?) {
    guard let nanoseconds else { return nil }
    self.init(nanoseconds: nanoseconds)
  }

  public static func < (lhs: Seconds, rhs: Seconds) -> Bool { lhs.nanoseconds < rhs.nanoseconds }

  /// In seconds; the nearest `Double`.
  public var value: Double { Double(nanoseconds) / 1_000_000_000 }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

extension Timestamp: Encodable {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
