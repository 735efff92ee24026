/// Counts of a part of the traffic, which add up to those of the whole.
protocol Tally: Packed {
  init()
  static var counts: [WritableKeyPath<Self, Int>] { get }
}

extension Tally {
  mutating func add(_ other: Self) {
    for count in Self.counts { self[keyPath: count] += other[keyPath: count] }
  }

  func write(to writer: inout PackedWriter) {
    for count in Self.counts { writer.write(count: self[keyPath: count]) }
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    self.init()
    for count in Self.counts { self[keyPath: count] = try reader.count() }
  }
}
