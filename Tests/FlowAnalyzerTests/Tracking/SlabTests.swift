import Testing

@testable import FlowAnalyzer

@Suite("Slabs")
struct SlabTests {
  /// A whole cache line, as records are.
  private struct Line: BitwiseCopyable {
    var number: UInt64
    var others = InlineArray<7, UInt64>(repeating: 0)
  }

  @Test func `keep every element in its place while they grow by single blocks and by many`() {
    var slab = Slab<Line>()
    // Four single blocks of 4,096, one region of eight, and a part of the next.
    let count = 14 * 4096
    for number in 0..<count {
      #expect(slab.insert(Line(number: UInt64(number))) == number)
    }
    for number in 0..<count where slab[number].number != UInt64(number) {
      Issue.record("\(number) holds \(slab[number].number)")
    }
    #expect(slab.count == count)
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
