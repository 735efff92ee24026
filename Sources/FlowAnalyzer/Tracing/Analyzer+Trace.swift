extension Analyzer {
  /// Throws where an input could not be read a second time, as `trace` must: to be asked before the
  /// first reading.
  public static func requireRepeatable(_ inputs: [CaptureInput]) throws(TracingError) {
    for input in inputs where input.isStandardInput || FileStatus(path: input.path)?.kind == .other
    {
      throw .notRepeatable(path: input.path)
    }
  }

  /// Reads the captures of a finished analysis once more, and collects the segments that findings of
  /// it rest on: the connection that left the tuple behind, the attempt, and on the clients' side the
  /// connections of both, as far as they were captured.
  ///
  /// Segments, clocks and frame numbers are those of the analysis. Reading ends when the last finding
  /// is complete. Memory follows the number of findings: each keeps at most so many frames for each of
  /// its conversations, and counts the others.
  ///
  /// - Parameters:
  ///   - findings: from the report of `analysis`.
  ///   - analysis: as `analyze` of an analyzer with this configuration has returned it.
  ///   - framesPerConversation: how many frames of a tuple are kept.
  ///   - progress: as of `analyze`; false ends it, and what was not found yet is incomplete.
  /// - Returns: one trace for each finding, in their order.
  /// - Throws: where an input cannot be read twice.
  public func trace(
    _ findings: [AnalysisReport.Finding], of analysis: Analysis, framesPerConversation: Int = 256,
    progress: (Progress) -> Bool = { _ in true }
  ) throws(TracingError) -> [FindingTrace] {
    try Self.requireRepeatable(analysis.inputs)
    var traces = [FindingTrace?](repeating: nil, count: findings.count)
    var firstCapture = 0
    for course in analysis.courses {
      let captures = firstCapture..<firstCapture + course.survey.inputs.count
      let own = findings.indices.filter { captures.contains(findings[$0].hits[0].capture) }
      let tracer = Tracer(
        own.map { findings[$0] }, configuration, firstCapture: firstCapture,
        framesPerConversation: framesPerConversation)
      for (finding, trace) in zip(own, trace(by: tracer, along: course, progress: progress)) {
        traces[finding] = trace
      }
      firstCapture = captures.upperBound
    }
    return traces.compactMap(\.self)
  }

  /// Reads the captures of one load balancer once more.
  private func trace(
    by tracer: consuming Tracer, along course: ReadingCourse, progress: (Progress) -> Bool
  ) -> [FindingTrace] {
    guard !tracer.cases.isEmpty else { return [] }
    var tracer = tracer
    let reader = BatchReader(
      of: course.survey, readsAhead: configuration.workers > 1,
      anonymizer: configuration.anonymizer)
    var shifts = course.clockShifts[...]
    var batches = 0
    var goesOn = true
    while goesOn {
      let hasMore = reader.next { batch in
        tracer.observe(batch)
        batches += 1
        if batches.isMultiple(of: Self.stride) || batch.count == 0 {
          goesOn = progress(batch.progress)
        }
        return shifts.first?.batch == batches ? shifts.removeFirst().shifts : []
      }
      if !hasMore || tracer.isOver { break }
    }
    reader.stop { _ in }
    tracer.finish()
    return tracer.cases.map { $0.trace() }
  }
}
