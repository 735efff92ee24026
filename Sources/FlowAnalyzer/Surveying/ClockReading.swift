/// What a run has learnt of a capture point's clock: from the survey, and from watching it.
struct ClockReading: Sendable, Codable {
  /// The first capture of the point; nil where none was read.
  var capture: Int?
  /// Nanoseconds that it is ahead of the reference; nil where nothing tells.
  var offset: Int64?
  /// The offset is right to within so many nanoseconds.
  var error: Int64?
  /// How it runs against the reference, in millionths; nil where it was not watched for long enough.
  var driftPpm: Double?
  /// How many connections tell.
  var handshakes: Int

  /// - Parameter watched: by the join.
  init(_ clock: Survey.PointClock, _ watched: SideClocks, _ captures: [CaptureRecord]) {
    capture = captures.firstIndex { $0.path == clock.input.path }
    let watch = capture.flatMap { captures[$0].point }.flatMap(watched.watch(ofClientPoint:))
    offset = clock.offset
    error = clock.error.map { max($0, watch?.error ?? 0) }
    driftPpm = watch?.driftPpm
    handshakes = clock.handshakes
  }
}
