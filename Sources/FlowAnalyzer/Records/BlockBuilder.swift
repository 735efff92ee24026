import BasicContainers

/// Gathers the segments of a block in the order of their capture, and writes them sorted by tuple.
struct BlockBuilder: ~Copyable {
  /// Which of the entries are of a record. Not private, see `RecordedTuples.Tuple`.
  struct Record: BitwiseCopyable {
    let low: Endpoint
    let high: Endpoint
    var first: Int
    var last: Int
    var count = 0
  }

  /// Those of the block that is being made, and then those of blocks before, to be written over.
  private var entries = UniqueArray<RecordedSegment>()
  /// For each entry the next one of its record.
  private var followers = UniqueArray<Int>()
  private var records = UniqueArray<Record>()
  /// Bytes of all entries.
  private var bytes: [UInt8] = []
  private var head = RecordCoding.BlockHead()
  /// The frame of the last packet with a segment.
  private var latestFrame: UInt64 = 0
  /// The first of the entries that pass at the time of the last one, and the record of that.
  private var firstOfSameTime = 0
  private var latestRecord = 0

  private(set) var count = 0
  var isEmpty: Bool { count == 0 }
  /// How many packets of the capture were in blocks before.
  var number: UInt64 { head.number }

  /// - Parameter number: how many packets of the capture come before.
  init(after number: UInt64 = 0) { head.number = number }

  /// How many bytes of segments are kept.
  var keptBytes: Int { bytes.count }

  /// Keeps bytes of the segment that comes next.
  mutating func keep(_ kept: RawSpan) -> RecordedSegment.Content {
    let start = bytes.count
    unsafe kept.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    return .bytes(start: start, count: kept.byteCount)
  }

  /// - Returns: a record of the block for a tuple that has none yet, to be appended to at once.
  mutating func addRecord(low: Endpoint, high: Endpoint) -> Int {
    records.append(Record(low: low, high: high, first: -1, last: -1))
    return records.count - 1
  }

  /// Appends the next packet of the capture.
  ///
  /// - Parameters:
  ///   - passesAt: not earlier than those before it.
  ///   - record: that of its tuple.
  mutating func append(
    _ segment: borrowing Segment, passesAt: Timestamp, checksum: UInt16?,
    content: RecordedSegment.Content, to record: Int
  ) {
    let entry = count
    if entry == entries.count {
      entries.append(.blank)
      followers.append(-1)
    }
    if entry == 0 {
      head.time = passesAt.nanoseconds
      head.frame = latestFrame
    }
    entries[entry].segment = copy segment
    entries[entry].passesAt = passesAt
    entries[entry].checksum = checksum
    entries[entry].content = content
    entries[entry].rank = nil
    entries[entry].skippedFrames = 0
    followers[entry] = -1
    if !segment.isPassageOnly {
      entries[entry].skippedFrames = segment.frame &- latestFrame &- 1
      latestFrame = segment.frame
    }
    head.isCoarse = head.isCoarse && isCoarse(entries[entry])
    noteOrder(of: entry, record)
    let last = records[record].last
    if last < 0 { records[record].first = entry } else { followers[last] = entry }
    records[record].last = entry
    records[record].count += 1
    count += 1
  }

  private func isCoarse(_ entry: borrowing RecordedSegment) -> Bool {
    let offset = UInt64(bitPattern: entry.passesAt.nanoseconds &- head.time)
    let late = UInt64(bitPattern: entry.passesAt.nanoseconds &- entry.segment.time.nanoseconds)
    let unit = RecordCoding.BlockHead.unit(isCoarse: true)
    return offset % unit == 0 && late % unit == 0
  }

  /// Those that pass at the same time are told apart where they do not pass in the order of their records.
  private mutating func noteOrder(of entry: Int, _ record: Int) {
    let isAtSameTime = entry > 0 && entries[entry - 1].passesAt == entries[entry].passesAt
    if !isAtSameTime {
      firstOfSameTime = entry
    } else if entries[entry - 1].rank != nil {
      entries[entry].rank = UInt32(truncatingIfNeeded: entry - firstOfSameTime)
    } else if record < latestRecord {
      for one in firstOfSameTime...entry {
        entries[one].rank = UInt32(truncatingIfNeeded: one - firstOfSameTime)
      }
    }
    latestRecord = record
  }

  /// Takes the records since the last time, in the order in which they begin.
  ///
  /// - Returns: a block.
  mutating func take() -> [UInt8] {
    head.recordCount = records.count
    head.segmentCount = count
    let block = encoded()
    head = RecordCoding.BlockHead(number: head.number &+ UInt64(count))
    count = 0
    records.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
    return block
  }

  private func encoded() -> [UInt8] {
    var writer = RecordWriter(head)
    // SAFETY: bytes have no padding between them.
    let bytes = unsafe bytes.span.bytes
    for record in 0..<records.count {
      var course = writer.begin(
        RecordCoding.RecordHead(
          low: records[record].low, high: records[record].high, count: records[record].count))
      var entry = records[record].first
      while entry >= 0 {
        writer.write(entries[entry], bytes, after: &course)
        entry = followers[entry]
      }
    }
    return writer.bytes
  }
}
