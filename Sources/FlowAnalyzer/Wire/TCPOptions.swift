extension TCPOptions {
  /// The option kinds of https://www.iana.org/assignments/tcp-parameters that are read.
  private enum Kind {
    static let end: UInt8 = 0
    static let noOperation: UInt8 = 1
    static let maximumSegmentSize: UInt8 = 2
    static let windowScale: UInt8 = 3
    static let permitsSelectiveAcknowledgment: UInt8 = 4
    static let timestamps: UInt8 = 8
  }

  /// The largest shift that counts; larger ones mean the same (RFC 7323, section 2.3).
  private static let largestWindowScale: UInt8 = 14

  /// What nearly all systems send, word for word: in a SYN the segment size, leave for selective
  /// acknowledgments, timestamps and the window scale; timestamps alone in what follows (RFC 7323,
  /// appendix A).
  ///
  ///      0       2      4            8     12     16           19
  ///     +-------+------+------------+-----+------+------------+-------+
  ///     | 02 04 | size | 04 02 08 0a| val | echo | 01 03 03   | scale |  in a SYN
  ///     +-------+------+------------+-----+------+------------+-------+
  ///     | 01 01 08 0a  | val        | echo|           later
  ///     +--------------+------------+-----+
  enum Usual {
    static let timestamps: UInt32 = 0x0101_080a
    static let segmentSize: UInt16 = 0x0204
    static let selectiveAndTimestamps: UInt32 = 0x0402_080a
    static let scale: UInt32 = 0x0103_0300
  }

  @inline(__always)
  private static func areTimestamps(_ bytes: RawSpan) -> Bool {
    bytes.byteCount == 12 && bytes.uint32(at: 0) == Usual.timestamps
  }

  @inline(__always)
  private static func areOfSyn(_ bytes: RawSpan) -> Bool {
    bytes.byteCount == 20 && bytes.uint32(at: 4) == Usual.selectiveAndTimestamps
      && bytes.uint16(at: 0) == Usual.segmentSize
      && bytes.uint32(at: 16) & 0xffff_ff00 == Usual.scale
  }

  /// Whether there is nothing in the options but what nearly all systems send.
  @inline(__always)
  static func areUsual(_ bytes: RawSpan) -> Bool { areTimestamps(bytes) || areOfSyn(bytes) }

  /// Reads options up to the first that contradicts its own length or was cut.
  ///
  /// Nothing here is an error: TCP itself ignores what it cannot read (RFC 9293, section 3.1).
  init(_ bytes: RawSpan) {
    self.init()
    read(bytes)
  }

  /// Reads options into a value that has none yet.
  ///
  /// - Returns: whether there are none but those that nearly all systems send.
  @discardableResult
  @inline(__always)
  private mutating func read(_ bytes: RawSpan) -> Bool {
    if Self.areTimestamps(bytes) {
      hasTimestamps = true
      timestampValue = bytes.uint32(at: 4)
      timestampEchoReply = bytes.uint32(at: 8)
    } else if Self.areOfSyn(bytes) {
      maximumSegmentSize = bytes.uint16(at: 2)
      permitsSelectiveAcknowledgment = true
      hasTimestamps = true
      timestampValue = bytes.uint32(at: 8)
      timestampEchoReply = bytes.uint32(at: 12)
      windowScale = min(bytes.uint8(at: 19), Self.largestWindowScale)
    } else if bytes.byteCount > 0 {
      readEach(bytes)
      return false
    }
    return true
  }

  /// The same for a value that may have some.
  @inline(__always)
  mutating func readAnew(_ bytes: RawSpan) -> Bool {
    self = TCPOptions()
    return read(bytes)
  }

  /// Reads twelve bytes of options if they are timestamps as nearly all systems send them.
  ///
  /// - Parameters:
  ///   - kinds: the first four, in network order.
  ///   - values: the other eight.
  @inline(__always)
  mutating func readTimestamps(kinds: UInt32, _ values: UInt64) -> Bool {
    guard kinds == Usual.timestamps else { return false }
    self = TCPOptions()
    hasTimestamps = true
    timestampEchoReply = UInt32(truncatingIfNeeded: values)
    timestampValue = UInt32(truncatingIfNeeded: values >> 32)
    return true
  }

  @inline(never)
  private mutating func readEach(_ bytes: RawSpan) {
    var offset = 0
    while offset < bytes.byteCount {
      let kind = bytes.uint8(at: offset)
      if kind == Kind.end { return }
      if kind == Kind.noOperation {
        offset += 1
        continue
      }
      guard offset + 2 <= bytes.byteCount else { return }
      let length = Int(bytes.uint8(at: offset + 1))
      guard length >= 2, offset + length <= bytes.byteCount else { return }
      switch (kind, length) {
      case (Kind.maximumSegmentSize, 4):
        maximumSegmentSize = bytes.uint16(at: offset + 2)
      case (Kind.windowScale, 3):
        windowScale = min(bytes.uint8(at: offset + 2), Self.largestWindowScale)
      case (Kind.permitsSelectiveAcknowledgment, 2):
        permitsSelectiveAcknowledgment = true
      case (Kind.timestamps, 10):
        hasTimestamps = true
        timestampValue = bytes.uint32(at: offset + 2)
        timestampEchoReply = bytes.uint32(at: offset + 6)
      default: break
      }
      offset += length
    }
  }
}
