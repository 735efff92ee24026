/// Makes records of the segments of one capture.
struct FlowRecorder {
  /// Tuples whose records are not handed out yet, at most.
  static let mostOpen = 65_536
  /// Segments of a record, at most: a long connection has several.
  static let mostEntries = 256

  private struct Key: Hashable {
    var low: Endpoint
    var high: Endpoint
  }

  private var open: [Key: FlowRecord] = [:]
  private var latest = Timestamp.never
  private var count: UInt64 = 0

  /// Takes in the next segments.
  ///
  /// - Parameter handOut: takes records that are full, or that make room for others.
  mutating func observe(_ batch: borrowing SegmentBatch, handOut: (FlowRecord) -> Void) {
    for position in 0..<batch.count {
      let segment = batch[position].segment
      latest = max(latest, segment.time)
      let place = FlowRecord.Place(time: latest, capture: segment.capture, number: count)
      count += 1
      let bytes = batch.withTCP(of: position) { tcp in
        (0..<tcp.byteCount).map { tcp.uint8(at: $0) }
      }
      let entry = FlowRecord.Entry(
        segment: segment, side: batch[position].side, bytes: bytes, place: place)
      let empty = FlowRecord(of: segment)
      let key = Key(low: empty.low, high: empty.high)
      var record = open.removeValue(forKey: key) ?? empty
      record.append(entry)
      if record.entries.count < Self.mostEntries { open[key] = record } else { handOut(record) }
      if open.count >= Self.mostOpen { finish(handOut: handOut) }
    }
  }

  /// Hands out what is left, in the order in which records begin.
  mutating func finish(handOut: (FlowRecord) -> Void) {
    let records = open.values.sorted { one, other in
      guard let here = one.begin, let there = other.begin else { return other.begin != nil }
      return here < there
    }
    records.forEach(handOut)
    open.removeAll()
  }
}
