/// Writes numbers in few bytes: seven bits a byte, the lowest first, and the eighth says that more follow.
@safe
struct ByteWriter: ~Copyable {
  // SAFETY: room for `capacity` bytes, of which the first `count` were written.
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int = 512) {
    unsafe start = .allocate(capacity: capacity)
    self.capacity = capacity
  }

  deinit { unsafe start.deallocate() }

  /// A copy of what was written.
  var bytes: [UInt8] {
    // SAFETY: so many were written.
    unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
  }

  /// Begins anew in the same memory.
  mutating func removeAll() { count = 0 }

  @inline(__always)
  mutating func write(_ byte: UInt8) {
    if count == capacity { grow(to: count &+ 1) }
    unsafe start[count] = byte
    count &+= 1
  }

  /// In as many bytes as its type has, the highest first.
  @inline(__always)
  mutating func write<Integer: FixedWidthInteger & BitwiseCopyable>(fixed value: Integer) {
    let size = MemoryLayout<Integer>.size
    if count &+ size > capacity { grow(to: count &+ size) }
    // SAFETY: there is room for them now; the store needs no alignment.
    unsafe UnsafeMutableRawPointer(start + count).storeBytes(
      of: value.bigEndian, as: Integer.self)
    count &+= size
  }

  @inline(__always)
  mutating func write(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      write(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    write(UInt8(truncatingIfNeeded: rest))
  }

  /// Small numbers of either sign become small ones without.
  @inline(__always)
  mutating func write(signed value: Int64) {
    write(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  /// Writes how many bytes there are, and them.
  mutating func write(block: RawSpan) {
    write(UInt64(block.byteCount))
    unsafe block.withUnsafeBytes { unsafe append($0) }
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if count + bytes.count > capacity { grow(to: count + bytes.count) }
    guard let source = bytes.baseAddress else { return }
    // SAFETY: there is room for them now.
    unsafe UnsafeMutableRawPointer(start + count).copyMemory(
      from: source, byteCount: bytes.count)
    count += bytes.count
  }

  @inline(never)
  private mutating func grow(to needed: Int) {
    capacity = max(needed, 2 * capacity)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    // SAFETY: there is room for more than were written.
    unsafe larger.update(from: start, count: count)
    unsafe start.deallocate()
    unsafe start = larger
  }
}

/// Reads what `ByteWriter` has written.
@safe
struct ByteReader {
  // SAFETY: there are `end` bytes, which outlive the reader: who makes one lends it while they are there.
  private let start: UnsafePointer<UInt8>
  /// Where the next byte lies, and where the last one ends.
  private var position: Int
  private let end: Int

  private init(_ start: UnsafePointer<UInt8>, count: Int) {
    unsafe self.start = start
    position = 0
    end = count
  }

  /// Lends a reader of some bytes.
  static func read<Result>(
    _ bytes: ArraySlice<UInt8>, _ body: (inout ByteReader) throws(RecordError) -> Result
  ) throws(RecordError) -> Result {
    try unsafe bytes.withUnsafeBufferPointer { buffer throws(RecordError) in
      guard let start = buffer.baseAddress else { throw .cutOff }
      var reader = unsafe ByteReader(start, count: buffer.count)
      return try body(&reader)
    }
  }

  var isAtEnd: Bool { position == end }
  /// How many bytes are left.
  var remaining: Int { end - position }

  @inline(__always)
  mutating func byte() throws(RecordError) -> UInt8 {
    guard position < end else { throw .cutOff }
    defer { position &+= 1 }
    // SAFETY: just checked.
    return unsafe start[position]
  }

  /// A number of as many bytes as its type has.
  @inline(__always)
  mutating func fixed<Integer: FixedWidthInteger & BitwiseCopyable>(
    as type: Integer.Type
  ) throws(RecordError) -> Integer {
    let size = MemoryLayout<Integer>.size
    guard remaining >= size else { throw .cutOff }
    defer { position &+= size }
    // SAFETY: just checked; the load needs no alignment.
    return unsafe Integer(
      bigEndian: UnsafeRawPointer(start + position).loadUnaligned(as: Integer.self))
  }

  @inline(__always)
  mutating func number() throws(RecordError) -> UInt64 {
    let first = try byte()
    return first < 0x80 ? UInt64(first) : try number(after: first)
  }

  /// - Parameter first: its first byte.
  @inline(never)
  private mutating func number(after first: UInt8) throws(RecordError) -> UInt64 {
    var value = UInt64(first & 0x7f)
    for shift in stride(from: 7, to: 70, by: 7) {
      let byte = try byte()
      let bits = UInt64(byte & 0x7f)
      guard shift < 63 || bits <= 1 else { throw .numberTooLarge }
      value |= bits << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw .numberTooLarge
  }

  /// A number that must fit.
  @inline(__always)
  mutating func number<Integer: FixedWidthInteger>(
    as type: Integer.Type
  ) throws(RecordError) -> Integer {
    guard let value = try Integer(exactly: number()) else { throw .numberTooLarge }
    return value
  }

  @inline(__always)
  mutating func signed() throws(RecordError) -> Int64 {
    let value = try number()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// Passes over bytes that have their number in front.
  ///
  /// - Returns: where they lie, counted from the first that there was to read.
  mutating func block() throws(RecordError) -> Range<Int> {
    let count = try number(as: Int.self)
    guard count <= remaining else { throw .cutOff }
    defer { position += count }
    return position..<(position + count)
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
  /// It names one that was not told before.
  case unknownNumber
}

extension RecordError: CustomStringConvertible {
  var description: String {
    switch self {
    case .cutOff: "a record ends in its middle; extract it again"
    case .outOfOrder: "a record has its segments in a wrong order; extract it again"
    case .unknownNumber: "a record refers to what is not there; extract it again"
    case .numberTooLarge: "a record holds a number that is too large; extract it again"
    case .unknownVersion(let version):
      "a record has version \(version), this program reads version \(RecordCoding.version); "
        + "use the same program for all stages"
    case .unknownFlags(let flags):
      "a record has flags that mean nothing (\(flags)); extract it again"
    }
  }
}
