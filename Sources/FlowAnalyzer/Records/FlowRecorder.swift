/// Makes records of the packets of one capture, block by block.
struct FlowRecorder: ~Copyable {
  /// Segments of a block: some 350 KB. A connection that goes on in the next one has a record there, too.
  static let blockLength = 32_768
  /// How many bytes of packets a block keeps, but for the last one's: nearly none has any.
  static let blockBytes = 8 << 20

  private var builder = BlockBuilder()
  private var tuples = RecordedTuples()
  private var block = 0
  /// The latest time in records so far.
  private var latest = Timestamp.never
  /// Of the packets since the last segment those that may turn out to be of use.
  private var others: [Other] = []
  /// Whether packets are asked for by time: which of them count shows later, when the clock of all is known.
  private let isTimed: Bool

  private struct Other {
    var passage: Passage
    var time: Timestamp
  }

  /// - Parameter selection: of which packets are noted. What counts by time shows later: then packets without a
  ///   segment are kept even where they change no order, and answers where a handshake may not count.
  init(for selection: PacketSelection = PacketSelection()) {
    isTimed = selection.isTimed
  }

  var isBlockFull: Bool {
    builder.count >= Self.blockLength || builder.keptBytes >= Self.blockBytes
  }
  var isEmpty: Bool { builder.isEmpty }

  /// Takes in the next packet, one with a segment.
  ///
  /// - Parameter tcp: its captured bytes from the TCP header on.
  mutating func note(_ segment: borrowing Segment, _ tcp: RawSpan) {
    settleOthers(before: segment.time)
    let tuple = tuples.position(of: segment)
    tuples.noteHandshake(segment, of: tuple)
    // The handshake that tells may not be asked for.
    let isFromResponder = isTimed ? false : tuples.isFromResponder(segment, of: tuple)
    let content = keep(tcp, of: segment, isFromResponder: isFromResponder)
    append(segment, of: tuple, checksum: checksum(of: segment, tcp), content: content)
  }

  /// Takes in a segment that travels as the fragment that completes it.
  mutating func noteHandshake(_ segment: borrowing Segment) {
    tuples.noteHandshake(segment, of: tuples.position(of: segment))
  }

  /// Takes in the next packet, one without a segment: it may still say when others were captured.
  mutating func note(_ passage: Passage, at time: Timestamp, _ frame: RawSpan = RawSpan()) {
    let isFirst = builder.number == 0 && builder.isEmpty
    guard isFirst || isTimed || passage.hasBytes else {
      others.append(Other(passage: passage, time: time))
      dropOthers()
      return
    }
    appendOthers()
    append(passage, at: time, frame)
  }

  /// Nothing follows.
  mutating func finish() { appendOthers() }

  /// A packet matters that is later than one behind it, one that was asked for where that is the last, as the
  /// capture ends with it, and the last of all, with which its file ends.
  private mutating func dropOthers() {
    let latestPlace = others.indices.max { others[$0].time < others[$1].time }
    let lastAsked = others.lastIndex { $0.passage.isAsked }
    for place in others.indices.dropLast().reversed()
    where place != lastAsked && (place != latestPlace || others[place].time <= latest) {
      others.remove(at: place)
    }
  }

  private mutating func settleOthers(before time: Timestamp) {
    guard !others.isEmpty else { return }
    let latestOther = others.max { $0.time < $1.time }
    others.removeAll(keepingCapacity: true)
    guard let latestOther, latestOther.time > max(latest, time) else { return }
    append(latestOther.passage, at: latestOther.time, RawSpan())
  }

  private mutating func appendOthers() {
    for other in others { append(other.passage, at: other.time, RawSpan()) }
    others.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ passage: Passage, at time: Timestamp, _ frame: RawSpan) {
    let segment = passage.segment(at: time)
    let kept = passage.bytes(of: frame)
    // SAFETY: bytes have no padding between them.
    let content =
      kept.isEmpty ? RecordedSegment.Content.nothing : unsafe builder.keep(kept.span.bytes)
    append(
      segment, of: tuples.position(of: segment), checksum: Passage.checksum, content: content)
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
