import BasicContainers

/// Puts the first bytes of a stream together from segments in any order, overlapping or repeated. The
/// first copy of a byte counts.
struct StreamHead: ~Copyable {
  /// How many bytes are kept; what lies beyond is not needed.
  static let capacity = RequestHead.longestHeader
  /// How many ranges behind holes are remembered; beyond, the farthest is dropped.
  private static let longestList = 8

  private var bytes = UniqueArray<UInt8>()
  /// Ranges behind the contiguous ones, in order, apart from each other.
  private var islands: [Range<Int>] = []
  /// Bytes from the first on without a hole.
  private(set) var contiguousCount = 0

  /// - Parameter offset: of the first byte, counted from the stream's beginning.
  mutating func insert(_ source: RawSpan, at offset: UInt32) {
    let start = Int(offset)
    let end = min(start + source.byteCount, Self.capacity)
    guard start < end else { return }
    while bytes.count < end { bytes.append(0) }
    for place in start..<end where !contains(place) {
      bytes[place] = source.uint8(at: place - start)
    }
    merge(start..<end)
  }

  private func contains(_ place: Int) -> Bool {
    place < contiguousCount || islands.contains { $0.contains(place) }
  }

  private mutating func merge(_ range: Range<Int>) {
    var merged = range
    islands.removeAll { island in
      guard island.lowerBound <= merged.upperBound, merged.lowerBound <= island.upperBound else {
        return false
      }
      merged =
        min(
          island.lowerBound, merged.lowerBound)..<max(
          island.upperBound, merged.upperBound)
      return true
    }
    if merged.lowerBound <= contiguousCount {
      contiguousCount = max(contiguousCount, merged.upperBound)
      islands.removeAll { island in
        guard island.lowerBound <= contiguousCount else { return false }
        contiguousCount = max(contiguousCount, island.upperBound)
        return true
      }
    } else {
      islands.insert(
        merged, at: islands.firstIndex { $0.lowerBound > merged.lowerBound } ?? islands.count)
      if islands.count > Self.longestList { islands.removeLast() }
    }
  }

  /// Lends the bytes that are there without a hole.
  func withContiguous<Result>(_ body: (RawSpan) -> Result) -> Result {
    let span = bytes.span
    // SAFETY: bytes have no padding between them, and the array is borrowed while `body` looks.
    return unsafe body(span.bytes.extracting(0..<contiguousCount))
  }

  mutating func reset() {
    bytes.removeAll(keepingCapacity: true)
    islands.removeAll(keepingCapacity: true)
    contiguousCount = 0
  }
}
