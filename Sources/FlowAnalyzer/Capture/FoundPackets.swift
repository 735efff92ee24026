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

  /// Which packets are wanted: so many, up to the first that is later than `last`.
  struct Wanted {
    var count: Int
    var last: Timestamp
    /// What is added to the capture's times before they are compared with that, in nanoseconds.
    var correction: Int64

    @inline(__always)
    func includes(_ time: Timestamp) -> Bool {
      time.advanced(byNanoseconds: correction) <= last
    }
  }

  /// Together with what their segments take they stay in a first-level cache.
  static let capacity = 128

  /// What the loop that finds them keeps in registers.
  struct Summary: BitwiseCopyable {
    var count = 0
    var earliest = Timestamp(nanoseconds: .max)
    var latest = Timestamp(nanoseconds: .min)
  }

  // SAFETY: all accesses are below the capacity; packets are trivial, and all of them are initialised.
  private let packets: UnsafeMutablePointer<Packet>
  private(set) var summary = Summary()
  /// That of all.
  private(set) var linkType: LinkType?

  init() {
    unsafe packets = .allocate(capacity: Self.capacity)
    unsafe packets.initialize(
      repeating: Packet(time: .never, start: 0, count: 0), count: Self.capacity)
  }

  deinit { unsafe packets.deallocate() }

  var count: Int { summary.count }

  subscript(position: Int) -> Packet {
    @inline(__always) get {
      precondition(position >= 0 && position < summary.count)
      return unsafe packets[position]
    }
  }

  /// Replaces all.
  ///
  /// - Parameter find: is given a place to write to for a packet with some number; says which there are.
  @inline(__always)
  mutating func replace(
    linkType: LinkType?, _ find: (_ write: (Packet, Int) -> Void) -> Summary
  ) {
    let packets = unsafe packets
    self.linkType = linkType
    summary = find { packet, position in
      precondition(position >= 0 && position < Self.capacity)
      unsafe packets[position] = packet
    }
  }
}

extension FoundPackets.Summary {
  /// Counts a packet in.
  @inline(__always)
  mutating func add(_ time: Timestamp) {
    count &+= 1
    earliest = min(earliest, time)
    latest = max(latest, time)
  }
}
