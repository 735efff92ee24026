import BasicContainers
import CPrefetch

/// Notices that a capture shows both sides of an L4 load balancer: a SYN comes by again within
/// moments with the same ISN and timestamp, but toward another destination.
///
/// Memory is constant: the last SYN of each of 4,096 classes of ISN.
struct TranslationSign: ~Copyable {
  /// The longest way of a SYN through an LB, in nanoseconds.
  static let transit: Int64 = 10_000_000

  struct Entry: BitwiseCopyable {
    var isn: SequenceNumber
    var timestamp: UInt32
    var destination: IPAddress
    var time: Timestamp
  }

  private static let classes = 4096
  private var entries = UniqueArray<Entry>(
    repeating: Entry(
      isn: SequenceNumber(0), timestamp: 0, destination: IPAddress(v4: 0), time: .never),
    count: classes)

  private static func position(_ isn: SequenceNumber) -> Int {
    Int(mixed(UInt64(isn.value)) & UInt64(Self.classes - 1))
  }

  /// Has the processor fetch where a SYN that comes soon will be looked up.
  @inline(__always)
  func prefetch(_ isn: SequenceNumber) {
    let position = Self.position(isn)
    unsafe entries.span.withUnsafeBufferPointer { entries in
      guard let first = unsafe entries.baseAddress else { return }
      unsafe prefetch_line(first + position)
      unsafe prefetch_line(UnsafeRawPointer(first + position + 1) - 1)
    }
  }

  /// Whether `syn` translates an earlier one.
  mutating func isTranslation(_ syn: Segment) -> Bool {
    let position = Self.position(syn.sequence)
    let earlier = entries[position]
    entries[position] = Entry(
      isn: syn.sequence, timestamp: syn.options.timestampValue,
      destination: syn.destination.address, time: syn.time)
    return earlier.isn == syn.sequence && earlier.timestamp == syn.options.timestampValue
      && earlier.destination != syn.destination.address && earlier.time != .never
      && syn.time.nanoseconds(since: earlier.time).magnitude <= UInt64(Self.transit)
  }
}
