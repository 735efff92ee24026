import Fixtures
import Foundation
import Testing

@testable import FlowAnalyzer

/// Whole forecasts of captures.
@Suite("Forecasts")
struct ForecastTests {
  private static let collide = Fixtures.captures.appending(path: "l4-collide/server.pcap").path

  private static func brief(
    _ path: String = collide, presets: [LoadBalancerPreset] = [], limit: Int = 32_768,
    timeWait: Int64? = nil, workers: Int = 2
  ) -> AnalysisReport {
    var configuration = AnalyzerConfiguration()
    configuration.forecast = .brief
    configuration.forecast?.presets = presets
    configuration.forecast?.maximumArrivals = limit
    configuration.balancers = presets
    configuration.timeWait = timeWait
    configuration.workers = workers
    return Analyzer(configuration: configuration)
      .analyze([CaptureInput(path: path, role: .server)]).report
  }

  private static func whole(
    _ inputs: [CaptureInput] = [CaptureInput(path: collide, role: .server)],
    _ change: (inout ForecastOptions) -> Void = { _ in }
  ) throws -> Forecast {
    var options = ForecastOptions()
    options.timeWaits = [60_000_000_000]
    options.holds = [65_000_000_000]
    options.loads = [2]
    options.requests = [10]
    change(&options)
    return try #require(Analyzer().forecast(inputs, options).report.forecast)
  }

  /// The first attempts only.
  private static func beginning() throws -> CaptureBuilder {
    var short = try CaptureBuilder(reading: collide)
    short.packets.removeLast(short.packets.count - 60)
    return short
  }

  // MARK: - In every report

