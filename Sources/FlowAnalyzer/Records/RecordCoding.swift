/// Records as bytes. `docs/records.md` describes the form.
///
/// Nearly all that a segment says follows from the segments before it: the next sequence number, what the
/// other end has sent so far, the window as before. Only what does not is written.
enum RecordCoding {
  static let version: UInt8 = 1

  /// What comes in front of the segments of a record.
  struct Head {
    /// The lower end, and the higher one.
    var low: Endpoint
    var high: Endpoint
    /// Nanoseconds of a unit in which times are written.
    var unit: Int64
    /// How many segments follow.
    var count: Int
  }

  /// From where times and places are counted, so that they are small.
  struct Origin: Equatable {
    var time: Int64 = 0
    var number: UInt64 = 0

    /// Whether the times of a segment lie so many microseconds from here that nothing overflows on the way:
    /// most captures count microseconds.
    func isCoarse(_ entry: RecordedSegment) -> Bool {
      isCoarse(entry.segment.time)
        && (entry.place.time == entry.segment.time || isCoarse(entry.place.time))
    }

    private func isCoarse(_ time: Timestamp) -> Bool {
      let (distance, isTooFar) = time.nanoseconds.subtractingReportingOverflow(self.time)
      return !isTooFar && distance.magnitude < 1 << 61 && distance % 1000 == 0
    }

    static func unit(isCoarse: Bool) -> Int64 { isCoarse ? 1000 : 1 }
  }

  /// What is as expected, and what follows the marks.
  fileprivate struct Marks: OptionSet {
    var rawValue: UInt16
    static let isFromLow = Marks(rawValue: 1)
    static let advancesByFrames = Marks(rawValue: 1 << 1)
    static let passesAtItsTime = Marks(rawValue: 1 << 2)
    static let hasNextSequence = Marks(rawValue: 1 << 3)
    static let acknowledgesAll = Marks(rawValue: 1 << 4)
    static let hasSameWindow = Marks(rawValue: 1 << 5)
    static let hasNextIdentification = Marks(rawValue: 1 << 6)
    static let dontFragment = Marks(rawValue: 1 << 7)
    static let hasPayload = Marks(rawValue: 1 << 8)
    static let hasSameOptions = Marks(rawValue: 1 << 9)
    static let echoesLatest = Marks(rawValue: 1 << 10)
    static let hasBytes = Marks(rawValue: 1 << 11)
    static let hasCommonDigest = Marks(rawValue: 1 << 12)
    static let isPlainACK = Marks(rawValue: 1 << 13)
    static let isOfSameCapture = Marks(rawValue: 1 << 14)
    static let hasHeaderOnly = Marks(rawValue: 1 << 15)
  }

  /// What an end has sent so far.
  fileprivate struct End {
    var next = SequenceNumber(0)
    var window: UInt16 = 0
    var identification: UInt16 = 0
    var timestamp: UInt32 = 0
    /// But for their timestamps.
    var options = TCPOptions()

    @inline(__always)
    mutating func note(_ segment: borrowing Segment) {
      next = segment.sequenceEnd
      window = segment.window
      identification = segment.ipIdentification
      options = segment.options.withoutTimes
      if segment.options.hasTimestamps { timestamp = segment.options.timestampValue }
    }

    /// Systems count it up, or leave it at zero.
    var nextIdentification: UInt16 { identification == 0 ? 0 : identification &+ 1 }
  }

  /// What one segment of a record is told by, from those before it.
  struct Course {
    fileprivate let lowEnd: Endpoint
    fileprivate let highEnd: Endpoint
    fileprivate let unit: Int64
    /// The lower one first.
    fileprivate var ends = InlineArray<2, End>(repeating: End())
    fileprivate var time: Int64
    fileprivate var number: UInt64
    fileprivate var frame: UInt64
    fileprivate var capture: UInt32 = 0
    fileprivate var point: UInt32 = 0

