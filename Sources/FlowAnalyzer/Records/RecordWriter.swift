/// Writes the records of a block.
struct RecordWriter: ~Copyable {
  private var writer = ByteWriter(capacity: 1 << 19)
  private var addresses = Lexicon.Writer<IPAddress>()
  private var templates = Lexicon.Writer<UInt32>()
  private var shapes = Lexicon.Writer<UInt32>()
  private var windows = Lexicon.Writer<UInt32>()
  private let head: RecordCoding.BlockHead
  /// When the latest record has begun, in nanoseconds since the block has.
  private var begin: UInt64 = 0

  /// What was written.
  var bytes: [UInt8] { writer.bytes }

  init(_ head: RecordCoding.BlockHead) {
    self.head = head
    writer.write(RecordCoding.version)
    writer.write(UInt8(head.isCoarse ? 1 : 0))
    writer.write(fixed: head.time)
    writer.write(head.number)
    writer.write(head.frame)
    writer.write(UInt64(head.recordCount))
    writer.write(UInt64(head.segmentCount))
  }

  /// - Returns: what the segments follow from that come next.
  mutating func begin(_ head: RecordCoding.RecordHead) -> RecordCoding.Course {
    write(head.low)
    write(head.high)
    writer.write(UInt64(head.count))
    return RecordCoding.Course(head, from: begin)
  }

  /// - Parameter bytes: among which those of the segment lie.
  mutating func write(
    _ entry: borrowing RecordedSegment, _ bytes: RawSpan, after course: inout RecordCoding.Course
  ) {
    let isFirst = !course.ends[0].isKnown && !course.ends[1].isKnown
    let isFromLow = entry.segment.source == course.lowEnd
    // Looked up each time: no copies of what an end has sent are made.
    let (sender, receiver) = isFromLow ? (0, 1) : (1, 0)
    let offset = UInt64(bitPattern: entry.passesAt.nanoseconds &- head.time)
    let late = UInt64(bitPattern: entry.passesAt.nanoseconds &- entry.segment.time.nanoseconds)
    let template = template(
      of: entry, from: course.ends[sender], to: course.ends[receiver], isFromLow: isFromLow)
    if let number = templates.number(of: template.rawValue, hash: template.hash) {
      writer.write(number)
    } else {
      writer.write(0 as UInt8)
      writer.write(fixed: template.marks)
      writer.write(entry.segment.flags.rawValue)
    }
    write(time: offset &- course.offset)
    if let rank = entry.rank { writer.write(UInt64(rank)) }
    if !template.contains(.passesAtItsTime) { write(time: late) }
    if let checksum = entry.checksum {
      writer.write(fixed: checksum)
    } else {
      writer.write(fixed: entry.segment.digest)
    }
    if !template.contains(.followsFrame) {
      writer.write(signed: Int64(bitPattern: entry.skippedFrames))
    }
    if !template.contains(.hasNextSequence) {
      write(
        entry.segment.sequence.value, after: course.ends[sender].next.value, of: sender, course)
    }
    if !template.contains(.acknowledgesAll) {
      write(
        entry.segment.acknowledgment.value, after: course.ends[receiver].next.value, of: receiver,
        course)
    }
    if !template.contains(.hasSameWindow) { write(window: entry.segment.window) }
    if !template.contains(.hasNextIdentification) {
      writer.write(fixed: entry.segment.ipIdentification)
    }
    if template.contains(.hasPayload) { writer.write(UInt64(entry.segment.payloadLength)) }
    if !template.contains(.hasExpectedOptions) { write(shape: entry.segment.options.shape) }
    if entry.segment.options.hasTimestamps {
      write(
        entry.segment.options.timestampValue, after: course.ends[sender].timestamp, of: sender,
        course)
    }
    if !template.contains(.echoesLatest) {
      write(
        entry.segment.options.timestampEchoReply, after: course.ends[receiver].timestamp,
        of: receiver, course)
    }
    if case .bytes(let start, let count) = entry.content {
      writer.write(block: bytes.extracting(start..<start + count))
    }
    if isFirst { begin = offset }
    course.offset = offset
    course.ends[sender].note(entry.segment)
  }