  @Test func `a brief forecast has one world for each question, and the best measure`() throws {
    let report = Self.brief()
    let forecast = try #require(report.forecast)
    #expect(report.forecastAbsence == nil && forecast.isBrief)
    #expect(
      forecast.rows.map(\.group) == [.recorded, .addresses, .ports, .timeWait, .hold, .load])
    #expect(forecast.rows.map(\.value) == [0, 2, 28_232, 15, 65, 2])
    #expect(forecast.basis.attempts == 140 && forecast.basis.attemptsHit == 73)
    // The recorded number lies near that of its replays, and half the attempts for each port meet less.
    #expect(abs(forecast.rows[0].attemptsHit.median - 73) < 12)
    #expect(forecast.rows[1].attemptsHit.high < forecast.rows[0].attemptsHit.low)
    #expect(forecast.rows[5].attemptsHit.low > forecast.rows[0].attemptsHit.high)
    #expect(!forecast.recommendations.isEmpty)
    #expect(forecast.links.isEmpty)
  }

  @Test(arguments: [72, 80, 130])
  func `its table fits, and its heading promises what is there`(width: Int) throws {
    let lines = Self.brief().text(TextStyle(width: width)).split(separator: "\n")
    let heading = try #require(lines.firstIndex { $0.hasPrefix("FORECAST") })
    let table = lines[heading...].dropFirst().prefix(7)
    let recorded = try #require(table.first { $0.contains("as recorded") })
    #expect(lines[heading].contains("in parentheses") == recorded.contains("("))
    #expect(lines[heading].contains("a wider terminal") == !recorded.contains("("))
    if width >= 80 { for line in table { #expect(line.count <= width, "\(line)") } }
  }

  @Test func `it costs no verdict, and does not depend on workers`() {
    let one = Self.brief(workers: 1)
    #expect(one.jsonText == Self.brief(workers: 2).jsonText)
    var without = one
    without.forecast = nil
    without.forecastAbsence = .notAsked
    #expect(without.jsonText == AnalysisReport(real: "l4-collide/server.pcap").jsonText)
  }

  @Test func `of a capture without a packet whatif says so, and draws nothing`() throws {
    let folder = try TemporaryDirectory()
    var empty = try CaptureBuilder(reading: Self.collide)
    empty.packets.removeAll()
    let report = Analyzer().forecast(
      [CaptureInput(path: try folder.write(empty, as: "empty.pcap"), role: .server)],
      ForecastOptions()
    ).report
    let text = report.forecastText()
    #expect(text.contains("There is nothing to replay. No packet was captured."))
    #expect(!text.contains("No port was chosen") && !text.contains("to recommend"))
    #expect(!text.contains("WORLDS") && !text.contains("see above"))
  }

  @Test func `where it can say nothing, the reason is said`() throws {
    let folder = try TemporaryDirectory()
    let few = Self.brief(try folder.write(try Self.beginning(), as: "short.pcap"))
    #expect(few.forecast == nil && few.forecastAbsence == .fewAttempts)
    var configuration = AnalyzerConfiguration()
    configuration.forecast = .brief
    let client = Fixtures.captures.appending(path: "l4-clean/client-any.pcap").path
    let none = Analyzer(configuration: configuration)
      .analyze([CaptureInput(path: client, role: .client)]).report
    #expect(none.forecast == nil && none.forecastAbsence == .noAttempts)
  }

  @Test func `of more attempts than are kept a sample is replayed`() throws {
    let forecast = try #require(Self.brief(limit: 60).forecast)
    #expect(forecast.basis.attempts == 140 && forecast.basis.attemptsHit == 73)
    #expect(forecast.basis.attemptsReplayed >= 15 && forecast.basis.attemptsReplayed <= 60)
    #expect(forecast.basis.attemptsOmitted == 0)
    #expect(forecast.rows[0].attempts >= 130 && forecast.rows[0].attempts <= 150)
    #expect(abs(forecast.rows[0].attemptsHit.median - 73) < 25)
    let whole = try #require(Self.brief().forecast)
    #expect(whole.basis.attemptsReplayed == 140)
  }

  // MARK: - How far it goes

  @Test func `a capture shorter than TIME_WAIT gives a hint, and says so`() throws {
    let report = Self.brief()
    let forecast = try #require(report.forecast)
    #expect(forecast.basis.limits.contains(.shorterThanTimeWait))
    #expect(!forecast.basis.limits.contains(.shorterThanThreeTimeWaits))
    #expect(forecast.basis.grade == .limited)
    let prose = try #require(ForecastProse(report))
    #expect(
      prose.bestMeasure.runs.map(\.text).joined().hasPrefix(
        "A hint, not a forecast: the captures are too short ("))
    #expect(report.text().contains("A hint, not a forecast"))
    let long = try #require(Self.brief(timeWait: 1_000_000_000).forecast)
    #expect(!long.basis.limits.contains(.shorterThanTimeWait))
  }

  @Test func `of too few attempts nothing is recommended`() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(try Self.beginning(), as: "short.pcap")
    var report = Analyzer().forecast(
      [CaptureInput(path: path, role: .server)], ForecastOptions()
    ).report
    let forecast = try #require(report.forecast)
    #expect(forecast.basis.grade == .inconclusive && forecast.recommendations.isEmpty)
    #expect(report.forecastText().contains("too little to recommend anything"))
    report.forecast?.basis.limits = [.fewHits]
    report.forecast?.basis.grade = .limited
    report.forecast?.basis.attemptsHit = 3
    report.forecast?.rows[0].delayed = .init(low: 1, median: 3, high: 5)
    report.forecast?.recommendations = [.init(measure: .pool, value: 10, row: 1)]
    #expect(report.forecastText().contains("there are too few hits (3)"))
  }

  // MARK: - The replay and what was recorded

  /// The verdict says that connections were killed; the model has TIME_WAIT alone.
  @Test(arguments: ["half-open", "closewait"])
  func `what the replay cannot show is not called harmless`(scenario: String) throws {
    let path = Fixtures.captures.appending(path: "\(scenario)/server.pcap").path
    let report = Self.brief(path)
    let forecast = try #require(report.forecast)
    #expect(forecast.rows[0].delayed.median == 0)
    #expect(forecast.basis.limits.contains(.replayDiffers))
    let text = report.text().unwrapped
    #expect(!text.contains("nothing to mend"))
    #expect(text.contains("it knows TIME_WAIT alone"))
    #expect(text.contains("'What helps' above is about them."))
    let whole = Analyzer().forecast([CaptureInput(path: path, role: .server)], ForecastOptions())
    #expect(whole.report.forecastText().unwrapped.contains("'analyze' says what helps against"))
  }

  /// The proxy's own sequence numbers rise on each tuple: every hit was let in, and is in the replay.
  @Test(arguments: ["l7-proxyv2/server.pcap", "l7-http/server.pcap", "l7-http/lb-any.pcap"])
  func `one host's numbers rise, as the recorded hits show`(capture: String) throws {
    let path = Fixtures.captures.appending(path: capture).path
    var configuration = AnalyzerConfiguration()
    configuration.forecast = .brief
    let role = capture.hasSuffix("any.pcap") ? nil : CaptureRole.server
    let report = Analyzer(configuration: configuration)
      .analyze([CaptureInput(path: path, role: role)]).report
    let forecast = try #require(report.forecast)
    #expect(forecast.loadBalancer.numbersRise)
    #expect(forecast.basis.attemptsDelayed == 0)
    #expect(forecast.rows.allSatisfy { $0.delayed.high == 0 })
    #expect(forecast.rows[0].attemptsHit.median > 0)
    #expect(report.text().contains("there is nothing to mend at this load"))
  }

  @Test func `clients whose numbers do not rise are taken as they are`() throws {
    let forecast = try #require(Self.brief().forecast)
    #expect(!forecast.loadBalancer.numbersRise)
    #expect(forecast.basis.attemptsDelayed == 38)
    #expect(!forecast.basis.limits.contains(.replayDiffers))
  }

  @Test func `a replay that delays where nobody was delayed is said to differ`() throws {
    var report = AnalysisReport.sample
    report.summary.syns.reasons = [.init(answer: .accepted, reason: .sequenceNewer, hits: 9)]
    var server = RecordedServer(
      timeWait: 60_000_000_000, stack: .linux, ignoresResets: false)
    server.learn(from: report)
    #expect(!server.areNumbersRising)
    report.summary.syns.reasons[0].hits = 10
    server.learn(from: report)
    #expect(server.areNumbersRising && server.delayedAttempts == 0)
    report.topology.translation = .l4
    server.learn(from: report)
    #expect(!server.areNumbersRising)
    report.topology.translation = .l7
    report.summary.syns.reasons.append(.init(answer: .accepted, reason: .timestampNewer, hits: 1))
    server.learn(from: report)
    #expect(!server.areNumbersRising && server.opensConnections)
  }

  // MARK: - What helps

  /// A short port range is most often what is wrong.
  @Test func `more ports are a measure, with their price`() throws {
    let report = Analyzer().forecast(
      [CaptureInput(path: Self.collide, role: .server)], ForecastOptions()
    ).report
    let forecast = try #require(report.forecast)
    let advice = try #require(forecast.recommendations.first { $0.measure == .addPorts })
    #expect(advice.value == 28_232 && forecast.rows[advice.row].group == .ports)
    #expect(forecast.rows[advice.row].delayed.median == 0)
    let text = report.forecastText().unwrapped
    #expect(text.contains("use 28,232 ports of each SNAT address: "))
    #expect(text.contains("net.ipv4.ip_local_port_range"))
    // The first advice of the brief forecast is that of the whole, and what the verdict says.
    #expect(Self.brief().forecast?.recommendations.first?.measure == .addPorts)
    #expect(forecast.recommendations.first?.measure == .addPorts)
  }

  /// How long ports are kept back is not known of this one; then it is not known in any world.
  @Test func `rows of the recorded world need as many ports`() throws {
    let path = Fixtures.captures.appending(path: "l4-clean/server.pcap").path
    let forecast = try Self.whole([CaptureInput(path: path, role: .server)])
    let recorded = forecast.rows.filter(\.isRecorded)
    let ports = recorded.filter { [.recorded, .addresses, .ports].contains($0.group) }
      .map(\.peakPorts.median)
    #expect(ports.count == 3)
    #expect((ports.max() ?? 0) - (ports.min() ?? 0) <= 0.2 * (ports.max() ?? 0), "\(ports)")
  }

  // MARK: - Load balancers

  @Test func `a named load balancer has its row, and the captures may contradict it`() throws {
    let report = Self.brief(presets: [.f5, .gcp])
    let rows = try #require(report.forecast).rows.filter { $0.group == .preset }
    #expect(rows.map(\.name) == ["f5", "gcp"])
    #expect(rows.map(\.value) == [2, 120])
    let named = report.analysis.lbHold.named
    #expect(named.map(\.balancer) == [.f5, .gcp])
    // It gave a port away after 1 ms.
    #expect(named.allSatisfy { $0.isContradicted })
    let words = report.text().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("f5 holds them for 2 s, which this one did not"))
  }

  @Test func `without names all are compared, with names those`() throws {
    let all = try Self.whole().rows.filter { $0.group == .preset }
    #expect(all.compactMap(\.name) == LoadBalancerPreset.allCases.map(\.rawValue))
    let some = try Self.whole { $0.presets = [.dpvs] }.rows.filter { $0.group == .preset }
    #expect(some.compactMap(\.name) == ["dpvs"])
  }

  /// Twice the same traffic, the second time from another SNAT address.
  private func twoBalancers(sharingAddress: Bool) throws -> Forecast {
    let folder = try TemporaryDirectory()
    let one = try CaptureBuilder(reading: Self.collide)
    var other = one.delayed(by: 1_500_000)
    for index in other.packets.indices where !sharingAddress {
      // 10.10.1.1 becomes 10.10.1.2, whichever end it is.
      let network = other.tcpOffset(of: other.packets[index]) - 20
      for address in [network + 12, network + 16]
      where other.packets[index].bytes[address..<address + 4].elementsEqual([10, 10, 1, 1]) {
        other.packets[index].bytes[address + 3] = 2
      }
    }
    let inputs = [
      CaptureInput(path: try folder.write(one, as: "one.pcap"), role: .server, pointName: "lb1"),
      CaptureInput(
        path: try folder.write(other, as: "other.pcap"), role: .server, pointName: "lb2"),
    ]
    return try Self.whole(inputs)
  }

  @Test func `points with addresses of their own are several load balancers`() throws {
    let forecast = try twoBalancers(sharingAddress: false)
    #expect(forecast.balancers.map(\.points) == [["lb1"], ["lb2"]])
    #expect(
      forecast.balancers.map { $0.addresses.map(\.description) } == [["10.10.1.1"], ["10.10.1.2"]])
    #expect(forecast.balancers.map(\.attempts) == [140, 140])
    // Of each.
    #expect(forecast.loadBalancer.addresses == 1)
    let recorded = forecast.rows[0].attemptsHit
    #expect(abs(recorded.median - 146) < 25)
    let rows = forecast.rows.filter { $0.group == .consolidation }
    #expect(rows.map(\.name) == ["one-pool", "joint-pool", "split", "split"])
    #expect(rows.map(\.value) == [1, 2, 4, 8])
    // Twice the attempts for each port meet more, as many for each meet about as many, fewer less.
    #expect(rows[0].attemptsHit.low > recorded.high)
    #expect(rows[1].attemptsHit.low <= recorded.high && rows[1].attemptsHit.high >= recorded.low)
    #expect(rows[2].attemptsHit.high < recorded.low)
    #expect(rows[3].attemptsHit.high < rows[2].attemptsHit.low)
  }

  @Test func `points that share an address are one`() throws {
    let forecast = try twoBalancers(sharingAddress: true)
    #expect(forecast.balancers.isEmpty)
    #expect(forecast.rows.filter { $0.group == .consolidation }.map(\.name) == ["split", "split"])
  }

  // MARK: - The price of a longer hold

  @Test func `a longer hold needs entries and ports, and may refuse`() throws {
    let forecast = try Self.whole { $0.holds = [0, 65_000_000_000] }
    let held = forecast.rows.filter { $0.group == .hold }
    let (short, long) = (try #require(held[0].entries), try #require(held[1].entries))
    #expect(short.peak < long.peak)
    // In a run of a few seconds none is forgotten.
    #expect(long.peak > 130)
    #expect(long.expected > Double(long.peak))
    #expect(held[1].peakPorts.median >= held[0].peakPorts.median)
    #expect(forecast.rate.newPerSecond > 1)
    // The rows in which nothing of this changes do not say it.
    #expect(forecast.rows.filter { $0.group == .choice }.allSatisfy { $0.entries == nil })
  }
}

extension AnalysisReport {
  fileprivate var jsonText: String { String { text in writeJSON { text.append($0) } } }
}
