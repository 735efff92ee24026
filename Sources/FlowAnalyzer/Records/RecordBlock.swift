/// The records of a stretch of a capture: so many segments that follow each other, sorted by tuple for as
/// long as they travel.
struct RecordBlock {
  let records: [FlowRecord]

  init(_ records: [FlowRecord]) { self.records = records }

  var encoded: [UInt8] {
    var writer = ByteWriter()
    var record = ByteWriter()
    let first = records.compactMap(\.begin).min()
    let origin = RecordCoding.Origin(
      time: first?.time.nanoseconds ?? 0, number: first?.number ?? 0)
    writer.write(origin, recordCount: records.count)
    for one in records {
      record.removeAll()
      one.write(to: &record, from: origin)
      writer.write(block: record)
    }
    return writer.bytes
  }

  /// - Parameter bytes: one block, and nothing behind it.
  init(decoding bytes: [UInt8]) throws(RecordError) {
    var records: [FlowRecord] = []
    try ByteReader.read(bytes[...]) { reader throws(RecordError) in
      try reader.forEachRecord { record, origin throws(RecordError) in
        records.append(try FlowRecord(from: &record, of: bytes, origin: origin))
      }
    }
    self.records = records
  }
}

extension ByteWriter {
  /// Writes what comes in front of the records of a block.
  mutating func write(_ origin: RecordCoding.Origin, recordCount: Int) {
    write(signed: origin.time)
    write(origin.number)
    write(UInt64(recordCount))
  }
}

extension ByteReader {
  /// Reads a block, behind which nothing may be.
  ///
  /// - Parameter body: lent a reader of each record.
  mutating func forEachRecord(
    _ body: (inout ByteReader, RecordCoding.Origin) throws(RecordError) -> Void
  ) throws(RecordError) {
    let origin = RecordCoding.Origin(time: try signed(), number: try number())
    for _ in 0..<(try number(as: Int.self)) {
      var record = try blockReader()
      try body(&record, origin)
    }
    guard isAtEnd else { throw .cutOff }
  }
}
