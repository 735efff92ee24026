import Fixtures
import Foundation
import ReportFormats

@testable import FlowAnalyzer

/// Reports of all shapes that there are, made once for all tests that hold them against a consumer.
enum SampleReports {
  static let all: [(name: String, report: AnalysisReport)] = fixtures + odd

  /// Each committed capture: the server side alone, both in one file, and both in two.
  private static let fixtures: [(name: String, report: AnalysisReport)] = {
    let folders = try? FileManager.default.contentsOfDirectory(atPath: Fixtures.captures.path)
    return (folders ?? []).sorted().flatMap { scenario in
      let server = input("\(scenario)/server.pcap", .server)
      let client = input("\(scenario)/client-any.pcap", .client)
      var reports = [("\(scenario)-server", analyze([server]))]
      if FileManager.default.fileExists(atPath: client.path) {
        reports.append(("\(scenario)-sides", analyze([server, client])))
        reports.append(("\(scenario)-any", analyze([input("\(scenario)/lb-any.pcap", nil)])))
      }
      return reports
    }
  }()

  /// What is cut, empty, missing, half done, or in no fixture.
  private static let odd: [(name: String, report: AnalysisReport)] = {
    let server = input("l4-collide/server.pcap", .server)
    let client = input("l4-collide/client-any.pcap", .client)
    guard let folder = try? TemporaryFolder(),
      let data = try? Data(contentsOf: URL(filePath: server.path)),
      let cut = try? folder.file("cut.pcap", data.prefix(data.count / 2 + 5)),
      let empty = try? folder.file("empty.pcap", data.prefix(24)),
      let noCapture = try? folder.file("no-capture.pcap", Data("hello".utf8))
    else { return [] }
    var limited = AnalyzerConfiguration()
    limited.maximumFindings = 2
    limited.maximumHeldTuples = 3
    limited.timeWait = 30_000_000_000
    limited.serverStack = .freebsd
    var part = AnalyzerConfiguration()
    part.selection = PacketSelection(
      filter: "tcp portrange 4000-4020", since: .afterStart(1_000_000_000),
      until: .afterStart(5_000_000_000))
    var anonymous = part
    anonymous.anonymizer = try? AddressAnonymizer(key: Array(0..<32))
    var withForecast = AnalyzerConfiguration()
    withForecast.forecast = .brief
    withForecast.forecast?.presets = [.f5]
    withForecast.balancers = [.f5, .dpvs]
    return [
      ("part", analyze([server, client], part)),
      ("anonymous", analyze([server, client], anonymous)),
      ("client-only", analyze([client])),
      ("cut", analyze([CaptureInput(path: cut.path, role: .server)])),
      ("empty", analyze([CaptureInput(path: empty.path)])),
      ("no-capture", analyze([CaptureInput(path: noCapture.path)])),
      ("missing", analyze([CaptureInput(path: folder.url.appending(path: "none").path), server])),
      ("limited", analyze([server, client], limited)),
      ("partial", partial(analyze([server]))),
      ("rich", rich(analyze([server, client]))),
      ("checked", checked(analyze([server, client]))),
      ("forecast", Analyzer().forecast([server, client], ForecastOptions()).report),
      ("brief", analyze([server, client], withForecast)),
    ]
  }()

  /// As the command marks it when it is interrupted.
  private static func partial(_ report: AnalysisReport) -> AnalysisReport {
    var report = report
    report.partial = true
    return report
  }

  /// With the verdict of a policy that is broken, against a baseline of the same captures.
  private static func checked(_ report: AnalysisReport) -> AnalysisReport {
    var report = report
    report.check = Policy.standard.verdict(on: report)
    return report
  }

  /// With what no fixture has: connections of several clients, drops, addresses without ports.
  private static func rich(_ report: AnalysisReport) -> AnalysisReport {
    var report = report
    report.captures[0].dropped = 5
    report.captures[0].warnings = ["a \"warning\"\nof two lines"]
    report.captures[0].path = "caf\u{e9} \\ \"1\".pcap"
    report.summary.pairs?.byMethod = ["forwarded": 1]
    let clients = (1...8).map { AnalysisReport.Client(ip: IPAddress(v4: $0), port: nil) }
    let findings = report.findings.map { finding in
      var finding = finding
      finding.current = AnalysisReport.Party(
        client: clients[0], method: .forwarded, confidence: 0.95, clients: clients, clientCount: 9)
      finding.hits[0].killedConnection = true
      finding.hits[0].previous = finding.current
      return finding
    }
    report.findings = .init(count: findings.count) { findings[$0] }
    return report
  }

  private static func input(_ path: String, _ role: CaptureRole?) -> CaptureInput {
    CaptureInput(path: Fixtures.captures.appending(path: path).path, role: role)
  }

  private static func analyze(
    _ inputs: [CaptureInput], _ configuration: AnalyzerConfiguration = .init()
  ) -> AnalysisReport {
    Analyzer(configuration: configuration).analyze(inputs).report
  }

  /// Writes each report in a format to a file of its own, and says where.
  static func write(
    to folder: TemporaryFolder, extension suffix: String, _ text: (AnalysisReport) -> String
  ) throws -> [String] {
    try all.map { try folder.file("\($0.name).\(suffix)", Data(text($0.report).utf8)).path }
  }
}

extension AnalysisReport {
  var json: String {
    String { bytes in writeJSON { bytes.append($0) } }
  }

  var ndjson: String {
    String { bytes in writeNDJSON { bytes.append($0) } }
  }
}
