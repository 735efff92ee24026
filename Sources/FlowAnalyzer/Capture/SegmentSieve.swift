/// Tells of each segment which side it belongs to, and whether it is a further copy.
struct SegmentSieve {
  var mergers = PointMergers()
  /// Nil where there is but one capture, which agrees with itself.
  var clocks: ClockComparison?
  /// Tells the sides of a capture with both apart.
  let endpoints: LoadBalancerEndpoints

  init(endpoints: LoadBalancerEndpoints) { self.endpoints = endpoints }

  /// The side of all segments of a capture; nil where each of them must be looked at.
  func side(ofAllWith role: CaptureRole) -> Side? {
    guard clocks == nil, !mergers.areAtWork else { return nil }
    return switch role {
    case .client: .client
    case .server: .server
    case .both: nil
    }
  }

  /// - Parameters:
  ///   - segment: by its place, as it is copied only for what few captures need.
  ///   - role: what the segment's capture shows.
  /// - Returns: nil for a copy of a segment that came before.
  @inline(__always)
  mutating func side(of segment: inout Segment, role: CaptureRole) -> Side? {
    let side =
      switch role {
      case .client: Side.client
      case .server: Side.server
      case .both: endpoints.side(of: segment)
      }
    if clocks != nil, segment.flags.contains(.syn) {
      clocks?.observe(segment, side: role)
    }
    if mergers.areAtWork, mergers.isCopy(segment, side: side) { return nil }
    return side
  }
}
