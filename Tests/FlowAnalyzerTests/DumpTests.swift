import Foundation
import Testing

@testable import FlowAnalyzer

@Test func replayLab() throws {
  guard let names = ProcessInfo.processInfo.environment["LABRUNS"] else { return }
  for name in names.split(separator: ",") {
    var inside = 0
    var n = 0
    var medians = 0.0
    var observed = 0.0
    for seed in 5...14 {
      let path = "/tmp/labruns/seed-\(seed)/\(name)/lb-any.pcap"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let (report, log) = Analyzer().dump([CaptureInput(path: path)])
      let model = LoadBalancerModel(log)
      let traffic = Traffic(log, seed: 1)
      var counts: [Int] = []
      let clock = ContinuousClock()
      let start = clock.now
      for repetition in 0..<100 {
        var random = SeededRandom(seed: 7, stream: 1, repetition: repetition)
        let world = World(
          policy: model.policy(&random), timeWait: 60_000_000_000, stack: .linux,
          ignoresResets: report.analysis.server.rfc1337 == "on")
        counts.append(Replay.run(traffic, of: log, in: world, random: random).attemptsHit)
      }
      let time = clock.now - start
      counts.sort()
      let obs = report.summary.attempts.hit
      let ok = counts[5] <= obs && obs <= counts[94]
      inside += ok ? 1 : 0
      n += 1
      medians += Double(counts[50])
      observed += Double(obs)
      print(
        ok ? "  ok " : "  no ", name, seed, "obs", obs, "of", log.arrivals.count, counts[5],
        counts[50], counts[94], model.choice.rawValue, model.isInferred, "A", model.addresses, "P",
        model.ports, "hold", Double(model.likeliest.hold) / 1e9, "leak", model.likeliest.leak,
        model.hold!.best.choices, model.hold!.best.evictions, "rank", model.evidence.meanRank,
        model.evidence.reuses, "seq", model.evidence.following, model.evidence.choices, "pres",
        model.evidence.preserved, model.evidence.known, time)
    }
    print("==", name, "\(inside)/\(n)", "median", medians / Double(n), "obs", observed / Double(n))
  }
}
