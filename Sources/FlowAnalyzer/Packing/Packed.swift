/// What is written down as one string of numbers, not as a tree with a key for every value: for what a
/// summary has many of. It takes a tenth of the room, and a hundredth of the time.
///
/// Only the version that wrote it reads it (`PartialSummary.version`).
protocol Packed {
  func write(to writer: inout PackedWriter)

  /// - Throws: what is wrong, where this is not what `write` has written.
  init(from reader: inout PackedReader) throws(DecodingError)
}

extension Packed where Self: Codable {
  func encode(to encoder: any Encoder) throws {
    var writer = PackedWriter()
    write(to: &writer)
    var container = encoder.singleValueContainer()
    try container.encode(writer.text)
  }

  init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    var reader = PackedReader(text, at: decoder.codingPath)
    try self.init(from: &reader)
    try reader.finish()
  }
}

/// An array that is written down as one string.
@propertyWrapper
struct PackedArray<Element: Packed & Sendable>: Packed, Codable, Sendable {
  var wrappedValue: [Element]

  init(wrappedValue: [Element]) { self.wrappedValue = wrappedValue }

  func write(to writer: inout PackedWriter) {
    writer.write(wrappedValue)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    wrappedValue = try reader.array()
  }
}
