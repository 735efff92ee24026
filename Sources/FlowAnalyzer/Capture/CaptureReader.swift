/// The packets of one capture, in file order.
///
/// All kinds of pcap and pcapng that libpcap knows, in a third of its time (measured), and it agrees
/// packet for packet and in how they end, but for what `PcapFile`, `PcapngFile` and
/// `PcapngInterface` name.
///
/// It holds one packet at a time, the current one; before the first `advance()` there is none.
@safe
struct CaptureReader: ~Copyable {
  enum Outcome {
    /// The next packet is the current one.
    case packet
    case endOfFile
    /// The file ends in the middle of a packet.
    case cutOff
  }

  let path: String
  /// What the file system said when the file was opened.
  let status: FileStatus?
  /// How many packets were read; also the 1-based number of the current one.
  private(set) var packets: UInt64 = 0
  private var packet = CapturedPacket()
  /// One of the two says what there is.
  private var plain: PlainReader?
  private var recorded: RecordedCapture?

  /// - Parameters:
  ///   - path: a file, or `-` for standard input.
  ///   - readAhead: how many bytes to read at once.
  init(path: String, readAhead: Int = ReadBuffer.standardCapacity) throws(CaptureError) {
    var file = try CaptureFile(path: path)
    try file.requireCapture()
    let status = file.status
    plain = try PlainReader(file, readAhead: readAhead)
    self.path = path
    self.status = status
  }

  private init(path: String, records content: RecordedContent) {
    self.path = path
    status = FileStatus(path: content.path)
    plain = nil
    recorded = RecordedCapture(content)
  }

  /// Opens a capture, or the records of one.
  static func open(
    _ input: CaptureInput, readAhead: Int
  ) throws(CaptureError) -> CaptureReader {
    guard let content = input.recorded else {
      return try CaptureReader(path: input.path, readAhead: readAhead)
    }
    let reader = CaptureReader(path: input.path, records: content)
    // What could not be opened then gave no packet, and is none of the captures that have begun.
    if reader.status?.size == 0, let failure = content.failure { throw failure }
    return reader
  }

  /// Packets come without their frames, but with the segment of each.
  var isRecorded: Bool { recorded != nil }

  /// Lends what is recorded of the current packet.
  @inline(__always)
  func withRecordedPacket(_ body: (borrowing Segment, UInt64, RawSpan) -> Void) {
    switch recorded {
    case .some(let recorded): recorded.withPacket(body)
    case .none: return
    }
  }

  /// What is recorded of the current packet, where that is no segment.
  var recordedPassage: Passage? {
    switch recorded {
    case .some(let recorded): recorded.passage
    case .none: nil
    }
  }

  /// Capture time of the current packet.
  var time: Timestamp { packet.time }

  /// How many bytes the current packet had on the wire.
  var originalLength: Int { packet.originalLength }

  /// That of the current packet; nil if it is not supported.
  var linkType: LinkType? { packet.linkType }

  /// The link type of the current packet as capture files number them.
  var linkNumber: UInt16 {
    let number =
      switch plain {
      case .some(let plain): plain.linkNumber
      case .none: UInt32(0)
      }
    // Raw IP has a number of its own on each system, and one that all know (LINKTYPE_RAW).
    return linkType == .rawIP && number < 101 ? 101 : UInt16(truncatingIfNeeded: number)
  }

  /// The byte order in which the current packet was written.
  var order: ByteOrder {
    switch plain {
    case .some(let plain): plain.order
    case .none: .little
    }
  }

  /// How many bytes of the file were read; nil for a pipe.
  var position: UInt64? {
    switch plain {
    case .some(let plain): plain.position
    case .none: positionInRecords
    }
  }

  private var positionInRecords: UInt64? {
    switch recorded {
    case .some(let recorded): recorded.offset
    case .none: nil
    }
  }

  /// Packets that were dropped while the file was written, as far as it has been read; nil where it does
  /// not say.
  var dropped: UInt64? {
    switch plain {
    case .some(let plain): plain.dropped
    case .none: droppedByRecords
    }
  }

  private var droppedByRecords: UInt64? {
    switch recorded {
    case .some(let recorded): recorded.content.dropped
    case .none: nil
    }
  }

  /// Has a regular file open only while it is read from, where there are too few descriptors for all. It is
  /// an error then if another file has its name meanwhile.
  mutating func closeBetweenReads() { plain?.closeBetweenReads() }

  /// Reads the next packet.
  ///
  /// - Throws: `CaptureError.damaged` or `.readFailed`. Either is final.
  mutating func advance() throws(CaptureError) -> Outcome {
    let outcome: Outcome
    do throws(CaptureError) {
      if let outcomeOfFile = try plain?.advance(to: &packet) {
        outcome = outcomeOfFile
      } else {
        outcome = try recorded?.advance(to: &packet) ?? .endOfFile
      }
    } catch {
      forgetPacket()
      throw error
    }
    if outcome == .packet { packets &+= 1 } else { forgetPacket() }
    return outcome
  }

  /// Whether the current packet is one of several that were found: those are lent all at once.
  var hasFound: Bool {
    switch plain {
    case .some(let plain): plain.hasFound
    case .none: false
    }
  }

  /// Makes a later one of the packets that were found the current one, which there must be.
  ///
  /// - Parameter count: how many packets later.
  mutating func pass(_ count: Int) {
    packets &+= UInt64(count)
    plain?.pass(count, to: &packet)
  }

  /// Lends the packets that were found last, and the buffer in which they lie.
  @inline(__always)
  func withFound<Result>(
    _ body: (RawSpan, borrowing FoundPackets) -> Result
  ) -> Result {
    switch plain {
    case .some(let plain): plain.withFound(body)
    case .none: body(RawSpan(), FoundPackets())
    }
  }

  /// How many bytes a packet that was found had on the wire.
  func originalLength(of packet: FoundPackets.Packet) -> Int {
    switch plain {
    case .some(let plain): plain.originalLength(of: packet)
    case .none: 0
    }
  }

  /// The bytes are the reader's, who has others there now.
  private mutating func forgetPacket() {
    unsafe packet.bytes = UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// Lends the captured bytes of the current packet, which there must be.
  @inline(__always)
  func withFrame<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let start = unsafe packet.bytes.baseAddress else { preconditionFailure("no packet") }
    // SAFETY: the reader keeps them until the next `advance()`, which cannot be called while
    // `self` is borrowed.
    return try unsafe body(RawSpan(_unsafeStart: start, byteCount: packet.bytes.count))
  }
}

extension CaptureReader {
  /// Reads the next packet; where there is none, notes in the record why.
  mutating func advance(noting record: inout CaptureRecord) -> Bool {
    do throws(CaptureError) {
      switch try advance() {
      case .packet: return true
      case .endOfFile: if packets == 0 { record.warnings.append(.noPackets) }
      case .cutOff:
        record.truncated = true
        record.warnings.append(.cutOff(packets: packets))
      }
    } catch {
      record.failure = error
    }
    record.dropped = dropped
    if let dropped, dropped > 0 { record.warnings.append(.dropped(packets: dropped)) }
    return false
  }
}
