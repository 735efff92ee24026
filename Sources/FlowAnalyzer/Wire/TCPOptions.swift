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

  /// Reads options up to the first that contradicts its own length or was cut.
  ///
  /// Nothing here is an error: TCP itself ignores what it cannot read (RFC 9293, section 3.1).
  @inline(__always)
  init(_ bytes: RawSpan) {
    self.init()
    // What nearly all segments have once a connection is open (RFC 7323, appendix A).
    if bytes.byteCount == 12, bytes.uint32(at: 0) == 0x0101_080a {
      hasTimestamps = true
      timestampValue = bytes.uint32(at: 4)
      timestampEchoReply = bytes.uint32(at: 8)
      return
    }
    if bytes.byteCount > 0 { read(bytes) }
  }

  private mutating func read(_ bytes: RawSpan) {
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
