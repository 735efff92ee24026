/// The form of records, of which `docs/records.md` tells.
///
/// Nearly all that a segment says follows from the segments before it: the next sequence number, what the
/// other end has sent so far, the window as before. Only what does not is written, and what many say is told
/// once a block (`Lexicon`).
enum RecordCoding {
  static let version: UInt8 = 5

  /// What comes in front of the records of a block.
  struct BlockHead {
    /// From where times are counted: when its first packet passes, in nanoseconds.
    var time: Int64 = 0
    /// How many packets of the capture came before it.
    var number: UInt64 = 0
    /// The frame of the last of those that had a segment; 0 where none had.
    var frame: UInt64 = 0
    /// Whether all times are whole microseconds from there: most captures count those.
    var isCoarse = true
    var recordCount = 0
    var segmentCount = 0

    /// Nanoseconds of a unit in which times are written.
    @inline(__always)
    static func unit(isCoarse: Bool) -> UInt64 { isCoarse ? 1000 : 1 }
  }

  /// What comes in front of the segments of a record.
  struct RecordHead {
    /// The lower end, and the higher one.
    var low: Endpoint
    var high: Endpoint
    /// How many segments follow.
    var count: Int
  }

  /// What is as expected of a segment, and its flags: what follows, and how. There are few of them.
  struct Template: OptionSet, BitwiseCopyable {
    var rawValue: UInt32
    static let isFromLow = Template(rawValue: 1)
    static let followsFrame = Template(rawValue: 1 << 1)
    static let passesAtItsTime = Template(rawValue: 1 << 2)
    static let hasNextSequence = Template(rawValue: 1 << 3)
    static let acknowledgesAll = Template(rawValue: 1 << 4)
    static let hasSameWindow = Template(rawValue: 1 << 5)
    static let hasNextIdentification = Template(rawValue: 1 << 6)
    static let dontFragment = Template(rawValue: 1 << 7)
    static let hasPayload = Template(rawValue: 1 << 8)
    static let hasExpectedOptions = Template(rawValue: 1 << 9)
    static let echoesLatest = Template(rawValue: 1 << 10)
    static let hasBytes = Template(rawValue: 1 << 11)
    static let hasCommonDigest = Template(rawValue: 1 << 12)
    static let hasRank = Template(rawValue: 1 << 13)
    static let isPassage = Template(rawValue: 1 << 14)
    static let hasHeaderOnly = Template(rawValue: 1 << 15)

    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// - Parameter flags: they lie above the marks.
    init(_ flags: TCPFlags, marks: UInt16 = 0) {
      rawValue = UInt32(flags.rawValue) << 16 | UInt32(marks)
    }

    var flags: TCPFlags {
      @inline(__always) get { TCPFlags(rawValue: UInt8(truncatingIfNeeded: rawValue >> 16)) }
    }

    var marks: UInt16 { UInt16(truncatingIfNeeded: rawValue) }

    @inline(__always)
    mutating func mark(_ mark: Template, if condition: Bool) {
      rawValue |= condition ? mark.rawValue : 0
    }

    @inline(__always)
    var hash: UInt32 { rawValue &* 0x9e37_79b1 >> 7 }
  }

  /// What an end has sent so far.
  struct End: BitwiseCopyable {
    var next = SequenceNumber(0)
    var timestamp: UInt32 = 0
    /// Of the options that are expected next.
    var shape = TCPOptions.noShape
    var window: UInt16 = 0
    var identification: UInt16 = 0
    /// Whether there was anything: numbers of what it sends first follow from nothing.
    var isKnown = false

    @inline(__always)
    mutating func note(_ segment: borrowing Segment) {
      next = segment.sequenceEnd
      window = segment.window
      identification = segment.ipIdentification
      isKnown = true
      shape =
        segment.flags.contains(.syn)
        ? segment.options.shapeAfterSyn : segment.options.shape
      if segment.options.hasTimestamps { timestamp = segment.options.timestampValue }
    }

    /// Systems count it up, or leave it at zero.
    var nextIdentification: UInt16 { identification == 0 ? 0 : identification &+ 1 }
  }

  /// What one segment of a record is told by, from those before it.
  struct Course: BitwiseCopyable {
    let lowEnd: Endpoint
    let highEnd: Endpoint
    /// The lower one first.
    var ends = InlineArray<2, End>(repeating: End())
    /// When the segment before has passed, in nanoseconds since the block began; of the first one, when the
    /// record before it has begun.
    var offset: UInt64

    init(_ head: RecordHead, from offset: UInt64) {
      lowEnd = head.low
      highEnd = head.high
      self.offset = offset
    }
  }
}

extension TCPOptions {
  /// What options say but for timestamps: segment size (16 bits), window scale (8), 5 of zero, cut, permission
  /// of selective acknowledgments, whether there are timestamps.
  @inline(__always)
  var shape: UInt32 {
    UInt32(maximumSegmentSize) << 16 | UInt32(windowScale) << 8 | (isTruncated ? 4 : 0)
      | (permitsSelectiveAcknowledgment ? 2 : 0) | (hasTimestamps ? 1 : 0)
  }

  /// That of no options.
  static let noShape = UInt32(noWindowScale) << 8

  /// Of what its sender goes on to send.
  var shapeAfterSyn: UInt32 { Self.noShape | (hasTimestamps ? 1 : 0) }

  /// - Parameter shape: of which no other bits may be set than `shape` has.
  @inline(__always)
  init(shape: UInt32) {
    maximumSegmentSize = UInt16(truncatingIfNeeded: shape >> 16)
    windowScale = UInt8(truncatingIfNeeded: shape >> 8)
    hasTimestamps = shape & 1 != 0
    permitsSelectiveAcknowledgment = shape & 2 != 0
    isTruncated = shape & 4 != 0
  }
}
