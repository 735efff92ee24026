import BasicContainers

/// Makes records of the packets of one capture, block by block.
struct FlowRecorder: ~Copyable {
  /// Segments of a block: some 700 KB. A connection that goes on in the next one has a record there, too.
  static let blockLength = 32_768

  /// A record of the block that is being made: which of the entries are its own. Not private, see
  /// `RecordedTuples.Tuple`.
  struct Record: BitwiseCopyable {
    let low: Endpoint
    let high: Endpoint
    var first: Int
    var last: Int
    var count = 0
  }

  private var entries = UniqueArray<RecordedSegment>()
  /// For each entry the next one of its record.
  private var followers = UniqueArray<Int>()
  private var records = UniqueArray<Record>()
  /// Bytes of all entries of the block.
  private var bytes: [UInt8] = []
  private var tuples = RecordedTuples()
  private var block = 0
  /// The latest time so far.
  private var latest = Timestamp.never
  private var count: UInt64 = 0
  /// A packet without a segment that is the latest so far. It is of use where it turns out to be the last,
  /// or what follows to be earlier.
  private var latestOther: Timestamp?
  private var writer = ByteWriter(capacity: 1 << 20)

  var isBlockFull: Bool { entries.count >= Self.blockLength }
  var isEmpty: Bool { entries.isEmpty }

  /// Takes in the next packet, one with a segment.
  ///
  /// - Parameter tcp: its captured bytes from the TCP header on.
  mutating func note(_ segment: Segment, _ tcp: RawSpan) {
    settleOther(before: segment.time)
    let tuple = tuples.position(of: segment)
    tuples.noteHandshake(segment, of: tuple)
    let isFromResponder = tuples.isFromResponder(segment, of: tuple)
    let content = keep(tcp, of: segment, isFromResponder: isFromResponder)
    append(segment, of: tuple, checksum: checksum(of: segment, tcp), content: content)
  }

  /// Takes in the next packet, one without a segment: it may still say when others were captured.
  mutating func noteOther(at time: Timestamp) {
    settleOther(before: time)
    if count == 0 {
      appendPassage(at: time)
    } else if time > latest {
      latestOther = time
    }
  }

  /// Nothing follows.
  mutating func finish() { settleOther(before: .never) }

  private mutating func settleOther(before time: Timestamp) {
    guard let other = latestOther else { return }
    latestOther = nil
    if time < other { appendPassage(at: other) }
  }

  private mutating func appendPassage(at time: Timestamp) {
    let passage = Segment.passage(at: time)
    append(passage, of: tuples.position(of: passage), checksum: nil, content: .nothing)
  }

  private mutating func append(
    _ segment: Segment, of tuple: Int, checksum: UInt16?, content: RecordedSegment.Content
  ) {
    latest = max(latest, segment.time)
    entries.append(
      RecordedSegment(
        segment: segment,
        place: RecordedSegment.Place(time: latest, capture: segment.capture, number: count),
        checksum: checksum, content: content))
    count += 1
    let entry = entries.count - 1
    followers.append(-1)
    let record = tuples.record(of: tuple, in: block) ?? records.count
    if record == records.count {
      tuples.setRecord(record, of: tuple, in: block)
      let (low, high) = tuples.ends(of: tuple)
      records.append(Record(low: low, high: high, first: entry, last: entry))
    } else {
      let previous = records[record].last
      followers[previous] = entry
      records[record].last = entry
    }
    records[record].count += 1
  }

  /// Nil where more than that makes the digest.
  private func checksum(of segment: borrowing Segment, _ tcp: RawSpan) -> UInt16? {
    guard tcp.byteCount >= TCPHeader.minimumLength else { return nil }
    let checksum = tcp.uint16(at: 16)
    return segment.digest == segment.commonDigest(checksum: checksum) ? checksum : nil
  }

  /// Keeps bytes that somebody will read: requests, and options that may name the client.
  private mutating func keep(
    _ tcp: RawSpan, of segment: borrowing Segment, isFromResponder: Bool
  ) -> RecordedSegment.Content {
    guard !isFromResponder, segment.isOutdone(by: tcp) else {
      return segment.payloadLength > 0 && tcp.byteCount > TCPHeader.minimumLength
        ? .headerOnly : .nothing
    }
    let start = bytes.count
    let kept = tcp.extracting(0..<min(tcp.byteCount, Self.longestBytes))
    unsafe kept.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    return .bytes(start: start, count: bytes.count - start)
  }

  /// A request behind the longest PROXY header.
  private static let longestBytes = SegmentBatch.longestBytes + 2048

  /// Takes the records since the last time, in the order in which they begin.
  ///
  /// - Returns: a block, encoded.
  mutating func takeBlock() -> [UInt8] {
    writer.removeAll()
    var origin = RecordCoding.Origin()
    if !isEmpty {
      let first = entries[0].place
      origin = RecordCoding.Origin(time: first.time.nanoseconds, number: first.number)
    }
    writer.write(origin, recordCount: records.count)
    var content = ByteWriter()
    for record in 0..<records.count {
      content.removeAll()
      write(records[record], from: origin, to: &content)
      writer.write(block: content)
    }
    entries.removeAll(keepingCapacity: true)
    followers.removeAll(keepingCapacity: true)
    records.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
    block += 1
    tuples.limit()
    return writer.bytes
  }

  private func write(
    _ record: Record, from origin: RecordCoding.Origin, to content: inout ByteWriter
  ) {
    var isCoarse = true
    var entry = record.first
    while entry >= 0 {
      if !origin.isCoarse(entries[entry]) { isCoarse = false }
      entry = followers[entry]
    }
    let head = RecordCoding.Head(
      low: record.low, high: record.high, unit: RecordCoding.Origin.unit(isCoarse: isCoarse),
      count: record.count)
    content.write(head)
    var course = RecordCoding.Course(head, from: origin)
    // SAFETY: bytes have no padding between them.
    let bytes = unsafe bytes.span.bytes
    entry = record.first
    while entry >= 0 {
      let segment = entries[entry]
      content.write(segment, bytes, after: &course)
      entry = followers[entry]
    }
  }
}
