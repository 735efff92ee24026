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
    let groups = CaptureGroups(inputs)
    let total = groups.all.count > 1 ? groups.bytesTotal : nil
    var bytesRead: UInt64 = 0
    var summaries: [PartialSummary] = []
    var courses: [ReadingCourse] = []
    for group in groups.all {
      var latest = Progress(bytesRead: 0, bytesTotal: nil)
      var (summary, course) = summary(of: group) { progressOfGroup in
        latest = progressOfGroup
        latest.bytesRead += bytesRead
        if let total { latest.bytesTotal = total }
        return progress(latest)
      }
      summary.disguise(by: configuration.anonymizer)
      bytesRead = latest.bytesRead
      summaries.append(summary)
      courses.append(course)
      if summary.isPartial { break }
    }
    return merge(summaries, courses)
  }

  /// Reads the captures of one load balancer.
  func summary(
    of inputs: [CaptureInput], progress: (Progress) -> Bool = { _ in true }
  ) -> (PartialSummary, ReadingCourse) {
    let survey = Survey(of: inputs, configuration.selection)
    let first = pass(over: survey, progress: progress)
    // Packets that two points have seen were counted twice. That shows after the last one, so that only who
    // needs a second reading pays for it.
    guard !first.summary.isPartial, let mended = survey.mended(by: first.clocks) else {
      return (first.summary, first.course)
    }
    let second = pass(over: mended, progress: progress)
    return (second.summary, second.course)
  }

  private func pass(
    over survey: Survey, progress: (Progress) -> Bool
  ) -> (summary: PartialSummary, course: ReadingCourse, clocks: [SegmentSource.ClockToMend]) {
    if configuration.usesLanes, LaneRun.canTake(survey) {
      var run = LaneRun(survey, configuration)
      return (run.complete(progress: progress), run.course, run.clocksToMend)
    }
    var run = Run(survey, configuration, listsConnections: false)
    return (run.complete(progress: progress), run.course, run.clocksToMend)
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
    var failures: [CaptureError] = []
    for group in CaptureGroups(inputs).all {
      let survey = Survey(of: group, configuration.selection)
      var run = Run(survey, configuration, listsConnections: true)
      while run.step() {
        guard run.writeConnections(to: write) else { return failures + run.stop() }
      }
      let summary = run.finish(isPartial: false)
      _ = run.writeConnections(to: write)
      failures += summary.captures.compactMap(\.failure)
    }
    return failures
  }

  /// The report, and each connection of both sides when it is done.
  func join(
    _ inputs: [CaptureInput], connections: (JoinedConnection) -> Void
  ) -> AnalysisReport {
    let survey = Survey(of: inputs, configuration.selection)
    var run = Run(survey, configuration, listsConnections: true)
    while run.step() { run.audit.takeConnections().forEach(connections) }
    var summary = run.finish(isPartial: false)
    summary.disguise(by: configuration.anonymizer)
    run.audit.takeConnections().forEach(connections)
    return merge([summary], [run.course]).report
  }

  /// Batches between two reports of progress.
  static let stride = 32

  public struct Progress: Sendable {
    public var bytesRead: UInt64
    /// nil where some input comes through a pipe.
    public var bytesTotal: UInt64?
  }
}

/// One pass over the captures, a step at a time.
protocol AnalysisRun: ~Copyable {
  var progress: Analyzer.Progress { get }
  /// - Returns: false where that was the last step.
  mutating func step() -> Bool
  mutating func finish(isPartial: Bool) -> PartialSummary
}

extension AnalysisRun where Self: ~Copyable {
  /// All steps, or as many as `progress` wants.
  mutating func complete(progress: (Analyzer.Progress) -> Bool) -> PartialSummary {
    while step() {
      guard progress(self.progress) else { return finish(isPartial: true) }
    }
    return finish(isPartial: false)
  }
}

/// The pass that one audit of all takes.
private struct Run: AnalysisRun, ~Copyable {
  private let reader: BatchReader
  var audit: Audit
  private(set) var progress = Analyzer.Progress(bytesRead: 0, bytesTotal: nil)
  /// Copies that were found at their own capture point, by capture.
  private var duplicates: [UInt64] = []
  private let configuration: AnalyzerConfiguration
  private var survey: Survey { course.survey }
  private(set) var course: ReadingCourse
  private(set) var clocksToMend: [SegmentSource.ClockToMend] = []
  private var batches = 0
  private var writer: ConnectionWriter

  init(
    _ survey: Survey, _ configuration: AnalyzerConfiguration, listsConnections: Bool
  ) {
    self.configuration = configuration
    course = ReadingCourse(survey)
    let hasServerSide = survey.inputs.contains { $0.side != .client }
    audit = Audit(
      configuration: configuration, hasClientSide: survey.inputs.contains { $0.side != .server },
      hasServerSide: hasServerSide, listsConnections: listsConnections)
    // Without a server side the thread that audits has little to do, and follows the clients, too.
    var preparation = BatchReader.Preparation(isAhead: hasServerSide)
    if let clients = audit.clients { preparation.body = { clients.side.observe(&$0) } }
    reader = BatchReader(
      of: survey,
      readsAhead: configuration.workers > 1
        && survey.inputs.allSatisfy { input in input.isRegularFile },
      anonymizer: configuration.anonymizer, preparation: preparation)
    if let options = configuration.forecast { audit.logArrivals(for: options) }
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

  mutating func finish(isPartial: Bool) -> PartialSummary {
    if isPartial { _ = stop() }
    var (captures, end, window, clocks) = reader.withSource { source in
      if isPartial { source.compareClocks() }
      source.countDuplicates(duplicates)
      source.countDuplicates(audit.clients?.side.duplicates ?? [])
      return (source.captures, source.latestPacket, source.window, source.clocksToMend)
    }
    clocksToMend = clocks
    survey.noteDoubts(in: &captures)
    audit.finish(at: end)
    let watched = audit.joiner.clocks
    var summary = PartialSummary(
      rules: JudgingRules(configuration), captures: captures,
      clocks: survey.clocks.map { ClockReading($0, watched, captures) }, window: window,
      isPartial: isPartial, found: audit.result(configuration))
    if configuration.forecast != nil {
      summary.arrivals = LoggedArrivals { [audit.takeLog(&$0, clients: &$1)] }
    }
    return summary
  }
}

/// A report, and the inputs that could not be read.
public struct Analysis: Sendable {
  public var report: AnalysisReport
  public var failures: [CaptureError]
  /// Captures whose side nothing tells; they were taken for the server side.
  public var assumed: [String]
  /// The captures that were read, one by one.
  var inputs: [CaptureInput] { courses.flatMap(\.survey.inputs) }
  /// The files that were read, as the command line names them.
  public var paths: [String] { inputs.map(\.path) }
  /// For another reading of the same, for each load balancer; none where others have read.
  let courses: [ReadingCourse]
}
