/// A capture that is being read, with its next packet at hand.
struct OpenCapture: ~Copyable {
  /// Index in `SegmentSource.captures`.
  let index: Int
  /// Nil until the first packet is delivered.
  var point: Int?
  var reader: PcapReader

  /// Whether this capture's packet comes before `other`'s: by time; of equals, the one of the
  /// capture that has begun, so that a rotation's next file finds the last one ended; then in the
  /// order of the command line.
  func precedes(_ other: borrowing OpenCapture) -> Bool {
    if reader.time != other.reader.time { return reader.time < other.reader.time }
    if (point == nil) != (other.point == nil) { return point != nil }
    return index < other.index
  }
}
