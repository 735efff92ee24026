/// What the clients' tracker says of a segment.
struct ClientSighting: BitwiseCopyable {
  /// Where its tuple is kept.
  var record: UInt32 = 0
  /// A SYN's attempt.
  var attempt: UInt32 = 0
  var marks: Marks = []

  struct Marks: OptionSet, BitwiseCopyable {
    var rawValue: UInt8
    /// It was seen before at the same point.
    static let isCopy = Marks(rawValue: 1)
    /// A SYN or a SYN-ACK, though perhaps not the first.
    static let isHandshake = Marks(rawValue: 1 << 1)
    static let isFromOriginator = Marks(rawValue: 1 << 2)
    /// Its connection began before the capture.
    static let beganUnseen = Marks(rawValue: 1 << 3)
    /// Tuples or attempts ended with it: `SegmentBatch.clientChange` has them.
    static let hasChanges = Marks(rawValue: 1 << 4)
  }
}

/// What has ended on the clients' side when one of its segments came by. The join takes note of it before that
/// segment, whose tuple and attempt may have been given the places of those that have ended.
struct ClientChange: BitwiseCopyable {
  enum Kind: UInt8 {
    case tupleForgotten
    case attemptEnded
    /// There are more tuples without a connection than are kept.
    case isFlooded
  }

  let kind: Kind
  /// Of the segment, in its batch.
  let position: UInt32
  /// Of the tuple, or the attempt. It may be given again.
  let number: UInt32

  init(_ kind: Kind, _ number: UInt32, _ position: Int) {
    self.kind = kind
    self.number = number
    self.position = UInt32(truncatingIfNeeded: position)
  }
}
