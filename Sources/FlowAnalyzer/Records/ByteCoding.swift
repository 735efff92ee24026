/// Writes numbers in few bytes: seven bits a byte, the lowest first, and the eighth says that more follow.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ byte: UInt8) { bytes.append(byte) }

  mutating func write(fixed value: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  mutating func write(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func write(_ value: UInt32) { write(UInt64(value)) }

  /// Small numbers of either sign become small ones without.
  mutating func write(signed value: Int64) {
    write(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  mutating func write(_ block: [UInt8]) {
    write(UInt64(block.count))
    bytes += block
  }
}

/// Reads what `ByteWriter` has written.
struct ByteReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() throws(RecordError) -> UInt8 {
    guard let byte = rest.popFirst() else { throw .cutOff }
    return byte
  }

  mutating func fixed() throws(RecordError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 8) { value |= try UInt64(byte()) << UInt64(shift) }
    return value
  }

  mutating func number() throws(RecordError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      let byte = try byte()
      let bits = UInt64(byte & 0x7f)
      guard shift < 63 || bits <= 1 else { throw .numberTooLarge }
      value |= bits << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw .numberTooLarge
  }

  /// A number that must fit.
  mutating func number<Integer: FixedWidthInteger>(
    as type: Integer.Type
  ) throws(RecordError) -> Integer {
    guard let value = try Integer(exactly: number()) else { throw .numberTooLarge }
    return value
  }

  mutating func signed() throws(RecordError) -> Int64 {
    let value = try number()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func block() throws(RecordError) -> [UInt8] {
    let count = try number(as: Int.self)
    guard count <= rest.count else { throw .cutOff }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }
}

/// Why a record cannot be read.
enum RecordError: Error, Equatable {
  case cutOff
  case numberTooLarge
  /// It was written by a later program, in a form of that number.
  case unknownVersion(UInt8)
  case unknownFlags(UInt8)
  case outOfOrder
}

extension RecordError: CustomStringConvertible {
  var description: String {
    switch self {
    case .cutOff: "a record ends in its middle; extract it again"
    case .outOfOrder: "a record has its segments in a wrong order; extract it again"
    case .numberTooLarge: "a record holds a number that is too large; extract it again"
    case .unknownVersion(let version):
      "a record has version \(version), this program reads version \(FlowRecord.version); "
        + "use the same program for all stages"
    case .unknownFlags(let flags):
      "a record has flags that mean nothing (\(flags)); extract it again"
    }
  }
}
