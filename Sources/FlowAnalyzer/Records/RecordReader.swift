/// Reads the records of a block.
struct RecordReader: ~Copyable {
  private var reader: ByteReader
  private var addresses = Lexicon.Reader<IPAddress>()
  private var templates = Lexicon.Reader<RecordCoding.Template>()
  private var shapes = Lexicon.Reader<UInt32>()
  private var windows = Lexicon.Reader<UInt16>()
  let head: RecordCoding.BlockHead
  /// The latest time that a segment may have, in nanoseconds since the block begins: what a time can say.
  private let latestOffset: UInt64
  /// When the latest record has begun.
  private var begin: UInt64 = 0

  /// - Parameter reader: of the block; must not outlive what it was lent for.
  init(_ reader: ByteReader) throws(RecordError) {
    var reader = reader
    let version = try reader.byte()
    guard version == RecordCoding.version else { throw .unknownVersion(version) }
    let flags = try reader.byte()
    guard flags <= 1 else { throw .unknownFlags(flags) }
    head = RecordCoding.BlockHead(
      time: try reader.fixed(as: Int64.self), number: try reader.number(),
      frame: try reader.number(), isCoarse: flags == 1,
      recordCount: try reader.number(as: Int.self), segmentCount: try reader.number(as: Int.self))
    latestOffset = UInt64(bitPattern: Int64.max &- head.time)
    self.reader = reader
  }

  var isAtEnd: Bool { reader.isAtEnd }
  /// How many bytes are left.
  var remaining: Int { reader.remaining }

  mutating func recordHead() throws(RecordError) -> RecordCoding.RecordHead {
    RecordCoding.RecordHead(
      low: try endpoint(), high: try endpoint(), count: try reader.number(as: Int.self))
  }

  /// What the segments of a record follow from.
  func course(_ head: RecordCoding.RecordHead) -> RecordCoding.Course {
    RecordCoding.Course(head, from: begin)
  }

