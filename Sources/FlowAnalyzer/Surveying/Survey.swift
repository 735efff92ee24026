/// A first, bounded look at the captures: which side of the load balancer each shows, and how their
/// clocks differ. Standard input and pipes cannot be read twice and are taken as they are.
struct Survey {
  /// A capture point's clock against the reference.
  struct PointClock {
    var input: CaptureInput
    /// Nanoseconds that it is ahead; nil where nothing tells.
    var offset: Int64?
    /// The offset is right to within so many nanoseconds.
    var error: Int64?
    /// How many connections tell.
    var handshakes: Int
  }

  /// The captures, directories opened up, with their sides as far as they were found.
  let inputs: [CaptureInput]
  let endpoints: LoadBalancerEndpoints
  let corrections: ClockCorrections
  let clocks: [PointClock]
  /// Which packets are to be analysed.
  let selection: PacketSelection

  init(of inputs: [CaptureInput], _ selection: PacketSelection = PacketSelection()) {
    self.selection = selection
    // What is wrong with a directory is said by who reads it.
    let captures = inputs.flatMap { (try? $0.expanded()) ?? [$0] }
    let sides = SideFinder(captures, selection.atAnyTime)
    self.inputs = sides.inputs
    endpoints = sides.endpoints
    let survey = ClockSurvey(sides.inputs, sides.endpoints, selection.atAnyTime)
    corrections = survey.corrections
    clocks = survey.points.map { point in
      PointClock(
        input: point.input, offset: point.offset?.offset, error: point.offset?.error,
        handshakes: point.offset.map { $0.agreeing == .max ? 0 : $0.agreeing } ?? 0)
    }
  }
}
