import Glibc

/// Where the records of a capture lie, and how reading it ended: read again, it gives the packets that it gave
/// then.
struct RecordedContent: Hashable, Sendable {
  /// A file of blocks, each with its length in front.
  var path: String
  var isTruncated = false
  /// As `CaptureRecord.dropped`.
  var dropped: UInt64?
  var failure: CaptureError?
}

/// Reads the packets of a capture from its records, in the capture's order.
///
/// A block at a time; the file is open only while that is read, so that any number of captures may overlap.
struct RecordedCapture: ~Copyable {
  let content: RecordedContent
  /// Where the next block begins, in bytes.
  private(set) var offset: UInt64 = 0
  private var block = RecordedPackets()
  private var position = -1
  private var packets: UInt64 = 0
  /// How many packets ahead memory is asked for the next.
  private static let lookAhead = 8

  init(_ content: RecordedContent) { self.content = content }

  /// Lends the current packet: its segment, but for the frame, the frame, and the bytes from the TCP header on
  /// where they say more. Frame 0 stands for a packet without a segment, see `Passage`.
  @inline(__always)
  func withPacket(_ body: (borrowing Segment, UInt64, RawSpan) -> Void) {
    guard position >= 0, position < block.count else { return }
    let frame = block.frame(of: position)
    block.withBytes(of: position) { body(block[position].segment, frame, $0) }
  }

  /// The current packet, where it has no segment.
  var passage: Passage? {
    var passage: Passage?
    withPacket { segment, frame, bytes in
      if frame == 0 { passage = Passage(segment, bytes) }
    }
    return passage
  }

  /// Reads the next packet.
  ///
  /// - Parameter packet: given its time; there are no bytes of a frame.
  mutating func advance(
    to packet: inout CapturedPacket
  ) throws(CaptureError) -> CaptureReader.Outcome {
    position += 1
    while position >= block.count {
      guard try readBlock() else {
        if let failure = content.failure { throw failure }
        return content.isTruncated ? .cutOff : .endOfFile
      }
      position = 0
    }
    block.prefetch(position &+ Self.lookAhead)
    packet.time = block[position].segment.time
    packets += 1
    return .packet
  }

  /// - Returns: false at the end of the file.
  private mutating func readBlock() throws(CaptureError) -> Bool {
    let bytes: [UInt8]
    do throws(CaptureFault) {
      guard let read = try readBytes() else { return false }
      bytes = read
    } catch {
      throw .damaged(path: content.path, packets: packets, offset: offset, reason: error.reason)
    }
    do throws(RecordError) {
      try block.decode(bytes)
    } catch {
      throw .damaged(path: content.path, packets: packets, offset: offset, reason: "\(error)")
    }
    return true
  }

  /// - Returns: a block; nil at the end of the file.
  private mutating func readBytes() throws(CaptureFault) -> [UInt8]? {
    let file = unsafe open(content.path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .readFailed(code: errno) }
    defer { close(file) }
    let length = try bytes(count: RecordedContent.lengthBytes, of: file)
    guard !length.isEmpty else { return nil }
    let count = length.reduce(0) { $0 << 8 | Int($1) }
    let block = try bytes(count: count, of: file)
    guard block.count == count else { throw .cut }
    return block
  }

  /// As many as there are, up to a number.
  private mutating func bytes(count: Int, of file: Int32) throws(CaptureFault) -> [UInt8] {
    var code: Int32 = 0
    let offset = offset
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        // SAFETY: what is written lies within the buffer.
        let read = unsafe pread(
          file, buffer.baseAddress.map { unsafe $0 + filled }, count - filled,
          off_t(offset) + off_t(filled))
        if read < 0 { code = errno }
        guard read > 0 else { return }
        filled += read
      }
    }
    guard code == 0 else { throw .readFailed(code: code) }
    self.offset += UInt64(bytes.count)
    return bytes
  }
}

extension RecordedContent {
  /// How many bytes say how long a block is, the highest first.
  static let lengthBytes = 4
}
