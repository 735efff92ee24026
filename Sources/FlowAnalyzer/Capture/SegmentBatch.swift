import BasicContainers
import CPrefetch

/// Some segments in order of time, with those of their bytes that somebody may want to read.
///
/// What is decoded together is analysed together: where two threads share the work they meet once a
/// batch, and tables can be fetched into the cache before they are needed.
@safe
struct SegmentBatch: ~Copyable {
  /// Some 250 KB, which stay in a second-level cache.
  static let standardCapacity = 2048
  /// What is kept of a segment: no request is read any further.
  static let longestBytes = RequestHead.longestHeader + 60

  struct Entry: BitwiseCopyable {
    var segment: Segment
    // In an order that leaves no gaps: 128 bytes, which are two cache lines.
    fileprivate var bytes = Bytes()
    /// Of a segment of the clients' side, once its tracker has seen it.
    fileprivate(set) var sighting = ClientSighting()
    var side = Side.server

    fileprivate init(segment: Segment) { self.segment = segment }

    /// Where in the batch's bytes its own lie.
    fileprivate struct Bytes: BitwiseCopyable {
      var start: UInt32 = 0
      var count: UInt32 = 0
    }

    fileprivate static let vacant = Entry(segment: .none)

    fileprivate var time: Timestamp { segment.time }

    /// Whether it belongs in front of what was captured then.
    fileprivate func stands(late other: Timestamp) -> Bool {
      let distance = other.nanoseconds(since: time)
      return distance > 0 && distance <= SegmentBatch.lateness
    }
  }

  let capacity: Int
  /// One place more than the capacity, so that there always is one for the next segment.
  private let entries: UnsafeMutablePointer<Entry>
  private(set) var count = 0
  /// Whether some segment was captured before the one in front of it.
  private(set) var isOutOfOrder = false
  /// When the segment that was appended last was captured.
  private var previousTime = Timestamp.never
  private var bytes: [UInt8] = []
  private let keepsAllBytes: Bool
  /// How far the captures have been read.
  var progress = Analyzer.Progress(bytesRead: 0, bytesTotal: nil)
  /// How often clocks had been shifted before its first segment.
  var clockShifts = 0
  /// What has ended on the clients' side, in order.
  private var clientChanges = UniqueArray<ClientChange>()

  /// - Parameter keepsAllBytes: from the TCP header on, not only those of segments that say more in them.
  init(capacity: Int = Self.standardCapacity, keepsAllBytes: Bool = false) {
    self.capacity = capacity
    self.keepsAllBytes = keepsAllBytes
    // SAFETY: given back by `deinit`; entries are trivial, and all of them are initialised.
    unsafe entries = UnsafeMutableRawPointer.allocate(
      byteCount: (capacity + 1) * MemoryLayout<Entry>.stride, alignment: 64
    ).bindMemory(to: Entry.self, capacity: capacity + 1)
    unsafe entries.initialize(repeating: .vacant, count: capacity + 1)
  }

  deinit { unsafe entries.deallocate() }

  @inline(__always) var isFull: Bool { count == capacity }
  /// For how many segments more there is room.
  var room: Int { capacity - count }

  subscript(position: Int) -> Entry {
    // An address, not a value: most looks at an entry are for a single field.
    @inline(__always) unsafeAddress {
      precondition(position >= 0 && position < count)
      // SAFETY: just checked; `count` never exceeds the capacity.
      return unsafe UnsafePointer(entries + position)
    }
  }

  /// Has the processor fetch a segment that comes soon: another core may have written it.
  @inline(__always)
  func prefetch(_ position: Int) {
    precondition(position >= 0 && position < count)
    // SAFETY: just checked; `count` never exceeds the capacity.
    let start = unsafe UnsafeRawPointer(entries + position)
    unsafe prefetch_line(start)
    unsafe prefetch_line(start + 64)
  }

  /// Puts other addresses in the place of all.
  mutating func mapAddresses(_ map: (IPAddress) -> IPAddress) {
    for position in 0..<count {
      // SAFETY: `count` never exceeds the capacity.
      let entry = unsafe entries + position
      unsafe entry.pointee.segment.source.address = map(entry.pointee.segment.source.address)
      unsafe entry.pointee.segment.destination.address = map(
        entry.pointee.segment.destination.address)
    }
  }

  mutating func removeAll() {
    count = 0
    isOutOfOrder = false
    previousTime = .never
    bytes.removeAll(keepingCapacity: true)
  }

  /// Notes what the clients' tracker says of a segment.
  @inline(__always)
  mutating func note(_ sighting: ClientSighting, at position: Int) {
    precondition(position >= 0 && position < count)
    // SAFETY: just checked; `count` never exceeds the capacity.
    unsafe entries[position].sighting = sighting
  }

  /// What has ended on the clients' side, by its number from 0; nil behind the last.
  @inline(__always)
  func clientChange(_ number: Int) -> ClientChange? {
    number < clientChanges.count ? clientChanges[number] : nil
  }

  /// Takes what has ended on the clients' side, and leaves an empty list in its place.
  mutating func exchangeChanges(with changes: inout UniqueArray<ClientChange>) {
    clientChanges.removeAll(keepingCapacity: true)
    swap(&clientChanges, &changes)
  }

