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

    fileprivate init(_ input: CaptureInput, _ clock: ClockOffset?) {
      self.input = input
      offset = clock?.offset
      error = clock?.error
      handshakes = clock.map { $0.agreeing == .max ? 0 : $0.agreeing } ?? 0
    }
  }

  /// The captures, directories opened up, with their sides as far as they were found.
  let inputs: [CaptureInput]
  let endpoints: LoadBalancerEndpoints
  private(set) var corrections: ClockCorrections
  private(set) var clocks: [PointClock]
  /// Captures that do not show the side which the user has named.
  let doubts: [SideDoubt]
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
    let said = captures.filter { $0.role != nil }.map(\.path)
    doubts = SideDoubt.all(in: survey.points, said: Set(said))
    clocks = survey.points.map { PointClock($0.input, $0.offset) }
  }

  /// The same captures under clocks that have been found to differ while they were read; nil where none
  /// were, or where they cannot be read again.
  func mended(by clocks: [SegmentSource.ClockToMend]) -> Survey? {
    guard !clocks.isEmpty, inputs.allSatisfy({ input in input.isRegularFile }) else { return nil }
    var mended = self
    for clock in clocks {
      guard let offset = clock.offset?.offset else { continue }
      mended.corrections.set(corrections.correction(for: clock.input) &- offset, for: clock.input)
    }
    var noted: Set<Int> = []
    for clock in clocks where noted.insert(clock.point).inserted {
      let known = self.clocks.firstIndex { $0.input == clock.input }
      guard let offset = clock.isAgainstFirst ? clock.offset : nil else {
        if known == nil { mended.clocks.append(PointClock(clock.input, nil)) }
        continue
      }
      if let known {
        mended.clocks[known].offset = (self.clocks[known].offset ?? 0) &+ offset.offset
        mended.clocks[known].error = max(self.clocks[known].error ?? 0, offset.error)
      } else {
        mended.clocks.append(PointClock(clock.input, offset))
      }
    }
    return mended
  }

  /// Warns of captures that do not show what they are said to show.
  func noteDoubts(in captures: inout [CaptureRecord]) {
    for doubt in doubts {
      guard let index = captures.firstIndex(where: { $0.path == doubt.path }) else { continue }
      captures[index].warnings.append(doubt.warning)
    }
  }
}
