import Fixtures
import Foundation
import Testing

@testable import FlowAnalyzer

/// A fixture that was analysed, and all its findings traced.
struct Traced {
  let analyzer: Analyzer
  let analysis: Analysis
  let traces: [FindingTrace]

  init(_ inputs: [CaptureInput], workers: Int = 2, framesPerConversation: Int = 256) throws {
    var configuration = AnalyzerConfiguration()
    configuration.workers = workers
    analyzer = Analyzer(configuration: configuration)
    analysis = analyzer.analyze(inputs)
    traces = try analyzer.trace(
      Array(analysis.report.findings), of: analysis, framesPerConversation: framesPerConversation)
  }

  /// - Parameter files: of a fixture; `client-any.pcap` is the clients' side, `server.pcap` the server's.
  init(_ scenario: String, _ files: String..., workers: Int = 2, limit: Int = 256) throws {
    try self.init(
      files.map { Self.input(scenario, $0) }, workers: workers, framesPerConversation: limit)
  }

  static func input(_ scenario: String, _ file: String) -> CaptureInput {
    let role: CaptureRole? =
      switch file {
      case "server.pcap": .server
      case "client-any.pcap": .client
      default: nil
      }
    return CaptureInput(
      path: Fixtures.captures.appending(path: "\(scenario)/\(file)").path, role: role)
  }

  var report: AnalysisReport { analysis.report }

  func ladder(_ index: Int) -> Ladder { Ladder(traces[index], of: report) }

  /// The ladder of the finding that harmed most.
  var worst: Ladder {
    get throws {
      let worst = try #require(report.worstFinding)
      let trace = try #require(traces.first { $0.finding.id == worst.id })
      return Ladder(trace, of: report)
    }
  }

  /// The pcapng of a finding.
  func extracted(_ index: Int) throws -> [UInt8] {
    var file: [UInt8] = []
    _ = try analyzer.extract(traces[index], of: analysis) { piece in
      for position in piece.indices { file.append(piece[position]) }
    }
    return file
  }
}
