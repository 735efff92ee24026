import BasicContainers

/// Values that come again and again in a block, such as addresses: told once, and by their numbers from then on.
///
/// Numbers are given in the order in which values are told, from 1; 0 says that a value is told. One that is
/// told when there are `limit` gets none.
enum Lexicon {
  /// Numbers up to here take two bytes at most.
  static let limit = 16_383

  /// Gives numbers.
  struct Writer<Value: BitwiseCopyable & Equatable>: ~Copyable {
    private var values = UniqueArray<Value>()
    private var index = HashIndex(exponent: 8)

    /// - Returns: nil where the value must be told, and has a number for the next time.
    @inline(__always)
    mutating func number(of value: Value, hash: UInt32) -> UInt64? {
      if let position = index.find(hash, matches: { values[$0] == value }) {
        return UInt64(position &+ 1)
      }
      add(value, hash)
      return nil
    }

    @inline(never)
    private mutating func add(_ value: Value, _ hash: UInt32) {
      guard values.count < Lexicon.limit else { return }
      index.insert(hash, position: values.count)
      values.append(value)
    }
  }

  /// Knows what was told.
  struct Reader<Value: BitwiseCopyable>: ~Copyable {
    private var values = UniqueArray<Value>()

    /// - Parameter tell: reads the value where it is told.
    @inline(__always)
    mutating func value(
      _ bytes: inout ByteReader, tell: (inout ByteReader) throws(RecordError) -> Value
    ) throws(RecordError) -> Value {
      let number = try bytes.number()
      if number == 0 {
        let value = try tell(&bytes)
        if values.count < Lexicon.limit { values.append(value) }
        return value
      }
      guard number <= UInt64(values.count) else { throw .unknownNumber }
      return values[Int(number &- 1)]
    }
  }
}