  /// Where the next segment is to be written before it is appended.
  var next: Segment {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(nextPlace) }
    @inline(__always) unsafeMutableAddress { unsafe nextPlace }
  }

  @inline(__always)
  private var nextPlace: UnsafeMutablePointer<Segment> {
    // SAFETY: there is a place behind the last that the capacity counts, and the segment is at the
    // beginning of its entry, which was initialised.
    unsafe UnsafeMutableRawPointer(entries + count).assumingMemoryBound(to: Segment.self)
  }

  /// Appends the segment in `next`, for which there must be room.
  ///
  /// - Parameters:
  ///   - frame: the captured bytes of its frame.
  ///   - place: where in them the segment lies.
  @inline(__always)
  mutating func appendNext(side: Side, of frame: RawSpan, at place: CommonHeaders.Place) {
    precondition(!isFull)
    // SAFETY: `count` is below the capacity.
    let entry = unsafe entries + count
    let time = unsafe entry.pointee.segment.time
    if time < previousTime { isOutOfOrder = true }
    previousTime = time
    unsafe entry.pointee.side = side
    unsafe entry.pointee.bytes =
      place.maySayMore || keepsAllBytes
      ? keepNext(of: frame.extracting(place.start..<place.end)) : Entry.Bytes()
    count &+= 1
  }

  /// As a rule only those bytes are kept that say more than the segment itself: a payload, or options with
  /// the client's address.
  @inline(never)
  private mutating func keepNext(of tcp: RawSpan) -> Entry.Bytes {
    keepsAllBytes || next.isOutdone(by: tcp) ? keep(tcp) : Entry.Bytes()
  }

  private mutating func keep(_ tcp: RawSpan) -> Entry.Bytes {
    let start = bytes.count
    let count = keepsAllBytes ? tcp.byteCount : min(tcp.byteCount, Self.longestBytes)
    unsafe tcp.extracting(0..<count).withUnsafeBytes { bytes in
      unsafe self.bytes.append(contentsOf: bytes)
    }
    return Entry.Bytes(
      start: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: count))
  }

  // MARK: - Order

  /// How late a segment may stand behind others in its file, in nanoseconds: queues of an adapter, and
  /// the processors that empty them, write packets so. A clock that was set back is another thing:
  /// what was captured after that did come after it.
  static let lateness: Int64 = 5_000_000
  /// Behind how many others.
  static let latePlaces = 64

  /// Puts segments that stand a little late where they belong; of equal times the order stays.
  ///
  /// - Complexity: O(`count`); O(`latePlaces`) for each that stands late.
  mutating func restoreOrder() {
    guard isOutOfOrder else { return }
    // SAFETY: all places are below `count`.
    for late in 1..<count where unsafe entries[late].time < entries[late - 1].time {
      let entry = unsafe entries[late]
      var place = late
      while place > max(0, late - Self.latePlaces),
        unsafe entry.stands(late: entries[place - 1].time)
      {
        unsafe entries[place] = entries[place - 1]
        place -= 1
      }
      unsafe entries[place] = entry
    }
    isOutOfOrder = false
  }

  /// Moves its last segments to another batch, which must have room for them.
  mutating func moveLast(_ number: Int, to other: inout SegmentBatch) {
    let first = max(0, count - number)
    for position in first..<count { other.append(position, of: self) }
    count = first
  }

  /// Appends a segment of another batch.
  mutating func append(_ position: Int, of other: borrowing SegmentBatch) {
    precondition(!isFull)
    // SAFETY: `count` is below the capacity.
    unsafe entries[count] = other[position]
    other.withTCP(of: position) { tcp in
      unsafe entries[count].bytes = tcp.byteCount > 0 ? keep(tcp) : Entry.Bytes()
    }
    if other[position].time < previousTime { isOutOfOrder = true }
    previousTime = other[position].time
    count += 1
  }

  /// Lends the captured bytes of a segment from its TCP header on; none where they say nothing more.
  @inline(__always)
  func withTCP<Result>(of position: Int, _ body: (RawSpan) -> Result) -> Result {
    let start = Int(self[position].bytes.start)
    let end = start &+ Int(self[position].bytes.count)
    // SAFETY: bytes have no padding between them.
    return unsafe body(bytes.span.bytes.extracting(start..<end))
  }
}

extension Segment {
  /// Fills a place that no segment was written to yet.
  static let none = Segment(
    time: Timestamp(nanoseconds: 0),
    source: Endpoint(address: IPAddress(v4: 0), port: 0),
    destination: Endpoint(address: IPAddress(v4: 0), port: 0),
    sequence: SequenceNumber(0), acknowledgment: SequenceNumber(0), flags: [], window: 0,
    payloadLength: 0, options: TCPOptions(), ipIdentification: 0, dontFragment: false, digest: 0,
    frame: 0, capture: 0, point: 0)
}

extension Segment {
  /// Whether there is a payload, or an option that may hold the client's address.
  ///
  /// - Parameter tcp: its captured bytes.
  func isOutdone(by tcp: RawSpan) -> Bool {
    guard tcp.byteCount > TCPHeader.minimumLength else { return false }
    // Timestamps leave two bytes of the usual length: too few for an address.
    if tcp.byteCount == 32, options.hasTimestamps { return false }
    let length = Int(tcp.uint8(at: 12) >> 4) * 4
    if tcp.byteCount > length { return true }
    if tcp.byteCount == length,
      TCPOptions.areUsual(tcp.extracting(TCPHeader.minimumLength..<length))
    {
      return false
    }
    return ClientAddressOption.endpoint(inTCPHeader: tcp) != nil
  }
}
