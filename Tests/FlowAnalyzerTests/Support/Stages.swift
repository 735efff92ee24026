import Foundation

@testable import FlowAnalyzer

extension Analyzer {
  /// The same as `analyze`, in stages whose results are written down and read again in between, as they are on
  /// their way from machine to machine.
  ///
  /// - Parameter rearrange: changes the records of a capture to others that say the same.
  func analyzeInStages(
    _ inputs: [CaptureInput], rearrange: ([FlowRecord]) -> [FlowRecord] = { $0 }
  ) throws -> Analysis {
    var summaries: [PartialSummary] = []
    let captures = inputs.flatMap { (try? $0.expanded()) ?? [$0] }
    for group in CaptureGroups(captures).all {
      let spool = try RecordSpool(in: FileManager.default.temporaryDirectory.path)
      for (number, input) in captures.enumerated() where group.contains(input) {
        let extraction = RecordExtraction(
          of: input, number: number, selection: configuration.selection)
        _ = try extraction.run { frame in try spool.add(try frame.travelled(rearrange)) }
      }
      var judge = self
      judge.configuration.selection = PacketSelection()
      summaries.append(try judge.judge(spool).travelled)
    }
    // Whoever merges has no key, and knows of no selection.
    var merger = self
    merger.configuration.selection = PacketSelection()
    merger.configuration.anonymizer = nil
    return try merger.merge(summaries.reversed())
  }
}

extension Decodable where Self: Encodable {
  fileprivate var travelled: Self {
    get throws { try JSONDecoder().decode(Self.self, from: JSONEncoder().encode(self)) }
  }
}

extension RecordFrame {
  fileprivate func travelled(
    _ rearrange: ([FlowRecord]) -> [FlowRecord]
  ) throws -> RecordFrame {
    switch self {
    case .begin(let header): .begin(try header.travelled)
    case .block(let bytes):
      .block(RecordBlock(rearrange(try RecordBlock(decoding: bytes).records)).encoded)
    case .end(let record): .end(try record.travelled)
    }
  }
}
