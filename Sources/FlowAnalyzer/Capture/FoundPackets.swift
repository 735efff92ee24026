/// Packets that a reader has found in its buffer, one behind the other, and that nobody has looked into yet.
///
/// To find some and then to look into them takes two short loops. One loop for both has more values at hand
/// than the processor has registers, and cost a tenth more instructions (measured).
@safe
struct FoundPackets: ~Copyable {
  struct Packet: BitwiseCopyable {
    /// By the capture's own clock.
    var time: Timestamp
    /// Where in the buffer its captured bytes lie.
    private var start: UInt32
    private var count: UInt32

    @inline(__always)
    init(time: Timestamp, start: Int, count: Int) {
      self.time = time
      self.start = UInt32(truncatingIfNeeded: start)
      self.count = UInt32(truncatingIfNeeded: count)
    }

    @inline(__always) var range: Range<Int> {
      Range(uncheckedBounds: (Int(start), Int(start) &+ Int(count)))
    }
  }

  /// Together with what their segments take they stay in a first-level cache.
  static let capacity = 128

  // SAFETY: all accesses are below the capacity; packets are trivial, and all of them are initialised.
  private let packets: UnsafeMutablePointer<Packet>
  private(set) var count = 0
  /// Which of them is the current packet of the reader; none is where it equals `count`.
  private(set) var position = 0
  /// That of all, where there are any.
  private(set) var linkType = LinkType.ethernet

  init() {
    unsafe packets = .allocate(capacity: Self.capacity)
    unsafe packets.initialize(
      repeating: Packet(time: .never, start: 0, count: 0), count: Self.capacity)
  }

  deinit { unsafe packets.deallocate() }

  /// Whether one of them is the current packet.
  var hasCurrent: Bool { position < count }

  subscript(position: Int) -> Packet {
    @inline(__always) get {
      precondition(position >= 0 && position < count)
      return unsafe packets[position]
    }
  }

  mutating func removeAll() {
    count = 0
    position = 0
  }

  /// Replaces all; the first is the current packet then.
  ///
  /// - Parameter find: is given a place to write to for a packet with some number; says how many there are.
  @inline(__always)
  mutating func replace(
    linkType: LinkType, _ find: (_ write: (Packet, Int) -> Void) -> Int
  ) {
    let packets = unsafe packets
    self.linkType = linkType
    position = 0
    count = find { packet, position in
      precondition(position >= 0 && position < Self.capacity)
      unsafe packets[position] = packet
    }
  }

  /// Makes a later one the current packet, or none where there are not so many.
  @inline(__always)
  mutating func pass(_ number: Int) { position = min(position &+ number, count) }

  /// When some were captured, and those before them.
  func times(of range: Range<Int>, behind former: TimeSpan) -> TimeSpan {
    // Looked at once, and not for each of them.
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    var times = former
    for position in range { unsafe times.add(packets[position].time) }
    return times
  }
}
