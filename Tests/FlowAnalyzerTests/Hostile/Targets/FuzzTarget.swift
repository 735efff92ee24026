/// What is given bytes of strangers, and what must hold whatever they are: for the fuzzer, and for the
/// tests that replay what it found.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// A capture file: our reader against libpcap's, and every packet accounted for.
  case reader
  /// Frames of all link types: the common way against the general one, fragments.
  case frames
  /// Segments of the server side, as wild as they can be: tracking, judging, reporting.
  case flows
  /// The same of both sides with payloads: joining, reassembly of streams.
  case streams
  /// PROXY headers, TCP options of load balancers, HTTP, and their pieces put together.
  case headers
  /// One capture or two, from the file to the report: by one worker and by two.
  case analysis
  /// Records of a capture, as other machines send them: read, written again, judged.
  case records
  /// Parts of summaries, as other machines send them: read, written again, added up.
  case summaries

  /// - Throws: `Violation` where something does not hold. What traps is no less wrong.
  public func check(_ input: [UInt8]) throws {
    switch self {
    case .reader: try ReaderTarget.check(input)
    case .frames: try FramesTarget.check(input)
    case .flows: try FlowsTarget.check(input, hasClientSide: false)
    case .streams: try FlowsTarget.check(input, hasClientSide: true)
    case .headers: try HeadersTarget.check(input)
    case .analysis: try AnalysisTarget.check(input)
    case .records: try RecordsTarget.check(input)
    case .summaries: try SummariesTarget.check(input)
    }
  }

  /// Longer inputs find nothing more, and take longer.
  public var longestInput: Int {
    switch self {
    case .reader, .frames, .analysis, .records: 16_384
    case .summaries: 32_768
    case .flows, .streams: 4096
    case .headers: 2048
    }
  }
}

/// What must hold and does not.
public struct Violation: Error, CustomStringConvertible {
  public let description: String
}

func require(_ condition: Bool, _ claim: @autoclosure () -> String) throws {
  if !condition { throw Violation(description: claim()) }
}
