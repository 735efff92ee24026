import BasicContainers

/// Some segments in order of time, with those of their bytes that somebody may want to read.
///
/// What is decoded together is analysed together: where two threads share the work they meet once a
/// batch, and tables can be fetched into the cache before they are needed.
struct SegmentBatch: ~Copyable {
  /// Some 250 KB, which stay in a second-level cache.
  static let capacity = 2048
  /// What is kept of a segment: no request is read any further.
  private static let longestBytes = RequestHead.longestHeader + 60

  struct Entry: BitwiseCopyable {
    var segment: Segment
    fileprivate var bytesStart: UInt32
    fileprivate var bytesCount: UInt32
    var side: Side
  }

  private var entries = UniqueArray<Entry>(minimumCapacity: Self.capacity)
  private var bytes: [UInt8] = []
  /// How far the captures have been read.
  var progress = Analyzer.Progress(bytesRead: 0, bytesTotal: nil)
  /// How often clocks had been shifted before its first segment.
  var clockShifts = 0

  var count: Int { entries.count }
  var isFull: Bool { entries.count == Self.capacity }

  subscript(position: Int) -> Entry {
    @inline(__always) _read { yield entries[position] }
  }

  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }

  /// - Parameter tcp: the captured bytes from the TCP header on. Only what says more than the segment
  ///   itself is kept: a payload, or options with the client's address.
  mutating func append(_ segment: Segment, side: Side, tcp: RawSpan) {
    var entry = Entry(segment: segment, bytesStart: 0, bytesCount: 0, side: side)
    if TCPHeader.saysMore(tcp) {
      let count = min(tcp.byteCount, Self.longestBytes)
      entry.bytesStart = UInt32(truncatingIfNeeded: bytes.count)
      entry.bytesCount = UInt32(truncatingIfNeeded: count)
      unsafe tcp.extracting(0..<count).withUnsafeBytes { bytes in
        unsafe self.bytes.append(contentsOf: bytes)
      }
    }
    entries.append(entry)
  }

  /// Lends the captured bytes of a segment from its TCP header on; none where they say nothing more.
  @inline(__always)
  func withTCP<Result>(of position: Int, _ body: (RawSpan) -> Result) -> Result {
    let start = Int(entries[position].bytesStart)
    let end = start &+ Int(entries[position].bytesCount)
    // SAFETY: bytes have no padding between them.
    return unsafe body(bytes.span.bytes.extracting(start..<end))
  }
}

extension SegmentSource {
  /// Fills a batch with the next segments; where it is not full afterwards, there are no more.
  mutating func fill(_ batch: inout SegmentBatch) {
    while !batch.isFull, let segment = next() {
      let side = side
      withSegmentBytes { batch.append(segment, side: side, tcp: $0) }
    }
  }
}

extension TCPHeader {
  /// Whether there is a payload, or an option that may hold the client's address.
  @inline(__always)
  fileprivate static func saysMore(_ tcp: RawSpan) -> Bool {
    guard tcp.byteCount > minimumLength else { return false }
    let length = Int(tcp.uint8(at: 12) >> 4) * 4
    if tcp.byteCount > length { return true }
    // The usual one: NOP, NOP, timestamps.
    if length == 32, tcp.byteCount == 32, tcp.uint32(at: 20) == 0x0101_080a { return false }
    return ClientAddressOption.endpoint(inTCPHeader: tcp) != nil
  }
}
