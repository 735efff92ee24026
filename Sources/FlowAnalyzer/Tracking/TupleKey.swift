/// A 4-tuple without direction: the lower end first, so that both directions meet in one record.
struct TupleKey: BitwiseCopyable, Equatable {
  var lowAddress: UInt32
  var highAddress: UInt32
  var lowPort: UInt16
  var highPort: UInt16

  /// The key of a segment's tuple, and whether its sender is the lower end.
  ///
  /// Without a branch: which way a segment goes, no processor can foresee.
  @inline(__always)
  static func of(
    source: UInt32, _ sourcePort: UInt16, destination: UInt32, _ destinationPort: UInt16
  ) -> (key: TupleKey, senderIsLow: Bool) {
    let sender = UInt64(source) << 16 | UInt64(sourcePort)
    let receiver = UInt64(destination) << 16 | UInt64(destinationPort)
    let (low, high) = (min(sender, receiver), max(sender, receiver))
    let key = TupleKey(
      lowAddress: UInt32(truncatingIfNeeded: low >> 16),
      highAddress: UInt32(truncatingIfNeeded: high >> 16),
      lowPort: UInt16(truncatingIfNeeded: low), highPort: UInt16(truncatingIfNeeded: high))
    return (key, sender < receiver)
  }

  @inline(__always)
  static func == (one: TupleKey, other: TupleKey) -> Bool {
    // One branch, not four: keys with the same hash differ hardly ever.
    let addresses = one.lowAddress ^ other.lowAddress | one.highAddress ^ other.highAddress
    let ports = one.lowPort ^ other.lowPort | one.highPort ^ other.highPort
    return addresses | UInt32(ports) == 0
  }
}
