/// A 4-tuple without direction: the lower end first, so that both directions meet in one record.
struct TupleKey: BitwiseCopyable, Equatable {
  var lowAddress: UInt32
  var highAddress: UInt32
  var lowPort: UInt16
  var highPort: UInt16

  /// The key of a segment's tuple, and whether its sender is the lower end.
  static func of(
    source: UInt32, _ sourcePort: UInt16, destination: UInt32, _ destinationPort: UInt16
  ) -> (key: TupleKey, senderIsLow: Bool) {
    let low = (source, sourcePort) < (destination, destinationPort)
    let key =
      low
      ? TupleKey(
        lowAddress: source, highAddress: destination, lowPort: sourcePort,
        highPort: destinationPort)
      : TupleKey(
        lowAddress: destination, highAddress: source, lowPort: destinationPort,
        highPort: sourcePort)
    return (key, low)
  }
}
