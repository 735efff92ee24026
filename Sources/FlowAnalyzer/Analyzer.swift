/// The front door: captures in, a report out. Wires the stages and decides nothing itself.
///
///     CaptureInput -> SegmentSource -> FlowTracker -> AuditLedger -> AnalysisReport
///        files          Segments        Exchanges      Verdicts
public struct Analyzer: Sendable {
  public var configuration: AnalyzerConfiguration

  public init(configuration: AnalyzerConfiguration = AnalyzerConfiguration()) {
    self.configuration = configuration
  }

  /// Reads the captures and reports what they show.
  ///
  /// Never throws: what cannot be read is in the report, and the rest is analysed.
  ///
  /// - Parameters:
  ///   - inputs: what the command line names.
  ///   - progress: told now and then how many bytes of how many have been read; returns false to
  ///     end the run, with `partial` set in the report.
  public func analyze(
    _ inputs: [CaptureInput], progress: (Progress) -> Bool = { _ in true }
  ) -> Analysis {
    var run = Run(inputs, configuration, listsConnections: false)
    if let options = configuration.forecast { run.audit.logArrivals(for: options, configuration) }
    var isPartial = false
    while run.step() {
      guard progress(run.progress) else {
        isPartial = true
        break
      }
    }
    var analysis = run.finish(isPartial: isPartial)
    if let options = configuration.forecast {
      run.audit.forecast(options, configuration, into: &analysis.report)
    }
    return analysis
  }

  /// The same with a forecast: what the recorded traffic would do in changed worlds.
  ///
  /// - Parameters:
  ///   - inputs: what the command line names.
  ///   - options: the changed worlds, and how much is remembered for them.
  ///   - progress: as for `analyze`.
  public func forecast(
    _ inputs: [CaptureInput], _ options: ForecastOptions,
    progress: (Progress) -> Bool = { _ in true }
  ) -> Analysis {
    var analyzer = self
    analyzer.configuration.forecast = options
    return analyzer.analyze(inputs, progress: progress)
  }

  /// Reads the captures and hands out each connection of both sides, joined, when it is done.
  ///
  /// - Parameters:
  ///   - inputs: what the command line names.
  ///   - write: takes lines of NDJSON, several at a time; returns false to end the run.
  /// - Returns: the inputs that could not be read.
  public func connections(
    _ inputs: [CaptureInput], to write: (Span<UInt8>) -> Bool
  ) -> [CaptureError] {
    var run = Run(inputs, configuration, listsConnections: true)
    while run.step() {
      guard run.writeConnections(to: write) else { return run.stop() }
    }
    let analysis = run.finish(isPartial: false)
    _ = run.writeConnections(to: write)
    return analysis.failures
  }

  /// The report, and each connection of both sides when it is done.
  func join(
    _ inputs: [CaptureInput], connections: (JoinedConnection) -> Void
  ) -> AnalysisReport {
    var run = Run(inputs, configuration, listsConnections: true)
    while run.step() { run.audit.takeConnections().forEach(connections) }
    let analysis = run.finish(isPartial: false)
    run.audit.takeConnections().forEach(connections)
    return analysis.report
  }

  /// Batches between two reports of progress.
  static let stride = 32

  public struct Progress: Sendable {
    public var bytesRead: UInt64
    /// nil where some input comes through a pipe.
    public var bytesTotal: UInt64?
  }
}

/// One pass over the captures.
private struct Run: ~Copyable {
  private let reader: BatchReader
  var audit: Audit
  private(set) var progress = Analyzer.Progress(bytesRead: 0, bytesTotal: nil)
  /// Copies that were found at their own capture point, by capture.
  private var duplicates: [UInt64] = []
  private let configuration: AnalyzerConfiguration
  private var survey: Survey { course.survey }
  private var course: ReadingCourse
  private var batches = 0
  private var writer: ConnectionWriter

  init(
    _ inputs: [CaptureInput], _ configuration: AnalyzerConfiguration, listsConnections: Bool
  ) {
    self.configuration = configuration
    let survey = Survey(of: inputs, configuration.selection)
    course = ReadingCourse(survey)
    reader = BatchReader(
      of: survey,
      readsAhead: configuration.workers > 1
        && survey.inputs.allSatisfy { input in input.isRegularFile },
      anonymizer: configuration.anonymizer)
    audit = Audit(
      configuration: configuration, hasClientSide: survey.inputs.contains { $0.side != .server },
      listsConnections: listsConnections)
    let client = survey.inputs.first { $0.side != .server }
    writer = ConnectionWriter(correction: client.map(survey.corrections.correction) ?? 0)
  }

