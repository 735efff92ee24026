/// Takes an input apart from its front; behind its end there are zeros.
struct ByteFeed {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isEmpty: Bool { position >= bytes.count }

  mutating func next() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func number<Value: FixedWidthInteger>(as type: Value.Type = Value.self) -> Value {
    var value: Value = 0
    for _ in 0..<Value.bitWidth / 8 { value = value << 8 | Value(truncatingIfNeeded: next()) }
    return value
  }

  /// As many as are left, at most.
  mutating func take(_ count: Int) -> [UInt8] {
    let end = min(position + count, bytes.count)
    defer { position = end }
    return Array(bytes[position..<end])
  }

  mutating func rest() -> [UInt8] { take(bytes.count - position) }
}
