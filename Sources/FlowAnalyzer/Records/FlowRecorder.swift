/// Makes records of the packets of one capture, block by block.
struct FlowRecorder: ~Copyable {
  /// Segments of a block: some 350 KB. A connection that goes on in the next one has a record there, too.
  static let blockLength = 32_768

  private var builder = BlockBuilder()
  private var tuples = RecordedTuples()
  private var block = 0
  /// The latest time so far.
  private var latest = Timestamp.never
  /// A packet without a segment that is the latest so far. It is of use where it turns out to be the last,
  /// or what follows to be earlier.
  private var latestOther: Timestamp?
  /// The last packet, where it has no segment and is not the latest: the capture ends with it.
  private var lastOther: Timestamp?

  var isBlockFull: Bool { builder.count >= Self.blockLength }
  var isEmpty: Bool { builder.isEmpty }

  /// Takes in the next packet, one with a segment.
  ///
  /// - Parameter tcp: its captured bytes from the TCP header on.
  mutating func note(_ segment: borrowing Segment, _ tcp: RawSpan) {
    settleOther(before: segment.time)
    lastOther = nil
    let tuple = tuples.position(of: segment)
    tuples.noteHandshake(segment, of: tuple)
    let isFromResponder = tuples.isFromResponder(segment, of: tuple)
    let content = keep(tcp, of: segment, isFromResponder: isFromResponder)
    append(segment, of: tuple, checksum: checksum(of: segment, tcp), content: content)
  }

  /// Takes in the next packet, one without a segment: it may still say when others were captured.
  mutating func noteOther(at time: Timestamp) {
    settleOther(before: time)
    if builder.number == 0, builder.isEmpty {
      appendPassage(at: time)
    } else if time > latest {
      latestOther = time
      lastOther = nil
    } else {
      lastOther = time
    }
  }

  /// Nothing follows.
  mutating func finish() {
    settleOther(before: .never)
    if let last = lastOther.take() { appendPassage(at: last) }
  }

  private mutating func settleOther(before time: Timestamp) {
    guard let other = latestOther else { return }
    latestOther = nil
    if time < other { appendPassage(at: other) }
  }

  private mutating func appendPassage(at time: Timestamp) {
    let passage = Segment.passage(at: time)
    append(passage, of: tuples.position(of: passage), checksum: nil, content: .nothing)
  }

  private mutating func append(
    _ segment: borrowing Segment, of tuple: Int, checksum: UInt16?,
    content: RecordedSegment.Content
  ) {
    latest = max(latest, segment.time)
    let record: Int
    if let known = tuples.record(of: tuple, in: block) {
      record = known
    } else {
      let (low, high) = tuples.ends(of: tuple)
      record = builder.addRecord(low: low, high: high)
      tuples.setRecord(record, of: tuple, in: block)
    }
    builder.append(segment, passesAt: latest, checksum: checksum, content: content, to: record)
  }

  /// Nil where more than that makes the digest.
  private func checksum(of segment: borrowing Segment, _ tcp: RawSpan) -> UInt16? {
    guard tcp.byteCount >= TCPHeader.minimumLength else { return nil }
    let checksum = tcp.uint16(at: 16)
    return segment.digest == segment.commonDigest(checksum: checksum) ? checksum : nil
  }

  /// Keeps bytes that somebody will read: requests, and options that may name the client.
  private mutating func keep(
    _ tcp: RawSpan, of segment: borrowing Segment, isFromResponder: Bool
  ) -> RecordedSegment.Content {
    guard !isFromResponder, segment.isOutdone(by: tcp) else {
      return segment.payloadLength > 0 && tcp.byteCount > TCPHeader.minimumLength
        ? .headerOnly : .nothing
    }
    return builder.keep(tcp.extracting(0..<min(tcp.byteCount, Self.longestBytes)))
  }

  /// A request behind the longest PROXY header.
  private static let longestBytes = SegmentBatch.longestBytes + 2048

  /// Takes the records since the last time, in the order in which they begin.
  ///
  /// - Returns: a block, encoded.
  mutating func takeBlock() -> [UInt8] {
    block += 1
    tuples.limit()
    return builder.take()
  }
}