  /// Reads the next segment of a record.
  ///
  /// - Parameter entry: all of it is written over, but for the frame, which the segments before it in the
  ///   capture tell; of a passage it is 0, of others it is not.
  @inline(__always)
  mutating func read(
    _ entry: inout RecordedSegment, after course: inout RecordCoding.Course
  ) throws(RecordError) {
    let isFirst = !course.ends[0].isKnown && !course.ends[1].isKnown
    let template = try templates.value(&reader) { bytes throws(RecordError) in
      let marks = try bytes.fixed(as: UInt16.self)
      return RecordCoding.Template(TCPFlags(rawValue: try bytes.byte()), marks: marks)
    }
    let isFromLow = template.contains(.isFromLow)
    // Looked up each time: no copies of what an end has sent are made.
    let (sender, receiver) = isFromLow ? (0, 1) : (1, 0)
    entry.segment.setEndpoints(
      isFromLow ? course.lowEnd : course.highEnd, isFromLow ? course.highEnd : course.lowEnd)
    entry.segment.flags = template.flags
    let (offset, isTooLate) = course.offset.addingReportingOverflow(try time())
    guard !isTooLate, offset <= latestOffset else { throw .numberTooLarge }
    course.offset = offset
    if isFirst { begin = offset }
    let passesAt = head.time &+ Int64(bitPattern: offset)
    entry.passesAt = Timestamp(nanoseconds: passesAt)
    entry.rank = template.contains(.hasRank) ? try reader.number(as: UInt32.self) : nil
    entry.segment.time =
      template.contains(.passesAtItsTime)
      ? entry.passesAt : Timestamp(nanoseconds: passesAt &- Int64(bitPattern: try time()))
    let checksum: UInt16
    if template.contains(.hasCommonDigest) {
      checksum = try reader.fixed(as: UInt16.self)
    } else {
      checksum = 0
      entry.segment.digest = try reader.fixed(as: UInt64.self)
    }
    entry.skippedFrames =
      template.contains(.followsFrame) ? 0 : UInt64(bitPattern: try reader.signed())
    entry.segment.frame = template.contains(.isPassage) ? 0 : 1
    entry.segment.sequence =
      template.contains(.hasNextSequence)
      ? course.ends[sender].next
      : SequenceNumber(try number(after: course.ends[sender].next.value, of: sender, course))
    entry.segment.acknowledgment =
      template.contains(.acknowledgesAll)
      ? course.ends[receiver].next
      : SequenceNumber(try number(after: course.ends[receiver].next.value, of: receiver, course))
    entry.segment.window =
      template.contains(.hasSameWindow)
      ? course.ends[sender].window
      : try windows.value(&reader) { bytes throws(RecordError) in
        try bytes.fixed(as: UInt16.self)
      }
    entry.segment.ipIdentification =
      template.contains(.hasNextIdentification)
      ? course.ends[sender].nextIdentification : try reader.fixed(as: UInt16.self)
    entry.segment.dontFragment = template.contains(.dontFragment)
    entry.segment.payloadLength =
      template.contains(.hasPayload) ? try reader.number(as: UInt32.self) : 0
    entry.segment.options = TCPOptions(
      shape: template.contains(.hasExpectedOptions) ? course.ends[sender].shape : try shape())
    if entry.segment.options.hasTimestamps {
      entry.segment.options.timestampValue = try number(
        after: course.ends[sender].timestamp, of: sender, course)
    }
    entry.segment.options.timestampEchoReply =
      template.contains(.echoesLatest)
      ? course.ends[receiver].timestamp
      : try number(after: course.ends[receiver].timestamp, of: receiver, course)
    if template.contains(.hasCommonDigest) {
      entry.checksum = checksum
      entry.segment.digest = entry.segment.commonDigest(checksum: checksum)
    } else {
      entry.checksum = nil
    }
    if template.contains(.hasBytes) {
      let range = try reader.block()
      entry.content = .bytes(start: range.lowerBound, count: range.count)
    } else {
      entry.content = template.contains(.hasHeaderOnly) ? .headerOnly : .nothing
    }
    course.ends[sender].note(entry.segment)
  }

  /// See `RecordWriter.write(_:after:of:_:)`.
  @inline(__always)
  private mutating func number(
    after other: UInt32, of end: Int, _ course: borrowing RecordCoding.Course
  ) throws(RecordError) -> UInt32 {
    course.ends[end].isKnown
      ? other &+ UInt32(truncatingIfNeeded: try reader.signed())
      : try reader.fixed(as: UInt32.self)
  }

  /// In nanoseconds.
  @inline(__always)
  private mutating func time() throws(RecordError) -> UInt64 {
    let time = try reader.number()
    let (nanoseconds, isTooLong) = time.multipliedReportingOverflow(
      by: RecordCoding.BlockHead.unit(isCoarse: head.isCoarse))
    guard !isTooLong else { throw .numberTooLarge }
    return nanoseconds
  }

  private mutating func shape() throws(RecordError) -> UInt32 {
    try shapes.value(&reader) { bytes throws(RecordError) in
      let shape = try bytes.fixed(as: UInt32.self)
      guard shape & 0xf8 == 0 else { throw .unknownFlags(UInt8(truncatingIfNeeded: shape)) }
      return shape
    }
  }

  private mutating func endpoint() throws(RecordError) -> Endpoint {
    let address = try addresses.value(&reader) { bytes throws(RecordError) in
      let family = try bytes.byte()
      switch family {
      case 4: return IPAddress(v4: try bytes.fixed(as: UInt32.self))
      case 6:
        let high = try bytes.fixed(as: UInt64.self)
        return IPAddress(v6High: high, low: try bytes.fixed(as: UInt64.self))
      default: throw .unknownFlags(family)
      }
    }
    return Endpoint(address: address, port: try reader.fixed(as: UInt16.self))
  }
}
