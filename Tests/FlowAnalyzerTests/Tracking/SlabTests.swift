import Testing

@testable import FlowAnalyzer

@Suite("Slabs")
struct SlabTests {
  /// A whole cache line.
  private struct Line: BitwiseCopyable {
    var number: UInt64
    var others = InlineArray<7, UInt64>(repeating: 0)
  }

  /// As large as the record of a tuple, and as that of an attempt.
  private struct Large: BitwiseCopyable {
    var number: UInt64
    var others = InlineArray<19, UInt64>(repeating: 0)
  }

  private struct Small: BitwiseCopyable {
    var number: UInt64
    var others = InlineArray<5, UInt64>(repeating: 0)
  }

  // Four single blocks of 4,096, a region of eight, sixteen or thirty-two, and a part of the next.
  @Test func `keep every element in its place while they grow by single blocks and by many`() {
    expectToKeepAll(14 * 4096, { Line(number: $0) }, \.number)
    expectToKeepAll(22 * 4096, { Large(number: $0) }, \.number)
    expectToKeepAll(38 * 4096, { Small(number: $0) }, \.number)
  }

  private func expectToKeepAll<Element: BitwiseCopyable>(
    _ count: Int, _ element: (UInt64) -> Element, _ number: (Element) -> UInt64
  ) {
    var slab = Slab<Element>()
    for position in 0..<count {
      if slab.insert(element(UInt64(position))) != position { Issue.record("\(position)") }
    }
    for position in 0..<count where number(slab[position]) != UInt64(position) {
      Issue.record("\(position) holds \(number(slab[position]))")
    }
    #expect(slab.count == count)
  }

  /// What `docs/performance.md` says, and what lines and huge pages are counted by.
  @Test func `records are as large as they are said to be`() {
    #expect(MemoryLayout<TupleRecord>.stride == 160)
    #expect(MemoryLayout<AttemptTable.Attempt>.stride == 48)
    #expect(MemoryLayout<SegmentBatch.Entry>.stride == 128)
  }

  @Test func `give out the place that came back last, as it was left`() {
    var slab = Slab<Line>()
    for number in 0..<10 as Range<UInt64> { _ = slab.insert(Line(number: number)) }
    slab.remove(3)
    slab.remove(7)
    #expect(slab.count == 8)
    #expect(slab.take(orAdd: Line(number: 99)) == 7)
    #expect(slab[7].number == 7)
    #expect(slab.insert(Line(number: 30)) == 3)
    #expect(slab[3].number == 30)
    #expect(slab.take(orAdd: Line(number: 99)) == 10)
    #expect(slab[10].number == 99)
  }
}
