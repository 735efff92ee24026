@testable import FlowAnalyzer

/// A conversation of the server side, analysed and traced without a file.
struct TracedConversation {
  let report: AnalysisReport
  let traces: [FindingTrace]

  init(
    _ script: String, isIPv6: Bool = false,
    _ configure: (inout AnalyzerConfiguration) -> Void = { _ in }
  ) {
    var configuration = AnalyzerConfiguration()
    configure(&configuration)
    let conversation = Conversation(script, isIPv6: isIPv6)
    report = Hearing(conversation, configure).report
    var batch = SegmentBatch(capacity: conversation.segments.count + 1)
    for segment in conversation.segments {
      batch.next = segment
      batch.appendNext(
        side: .server, of: RawSpan(), at: CommonHeaders.Place(start: 0, end: 0, maySayMore: false))
    }
    var tracer = Tracer(Array(report.findings), configuration, framesPerConversation: 256)
    tracer.observe(batch)
    tracer.finish()
    traces = tracer.cases.map { $0.trace() }
  }

  var ladders: [Ladder] { traces.map { Ladder($0, of: report) } }
}
