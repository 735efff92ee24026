import Foundation
import Testing

@testable import FlowAnalyzer

@Test func replayLab() throws {
  guard let path = ProcessInfo.processInfo.environment["FORECAST"] else { return }
  let clock = ContinuousClock()
  let start = clock.now
  let analysis = Analyzer().forecast([CaptureInput(path: path)], ForecastOptions())
  let forecast = analysis.report.forecast!
  print(clock.now - start, analysis.report.summary.attempts.hit)
  print(forecast.basis, forecast.loadBalancer)
  for row in forecast.rows { print(row.group, row.value, row.name ?? "", row.isRecorded ? "*" : "", row.attempts, "hit", row.attemptsHit.low, row.attemptsHit.median, row.attemptsHit.high, "delayed", row.delayed.median, "added", row.addedSeconds.median, "refused", row.refused.median, "peak", row.peakPorts.median, row.expectedHits ?? -1) }
  print(forecast.lateSegments)
  for link in forecast.links.prefix(12) { print(link) }
  for r in forecast.recommendations { print(r) }
}
