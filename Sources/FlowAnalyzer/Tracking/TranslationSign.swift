import BasicContainers

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
    var destination: UInt32
    var time: Timestamp
  }

  private static let classes = 4096
  private var entries = UniqueArray<Entry>(
    repeating: Entry(
      isn: SequenceNumber(0), timestamp: 0, destination: .max, time: Timestamp(nanoseconds: 0)),
    count: classes)

  /// Whether `syn`, toward the address numbered `destination`, translates an earlier one.
  mutating func isTranslation(_ syn: Segment, destination: UInt32) -> Bool {
    let position = Int(mixed(UInt64(syn.sequence.value)) & UInt64(Self.classes - 1))
    let earlier = entries[position]
    entries[position] = Entry(
      isn: syn.sequence, timestamp: syn.options.timestampValue, destination: destination,
      time: syn.time)
    return earlier.isn == syn.sequence && earlier.timestamp == syn.options.timestampValue
      && earlier.destination != destination && earlier.destination != .max
      && syn.time.nanoseconds(since: earlier.time).magnitude <= UInt64(Self.transit)
  }
}
