import BasicContainers

/// Writes JSON straight into bytes, in the order in which it is told.
///
/// It stands where `JSONEncoder` stood, which took 40 us for a finding, where this takes two: there,
/// every value goes through boxes and dictionaries before the first byte is written. Here a field is
/// a copy of its name and a loop over its digits.
///
/// Names are given in the order in which they are to appear; commas, indentation and escaping are
/// the writer's. Whoever drives it calls `handOut` where a piece may end.
package struct JSONWriter: ~Copyable, ByteSink {
  private var bytes = UniqueArray<UInt8>()
  /// Each value on a line of its own, two spaces deeper than what it is in; else no space at all.
  package var isPretty: Bool

  private var depth = 0
  /// The innermost object or array has no values yet.
  private var isEmpty = true
  /// All that comes before the next value has been written, such as its name.
  private var isPlaced = false

  package init(isPretty: Bool) { self.isPretty = isPretty }

  /// One that has written nothing yet, in the same place: what it writes can be put behind this one's text.
  func emptyCopy() -> JSONWriter {
    var copy = JSONWriter(isPretty: isPretty)
    copy.depth = depth
    copy.isEmpty = isEmpty
    return copy
  }

  /// What comes next is not the first in its object or array: others have written before.
  mutating func noteElement() { isEmpty = false }

  package mutating func append(_ byte: UInt8) { bytes.append(byte) }

  package mutating func append(_ text: Span<UInt8>) { bytes.append(copying: text) }

  /// Passes on what was written, and forgets it.
  ///
  /// - Parameter isLast: pass on the least bit; else only what makes a large piece.
  package mutating func handOut<Failure: Error>(
    isLast: Bool = false, to write: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    guard isLast || bytes.count >= Self.piece else { return }
    try write(bytes.span)
    bytes.removeAll(keepingCapacity: true)
  }

  /// Large enough that passing it on costs nothing beside making it.
  private static let piece = 1 << 16
}

// MARK: - Objects and arrays

extension JSONWriter {
  package mutating func object<Failure: Error>(
    _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    try container("{", "}", body)
  }

  package mutating func array<Failure: Error>(
    _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    try container("[", "]", body)
  }

  private mutating func container<Failure: Error>(
    _ opening: Unicode.Scalar, _ closing: Unicode.Scalar,
    _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    beginValue()
    append(opening)
    depth += 1
    isEmpty = true
    try body(&self)
    depth -= 1
    // What is empty has an empty line in it, since the first version; nothing is gained by a change.
    if isPretty, isEmpty { append("\n  " as StaticString) }
    if isPretty { breakLine() }
    append(closing)
    isEmpty = false
  }

  /// Keeps the value that `body` writes on one line.
  package mutating func oneLine(_ body: (inout JSONWriter) -> Void) {
    beginValue()
    isPlaced = true
    let wasPretty = isPretty
    isPretty = false
    body(&self)
    isPretty = wasPretty
  }

  /// Writes a name of the object; its value must follow.
  package mutating func name(_ name: StaticString) {
    // SAFETY: the pointer is that of a literal, which lives as long as the program.
    appendName(unsafe Span(_unsafeStart: name.utf8Start, count: name.utf8CodeUnitCount))
  }

  /// Writes a name that is not known before, such as a reason; it needs no escaping.
  package mutating func name(_ name: String) { appendName(name.utf8Span.span) }

  private mutating func appendName(_ name: Span<UInt8>) {
    separate()
    // A report is names for the most part: one check of the space for all of it.
    bytes.append(addingCount: name.count + 5) { output in
      output.append(UInt8(ascii: "\""))
      for index in name.indices { output.append(name[index]) }
      output.append(UInt8(ascii: "\""))
      if isPretty { output.append(UInt8(ascii: " ")) }
      output.append(UInt8(ascii: ":"))
      if isPretty { output.append(UInt8(ascii: " ")) }
    }
    isPlaced = true
  }

  /// Comes before each value.
  private mutating func beginValue() {
    if isPlaced {
      isPlaced = false
    } else if depth > 0 {
      separate()
    }
  }

  private mutating func separate() {
    if !isEmpty { append(",") }
    isEmpty = false
    if isPretty { breakLine() }
  }

  private mutating func breakLine() {
    append("\n")
    for _ in 0..<depth / 4 { append("        " as StaticString) }
    for _ in 0..<depth % 4 { append("  " as StaticString) }
  }
}

// MARK: - Values

extension JSONWriter {
  package mutating func null() { literal("null") }

  package mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }

  private mutating func literal(_ text: StaticString) {
    beginValue()
    append(text)
  }

  package mutating func number(_ value: UInt64) {
    beginValue()
    append(decimal: value)
  }

  package mutating func number(_ value: Int64) {
    beginValue()
    append(decimal: value)
  }

  /// JSON has no name for what is not finite: null.
  package mutating func number(_ value: Double) {
    guard value.isFinite else { return null() }
    beginValue()
    append(decimal: value)
  }

  package mutating func string(_ value: String) {
    beginValue()
    append("\"")
    appendEscaped(value)
    append("\"")
  }

  /// A value whose text `write` gives, such as a duration.
  package mutating func verbatim(_ write: (inout JSONWriter) -> Void) {
    beginValue()
    write(&self)
  }

  /// A string whose text `write` gives and that needs no escaping, such as a date.
  package mutating func plainString(_ write: (inout JSONWriter) -> Void) {
    beginValue()
    append("\"")
    write(&self)
    append("\"")
  }

  private mutating func append(_ text: StaticString) {
    // SAFETY: the pointer is that of a literal, which lives as long as the program.
    unsafe bytes.append(
      copying: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func appendEscaped(_ text: String) {
    let text = text.utf8Span.span
    if text.indices.allSatisfy({ !Self.isEscaped(text[$0]) }) { return append(text) }
    for index in text.indices { appendEscaped(text[index]) }
  }

  /// What RFC 8259, section 7 demands to be escaped, and nothing else.
  private static func isEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private mutating func appendEscaped(_ byte: UInt8) {
    guard Self.isEscaped(byte) else { return append(byte) }
    append("\\")
    switch byte {
    case 0x08: append("b")
    case 0x09: append("t")
    case 0x0a: append("n")
    case 0x0c: append("f")
    case 0x0d: append("r")
    case 0..<0x20:
      append("u00" as StaticString)
      append(UInt8(hexadecimalDigitOf: UInt64(byte >> 4)))
      append(UInt8(hexadecimalDigitOf: UInt64(byte)))
    default: append(byte)
    }
  }
}