  /// What of a segment is as expected, by what both ends have sent.
  @inline(__always)
  private func template(
    of entry: borrowing RecordedSegment, from sender: RecordCoding.End,
    to receiver: RecordCoding.End, isFromLow: Bool
  ) -> RecordCoding.Template {
    var template = RecordCoding.Template(entry.segment.flags)
    template.mark(.isFromLow, if: isFromLow)
    template.mark(.followsFrame, if: entry.skippedFrames == 0)
    template.mark(.passesAtItsTime, if: entry.passesAt == entry.segment.time)
    let isNext = entry.segment.sequence == sender.next
    template.mark(.hasNextSequence, if: sender.isKnown && isNext)
    template.mark(.acknowledgesAll, if: entry.segment.acknowledgment == receiver.next)
    template.mark(.hasSameWindow, if: entry.segment.window == sender.window)
    template.mark(
      .hasNextIdentification, if: entry.segment.ipIdentification == sender.nextIdentification)
    template.mark(.dontFragment, if: entry.segment.dontFragment)
    template.mark(.hasPayload, if: entry.segment.payloadLength > 0)
    template.mark(.hasExpectedOptions, if: entry.segment.options.shape == sender.shape)
    template.mark(
      .echoesLatest, if: entry.segment.options.timestampEchoReply == receiver.timestamp)
    switch entry.content {
    case .nothing: break
    case .headerOnly: template.mark(.hasHeaderOnly, if: true)
    case .bytes: template.mark(.hasBytes, if: true)
    }
    template.mark(.hasCommonDigest, if: entry.checksum != nil)
    template.mark(.hasRank, if: entry.rank != nil)
    template.mark(.isPassage, if: entry.segment.isPassageOnly)
    return template
  }

  /// A number near another; in full where the end that would say so has said nothing yet.
  @inline(__always)
  private mutating func write(
    _ value: UInt32, after other: UInt32, of end: Int, _ course: borrowing RecordCoding.Course
  ) {
    guard course.ends[end].isKnown else {
      writer.write(fixed: value)
      return
    }
    writer.write(signed: Int64(Int32(bitPattern: value &- other)))
  }

  /// By one of two constants: division by what is not known takes long.
  @inline(__always)
  private mutating func write(time: UInt64) {
    writer.write(
      head.isCoarse ? time / RecordCoding.BlockHead.unit(isCoarse: true) : time)
  }

  @inline(__always)
  private mutating func write(window: UInt16) {
    let hash = UInt32(window) &* 0x9e37_79b1 >> 12
    if let number = windows.number(of: UInt32(window), hash: hash) {
      writer.write(number)
    } else {
      writer.write(0 as UInt8)
      writer.write(fixed: window)
    }
  }

  private mutating func write(shape: UInt32) {
    if let number = shapes.number(of: shape, hash: shape &* 0x9e37_79b1 >> 12) {
      writer.write(number)
    } else {
      writer.write(0 as UInt8)
      writer.write(fixed: shape)
    }
  }

  private mutating func write(_ end: Endpoint) {
    let hash = UInt32(truncatingIfNeeded: mixed(end.address.low ^ end.address.high))
    if let number = addresses.number(of: end.address, hash: hash) {
      writer.write(number)
    } else {
      writer.write(0 as UInt8)
      writer.write(UInt8(end.address.isIPv6 ? 6 : 4))
      if end.address.isIPv6 {
        writer.write(fixed: end.address.high)
        writer.write(fixed: end.address.low)
      } else {
        writer.write(fixed: UInt32(truncatingIfNeeded: end.address.low))
      }
    }
    writer.write(fixed: end.port)
  }
}
