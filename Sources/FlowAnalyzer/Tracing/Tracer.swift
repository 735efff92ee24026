/// Reads the captures once more for some findings, and hands each the frames that it rests on.
///
/// The tracker of the first reading follows the few tuples that matter, so that states and numbers are
/// those of the verdicts.
struct Tracer: ~Copyable {
  private(set) var cases: [TracedCase]
  private var list = WatchList()
  private var tracker: FlowTracker
  /// Where each hit belongs, by its place in the captures.
  private var hits: [Place: [(number: Int, hit: Int)]] = [:]
  /// What the report calls the first of the captures that are read.
  private let firstCapture: UInt32
  /// What the server's end of each watched tuple was in after the last segment.
  private var lastStates: [FourTuple: LastState] = [:]

  private struct LastState {
    var incarnation: FrameLog.Incarnation?
    var server: TracedFrame.ServerEnd?
    /// Of the last SYN.
    var isn: SequenceNumber?
  }

  private struct Place: Hashable {
    var capture: UInt32
    var frame: UInt64
  }

  init(
    _ findings: [AnalysisReport.Finding], _ configuration: AnalyzerConfiguration,
    firstCapture: Int = 0, framesPerConversation: Int
  ) {
    self.firstCapture = UInt32(truncatingIfNeeded: firstCapture)
    cases = findings.map { TracedCase($0, framesPerConversation: framesPerConversation) }
    tracker = FlowTracker(
      timeWait: configuration.assumedTimeWait,
      timer: (configuration.serverStack ?? .linux).timer)
    for (number, tracedCase) in cases.enumerated() {
      tracedCase.watch(as: number, in: &list)
      for (index, hit) in tracedCase.finding.hits.enumerated() {
        hits[Place(capture: UInt32(hit.capture), frame: hit.frame), default: []]
          .append((number, index))
      }
    }
  }

  var isOver: Bool { cases.allSatisfy(\.isOver) }

  mutating func observe(_ batch: borrowing SegmentBatch) {
    for position in 0..<batch.count where list.mayMatter(batch[position].segment) {
      var segment = batch[position].segment
      segment.capture &+= firstCapture
      switch batch[position].side {
      case .server: observeServerSide(segment)
      case .client: observeClientSide(segment)
      }
    }
    if batch.count > 0 {
      let time = batch[batch.count - 1].segment.time
      for number in cases.indices { cases[number].end(by: time) }
    }
  }

  private mutating func observeClientSide(_ segment: Segment) {
    for client in [segment.source, segment.destination] {
      for number in list.clients[client] ?? [] { cases[number].observeClient(segment) }
    }
  }

  private mutating func observeServerSide(_ segment: Segment) {
    var numbers: [Int] = []
    var tuple = segment.tuple
    if let known = list.tuples[tuple] {
      numbers = known
    } else if let known = list.tuples[tuple.reversed] {
      numbers = known
      tuple = tuple.reversed
    }
    if segment.isOpening {
      for source in [segment.source.address, nil] {
        let key = WatchList.AttemptKey(
          source: source, destination: segment.destination, isn: segment.sequence)
        for number in list.attempts[key] ?? [] where !numbers.contains(number) {
          numbers.append(number)
        }
      }
    }
    guard !numbers.isEmpty, tracker.observe(segment) else { return }
    takeEncounters()
    let observation = observation(of: segment, tuple)
    for number in numbers where cases[number].observe(observation) {
      list.watch(tuple: tuple, for: number)
    }
  }

  /// What the tracker makes of a segment that it has just seen.
  private mutating func observation(
    of segment: Segment, _ tuple: FourTuple
  ) -> TracedCase.Observation {
    let former = lastStates[tuple] ?? LastState()
    let connection = tracker.lastConnection(openedBy: tuple.source)
    var state = LastState(
      incarnation: connection?.incarnation, server: connection?.server, isn: former.isn)
    if segment.isOpening, segment.source == tuple.source { state.isn = segment.sequence }
    lastStates[tuple] = state
    let frame = TracedFrame(
      segment: segment, side: .server, connection: 0,
      isFromOpener: segment.source == tuple.source, before: former.server, after: state.server)
    return TracedCase.Observation(
      entry: FrameLog.Entry(
        frame: frame, incarnation: Self.incarnation(of: segment, tuple, state)),
      former: former.incarnation, tuple: tuple)
  }

  /// Whose segment it is: that of the SYN itself, where it is one or refuses one; else that of the
  /// connection that the tuple carries.
  private static func incarnation(
    of segment: Segment, _ tuple: FourTuple, _ state: LastState
  ) -> FrameLog.Incarnation {
    if segment.isOpening { return FrameLog.Incarnation(openerBase: segment.sequence) }
    if let isn = state.isn, segment.source != tuple.source, segment.flags.contains([.rst, .ack]),
      segment.acknowledgment == isn.advanced(by: 1)
    {
      return FrameLog.Incarnation(openerBase: isn)
    }
    if let incarnation = state.incarnation { return incarnation }
    return segment.source == tuple.source
      ? FrameLog.Incarnation(
        openerBase: state.isn ?? segment.sequence, beganUnseen: state.isn == nil)
      : FrameLog.Incarnation(
        openerBase: state.isn ?? segment.acknowledgment, beganUnseen: state.isn == nil)
  }

  /// What the hits met is complete when the tracker is done with them.
  private mutating func takeEncounters() {
    guard tracker.finishedCount > 0 else { return }
    for index in 0..<tracker.finishedCount {
      let exchange = tracker.finishedExchange(index)
      tracker.attempts[exchange.attempt].openVerdicts &-= 1
      for (number, hit) in hits[Place(capture: exchange.capture, frame: exchange.frame)] ?? [] {
        cases[number].encounters[hit] = Encounter(exchange)
      }
    }
    tracker.releaseFinished()
    _ = tracker.attempts.takeFinished(at: tracker.settled)
  }

  mutating func finish() {
    tracker.finish()
    takeEncounters()
  }
}