  /// Takes in the next segments.
  ///
  /// - Returns: false where that were the last.
  mutating func step() -> Bool {
    for batch in 1...Analyzer.stride {
      // Clocks are looked at once a step: they drift slowly.
      guard takeBatch(shiftsClocks: batch == Analyzer.stride) else { return false }
    }
    return true
  }

  private mutating func takeBatch(shiftsClocks: Bool) -> Bool {
    reader.next { batch in
      analyze(batch)
      batches += 1
      let shifts = shiftsClocks ? audit.takeClockShifts() : []
      course.note(shifts, afterBatch: batches)
      return shifts
    }
  }

  private mutating func analyze(_ batch: borrowing SegmentBatch) {
    progress = batch.progress
    audit.observe(batch, duplicates: &duplicates)
  }

  /// Reads no further.
  ///
  /// - Returns: what could not be read.
  mutating func stop() -> [CaptureError] {
    reader.stop { analyze($0) }
    return reader.withSource { $0.failures }
  }

  /// - Returns: false where `write` wants no more.
  mutating func writeConnections(to write: (Span<UInt8>) -> Bool) -> Bool {
    for connection in audit.takeConnections() {
      writer.write(connection)
      guard writer.handOut(isLast: false, to: write) else { return false }
    }
    return writer.handOut(isLast: true, to: write)
  }

  mutating func finish(isPartial: Bool) -> Analysis {
    if isPartial { _ = stop() }
    let (captures, end, window) = reader.withSource { source in
      if isPartial { source.compareClocks() }
      for (capture, count) in duplicates.enumerated() {
        source.countDuplicates(count, capture: capture)
      }
      return (source.captures, source.latestPacket, source.window)
    }
    audit.finish(at: end)
    let builder = ReportBuilder(
      configuration: configuration, captures: captures, clocks: survey.clocks, window: window,
      unopenedByClients: audit.clients.unopened, targetOfClients: audit.clients.unopenedTarget,
      isPartial: isPartial)
    return Analysis(
      report: builder.report(audit.tracker, audit.ledger, audit.joiner),
      failures: captures.compactMap(\.failure),
      assumed: captures.filter { $0.role == nil && $0.packets > 0 }.map(\.path), course: course)
  }
}

/// The stages behind reading, from segments to verdicts.
struct Audit: ~Copyable {
  /// Follows the server side, whose SYNs are judged.
  var tracker: FlowTracker
  /// Follows the client side.
  private(set) var clients: FlowTracker
  private(set) var joiner: Joiner
  private(set) var ledger: AuditLedger

  /// - Parameters:
  ///   - hasClientSide: whether there is a client side to join with.
  ///   - listsConnections: whether `joiner.finished` gathers connections.
  init(
    configuration: AnalyzerConfiguration, hasClientSide: Bool = false,
    listsConnections: Bool = false
  ) {
    clients = FlowTracker(timeWait: configuration.assumedTimeWait)
    joiner = Joiner(
      hasClientSide: hasClientSide, listsConnections: listsConnections,
      anonymizer: configuration.anonymizer)
    tracker = FlowTracker(
      timeWait: configuration.assumedTimeWait,
      timer: (configuration.serverStack ?? .linux).timer)
    tracker.attempts.tellsEnds = hasClientSide || listsConnections
    clients.limitEmbryos(to: configuration.embryoLimit)
    tracker.limitEmbryos(to: configuration.embryoLimit)
    joiner.addresses.sweep(at: 2 * configuration.embryoLimit)
    clients.looksForTranslations = false
    clients.recordsTimeline = false
    clients.attempts.tellsEnds = hasClientSide
    ledger = AuditLedger(
      judge: Judge(
        stack: configuration.serverStack, rfc1337: configuration.rfc1337,
        timeWait: configuration.assumedTimeWait),
      maximumFindings: configuration.maximumFindings)
  }

  /// Takes in the next segments.
  ///
  /// - Parameter duplicates: how many were copies of ones already seen at the same point, by capture;
  ///   counted on.
  mutating func observe(_ batch: borrowing SegmentBatch, duplicates: inout [UInt64]) {
    joiner.noteClockShifts(batch.clockShifts)
    let count = batch.count
    for position in 0..<count {
      if position &+ Self.lookAhead < count {
        prepareLookup(at: position &+ Self.lookAhead, in: batch)
      }
      if position &+ Self.lookAhead / 2 < count {
        prepare(at: position &+ Self.lookAhead / 2, in: batch)
      }
      let isNew = batch.withTCP(of: position) { tcp in
        observe(batch[position].segment, batch[position].side, bytes: tcp)
      }
      if !isNew {
        let capture = Int(batch[position].segment.capture)
        while duplicates.count <= capture { duplicates.append(0) }
        duplicates[capture] += 1
      }
    }
    tracker.sweepAddresses()
    clients.sweepAddresses()
    joiner.sweepAddresses(clients: clients, servers: tracker, ledger)
  }

