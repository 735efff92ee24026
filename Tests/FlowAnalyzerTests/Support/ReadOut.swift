@testable import FlowAnalyzer

/// All that a source has to give.
struct ReadOut {
  var segments: [Segment] = []
  var captures: [CaptureRecord] = []
  var failures: [CaptureError] = []
  var points: [CapturePoint] = []

  init(_ inputs: [CaptureInput]) {
    var source = SegmentSource(inputs: inputs)
    while let segment = source.next() { segments.append(segment) }
    captures = source.captures
    failures = source.failures
    points = source.points
  }

  /// Server-side captures.
  init(_ paths: String...) {
    self.init(paths.map { CaptureInput(path: $0, role: .server) })
  }

  var sequences: [UInt32] { segments.map(\.sequence.value) }

  /// Every packet is a segment, a copy, or skipped for a reason.
  var isAccountedFor: Bool {
    captures.allSatisfy { $0.packets == $0.tcpSegments + $0.duplicates + $0.skipped.total }
      && captures.reduce(0) { $0 + $1.tcpSegments } == UInt64(segments.count)
  }
}

/// Decodes one frame as `FrameDecoder` does in a source.
func decode(
  _ frame: [UInt8], as linkType: LinkType = .ethernet, originalLength: Int? = nil
) throws(DecodeError) -> Segment {
  var decoder = FrameDecoder()
  return try decoder.decode(frame, as: linkType, originalLength: originalLength)
}

extension FrameDecoder {
  mutating func decode(
    _ frame: [UInt8], as linkType: LinkType = .ethernet, originalLength: Int? = nil,
    at seconds: Int64 = 0
  ) throws(DecodeError) -> Segment {
    let origin = Origin(
      time: Timestamp(nanoseconds: seconds * 1_000_000_000), frame: 1, capture: 0, point: 0)
    var segment = Segment.none
    _ = try decode(
      unsafe frame.span.bytes, originalLength: originalLength ?? frame.count,
      linkType: linkType, origin: origin, into: &segment)
    return segment
  }
}
