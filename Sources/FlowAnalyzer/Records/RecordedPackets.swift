import CPrefetch

/// The packets of a block of records, in the order of the capture.
@safe
struct RecordedPackets: ~Copyable {
  /// The fewest bytes that a segment takes: template, time and checksum.
  private static let shortestSegment = 4

  /// The block.
  private var encoded: [UInt8] = []
  // SAFETY: room for `capacity` entries, of which the first `count` were written.
  private var entries: UnsafeMutablePointer<RecordedSegment>
  private var capacity = 0
  private(set) var count = 0
  /// How many packets of the capture come before the block.
  private(set) var firstNumber: UInt64 = 0
  /// For each packet, in the order of the capture, which of the entries it is, and its frame.
  private var order = PassingOrder()
  private var frames: [UInt64] = []
  /// For each entry how many frames it follows by, nil of a passage; and its rank. Not looked up in the
  /// entries, which are far apart.
  private var skippedFrames: [UInt64?] = []
  private var ranks: [UInt32?] = []
  private let headerOnly = RecordedSegment.headerOnly

  init() { unsafe entries = .allocate(capacity: 1) }

  deinit { unsafe entries.deallocate() }

  /// But for the frame of the segment.
  subscript(position: Int) -> RecordedSegment {
    @inline(__always) unsafeAddress {
      let entry = order[position]
      precondition(entry >= 0 && entry < count)
      return unsafe UnsafePointer(entries + entry)
    }
  }

  /// The frame of a packet's segment; 0 where it has none.
  @inline(__always)
  func frame(of position: Int) -> UInt64 { frames[position] }

  /// Has the processor fetch a packet that is read soon.
  @inline(__always)
  func prefetch(_ position: Int) {
    guard position < count else { return }
    let entry = unsafe UnsafeRawPointer(entries + order[position])
    unsafe prefetch_line(entry)
    unsafe prefetch_line(entry + 64)
    unsafe prefetch_line(entry + 128)
  }

  /// Lends the bytes of a packet's segment from the TCP header on; none where they say nothing more.
  @inline(__always)
  func withBytes(of position: Int, _ body: (RawSpan) -> Void) {
    // SAFETY: bytes have no padding between them.
    switch self[position].content {
    case .nothing: body(RawSpan())
    case .headerOnly: unsafe body(headerOnly.span.bytes)
    case .bytes(let start, let count):
      unsafe body(encoded.span.bytes.extracting(start..<start + count))
    }
  }

  /// Reads a block. An error is final.
  mutating func decode(_ block: [UInt8]) throws(RecordError) {
    count = 0
    order.removeAll()
    encoded = block
    var hasRanks = false
    try ByteReader.read(block[...]) { bytes throws(RecordError) in
      var reader = try RecordReader(bytes)
      let head = reader.head
      guard head.segmentCount <= FlowRecorder.blockLength else { throw .numberTooLarge }
      guard head.segmentCount <= reader.remaining / Self.shortestSegment else { throw .cutOff }
      reserve(head.segmentCount)
      for _ in 0..<head.recordCount {
        let recordHead = try reader.recordHead()
        // So that there are no more records than segments, either.
        guard recordHead.count > 0, recordHead.count <= head.segmentCount &- count else {
          throw .outOfOrder
        }
        var course = reader.course(recordHead)
        for _ in 0..<recordHead.count {
          // SAFETY: there is room for as many as `head` says, and no more are read.
          try unsafe reader.read(&entries[count], after: &course)
          order.append(course.offset)
          let isPassage = unsafe entries[count].segment.isPassageOnly
          skippedFrames[count] = unsafe isPassage ? nil : entries[count].skippedFrames
          ranks[count] = unsafe entries[count].rank
          hasRanks = hasRanks || ranks[count] != nil
          count &+= 1
        }
      }
      guard reader.isAtEnd, count == head.segmentCount else { throw .cutOff }
      firstNumber = head.number
      order.sort()
      if hasRanks { try order.settle(by: ranks) }
      numberFrames(after: head.frame)
    }
  }

  private mutating func numberFrames(after frame: UInt64) {
    var latest = frame
    for position in 0..<count {
      guard let skipped = skippedFrames[order[position]] else {
        frames[position] = 0
        continue
      }
      latest = latest &+ 1 &+ skipped
      frames[position] = latest
    }
  }

  private mutating func reserve(_ needed: Int) {
    guard needed > capacity else { return }
    unsafe entries.deallocate()
    unsafe entries = .allocate(capacity: needed)
    // SAFETY: so many were allocated.
    unsafe entries.initialize(repeating: .blank, count: needed)
    capacity = needed
    frames = [UInt64](repeating: 0, count: needed)
    skippedFrames = [UInt64?](repeating: nil, count: needed)
    ranks = [UInt32?](repeating: nil, count: needed)
  }
}
