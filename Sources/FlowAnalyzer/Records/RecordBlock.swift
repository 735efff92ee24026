/// The records of a stretch of a capture: so many segments that follow each other, sorted by tuple for as
/// long as they travel.
struct RecordBlock: Equatable {
  /// In the order in which they begin.
  let records: [FlowRecord]

  /// - Parameter records: with all segments of the stretch, in any order.
  init(_ records: [FlowRecord]) {
    self.records = records.filter { $0.begin != nil }.sorted { one, other in
      guard let begin = one.begin, let otherBegin = other.begin else { return false }
      return begin < otherBegin
    }
  }

  var encoded: [UInt8] {
    var builder = BlockBuilder(after: records.first?.begin?.number ?? 0)
    var numbers: [Int] = []
    let entries = records.indices
      .flatMap { record in records[record].entries.map { (record, $0) } }
      .sorted { $0.1.place < $1.1.place }
    for (record, entry) in entries {
      if record == numbers.count {
        numbers.append(builder.addRecord(low: records[record].low, high: records[record].high))
      }
      // SAFETY: bytes have no padding between them.
      let content: RecordedSegment.Content =
        switch entry.bytes {
        case []: .nothing
        case RecordedSegment.headerOnly: .headerOnly
        default: unsafe builder.keep(entry.bytes.span.bytes)
        }
      builder.append(
        entry.segment, passesAt: entry.place.time, checksum: entry.checksum, content: content,
        to: numbers[record])
    }
    return builder.take()
  }

  /// - Parameter bytes: one block, and nothing behind it.
  init(decoding bytes: [UInt8]) throws(RecordError) {
    var packets = RecordedPackets()
    try packets.decode(bytes)
    var records: [FlowRecord] = []
    var numbers: [FourTuple: Int] = [:]
    for position in 0..<packets.count {
      let entry = FlowRecord.Entry(position, of: packets)
      let ends = [entry.segment.source, entry.segment.destination].sorted()
      let tuple = FourTuple(source: ends[0], destination: ends[1])
      let number = numbers[tuple] ?? records.count
      if number == records.count {
        numbers[tuple] = number
        records.append(FlowRecord(low: ends[0], high: ends[1]))
      }
      records[number].append(entry)
    }
    self.records = records
  }
}

extension FlowRecord.Entry {
  fileprivate init(_ position: Int, of packets: borrowing RecordedPackets) {
    segment = packets[position].segment
    segment.frame = packets.frame(of: position)
    checksum = packets[position].checksum
    place = FlowRecord.Place(
      time: packets[position].passesAt, capture: segment.capture,
      number: packets.firstNumber &+ UInt64(position))
    var bytes: [UInt8] = []
    packets.withBytes(of: position) { span in
      unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
    self.bytes = bytes
  }
}
