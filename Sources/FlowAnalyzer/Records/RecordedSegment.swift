/// A segment with its place in the order of all, as records hold it.
struct RecordedSegment: BitwiseCopyable {
  var segment: Segment
  var place: Place
  /// That of TCP, where the segment's digest follows from it, see `Segment.commonDigest`.
  var checksum: UInt16?
  var content = Content.nothing

  /// What there is of the bytes from the TCP header on.
  enum Content: BitwiseCopyable {
    /// They say no more than the segment.
    case nothing
    /// There was a payload, but nothing of it was captured or will be read.
    case headerOnly
    /// They lie among those of others.
    case bytes(start: Int, count: Int)
  }

  /// Where a segment stands among those of all captures.
  ///
  /// A capture is read in its own order. Where its clock was set back, what follows still came after what
  /// was before it: it takes its place by the latest time up to there.
  struct Place: BitwiseCopyable, Hashable, Comparable {
    var time: Timestamp
    var capture: UInt32
    /// How many segments of the capture came before it.
    var number: UInt64

    static func < (one: Place, other: Place) -> Bool {
      (one.time, one.capture, one.number) < (other.time, other.capture, other.number)
    }
  }

  /// Not written to yet.
  static let blank = RecordedSegment(
    segment: .none, place: Place(time: .never, capture: 0, number: 0), checksum: nil)

  /// Stands for the bytes of a segment with a payload of which there are none: a TCP header with options, as
  /// far as that they begin.
  static let headerOnly: [UInt8] =
    [UInt8](repeating: 0, count: 12) + [15 << 4] + [UInt8](repeating: 0, count: 8)
}

extension Segment {
  /// Stands for a packet without a segment, of which only the time matters.
  static func passage(at time: Timestamp) -> Segment {
    var segment = Segment.none
    segment.time = time
    return segment
  }

  /// Frames are counted from 1.
  var isPassageOnly: Bool { frame == 0 }
}
