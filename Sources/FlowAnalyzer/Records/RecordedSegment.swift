/// A segment as blocks of records hold it.
struct RecordedSegment: BitwiseCopyable {
  var segment: Segment
  /// The latest time of the capture up to this segment. Where a clock was set back, what follows still came
  /// after what was before.
  var passesAt: Timestamp
  /// How many frames without a segment lie between it and the segment before it in the capture.
  var skippedFrames: UInt64 = 0
  /// Which it is of those that pass at the same time, from 0; nil where they pass in the order of records.
  var rank: UInt32?
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

  /// Not written to yet.
  static let blank = RecordedSegment(segment: .none, passesAt: .never)

  /// Stands for the bytes of a segment with a payload of which there are none: a TCP header with options, as
  /// far as that they begin.
  static let headerOnly: [UInt8] =
    [UInt8](repeating: 0, count: 12) + [15 << 4] + [UInt8](repeating: 0, count: 8)
}

extension Segment {
  /// Frames are counted from 1: without one it stands for a packet that has no segment, see `Passage`.
  var isPassageOnly: Bool { frame == 0 }
}