    init(_ head: Head, from origin: Origin) {
      lowEnd = head.low
      highEnd = head.high
      unit = head.unit
      time = origin.time
      number = origin.number
      frame = origin.number
    }

    @inline(__always)
    fileprivate mutating func note(_ entry: borrowing RecordedSegment, isFromLow: Bool) {
      ends[isFromLow ? 0 : 1].note(entry.segment)
      time = entry.segment.time.nanoseconds
      number = entry.place.number
      frame = entry.segment.frame
      capture = entry.segment.capture
      point = entry.segment.point
    }
  }
}

extension ByteWriter {
  mutating func write(_ head: RecordCoding.Head) {
    write(RecordCoding.version)
    write(UInt8(head.unit == RecordCoding.Origin.unit(isCoarse: true) ? 1 : 0))
    write(head.low)
    write(head.high)
    write(UInt64(head.count))
  }

  /// - Parameter bytes: among which those of the segment lie.
  mutating func write(
    _ entry: borrowing RecordedSegment, _ bytes: RawSpan, after course: inout RecordCoding.Course
  ) {
    let segment = entry.segment
    let isFromLow = segment.source == course.lowEnd
    // Looked up each time: no copies of what an end has sent are made.
    let (sender, receiver) = isFromLow ? (0, 1) : (1, 0)
    let options = segment.options
    var marks: RecordCoding.Marks = []
    func mark(_ mark: RecordCoding.Marks, if condition: Bool) {
      marks.rawValue |= condition ? mark.rawValue : 0
    }
    mark(.isFromLow, if: isFromLow)
    mark(
      .advancesByFrames,
      if: segment.frame &- course.frame == entry.place.number &- course.number)
    mark(.passesAtItsTime, if: entry.place.time == segment.time)
    mark(.hasNextSequence, if: segment.sequence == course.ends[sender].next)
    mark(.acknowledgesAll, if: segment.acknowledgment == course.ends[receiver].next)
    mark(.hasSameWindow, if: segment.window == course.ends[sender].window)
    mark(
      .hasNextIdentification, if: segment.ipIdentification == course.ends[sender].nextIdentification
    )
    mark(.dontFragment, if: segment.dontFragment)
    mark(.hasPayload, if: segment.payloadLength > 0)
    mark(.hasSameOptions, if: options.withoutTimes == course.ends[sender].options)
    mark(.echoesLatest, if: options.timestampEchoReply == course.ends[receiver].timestamp)
    switch entry.content {
    case .nothing: break
    case .headerOnly: marks.insert(.hasHeaderOnly)
    case .bytes: marks.insert(.hasBytes)
    }
    mark(.hasCommonDigest, if: entry.checksum != nil)
    mark(.isPlainACK, if: segment.flags == .ack)
    mark(
      .isOfSameCapture, if: segment.capture == course.capture && segment.point == course.point)

    write(UInt8(truncatingIfNeeded: marks.rawValue))
    write(UInt8(truncatingIfNeeded: marks.rawValue >> 8))
    if !marks.contains(.isOfSameCapture) {
      write(segment.capture)
      write(segment.point)
    }
    write(signed: divided(segment.time.nanoseconds &- course.time, by: course.unit))
    write(signed: Int64(bitPattern: entry.place.number &- course.number))
    if let checksum = entry.checksum {
      write(UInt8(checksum >> 8))
      write(UInt8(truncatingIfNeeded: checksum))
    } else {
      write(fixed: segment.digest)
    }
    if !marks.contains(.advancesByFrames) {
      write(signed: Int64(bitPattern: segment.frame &- course.frame))
    }
    if !marks.contains(.passesAtItsTime) {
      write(
        signed: divided(
          entry.place.time.nanoseconds &- segment.time.nanoseconds, by: course.unit))
    }
    if !marks.contains(.isPlainACK) { write(segment.flags.rawValue) }
    if !marks.contains(.hasNextSequence) {
      write(segment.sequence.value &- course.ends[sender].next.value)
    }
    if !marks.contains(.acknowledgesAll) {
      write(segment.acknowledgment.value &- course.ends[receiver].next.value)
    }
    if !marks.contains(.hasSameWindow) { write(UInt32(segment.window)) }
    if !marks.contains(.hasNextIdentification) {
      write(UInt32(segment.ipIdentification &- course.ends[sender].identification))
    }
    if marks.contains(.hasPayload) { write(segment.payloadLength) }
    if !marks.contains(.hasSameOptions) { write(shapeOf: options) }
    if options.hasTimestamps {
      write(
        signed: Int64(Int32(bitPattern: options.timestampValue &- course.ends[sender].timestamp)))
    }
    if !marks.contains(.echoesLatest) {
      write(
        signed: Int64(
          Int32(bitPattern: options.timestampEchoReply &- course.ends[receiver].timestamp)))
    }
    if case .bytes(let start, let count) = entry.content {
      write(block: bytes.extracting(start..<start + count))
    }
    course.note(entry, isFromLow: isFromLow)
  }

