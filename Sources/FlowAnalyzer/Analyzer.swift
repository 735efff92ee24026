/// The front door: captures in, a report out. Wires the stages and decides nothing itself.
///
///     CaptureInput -> SegmentSource -> FlowTracker -> AuditLedger -> AnalysisReport
///        files          Segments        Exchanges      Verdicts
public struct Analyzer: Sendable {
  public var configuration: AnalyzerConfiguration

  public init(configuration: AnalyzerConfiguration = AnalyzerConfiguration()) {
    self.configuration = configuration
  }

  /// Reads the captures and reports what the server side shows.
  ///
  /// Never throws: what cannot be read is in the report, and the rest is analysed.
  ///
  /// - Parameters:
  ///   - inputs: what the command line names; none of them on the client side.
  ///   - progress: told now and then how many bytes of how many have been read; returns false to
  ///     end the run, with `partial` set in the report.
  public func analyze(
    _ inputs: [CaptureInput], progress: (Progress) -> Bool = { _ in true }
  ) -> Analysis {
    var source = SegmentSource(inputs: inputs)
    var audit = Audit(configuration: configuration)
    var isPartial = false
    var untilProgress = Self.progressStride
    while let segment = source.next() {
      if !audit.observe(segment) { source.countDuplicate(segment) }
      untilProgress -= 1
      if untilProgress == 0 {
        untilProgress = Self.progressStride
        guard progress(Progress(bytesRead: source.bytesRead, bytesTotal: source.bytesTotal)) else {
          isPartial = true
          source.compareClocks()
          break
        }
      }
    }
    audit.finish(at: source.captures.compactMap(\.lastPacket).max())
    let builder = ReportBuilder(
      configuration: configuration, captures: source.captures,
      isPartial: isPartial)
    return Analysis(report: builder.report(audit.tracker, audit.ledger), failures: source.failures)
  }

  /// Segments between two reports of progress.
  private static let progressStride = 65_536

  public struct Progress: Sendable {
    public var bytesRead: UInt64
    /// nil where some input comes through a pipe.
    public var bytesTotal: UInt64?
  }
}

/// The stages behind reading, from segments to verdicts.
struct Audit: ~Copyable {
  private(set) var tracker: FlowTracker
  private(set) var ledger: AuditLedger

  init(configuration: AnalyzerConfiguration) {
    tracker = FlowTracker(
      timeWait: configuration.assumedTimeWait,
      timer: (configuration.serverStack ?? .linux).timer)
    ledger = AuditLedger(
      judge: Judge(
        stack: configuration.serverStack, rfc1337: configuration.rfc1337,
        timeWait: configuration.assumedTimeWait),
      maximumFindings: configuration.maximumFindings)
  }

  /// Takes in the next segment.
  ///
  /// - Returns: false where it is a copy of one already seen at the same point.
  mutating func observe(_ segment: Segment) -> Bool {
    guard tracker.observe(segment) else { return false }
    ledger.collect(from: &tracker)
    return true
  }

  /// Judges all that is still open, as it stands after the last segment.
  ///
  /// - Parameter end: the time of the last packet of any kind.
  mutating func finish(at end: Timestamp? = nil) {
    tracker.finish(at: end)
    ledger.finish(&tracker)
  }
}

/// A report, and the inputs that could not be read.
public struct Analysis: Sendable {
  public var report: AnalysisReport
  public var failures: [CaptureError]
}
