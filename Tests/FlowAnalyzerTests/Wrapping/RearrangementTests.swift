import Foundation
import Testing

@testable import FlowAnalyzer

/// However the packets of a real capture are laid out in files, the report says the same of them.
@Suite("Files that say the same")
struct RearrangementTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  static let scenarios = ["l4-collide", "half-open", "no-timestamps"]

  private func report(_ files: [[UInt8]]) throws -> AnalysisReport {
    let inputs = try files.enumerated().map { index, contents in
      CaptureInput(path: try directory.write(contents, as: "part-\(index).pcap"), role: .server)
    }
    return Analyzer().analyze(inputs).report
  }

  @Test(arguments: Rearrangement.all, scenarios)
  func `verdicts are the same`(rearrangement: Rearrangement, scenario: String) throws {
    let capture = try CaptureBuilder(reading: KernelTruth.capture(scenario).path)
    let report = try report(rearrangement.files(capture))
    let original = try #require(WrappingTests.originals[scenario])
    expectSame(
      try ReportContent(report, shift: rearrangement.shift, without: rearrangement.change),
      try ReportContent(original, without: rearrangement.change), rearrangement.name)
    #expect(report.captures.flatMap(\.warnings) == [])
  }

  /// One thing upon another.
  @Test(arguments: scenarios) func `all at once`(scenario: String) throws {
    let capture = try CaptureBuilder(reading: KernelTruth.capture(scenario).path)
    var random = SeededGenerator(seed: 1)
    let hours: Int64 = 200_000 * 3_600_000_000_000
    let parts = capture.delayed(by: hours).parts(5)
    let files = parts.enumerated().reversed().map { index, part in
      let copies = part.disordered(within: 1_000_000, using: &random)
        .repeated(copies: 2, apart: 0)
      return copies.wrapped(in: Wrapping.all[index * 7 % Wrapping.all.count])
        .with([.pcap, .pcapng][index % 2], isBigEndian: index > 2).contents
    }
    expectSame(
      try ReportContent(report(files), shift: hours, without: .frames),
      try ReportContent(#require(WrappingTests.originals[scenario]), without: .frames))
  }

  @Test
  func `a clock that is set back by seconds does not mix what came after with what came before`()
    throws
  {
    var capture = try CaptureBuilder(reading: KernelTruth.capture("l4-collide").path)
    let order = capture.packets.map(\.bytes)
    for index in capture.packets.indices where index > 1000 {
      capture.packets[index].time -= 2_000_000_000
    }
    let path = try directory.write(capture, as: "set-back.pcap")
    var source = SegmentSource(inputs: [CaptureInput(path: path, role: .server)])
    var batch = SegmentBatch()
    var frames: [UInt64] = []
    while !source.isFinished {
      batch.removeAll()
      source.fill(&batch)
      for position in 0..<batch.count { frames.append(batch[position].segment.frame) }
    }
    #expect(frames == (1...UInt64(order.count)).map { $0 })
  }

  /// Frames that stand late are put right across the ends of batches as well.
  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `frames a little out of order come in order`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let times = (0..<9000).map { 1_700_000_000_000_000 + Int64($0) * 50 }
    let capture = CaptureBuilder(microseconds: times)
      .disordered(within: Int64(seed) * 200_000, using: &random)
    let path = try directory.write(capture, as: "late.pcap")
    var source = SegmentSource(inputs: [CaptureInput(path: path, role: .server)])
    var batch = SegmentBatch()
    var sequences: [UInt32] = []
    while !source.isFinished {
      batch.removeAll()
      source.fill(&batch)
      for position in 0..<batch.count {
        sequences.append(batch[position].segment.sequence.value)
        #expect(batch.withTCP(of: position) { $0.byteCount } > 0)
      }
    }
    #expect(sequences == (1...9000).map { $0 })
  }

  // MARK: - What the snap length takes

  /// What was cut is said, and what is said of the rest is not wrong.
  @Test(
    arguments: scenarios + ["l4-rfc1337", "closewait", "l4-clean", "expired"], [64, 68, 72])
  func `a short snap length makes verdicts poorer, never wrong`(scenario: String, length: Int)
    throws
  {
    var capture = try CaptureBuilder(reading: KernelTruth.capture(scenario).path)
    for index in capture.packets.indices {
      capture.packets[index].originalLength = capture.packets[index].bytes.count
      capture.packets[index].bytes = Array(capture.packets[index].bytes.prefix(length))
    }
    let cut = try report([capture.contents])
    let whole = RealCaptureTests.report(scenario)
    let isCut = capture.packets.contains { $0.bytes.count < capture.tcpEnd(of: $0) }
    #expect(cut.coverage.reasons.contains(.headersCut) == isCut)
    #expect(cut.captures[0].warnings.contains { $0.contains("snap length") } == isCut)
    #expect(cut.summary.syns.total == whole.summary.syns.total)
    #expect(cut.summary.attempts.total == whole.summary.attempts.total)
    let hits = Dictionary(
      uniqueKeysWithValues: whole.findings.flatMap(\.hits).map { ($0.frame, $0) })
    var found: Set<UInt64> = []
    for hit in cut.findings.flatMap(\.hits) {
      let truth = try #require(hits[hit.frame], "frame \(hit.frame) is no hit")
      found.insert(hit.frame)
      #expect(hit.held.state == truth.held.state, "frame \(hit.frame)")
      #expect([truth.answer, .undetermined].contains(hit.answer), "frame \(hit.frame)")
      #expect(
        hit.reason == truth.reason || hit.reason == .optionsCut,
        "frame \(hit.frame): \(hit.reason), whole \(truth.reason)")
    }
    #expect(found.count == hits.count)
  }
}
