/// One pass over captures of the server side, in lanes.
struct LaneRun: AnalysisRun, ~Copyable {
  private let crew: LaneCrew
  private let configuration: AnalyzerConfiguration
  private let survey: Survey
  private(set) var clocksToMend: [SegmentSource.ClockToMend] = []
  private var busiest = BusiestSecond()

  init(_ survey: Survey, _ configuration: AnalyzerConfiguration) {
    self.survey = survey
    self.configuration = configuration
    // A source that may wait, such as a pipe, is read by the caller's thread: a signal is to end the wait.
    let mayReadAhead = survey.inputs.allSatisfy { input in input.isRegularFile }
    crew = LaneCrew(
      survey, configuration, threads: mayReadAhead ? max(1, configuration.workers) : 1)
    if let options = configuration.forecast {
      for lane in crew.lanes { lane.logArrivals(upTo: options.maximumArrivals) }
    }
    crew.start()
  }

  /// Whether captures can be audited in lanes: those of the server side alone.
  static func canTake(_ survey: Survey) -> Bool { survey.inputs.allSatisfy { $0.side == .server } }

  var progress: Analyzer.Progress { crew.progress }

  /// - Returns: false where that were the last segments.
  mutating func step() -> Bool {
    let hasMore = crew.step(batches: Analyzer.stride)
    // No lane is at work now.
    crew.trimFindings(to: configuration.maximumFindings)
    if let options = configuration.forecast {
      crew.thinLogs(to: options.maximumArrivals)
      for lane in crew.lanes { busiest.add(lane.takeSeconds()) }
      busiest.settle()
    }
    return hasMore
  }

  mutating func finish(isPartial: Bool) -> PartialSummary {
    let lanes = crew.stop(isEarly: isPartial)
    let (captures, end, window, clocks) = crew.withSource { source in
      if isPartial { source.compareClocks() }
      for lane in lanes { source.countDuplicates(lane.duplicates) }
      return (source.captures, source.latestPacket, source.window, source.clocksToMend)
    }
    clocksToMend = clocks
    let found = Self.result(of: lanes, at: end, configuration)
    return PartialSummary(
      rules: JudgingRules(configuration), captures: captures,
      clocks: survey.clocks.map { ClockReading($0, SideClocks(), captures) }, window: window,
      isPartial: isPartial, found: found,
      arrivals: configuration.forecast == nil ? nil : takeArrivals(from: lanes))
  }

  private mutating func takeArrivals(from lanes: [Lane]) -> LoggedArrivals {
    // What an interrupted run has read since its last step.
    for lane in lanes { busiest.add(lane.takeSeconds()) }
    busiest.settle()
    return LoggedArrivals(busiestSecond: busiest.attempts) { addresses, clients in
      lanes.map { $0.takeLog(&addresses, clients: &clients) }
    }
  }

  var course: ReadingCourse { ReadingCourse(survey) }

  /// What all lanes have found together.
  static func result(
    of lanes: [Lane], at end: Timestamp?, _ configuration: AnalyzerConfiguration
  ) -> AuditResult {
    var knowledge: [IPAddress: ServerKnowledge] = [:]
    let workers = configuration.workers
    forEach(below: lanes.count, workers: workers) { lanes[$0].finishTracking(at: end) }
    for lane in lanes { lane.noteKnowledge(in: &knowledge) }
    forEach(below: lanes.count, workers: workers) { [knowledge] in
      lanes[$0].finishJudging(knowing: knowledge, configuration)
    }
    let results = lanes.compactMap(\.result)
    var sum = results[0]
    for var other in results.dropFirst() {
      // Each lane knows of the servers of all.
      other.servers = []
      sum.add(other)
    }
    return sum
  }
}

extension LaneCrew {
  /// Keeps all lanes together from listing more findings than the report will, and not much more.
  ///
  /// - Parameter limit: of the report. Called between two steps, when no lane is at work.
  func trimFindings(to limit: Int) {
    guard lanes.reduce(0, { $0 + $1.listedFindings }) - limit > limit / 4 else { return }
    let hits = lanes.flatMap(\.firstHits).sorted()
    guard limit > 0 else { return }
    for lane in lanes { lane.dropFindings(behind: hits[limit - 1]) }
  }

  /// The same for the attempts that are kept for a forecast, by smaller samples; the first ones not counted.
  func thinLogs(to limit: Int) {
    let logs = lanes.map(\.logged)
    guard logs.reduce(0, { $0 + $1.attempts }) > limit else { return }
    var sample = ArrivalSample(commonTo: logs.map(\.sample))
    var isOfAttemptsLarger = sample.attemptHalvings <= sample.portHalvings
    repeat {
      guard sample.halve(isOfAttempts: isOfAttemptsLarger) else { return }
      let sizes = lanes.map { $0.thinLog(to: sample) }
      isOfAttemptsLarger =
        sizes.reduce(0) { $0 + $1.ofAttempts } >= sizes.reduce(0) { $0 + $1.ofPorts }
    } while lanes.reduce(0, { $0 + $1.logged.attempts }) > limit / 4 * 3
  }
}