  /// By one of two constants: division by what is not known takes long.
  @inline(__always)
  private func divided(_ time: Int64, by unit: Int64) -> Int64 {
    unit == 1 ? time : time / RecordCoding.Origin.unit(isCoarse: true)
  }

  private mutating func write(_ end: Endpoint) {
    write(UInt8(end.address.isIPv6 ? 6 : 4))
    if end.address.isIPv6 { write(fixed: end.address.high) }
    if end.address.isIPv6 {
      write(fixed: end.address.low)
    } else {
      for shift in stride(from: 24, through: 0, by: -8) {
        write(UInt8(truncatingIfNeeded: end.address.low >> UInt64(shift)))
      }
    }
    write(UInt8(end.port >> 8))
    write(UInt8(truncatingIfNeeded: end.port))
  }

  /// Options but for what timestamps say.
  private mutating func write(shapeOf options: TCPOptions) {
    write(
      UInt8(
        (options.hasTimestamps ? 1 : 0) | (options.permitsSelectiveAcknowledgment ? 2 : 0)
          | (options.isTruncated ? 4 : 0)))
    write(UInt32(options.maximumSegmentSize))
    write(options.windowScale)
  }
}

extension ByteReader {
  mutating func recordHead() throws(RecordError) -> RecordCoding.Head {
    let version = try byte()
    guard version == RecordCoding.version else { throw .unknownVersion(version) }
    let flags = try byte()
    guard flags <= 1 else { throw .unknownFlags(flags) }
    return RecordCoding.Head(
      low: try endpoint(), high: try endpoint(),
      unit: RecordCoding.Origin.unit(isCoarse: flags == 1), count: try number(as: Int.self))
  }

