import HeapModule

/// Puts the segments of records back into the order of all.
struct RecordReplay {
  private struct Reading: Comparable {
    var record: FlowRecord
    var position = 0

    var place: FlowRecord.Place { record.entries[position].place }

    static func < (one: Reading, other: Reading) -> Bool { one.place < other.place }
    static func == (one: Reading, other: Reading) -> Bool { one.place == other.place }
  }

  private var readings = Heap<Reading>()

  /// Takes in a record. No segment of it may stand before one that was lent already.
  mutating func add(_ record: FlowRecord) {
    if !record.entries.isEmpty { readings.insert(Reading(record: record)) }
  }

  /// Fills a batch with the next segments, up to a place.
  ///
  /// - Parameter limit: where a record that is still to come begins; nil where none is.
  /// - Returns: false where there are no more up to there.
  /// - Complexity: O(log n) a segment, in the number of records that overlap.
  mutating func fill(_ batch: inout SegmentBatch, before limit: FlowRecord.Place? = nil) -> Bool {
    while !batch.isFull {
      guard var next = readings.min, limit.map({ next.place < $0 }) ?? true else { return false }
      let entry = next.record.entries[next.position]
      batch.next = entry.segment
      let place = CommonHeaders.Place(
        start: 0, end: entry.bytes.count, maySayMore: !entry.bytes.isEmpty)
      batch.appendNext(side: entry.side, of: entry.bytes.span.bytes, at: place)
      next.position += 1
      if next.position < next.record.entries.count {
        readings.replaceMin(with: next)
      } else {
        readings.removeMin()
      }
    }
    return true
  }
}
