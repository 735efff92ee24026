/// The records of a stretch of a capture: so many segments that follow each other, sorted by tuple for as
/// long as they travel.
struct RecordBlock {
  let records: [FlowRecord]

  init(_ records: [FlowRecord]) { self.records = records }

  var encoded: [UInt8] {
    var writer = ByteWriter()
    let first = records.compactMap(\.begin).min()
    let origin = FlowRecord.Origin(
      time: first?.time.nanoseconds ?? 0, number: first?.number ?? 0)
    writer.write(signed: origin.time)
    writer.write(origin.number)
    writer.write(UInt64(records.count))
    for record in records { writer.write(record.encoded(from: origin)) }
    return writer.bytes
  }

  /// - Parameter bytes: one block, and nothing behind it.
  init(decoding bytes: [UInt8]) throws(RecordError) {
    var reader = ByteReader(bytes[...])
    let origin = FlowRecord.Origin(time: try reader.signed(), number: try reader.number())
    var records: [FlowRecord] = []
    for _ in 0..<(try reader.number(as: Int.self)) {
      records.append(try FlowRecord(decoding: try reader.block()[...], from: origin))
    }
    guard reader.isAtEnd else { throw .cutOff }
    self.records = records
  }

  /// All segments, in the order of the capture.
  var entries: [FlowRecord.Entry] {
    let entries = records.flatMap(\.entries)
    // Entries are large, and their numbers say where they belong.
    let order = entries.indices.sorted { entries[$0].place < entries[$1].place }
    return order.map { entries[$0] }
  }
}
