@testable import FlowAnalyzer

extension Audit {
  /// Takes in the next segment, as a batch of its own.
  ///
  /// - Parameters:
  ///   - bytes: its captured bytes from the TCP header on.
  ///   - clockShifts: how often clocks had been shifted before it.
  /// - Returns: false where it is a copy of one already seen at the same point.
  mutating func observe(
    _ segment: Segment, _ side: Side = .server, bytes: RawSpan = RawSpan(), clockShifts: Int = 0
  ) -> Bool {
    var batch = SegmentBatch(capacity: 1)
    batch.append(segment, side, of: bytes)
    batch.clockShifts = clockShifts
    clients?.side.observe(&batch)
    var duplicates: [UInt64] = []
    observe(batch, duplicates: &duplicates)
    return duplicates.isEmpty && !batch[0].sighting.marks.contains(.isCopy)
  }
}

extension SegmentBatch {
  /// Appends a segment, for which there must be room.
  ///
  /// - Parameter bytes: its captured bytes from the TCP header on.
  mutating func append(_ segment: Segment, _ side: Side, of bytes: RawSpan) {
    next = segment
    appendNext(
      side: side, of: bytes,
      at: CommonHeaders.Place(start: 0, end: bytes.byteCount, maySayMore: true))
  }
}