  /// Reads the next segment of a record.
  ///
  /// - Parameter entry: all of it is written over.
  mutating func read(
    _ entry: inout RecordedSegment, after course: inout RecordCoding.Course
  ) throws(RecordError) {
    let marks = RecordCoding.Marks(rawValue: try UInt16(byte()) | UInt16(byte()) << 8)
    let isFromLow = marks.contains(.isFromLow)
    // Looked up each time: no copies of what an end has sent are made.
    let (sender, receiver) = isFromLow ? (0, 1) : (1, 0)
    entry.segment.setEndpoints(
      isFromLow ? course.lowEnd : course.highEnd, isFromLow ? course.highEnd : course.lowEnd)
    entry.segment.capture = course.capture
    entry.segment.point = course.point
    if !marks.contains(.isOfSameCapture) {
      entry.segment.capture = try number(as: UInt32.self)
      entry.segment.point = try number(as: UInt32.self)
    }
    let time = course.time &+ (try signed()) &* course.unit
    entry.segment.time = Timestamp(nanoseconds: time)
    let advance = UInt64(bitPattern: try signed())
    entry.place.number = course.number &+ advance
    entry.place.capture = entry.segment.capture
    if marks.contains(.hasCommonDigest) {
      entry.checksum = try UInt16(byte()) << 8 | UInt16(byte())
    } else {
      entry.checksum = nil
      entry.segment.digest = try fixed()
    }
    entry.segment.frame =
      marks.contains(.advancesByFrames)
      ? course.frame &+ advance : course.frame &+ UInt64(bitPattern: try signed())
    entry.place.time = entry.segment.time
    if !marks.contains(.passesAtItsTime) {
      entry.place.time = Timestamp(nanoseconds: time &+ (try signed()) &* course.unit)
    }
    entry.segment.flags =
      marks.contains(.isPlainACK) ? .ack : TCPFlags(rawValue: try byte())
    entry.segment.sequence =
      marks.contains(.hasNextSequence)
      ? course.ends[sender].next
      : SequenceNumber(course.ends[sender].next.value &+ (try number(as: UInt32.self)))
    entry.segment.acknowledgment =
      marks.contains(.acknowledgesAll)
      ? course.ends[receiver].next
      : SequenceNumber(course.ends[receiver].next.value &+ (try number(as: UInt32.self)))
    entry.segment.window =
      marks.contains(.hasSameWindow) ? course.ends[sender].window : try number(as: UInt16.self)
    entry.segment.ipIdentification =
      marks.contains(.hasNextIdentification)
      ? course.ends[sender].nextIdentification
      : course.ends[sender].identification &+ (try number(as: UInt16.self))
    entry.segment.dontFragment = marks.contains(.dontFragment)
    entry.segment.payloadLength =
      marks.contains(.hasPayload) ? try number(as: UInt32.self) : 0
    entry.segment.options =
      marks.contains(.hasSameOptions) ? course.ends[sender].options : try shapeOfOptions()
    if entry.segment.options.hasTimestamps {
      entry.segment.options.timestampValue =
        course.ends[sender].timestamp &+ UInt32(truncatingIfNeeded: try signed())
    }
    entry.segment.options.timestampEchoReply = course.ends[receiver].timestamp
    if !marks.contains(.echoesLatest) {
      entry.segment.options.timestampEchoReply =
        course.ends[receiver].timestamp &+ UInt32(truncatingIfNeeded: try signed())
    }
    if let checksum = entry.checksum {
      entry.segment.digest = entry.segment.commonDigest(checksum: checksum)
    }
    if marks.contains(.hasBytes) {
      let range = try block()
      entry.content = .bytes(start: range.lowerBound, count: range.count)
    } else {
      entry.content = marks.contains(.hasHeaderOnly) ? .headerOnly : .nothing
    }
    course.note(entry, isFromLow: isFromLow)
  }

  private mutating func endpoint() throws(RecordError) -> Endpoint {
    let family = try byte()
    let address: IPAddress
    switch family {
    case 4:
      var value: UInt32 = 0
      for _ in 0..<4 { value = try value << 8 | UInt32(byte()) }
      address = IPAddress(v4: value)
    case 6: address = IPAddress(v6High: try fixed(), low: try fixed())
    default: throw .unknownFlags(family)
    }
    return Endpoint(address: address, port: try UInt16(byte()) << 8 | UInt16(byte()))
  }

  private mutating func shapeOfOptions() throws(RecordError) -> TCPOptions {
    let flags = try byte()
    guard flags < 8 else { throw .unknownFlags(flags) }
    var options = TCPOptions()
    options.hasTimestamps = flags & 1 != 0
    options.permitsSelectiveAcknowledgment = flags & 2 != 0
    options.isTruncated = flags & 4 != 0
    options.maximumSegmentSize = try number(as: UInt16.self)
    options.windowScale = try byte()
    return options
  }
}

extension TCPOptions {
  fileprivate var withoutTimes: TCPOptions {
    var options = self
    options.timestampValue = 0
    options.timestampEchoReply = 0
    return options
  }
}
