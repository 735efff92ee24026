/// Collects the fragments of IP datagrams until the TCP segment inside can be told whole.
///
/// Only what a segment needs is kept: the first `DatagramHead.capacity` bytes and which parts of
/// the datagram were seen. Memory is bounded by `capacity` datagrams of about 1.5 KiB; fragments
/// that overlap others, or come twice, change nothing (the first copy of a byte is kept).
struct FragmentReassembler {
  /// Fragments of one datagram share these (RFC 791, section 3.2; RFC 8200, section 4.5).
  struct Key: Equatable {
    var source: IPAddress
    var destination: IPAddress
    var identification: UInt32
    /// The protocol for IPv4; zero for IPv6, whose identification alone names the datagram.
    var transport: UInt8
    /// Copies of one datagram at two capture points are two datagrams.
    var point: UInt32
  }

  /// A whole datagram, of which the beginning is at hand.
  struct Datagram {
    /// Bytes of payload: all fragments together.
    var length: Int
    /// The protocol of the payload's first byte, from the first fragment.
    var transport: UInt8
    /// The captured bytes from the payload's first on.
    var head: DatagramHead
  }

  /// How long fragments wait for the rest, in nanoseconds of capture time: 30 s, as Linux does
  /// (`net.ipv4.ipfrag_time`).
  static let timeout: Int64 = 30_000_000_000

  /// How many datagrams wait at once; the oldest gives way.
  static let capacity = 64

  private var waiting: [Partial] = []
  /// Datagrams given up by the capture that held their first fragment.
  private(set) var abandoned: [UInt32: UInt64] = [:]

  /// Takes one fragment in.
  ///
  /// - Parameters:
  ///   - bytes: the captured bytes of the fragment's payload.
  ///   - length: how many bytes of payload the fragment has by its IP header.
  /// - Returns: the datagram if this fragment completed it, else nil.
  /// - Complexity: O(`capacity`).
  mutating func add(
    _ fragment: IPHeader.Fragment, key: Key, transport: UInt8, bytes: RawSpan, length: Int,
    time: Timestamp, capture: UInt32
  ) throws(DecodeError) -> Datagram? {
    // RFC 8200, section 4.5: all but the last in multiples of eight; none beyond 65,535 bytes.
    guard length > 0, fragment.offset + length <= Partial.largestLength,
      !fragment.moreFollow || length.isMultiple(of: 8)
    else { throw .malformedFragment }

    let index = indexOfDatagram(key, time: time, capture: capture)
    try waiting[index].add(fragment, transport: transport, bytes: bytes, length: length)
    guard let datagram = waiting[index].completed else { return nil }
    waiting.remove(at: index)
    return datagram
  }

  /// Whether fragments of the datagram have come, and not all of them.
  func isWaiting(for key: Key) -> Bool { waiting.contains { $0.key == key } }

  /// Gives up everything that still waits, when no more fragments can come.
  mutating func abandonAll() {
    while !waiting.isEmpty { abandonOldest() }
  }

  private mutating func indexOfDatagram(_ key: Key, time: Timestamp, capture: UInt32) -> Int {
    while let oldest = waiting.first, time.nanoseconds(since: oldest.start) > Self.timeout {
      abandonOldest()
    }
    if let index = waiting.firstIndex(where: { $0.key == key }) { return index }
    if waiting.count == Self.capacity { abandonOldest() }
    waiting.append(Partial(key: key, start: time, capture: capture))
    return waiting.count - 1
  }

  private mutating func abandonOldest() {
    abandoned[waiting.removeFirst().capture, default: 0] += 1
  }
}

/// The captured beginning of a datagram's payload.
struct DatagramHead {
  /// Room for the longest TCP header behind the extension headers that IPv6 senders put between.
  static let capacity = 256

  private(set) var bytes = InlineArray<256, UInt8>(repeating: 0)
  private var isPresent = InlineArray<256, Bool>(repeating: false)

  /// How many bytes are there without a gap, from the first on.
  var count: Int {
    var count = 0
    while count < Self.capacity, isPresent[count] { count += 1 }
    return count
  }

  mutating func add(_ source: RawSpan, at offset: Int) {
    guard offset < Self.capacity else { return }
    for index in 0..<min(source.byteCount, Self.capacity - offset)
    where !isPresent[offset + index] {
      bytes[offset + index] = source.uint8(at: index)
      isPresent[offset + index] = true
    }
  }
}

/// A datagram of which some fragments were seen.
private struct Partial {
  static let largestLength = 65_535
  /// Fragments start at multiples of eight bytes: one bit for each such unit.
  private static let unit = 8

  let key: FragmentReassembler.Key
  let start: Timestamp
  let capture: UInt32
  private var seen = InlineArray<128, UInt64>(repeating: 0)
  private var unitsSeen = 0
  /// Known once the last fragment was seen.
  private var length: Int?
  /// The end of the fragment that reaches farthest.
  private var farthest = 0
  private var transport: UInt8?
  private var head = DatagramHead()

  init(key: FragmentReassembler.Key, start: Timestamp, capture: UInt32) {
    self.key = key
    self.start = start
    self.capture = capture
  }

  var completed: FragmentReassembler.Datagram? {
    guard let length, let transport, unitsSeen == (length + Self.unit - 1) / Self.unit else {
      return nil
    }
    return FragmentReassembler.Datagram(length: length, transport: transport, head: head)
  }

  mutating func add(
    _ fragment: IPHeader.Fragment, transport: UInt8, bytes: RawSpan, length: Int
  ) throws(DecodeError) {
    let end = fragment.offset + length
    if let known = self.length, end > known || (!fragment.moreFollow && end < known) {
      throw .malformedFragment
    }
    if !fragment.moreFollow {
      guard farthest <= end else { throw .malformedFragment }
      self.length = end
    }
    farthest = max(farthest, end)
    if fragment.offset == 0, self.transport == nil { self.transport = transport }
    for unit in fragment.offset / Self.unit..<(end + Self.unit - 1) / Self.unit {
      let bit: UInt64 = 1 << UInt64(unit % 64)
      if seen[unit / 64] & bit == 0 {
        seen[unit / 64] |= bit
        unitsSeen += 1
      }
    }
    head.add(bytes, at: fragment.offset)
  }
}
