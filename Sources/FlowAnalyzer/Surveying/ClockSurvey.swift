/// Finds how the clocks of the capture points differ before anything is compared across them.
///
/// It reads both sides in turns until enough connections have been seen at each point, and no further:
/// at worst, where the captures have little in common, it reads them once.
struct ClockSurvey {
  /// So many connections that agree settle an offset.
  private static let enough = 64
  /// Segments of a side that are read at a time.
  private static let stride = 20_000

  /// A capture point as the survey knows it: by the first of its captures.
  struct Point {
    var input: CaptureInput
    var sample = OpeningSample()
    /// Against the reference; nil where nothing tells.
    var offset: ClockOffset?
  }

  private(set) var points: [Point] = []
  private var reference = 0

  init(
    _ inputs: [CaptureInput], _ endpoints: LoadBalancerEndpoints, _ selection: PacketSelection
  ) {
    let clientInputs = inputs.filter { $0.side == .client && $0.isRegularFile }
    let serverInputs = inputs.filter { $0.side != .client && $0.isRegularFile }
    guard !clientInputs.isEmpty, !serverInputs.isEmpty else { return }
    var server = SideReader(serverInputs, endpoints, selection)
    var client = SideReader(clientInputs, endpoints, selection)
    while true {
      let hasMoreServer = server.read(Self.stride)
      let hasMoreClient = client.read(Self.stride)
      points = server.points + client.points
      compare()
      let isSettled =
        points.allSatisfy { ($0.offset?.agreeing ?? 0) >= Self.enough }
        && server.hasBegunAll && client.hasBegunAll
      if isSettled || (!hasMoreServer && !hasMoreClient) { return }
    }
  }

  /// Offsets against the first point of the server side, over other points where need be.
  private mutating func compare() {
    guard !points.isEmpty else { return }
    for index in points.indices { points[index].offset = nil }
    points[reference].offset = ClockOffset.same
    var reached = [reference]
    while let here = reached.popLast() {
      guard let base = points[here].offset else { continue }
      for there in points.indices where points[there].offset == nil {
        let isUpstream =
          points[here].input.side != .client && points[there].input.side == .client
        guard
          let step = ClockOffset(
            from: points[here].sample, to: points[there].sample, isUpstream: isUpstream)
        else { continue }
        points[there].offset = base.followed(by: step)
        reached.insert(there, at: 0)
      }
    }
  }

  /// What is to be added to the times of each capture.
  var corrections: ClockCorrections {
    var corrections = ClockCorrections()
    for point in points {
      if let offset = point.offset { corrections.set(-offset.offset, for: point.input) }
    }
    return corrections
  }
}

/// Reads the captures of one side, and samples each of their points.
private struct SideReader: ~Copyable {
  private var source: SegmentSource
  private let inputs: [CaptureInput]
  private(set) var points: [ClockSurvey.Point] = []

  init(
    _ inputs: [CaptureInput], _ endpoints: LoadBalancerEndpoints, _ selection: PacketSelection
  ) {
    self.inputs = inputs
    source = SegmentSource(
      inputs: inputs, corrections: ClockCorrections(), endpoints: endpoints,
      selection: selection)
  }

  /// - Returns: false where there is no more.
  mutating func read(_ count: Int) -> Bool {
    for _ in 0..<count {
      guard let segment = source.next() else { return false }
      // A capture of both sides is compared by what it has of the server side.
      guard source.side == .server || inputs[Int(segment.capture)].side == .client else { continue }
      let point = Int(segment.point)
      while points.count <= point {
        points.append(ClockSurvey.Point(input: inputs[Int(segment.capture)]))
      }
      source.withSegmentBytes { points[point].sample.observe(segment, $0) }
    }
    return true
  }

  /// Every rotation has been reached.
  var hasBegunAll: Bool {
    var begun: Set<String> = []
    var all: Set<String> = []
    for capture in source.captures where capture.failure == nil {
      let stem = CapturePoints.stem(of: capture.path)
      all.insert(stem)
      if capture.point != nil { begun.insert(stem) }
    }
    return begun == all
  }
}
