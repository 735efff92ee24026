/// Records as bytes. `docs/records.md` describes the form.
///
/// Nearly all that a segment says follows from the segments before it: the next sequence number, what the
/// other end has sent so far, the window as before. Only what does not is written.
extension FlowRecord {
  static let version: UInt8 = 1

  /// Stands for the bytes of a segment with a payload of which nothing will be read, or nothing was captured:
  /// a TCP header with options, as far as that they begin.
  static let headerOnly: [UInt8] =
    [UInt8](repeating: 0, count: 12) + [15 << 4] + [UInt8](repeating: 0, count: 8)

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

    mutating func note(_ segment: Segment) {
      next = segment.sequenceEnd
      window = segment.window
      identification = segment.ipIdentification
      options = segment.options.withoutTimes
      if segment.options.hasTimestamps { timestamp = segment.options.timestampValue }
    }

    /// Systems count it up, or leave it at zero.
    var nextIdentification: UInt16 { identification == 0 ? 0 : identification &+ 1 }
  }

  /// What one segment is told by, from those before it.
  fileprivate struct Course {
    var low = End()
    var high = End()
    var time: Int64
    var number: UInt64
    var frame: UInt64
    var capture: UInt32 = 0
    var point: UInt32 = 0

    init(from origin: Origin) {
      time = origin.time
      number = origin.number
      frame = origin.number
    }

    mutating func note(_ entry: Entry, isFromLow: Bool) {
      if isFromLow { low.note(entry.segment) } else { high.note(entry.segment) }
      time = entry.segment.time.nanoseconds
      number = entry.place.number
      frame = entry.segment.frame
      capture = entry.segment.capture
      point = entry.segment.point
    }
  }

  // MARK: - Writing

  /// From where times and places are counted, so that they are small.
  struct Origin: Equatable {
    var time: Int64 = 0
    var number: UInt64 = 0

    /// Whether a time lies so many microseconds from here that nothing overflows on the way.
    fileprivate func isCoarse(_ time: Timestamp) -> Bool {
      let (distance, isTooFar) = time.nanoseconds.subtractingReportingOverflow(self.time)
      return !isTooFar && distance.magnitude < 1 << 61 && distance % 1000 == 0
    }
  }

  func encoded(from origin: Origin = Origin()) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(Self.version)
    // Most captures count microseconds.
    let isCoarse = entries.allSatisfy { entry in
      origin.isCoarse(entry.segment.time) && origin.isCoarse(entry.place.time)
    }
    writer.write(UInt8(isCoarse ? 1 : 0))
    writer.write(low)
    writer.write(high)
    writer.write(UInt64(entries.count))
    var course = Course(from: origin)
    for entry in entries { write(entry, after: &course, unit: isCoarse ? 1000 : 1, to: &writer) }
    return writer.bytes
  }

  private func write(
    _ entry: Entry, after course: inout Course, unit: Int64, to writer: inout ByteWriter
  ) {
    let segment = entry.segment
    let isFromLow = segment.source == low
    let (sender, receiver) = isFromLow ? (course.low, course.high) : (course.high, course.low)
    let options = segment.options
    var marks: Marks = []
    func mark(_ mark: Marks, if condition: Bool) { if condition { marks.insert(mark) } }
    mark(.isFromLow, if: isFromLow)
    mark(
      .advancesByFrames,
      if: segment.frame &- course.frame == entry.place.number &- course.number)
    mark(.passesAtItsTime, if: entry.place.time == segment.time)
    mark(.hasNextSequence, if: segment.sequence == sender.next)
    mark(.acknowledgesAll, if: segment.acknowledgment == receiver.next)
    mark(.hasSameWindow, if: segment.window == sender.window)
    mark(.hasNextIdentification, if: segment.ipIdentification == sender.nextIdentification)
    mark(.dontFragment, if: segment.dontFragment)
    mark(.hasPayload, if: segment.payloadLength > 0)
    mark(.hasSameOptions, if: options.withoutTimes == sender.options)
    mark(.echoesLatest, if: options.timestampEchoReply == receiver.timestamp)
    mark(.hasBytes, if: !entry.bytes.isEmpty && entry.bytes != Self.headerOnly)
    mark(.hasHeaderOnly, if: entry.bytes == Self.headerOnly)
    mark(.hasCommonDigest, if: entry.checksum != nil)
    mark(.isPlainACK, if: segment.flags == .ack)
    mark(
      .isOfSameCapture, if: segment.capture == course.capture && segment.point == course.point)

    writer.write(UInt8(truncatingIfNeeded: marks.rawValue))
    writer.write(UInt8(truncatingIfNeeded: marks.rawValue >> 8))
    if !marks.contains(.isOfSameCapture) {
      writer.write(segment.capture)
      writer.write(segment.point)
    }
    writer.write(signed: (segment.time.nanoseconds &- course.time) / unit)
    writer.write(signed: Int64(bitPattern: entry.place.number &- course.number))
    if let checksum = entry.checksum {
      writer.write(UInt8(checksum >> 8))
      writer.write(UInt8(truncatingIfNeeded: checksum))
    } else {
      writer.write(fixed: segment.digest)
    }
    if !marks.contains(.advancesByFrames) {
      writer.write(signed: Int64(bitPattern: segment.frame &- course.frame))
    }
    if !marks.contains(.passesAtItsTime) {
      writer.write(
        signed: (entry.place.time.nanoseconds &- segment.time.nanoseconds) / unit)
    }
    if !marks.contains(.isPlainACK) { writer.write(segment.flags.rawValue) }
    if !marks.contains(.hasNextSequence) {
      writer.write(segment.sequence.value &- sender.next.value)
    }
    if !marks.contains(.acknowledgesAll) {
      writer.write(segment.acknowledgment.value &- receiver.next.value)
    }
    if !marks.contains(.hasSameWindow) { writer.write(UInt32(segment.window)) }
    if !marks.contains(.hasNextIdentification) {
      writer.write(UInt32(segment.ipIdentification &- sender.identification))
    }
    if marks.contains(.hasPayload) { writer.write(segment.payloadLength) }
    if !marks.contains(.hasSameOptions) { writer.write(shapeOf: options) }
    if options.hasTimestamps {
      writer.write(
        signed: Int64(Int32(bitPattern: options.timestampValue &- sender.timestamp)))
    }
    if !marks.contains(.echoesLatest) {
      writer.write(
        signed: Int64(Int32(bitPattern: options.timestampEchoReply &- receiver.timestamp)))
    }
    if marks.contains(.hasBytes) { writer.write(entry.bytes) }
    course.note(entry, isFromLow: isFromLow)
  }

  // MARK: - Reading

  /// - Parameter bytes: one record, and nothing behind it.
  init(decoding bytes: ArraySlice<UInt8>, from origin: Origin = Origin()) throws(RecordError) {
    var reader = ByteReader(bytes)
    let version = try reader.byte()
    guard version == Self.version else { throw .unknownVersion(version) }
    let flags = try reader.byte()
    guard flags <= 1 else { throw .unknownFlags(flags) }
    self.init(low: try reader.endpoint(), high: try reader.endpoint())
    let count = try reader.number(as: Int.self)
    var course = Course(from: origin)
    for _ in 0..<count {
      let entry = try entry(after: &course, unit: flags == 1 ? 1000 : 1, from: &reader)
      // The order is part of the form: it is what merging and judging rest on.
      guard begins(before: entry) else { throw .outOfOrder }
      append(entry)
    }
    guard reader.isAtEnd else { throw .cutOff }
  }

  private func entry(
    after course: inout Course, unit: Int64, from reader: inout ByteReader
  ) throws(RecordError) -> Entry {
    let marks = Marks(rawValue: try UInt16(reader.byte()) | UInt16(reader.byte()) << 8)
    let isFromLow = marks.contains(.isFromLow)
    let (sender, receiver) = isFromLow ? (course.low, course.high) : (course.high, course.low)
    var segment = Segment.none
    segment.setEndpoints(isFromLow ? low : high, isFromLow ? high : low)
    segment.capture = course.capture
    segment.point = course.point
    if !marks.contains(.isOfSameCapture) {
      segment.capture = try reader.number(as: UInt32.self)
      segment.point = try reader.number(as: UInt32.self)
    }
    segment.time = Timestamp(
      nanoseconds: course.time &+ (try reader.signed()) &* unit)
    let advance = UInt64(bitPattern: try reader.signed())
    let number = course.number &+ advance
    var checksum: UInt16?
    if marks.contains(.hasCommonDigest) {
      checksum = try UInt16(reader.byte()) << 8 | UInt16(reader.byte())
    } else {
      segment.digest = try reader.fixed()
    }
    segment.frame =
      marks.contains(.advancesByFrames)
      ? course.frame &+ advance : course.frame &+ UInt64(bitPattern: try reader.signed())
    var passedAt = segment.time
    if !marks.contains(.passesAtItsTime) {
      passedAt = Timestamp(
        nanoseconds: segment.time.nanoseconds &+ (try reader.signed()) &* unit)
    }
    segment.flags =
      marks.contains(.isPlainACK) ? .ack : TCPFlags(rawValue: try reader.byte())
    segment.sequence = sender.next
    if !marks.contains(.hasNextSequence) {
      segment.sequence = SequenceNumber(
        sender.next.value &+ (try reader.number(as: UInt32.self)))
    }
    segment.acknowledgment = receiver.next
    if !marks.contains(.acknowledgesAll) {
      segment.acknowledgment = SequenceNumber(
        receiver.next.value &+ (try reader.number(as: UInt32.self)))
    }
    segment.window =
      marks.contains(.hasSameWindow) ? sender.window : try reader.number(as: UInt16.self)
    segment.ipIdentification =
      marks.contains(.hasNextIdentification)
      ? sender.nextIdentification
      : sender.identification &+ (try reader.number(as: UInt16.self))
    segment.dontFragment = marks.contains(.dontFragment)
    if marks.contains(.hasPayload) { segment.payloadLength = try reader.number(as: UInt32.self) }
    segment.options =
      marks.contains(.hasSameOptions) ? sender.options : try reader.shapeOfOptions()
    if segment.options.hasTimestamps {
      segment.options.timestampValue =
        sender.timestamp &+ UInt32(truncatingIfNeeded: try reader.signed())
    }
    segment.options.timestampEchoReply = receiver.timestamp
    if !marks.contains(.echoesLatest) {
      segment.options.timestampEchoReply =
        receiver.timestamp &+ UInt32(truncatingIfNeeded: try reader.signed())
    }
    if let checksum { segment.digest = segment.commonDigest(checksum: checksum) }
    let entry = Entry(
      segment: segment, checksum: checksum,
      bytes: marks.contains(.hasBytes)
        ? try reader.block() : marks.contains(.hasHeaderOnly) ? Self.headerOnly : [],
      place: Place(time: passedAt, capture: segment.capture, number: number))
    course.note(entry, isFromLow: isFromLow)
    return entry
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

extension ByteWriter {
  fileprivate mutating func write(_ end: Endpoint) {
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
  fileprivate mutating func write(shapeOf options: TCPOptions) {
    write(
      UInt8(
        (options.hasTimestamps ? 1 : 0) | (options.permitsSelectiveAcknowledgment ? 2 : 0)
          | (options.isTruncated ? 4 : 0)))
    write(UInt32(options.maximumSegmentSize))
    write(options.windowScale)
  }
}

extension ByteReader {
  fileprivate mutating func endpoint() throws(RecordError) -> Endpoint {
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

  fileprivate mutating func shapeOfOptions() throws(RecordError) -> TCPOptions {
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