  /// How many segments ahead their tuples are looked up, so that memory has answered by then.
  private static let lookAhead = 16

  @inline(__always)
  private mutating func prepareLookup(at position: Int, in batch: borrowing SegmentBatch) {
    switch batch[position].side {
    case .client: clients.prepareLookup(at: position, in: batch)
    case .server: tracker.prepareLookup(at: position, in: batch)
    }
  }

  @inline(__always)
  private mutating func prepare(at position: Int, in batch: borrowing SegmentBatch) {
    switch batch[position].side {
    case .client: clients.prepare(at: position, in: batch)
    case .server: tracker.prepare(at: position, in: batch)
    }
  }

  /// Takes in the next segment.
  ///
  /// - Returns: false where it is a copy of one already seen at the same point.
  mutating func observe(
    _ segment: Segment, _ side: Side = .server, bytes: RawSpan = RawSpan()
  ) -> Bool {
    switch side {
    case .client: observeClientSide(segment, bytes)
    case .server: observeServerSide(segment, bytes)
    }
  }

  private mutating func observeServerSide(_ segment: Segment, _ bytes: RawSpan) -> Bool {
    var candidate: Joiner.Candidate?
    if joiner.hasClientSide {
      joiner.noteServerSegment(at: segment.time)
      if segment.isOpening {
        candidate = joiner.candidate(for: segment)
        tracker.joinedAttempt = nil
        if let candidate { tracker.joinedAttempt = joiner.openAttempt(of: candidate) }
        tracker.joinedClientTime = candidate?.clientTime
      }
    }
    guard tracker.observe(segment) else { return false }
    joiner.observeServer(segment, bytes, candidate, &tracker)
    // What has ended is found on the way when a SYN is done.
    if tracker.finishedCount > 0 {
      ledger.collect(from: &tracker, &joiner)
      joiner.collectEnds(ofServerSide: &tracker)
    }
    return true
  }

  private mutating func observeClientSide(_ segment: Segment, _ bytes: RawSpan) -> Bool {
    guard clients.observe(segment) else { return false }
    joiner.observeClient(segment, bytes, &clients, &tracker)
    endClientAttempts()
    return true
  }

  /// Nobody judges the SYNs of the client side: what holds a tuple there is the load balancer.
  private mutating func endClientAttempts() {
    guard clients.finishedCount > 0 else { return }
    for index in 0..<clients.finishedCount {
      clients.attempts[clients.finishedExchange(index).attempt].openVerdicts &-= 1
    }
    clients.releaseFinished()
    _ = clients.attempts.takeFinished(at: clients.settled)
    joiner.collectEnds(ofClientSide: &clients)
  }

  /// What is to be added to the times of points from now on.
  mutating func takeClockShifts() -> [(point: UInt32, shift: Int64)] { joiner.takeClockShifts() }

  /// Takes the connections that are done, in the order in which they became so.
  mutating func takeConnections() -> [JoinedConnection] {
    defer { joiner.finished.removeAll(keepingCapacity: true) }
    return joiner.finished
  }

  /// Judges all that is still open, as it stands after the last segment.
  ///
  /// - Parameter end: the time of the last packet of any kind.
  mutating func finish(at end: Timestamp? = nil) {
    tracker.finish(at: end)
    clients.countUnopened()
    ledger.finish(&tracker, &joiner)
    joiner.collectEnds(ofServerSide: &tracker)
    joiner.releaseAll()
    joiner.finishClocks()
    // The report takes memory, too, and needs none of them.
    tracker.attempts.release()
    clients.attempts.release()
  }
}

/// A report, and the inputs that could not be read.
public struct Analysis: Sendable {
  public var report: AnalysisReport
  public var failures: [CaptureError]
  /// Captures whose side nothing tells; they were taken for the server side.
  public var assumed: [String]
  /// The files that were read, as the command line names them.
  public var paths: [String] { course.survey.inputs.map(\.path) }
  /// For another reading of the same.
  let course: ReadingCourse
}
