/// Writes numbers as characters: five bits in each, the lowest first, and a sixth that says that more follow.
///
/// The characters are those of Base64 for URLs (RFC 4648, section 5), which JSON need not escape. What is
/// written is most often small: times are differences, and of what has few values, such as addresses,
/// each is written once and has a number from then on.
struct PackedWriter {
  private var characters: [UInt8] = []
  private var lastTime = Timestamp(nanoseconds: 0)
  private var addresses: [IPAddress: Int] = [:]
  private var words: [String: Int] = [:]

  static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  private let alphabet = Self.alphabet

  var text: String { String(decoding: characters, as: UTF8.self) }

  // MARK: - Numbers

  mutating func write(_ value: UInt64) {
    var rest = value
    while rest >= 32 {
      characters.append(alphabet[Int(rest & 31 | 32)])
      rest >>= 5
    }
    characters.append(alphabet[Int(rest)])
  }

  mutating func write(_ value: some FixedWidthInteger & UnsignedInteger) { write(UInt64(value)) }

  mutating func write(_ flag: Bool) { write(flag ? 1 as UInt64 : 0) }

  /// How many there are of something: never less than zero.
  mutating func write(count: Int) { write(UInt64(count)) }

  /// Small numbers of either sign become small ones without.
  mutating func write(signed value: some FixedWidthInteger & SignedInteger) {
    let value = Int64(value)
    write(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  /// The way from one number to another around the circle of 32 bits, the shorter one.
  mutating func write(_ value: UInt32, from other: UInt32) {
    write(signed: Int32(bitPattern: value &- other))
  }

  mutating func writeOptional(signed value: Int64?) {
    write(value != nil)
    if let value { write(signed: value) }
  }

  mutating func write(_ elements: [some Packed]) {
    write(count: elements.count)
    for element in elements { element.write(to: &self) }
  }

  mutating func write(counts: [Int]) {
    write(count: counts.count)
    for count in counts { write(count: count) }
  }

  mutating func write<Key: RawRepresentable<String>>(counts: CaseCounts<Key>) {
    let counts = counts.sorted { $0.key.rawValue < $1.key.rawValue }
    write(count: counts.count)
    for (key, count) in counts {
      write(key)
      write(count: count)
    }
  }

  // MARK: - Times

  /// A time, by its distance to the last one that was written so.
  mutating func write(_ time: Timestamp) {
    write(time, from: lastTime)
    lastTime = time
  }

  mutating func write(_ time: Timestamp, from other: Timestamp) {
    write(signed: time.nanoseconds(since: other))
  }

  // MARK: - What has few values

  mutating func write(_ address: IPAddress) {
    if let known = addresses[address] { return write(count: known) }
    write(count: addresses.count)
    addresses[address] = addresses.count
    write(address.isIPv6)
    if address.isIPv6 { write(address.high) }
    write(address.low)
  }

  /// A value by its name: its place among others may change.
  mutating func write(_ value: some RawRepresentable<String>) {
    let word = value.rawValue
    if let known = words[word] { return write(count: known) }
    write(count: words.count)
    words[word] = words.count
    write(count: word.utf8.count)
    for byte in word.utf8 { write(byte) }
  }
}
