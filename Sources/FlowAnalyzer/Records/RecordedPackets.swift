/// The packets of a block of records, in the order of the capture.
@safe
struct RecordedPackets: ~Copyable {
  /// The fewest bytes that a segment takes: marks, time, place and checksum.
  private static let shortestSegment = 6

  /// The block.
  var encoded: [UInt8] = []
  // SAFETY: room for `capacity` entries, of which the first `count` were written; those have their mark in
  // `isFilled`.
  private var entries: UnsafeMutablePointer<RecordedSegment>
  private var capacity = 0
  private(set) var count = 0
  private var isFilled: [Bool] = []
  private let headerOnly = RecordedSegment.headerOnly

  init() { unsafe entries = .allocate(capacity: 1) }

  deinit { unsafe entries.deallocate() }

  subscript(position: Int) -> RecordedSegment {
    @inline(__always) unsafeAddress {
      precondition(position >= 0 && position < count)
      return unsafe UnsafePointer(entries + position)
    }
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

  /// Decodes `encoded`. Numbers say where each segment belongs, so that nothing is sorted. An error is final.
  mutating func decode() throws(RecordError) {
    for position in 0..<count { isFilled[position] = false }
    count = 0
    reserve(min(encoded.count / Self.shortestSegment, FlowRecorder.blockLength))
    let encoded = encoded
    var (found, end) = (0, 0)
    try ByteReader.read(encoded[...]) { reader throws(RecordError) in
      try reader.forEachRecord { record, origin throws(RecordError) in
        let head = try record.recordHead()
        var course = RecordCoding.Course(head, from: origin)
        var entry = RecordedSegment.blank
        var latest = RecordedSegment.Place?.none
        for _ in 0..<head.count {
          try record.read(&entry, after: &course)
          // The order is part of the form: it is what merging rests on.
          if let latest, entry.place <= latest { throw .outOfOrder }
          latest = entry.place
          let position = entry.place.number &- origin.number
          guard position < UInt64(capacity), !isFilled[Int(position)] else { throw .outOfOrder }
          // SAFETY: just checked.
          unsafe (entries + Int(position)).initialize(to: entry)
          isFilled[Int(position)] = true
          found += 1
          end = max(end, Int(position) + 1)
        }
        guard record.isAtEnd else { throw .cutOff }
      }
    }
    // Without a gap.
    guard found == end else { throw .outOfOrder }
    count = found
  }

  private mutating func reserve(_ needed: Int) {
    guard needed > capacity else { return }
    unsafe entries.deallocate()
    unsafe entries = .allocate(capacity: needed)
    capacity = needed
    isFilled = [Bool](repeating: false, count: needed)
  }
}
