/// Which of many things occurred most, in constant memory (Misra and Gries, 1982): whatever is more than
/// one in `capacity` is found.
struct HeavyHitters<Element: Hashable & Sendable>: Sendable {
  static var capacity: Int { 16 }

  private(set) var counts: [(element: Element, count: Int)] = []

  /// The same with other elements, one for one.
  func map<Other>(_ transform: (Element) -> Other) -> HeavyHitters<Other> {
    var others = HeavyHitters<Other>()
    others.counts = counts.map { (transform($0.element), $0.count) }
    return others
  }

  /// Adds what occurred elsewhere (Agarwal and others, "Mergeable summaries", 2013).
  mutating func add(_ other: HeavyHitters) {
    for (element, count) in other.counts {
      if let index = counts.firstIndex(where: { $0.element == element }) {
        counts[index].count += count
      } else {
        counts.append((element, count))
      }
    }
    guard counts.count > Self.capacity else { return }
    let least = counts.map(\.count).sorted(by: >)[Self.capacity]
    for index in counts.indices { counts[index].count -= least }
    counts.removeAll { $0.count <= 0 }
  }

  mutating func note(_ element: Element) {
    if let index = counts.firstIndex(where: { $0.element == element }) {
      counts[index].count += 1
    } else if counts.count < Self.capacity {
      counts.append((element, 1))
    } else {
      for index in counts.indices { counts[index].count -= 1 }
      counts.removeAll { $0.count == 0 }
    }
  }

  /// The likeliest; nil where nothing stands out. Of equal ones the first to come.
  var first: Element? {
    var best: (element: Element, count: Int)?
    for candidate in counts where candidate.count > best?.count ?? 0 { best = candidate }
    return best?.element
  }
}

extension HeavyHitters: Packed, Codable where Element: Packed {
  func write(to writer: inout PackedWriter) {
    writer.write(count: counts.count)
    for (element, count) in counts {
      element.write(to: &writer)
      writer.write(count: count)
    }
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    counts = try reader.array(most: Self.capacity) { reader throws(DecodingError) in
      (element: try Element(from: &reader), count: try reader.count())
    }
  }
}
