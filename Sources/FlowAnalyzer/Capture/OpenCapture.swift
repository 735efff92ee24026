/// A capture that is being read, with its next packet at hand.
struct OpenCapture: ~Copyable {
  /// Index in `SegmentSource.captures`.
  let index: Int
  let role: CaptureRole
  /// Nil until the first packet is delivered.
  var point: Int?
  var reader: CaptureReader
  /// What is added to its times, in nanoseconds, to have them by the clock of all.
  var correction: Int64
  /// The time of the last packet that was taken, by the clock of all; `never` before the first. Not the highest:
  /// one frame with a wrong clock is not the end of all.
  var lastPacket = Timestamp.never

  init(index: Int, role: CaptureRole, reader: consuming CaptureReader, correction: Int64) {
    self.index = index
    self.role = role
    self.reader = reader
    self.correction = correction
  }

  /// When its packet was captured, by the clock of all.
  var time: Timestamp { reader.time.advanced(byNanoseconds: correction) }
}
