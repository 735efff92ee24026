/// Reads what `PackedWriter` has written. Whatever else it is given, it says what is wrong with that.
struct PackedReader {
  private let characters: [UInt8]
  private var position = 0
  private let path: [any CodingKey]
  private var lastTime = Timestamp(nanoseconds: 0)
  private var addresses: [IPAddress] = []
  private var words: [String] = []

  /// The value of each character, or `none`.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: none, count: 256)
    for (value, character) in PackedWriter.alphabet.enumerated() {
      values[Int(character)] = UInt8(value)
    }
    return values
  }()
  private static let none = UInt8.max
  private let values = Self.values

  /// - Parameter path: where in the summary it stands, for errors.
  init(_ text: String, at path: [any CodingKey] = []) {
    characters = Array(text.utf8)
    self.path = path
  }

  func error(_ what: String) -> DecodingError {
    .dataCorrupted(
      DecodingError.Context(codingPath: path, debugDescription: "\(what), at character \(position)")
    )
  }

  /// All must have been read.
  func finish() throws(DecodingError) {
    guard position == characters.count else { throw error("there is more than expected") }
  }

  // MARK: - Numbers

  mutating func number() throws(DecodingError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 65, by: 5) {
      guard position < characters.count else { throw error("it ends too early") }
      let digit = values[Int(characters[position])]
      guard digit != Self.none else { throw error("this is no number") }
      position += 1
      let bits = UInt64(digit & 31)
      guard shift < 60 || bits < 16 else { throw error("a number is too large") }
      value |= bits << shift
      if digit < 32 { return value }
    }
    throw error("a number is too large")
  }

  /// A number that must fit.
  mutating func number<Integer: FixedWidthInteger>(
    as type: Integer.Type = Integer.self
  ) throws(DecodingError) -> Integer {
    guard let value = try Integer(exactly: number() as UInt64) else {
      throw error("a number is too large")
    }
    return value
  }

  mutating func flag() throws(DecodingError) -> Bool {
    let value: UInt8 = try number()
    guard value <= 1 else { throw error("this is neither yes nor no") }
    return value == 1
  }

  /// More packets than any capture has: sums over some thousands do not overflow.
  static let largestCount = 1 << 44

  mutating func count() throws(DecodingError) -> Int {
    let value: Int = try number()
    guard value <= Self.largestCount else { throw error("so many there cannot be") }
    return value
  }

  /// - Parameter number: how many counts there must be.
  mutating func counts(_ number: Int) throws(DecodingError) -> [Int] {
    let counts = try array { reader throws(DecodingError) in try reader.count() }
    guard counts.count == number else { throw error("there must be \(number) counts") }
    return counts
  }

  mutating func counts<Key: RawRepresentable<String>>() throws(DecodingError) -> CaseCounts<Key> {
    try counts { reader throws(DecodingError) in try reader.value() }
  }

  mutating func counts<Key>(
    _ key: (inout PackedReader) throws(DecodingError) -> Key
  ) throws(DecodingError) -> CaseCounts<Key> {
    let entries = try array { reader throws(DecodingError) in
      (key: try key(&reader), count: try reader.count())
    }
    var counts: CaseCounts<Key> = [:]
    for entry in entries {
      guard counts[entry.key] == nil else { throw error("something is counted twice") }
      counts.add(entry.count, of: entry.key)
    }
    return counts
  }

  /// - Parameter most: how many there may be.
  mutating func array<Element>(
    most: Int = .max, _ element: (inout PackedReader) throws(DecodingError) -> Element
  ) throws(DecodingError) -> [Element] {
    let count: Int = try number()
    // Each takes a character at least, so that no memory is asked for but for what is there.
    guard count <= min(most, characters.count - position) else {
      throw error("so many there cannot be")
    }
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try element(&self)) }
    return elements
  }

  mutating func array<Element: Packed>(most: Int = .max) throws(DecodingError) -> [Element] {
    try array(most: most) { reader throws(DecodingError) in try Element(from: &reader) }
  }

  mutating func signed<Integer: FixedWidthInteger & SignedInteger>() throws(DecodingError)
    -> Integer
  {
    let bits: UInt64 = try number()
    let value = Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
    guard let value = Integer(exactly: value) else { throw error("a number is too large") }
    return value
  }

  mutating func number(from other: UInt32) throws(DecodingError) -> UInt32 {
    other &+ UInt32(bitPattern: try signed())
  }

  mutating func optionalSigned() throws(DecodingError) -> Int64? { try flag() ? signed() : nil }

  // MARK: - Times

  mutating func time() throws(DecodingError) -> Timestamp {
    lastTime = try time(from: lastTime)
    return lastTime
  }

  mutating func time(from other: Timestamp) throws(DecodingError) -> Timestamp {
    other.advanced(byNanoseconds: try signed())
  }

  // MARK: - What has few values

  mutating func address() throws(DecodingError) -> IPAddress {
    let number: Int = try number()
    if number < addresses.count { return addresses[number] }
    guard number == addresses.count else { throw error("nothing has that number") }
    let address =
      try flag()
      ? IPAddress(v6High: try self.number(), low: try self.number())
      : IPAddress(v4: try self.number())
    addresses.append(address)
    return address
  }

  mutating func value<Value: RawRepresentable<String>>() throws(DecodingError) -> Value {
    guard let value = Value(rawValue: try word()) else { throw error("nothing is called so") }
    return value
  }

  private mutating func word() throws(DecodingError) -> String {
    let number: Int = try number()
    if number < words.count { return words[number] }
    guard number == words.count else { throw error("nothing has that number") }
    let bytes = try array { reader throws(DecodingError) in try reader.number(as: UInt8.self) }
    words.append(String(decoding: bytes, as: UTF8.self))
    return words[number]
  }
}
