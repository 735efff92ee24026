import Fixtures
import Foundation
import Testing

@testable import FlowAnalyzer
@testable import ReportFormats

@Suite("Drawings of the HTML report")
struct DrawingTests {
  private static let report = AnalysisReport(fixtures: "l4-collide/server.pcap")

  /// An element on each line, so that a difference shows.
  private func expectDrawing(_ drawing: Markup, named name: String) throws {
    try expectSnapshot(
      drawing.text.replacing("><", with: ">\n<") + "\n", named: "\(name).svg")
  }

  @Test func `the time line is as recorded`() throws {
    let timeline = try #require(Self.report.timeline)
    try expectDrawing(TimelineChart(timeline: timeline).drawing, named: "timeline")
  }

  @Test func `the histogram of reuses is as recorded`() throws {
    try expectDrawing(
      ReuseChart(
        intervals: Self.report.reuseIntervals,
        timeWait: Self.report.analysis.timeWait.assumedSeconds,
        lbHold: Self.report.analysis.lbHold.atMostSeconds
      ).drawing, named: "reuse")
  }

  @Test func `the ports are as recorded`() throws {
    try expectDrawing(BarChart.sources(Self.report).drawing, named: "sources")
  }

  @Test func `the delays are as recorded`() throws {
    try expectDrawing(
      BarChart.delays(ReportProse(Self.report, ranking: 1)).drawing, named: "delays")
  }

  @Test func `the ladder of a finding alone is as recorded`() throws {
    let finding = try #require(Self.report.worstFinding)
    try expectDrawing(
      LadderDrawing(LadderDiagram(finding), id: "ladder", title: "A finding").drawing,
      named: "ladder")
  }

  @Test func `the ladder of the packets is as recorded`() throws {
    let analyzer = Analyzer()
    let analysis = analyzer.analyze([
      CaptureInput(path: Fixtures.captures.appending(path: "half-open/server.pcap").path)
    ])
    let finding = try #require(analysis.report.worstFinding)
    let trace = try #require(analyzer.trace([finding], of: analysis).first)
    try expectDrawing(
      LadderDrawing(
        LadderDiagram(Ladder(trace, of: analysis.report)), id: "ladder", title: "A finding"
      ).drawing, named: "ladder-packets")
  }

  @Test func `TIME_WAIT stands between the classes that it parts`() throws {
    let chart = ReuseChart(
      intervals: [1, 10, 60, 100].map {
        .init(belowSeconds: Seconds(nanoseconds: $0 * 1_000_000_000), hits: 1, others: 0)
      } + [.init(belowSeconds: nil, hits: 0, others: 2)],
      timeWait: Seconds(nanoseconds: 60_000_000_000), lbHold: nil)
    #expect(chart.drawing.text.contains("class=\"mark held\" x1=\"60%\" x2=\"60%\""))
    #expect(chart.summary.contains("3 came within the 60 s"))
  }

  @Test(arguments: [0, 1, 2, 3, 7, 10, 99, 1000, 65_536, 12_345_678])
  func `axes end at what they show, or beyond it in round steps`(most: Int) {
    let axis = CountAxis(upTo: Double(most), isWhole: true)
    #expect(axis.end >= Double(most))
    #expect(axis.end <= max(Double(most) * 2, 1))
    #expect((1...3).contains(axis.steps))
    #expect(axis.label(0) == "0")
  }

  @Test func `labels of axes are short`() {
    #expect(CountAxis(upTo: 2500, isWhole: true).label(1) == "1k")
    #expect(CountAxis(upTo: 0.25, isWhole: false).label(1) == "0.1")
    #expect(CountAxis(upTo: 0.04, isWhole: false).label(2) == "0.04")
    #expect(CountAxis(upTo: 5_000_000, isWhole: true).label(2) == "4 M")
  }

  @Test(arguments: [0.3, 1, 6.5, 60, 600, 7200, 86_400, 1_000_000, 100_000_000])
  func `times have few ticks, at round instants, in order`(length: Double) throws {
    let axis = TimeAxis(start: Timestamp(nanoseconds: 1_795_361_852_000_000_000), length: length)
    #expect((2...9).contains(axis.ticks.count), "\(axis.ticks)")
    #expect(axis.ticks.allSatisfy { (0...1).contains($0.share) })
    #expect(zip(axis.ticks, axis.ticks.dropFirst()).allSatisfy { $0.share < $1.share })
  }

  @Test(arguments: [
    (0, "0"), (0.5, "0.5"), (0.05, "0.05"), (-1.25, "-1.25"), (12.999, "13"), (1.1, "1.1"),
  ])
  func `coordinates are short`(value: Double, text: String) { #expect(value.svg == text) }
}
