import Testing

@testable import FlowAnalyzer

/// A reader that nobody reads to its end, with a thread that is ahead.
@Suite("Batches that nobody wants")
struct BatchReaderTests {
  @Test(arguments: [0, 1, 2, 3, 4, 5, 6])
  func `a reader may be dropped after any batch`(batches: Int) throws {
    let directory = try TemporaryDirectory()
    // Somewhat more than five batches.
    let capture = CaptureBuilder(
      microseconds: (0..<11_000).map { 1_000_000 + $0 })
    let path = try directory.write(capture, as: "long.pcap")
    for readsAhead in [false, true] {
      for _ in 0..<8 {
        let reader = BatchReader(
          of: Survey(of: [CaptureInput(path: path, role: .server)]), readsAhead: readsAhead)
        var segments = 0
        for _ in 0..<batches {
          let isLast = !reader.next { batch in
            segments += batch.count
            return []
          }
          if isLast { break }
        }
        #expect(segments == min(11_000, batches * SegmentBatch.standardCapacity))
      }
    }
  }
}
