/// Makes records of the packets of one capture, block by block.
struct FlowRecorder {
  /// Segments of a block: some 700 KB. A connection that goes on in the next one has a record there, too.
  static let blockLength = 32_768

  /// The ends of a tuple, whatever the direction.
  private struct Ends: Hashable {
    var low: Endpoint
    var high: Endpoint
  }

  private var records: [Ends: Int] = [:]
  private var open: [FlowRecord] = []
  private var handshakes = Handshakes()
  /// The latest time so far.
  private var latest = Timestamp.never
  private var count: UInt64 = 0
  private var countInBlock = 0
  /// A packet without a segment that is the latest so far. It is of use where it turns out to be the last,
  /// or what follows to be earlier.
  private var latestOther: Timestamp?

  var isBlockFull: Bool { countInBlock >= Self.blockLength }
  var isEmpty: Bool { countInBlock == 0 }

  /// Takes in the next packet, one with a segment.
  ///
  /// - Parameter tcp: its captured bytes from the TCP header on.
  mutating func note(_ segment: Segment, _ tcp: RawSpan) {
    settleOther(before: segment.time)
    handshakes.note(segment)
    append(segment, checksum: checksum(of: segment, tcp), bytes: bytes(of: segment, tcp))
  }

  /// Takes in the next packet, one without a segment: it may still say when others were captured.
  mutating func noteOther(at time: Timestamp) {
    settleOther(before: time)
    if count == 0 {
      append(.passage(at: time))
    } else if time > latest {
      latestOther = time
    }
  }

  /// Nothing follows.
  mutating func finish() { settleOther(before: .never) }

  /// Takes the records since the last time, in the order in which they begin.
  mutating func takeBlock() -> RecordBlock {
    defer {
      records.removeAll(keepingCapacity: true)
      open.removeAll(keepingCapacity: true)
      countInBlock = 0
    }
    return RecordBlock(open)
  }

  private mutating func settleOther(before time: Timestamp) {
    guard let other = latestOther else { return }
    latestOther = nil
    if time < other { append(.passage(at: other)) }
  }

  private mutating func append(
    _ segment: Segment, checksum: UInt16? = nil, bytes: [UInt8] = []
  ) {
    latest = max(latest, segment.time)
    let place = FlowRecord.Place(time: latest, capture: segment.capture, number: count)
    count += 1
    countInBlock += 1
    let empty = FlowRecord(of: segment)
    let ends = Ends(low: empty.low, high: empty.high)
    let position = records[ends] ?? open.count
    if position == open.count {
      records[ends] = position
      open.append(empty)
    }
    open[position].append(
      FlowRecord.Entry(segment: segment, checksum: checksum, bytes: bytes, place: place))
  }

  /// Nil where more than that makes the digest.
  private func checksum(of segment: Segment, _ tcp: RawSpan) -> UInt16? {
    guard tcp.byteCount >= TCPHeader.minimumLength else { return nil }
    let checksum = tcp.uint16(at: 16)
    return segment.digest == segment.commonDigest(checksum: checksum) ? checksum : nil
  }

  /// Bytes that somebody will read: requests, and options that may name the client.
  private func bytes(of segment: Segment, _ tcp: RawSpan) -> [UInt8] {
    guard segment.isOutdone(by: tcp), !handshakes.isFromResponder(segment) else {
      return segment.payloadLength > 0 && tcp.byteCount > TCPHeader.minimumLength
        ? FlowRecord.headerOnly : []
    }
    let kept = tcp.extracting(0..<min(tcp.byteCount, Self.longestBytes))
    return unsafe kept.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// A request behind the longest PROXY header.
  private static let longestBytes = SegmentBatch.longestBytes + 2048
}

extension Segment {
  /// Stands for a packet without a segment, of which only the time matters.
  fileprivate static func passage(at time: Timestamp) -> Segment {
    var segment = Segment.none
    segment.time = time
    return segment
  }

  /// Frames are counted from 1.
  var isPassageOnly: Bool { frame == 0 }
}

/// Which end of a tuple answers, where its whole handshake was captured: nobody reads what that end sends.
private struct Handshakes {
  /// At most; then all are forgotten, and more bytes are kept than need be.
  static let capacity = 65_536

  private enum State {
    case syn(SequenceNumber)
    case accepted
  }

  /// From the opener.
  private var states: [FourTuple: State] = [:]

  mutating func note(_ segment: Segment) {
    guard segment.flags.contains(.syn) else { return }
    if segment.isOpening {
      // A tuple may be opened from either end: then nobody is sure to be the one that answers.
      states[segment.tuple.reversed] = nil
      if states.count >= Self.capacity { states.removeAll(keepingCapacity: true) }
      states[segment.tuple] = .syn(segment.sequence)
    } else if case .syn(let isn)? = states[segment.tuple.reversed],
      segment.acknowledgment == isn.advanced(by: 1)
    {
      states[segment.tuple.reversed] = .accepted
    }
  }

  func isFromResponder(_ segment: Segment) -> Bool {
    if case .accepted? = states[segment.tuple.reversed] { return true }
    return false
  }
}
