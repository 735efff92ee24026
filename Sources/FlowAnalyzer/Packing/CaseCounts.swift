/// How often each of a few cases came.
///
/// A list, searched from its beginning: cases that have names are hashed by those, which takes longer than a
/// search among a handful (`docs/performance.md`).
struct CaseCounts<Case: Equatable> {
  typealias Element = (key: Case, value: Int)

  private var entries: [Element] = []

  /// Nil for a case that never came.
  subscript(_ key: Case) -> Int? {
    for entry in entries where entry.key == key { return entry.value }
    return nil
  }

  var values: [Int] { entries.map(\.value) }

  mutating func add(_ count: Int = 1, of key: Case) {
    for index in entries.indices where entries[index].key == key {
      entries[index].value += count
      return
    }
    entries.append((key, count))
  }

  mutating func add(_ other: CaseCounts) {
    for entry in other { add(entry.value, of: entry.key) }
  }
}

extension CaseCounts: Sequence {
  /// In the order in which they came first.
  func makeIterator() -> IndexingIterator<[Element]> { entries.makeIterator() }
}

extension CaseCounts: Equatable {
  /// In whatever order they came.
  static func == (one: CaseCounts, other: CaseCounts) -> Bool {
    one.entries.count == other.entries.count && one.allSatisfy { other[$0.key] == $0.value }
  }
}

extension CaseCounts: Sendable where Case: Sendable {}

extension CaseCounts: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral elements: (Case, Int)...) {
    for (key, count) in elements { add(count, of: key) }
  }
}
