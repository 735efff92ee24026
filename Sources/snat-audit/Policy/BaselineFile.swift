import FlowAnalyzer
import Foundation

/// An earlier JSON report, read down to what a policy compares.
enum BaselineFile {
  /// The most that a report takes: 100,000 findings are 80 MB.
  private static let largest = 1 << 30

  /// - Throws: `FileFault` where it is none, or one of another major version.
  static func read(_ path: String) throws(FileFault) -> Baseline {
    let data = try TextFile.data(path, atMost: largest)
    do {
      let version = try JSONDecoder().decode(Version.self, from: data).schemaVersion
      let own = AnalysisReport.schemaVersion
      guard version.split(separator: ".").first == own.split(separator: ".").first else {
        throw FileFault(
          file: path,
          problem: "its schemaVersion is \(version), and this program compares with \(own) only")
      }
      return try JSONDecoder().decode(Report.self, from: data).baseline(path)
    } catch let fault as FileFault {
      throw fault
    } catch let error as DecodingError {
      throw FileFault(file: path, problem: "no JSON report of snat-audit: \(error.place)")
    } catch {
      throw FileFault(file: path, problem: "no JSON report of snat-audit: \(error)")
    }
  }
}

// The fields of the report that are needed; JSONReport writes them.

private struct Version: Decodable {
  var schemaVersion: String
}

private struct Report: Decodable {
  var captures: [Capture]
  var coverage: Evidence
  var findings: [Finding]
  var findingsOmitted: Count
  var summary: Summary

  struct Capture: Decodable {
    var contentHash: String?
  }

  struct Evidence: Decodable {
    var grade: String
  }

  struct Finding: Decodable {
    var id: String
  }

  struct Summary: Decodable {
    var addedSeconds: AddedDelay
    var attempts: Attempts
    var killedConnections: Count
    var syns: Syns
  }

  struct AddedDelay: Decodable {
    var maximum: Double
    var percentiles: [String: Double]?
  }

  struct Attempts: Decodable {
    var total: Count
    var hit: Count
    var failed: Count
  }

  struct Syns: Decodable {
    var timeWait: Answers
    var established: Answers
    var closing: Answers
  }

  struct Answers: Decodable {
    var total: Count
    var accepted: Count
    var rejected: Count
    var reset: Count
    var unanswered: Count
    var undetermined: Count
  }
}

/// A number that a capture can have led to; comparing is exact up to there.
private struct Count: Decodable {
  var value: Int

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    value = try container.decode(Int.self)
    guard (0...Share.largestCount).contains(value) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no count: \(value)")
    }
  }
}

extension Report {
  func baseline(_ path: String) throws(FileFault) -> Baseline {
    guard let grade = Coverage.Grade(rawValue: coverage.grade) else {
      throw FileFault(
        file: path, problem: "no JSON report of snat-audit: coverage.grade is '\(coverage.grade)'")
    }
    var findings: Set<FindingIdentifier> = []
    for finding in self.findings {
      guard let id = FindingIdentifier(finding.id) else {
        throw FileFault(
          file: path, problem: "no JSON report of snat-audit: a finding's id is '\(finding.id)'")
      }
      findings.insert(id)
    }
    return Baseline(
      path: path, contentHashes: captures.compactMap(\.contentHash).filter { !$0.isEmpty },
      grade: grade, figures: figures, findings: findings, findingsOmitted: findingsOmitted.value)
  }

  private var figures: Figures {
    var added: [DelayStatistic: Seconds] = [
      .maximum: Seconds(rounding: summary.addedSeconds.maximum)
    ]
    for statistic in DelayStatistic.allCases where statistic != .maximum {
      added[statistic] = summary.addedSeconds.percentiles?[statistic.rawValue].map {
        Seconds(rounding: $0)
      }
    }
    return Figures(
      attempts: summary.attempts.total.value, attemptsHit: summary.attempts.hit.value,
      failedAttempts: summary.attempts.failed.value,
      killedConnections: summary.killedConnections.value, timeWait: summary.syns.timeWait.model,
      established: summary.syns.established.model, closing: summary.syns.closing.model,
      addedDelay: added)
  }
}

extension Report.Answers {
  fileprivate var model: AnalysisReport.Answers {
    AnalysisReport.Answers(
      total: total.value, accepted: accepted.value, rejected: rejected.value, reset: reset.value,
      unanswered: unanswered.value, undetermined: undetermined.value)
  }
}

extension Seconds {
  /// To the nearest nanosecond; what no capture lasts is cut.
  fileprivate init(rounding seconds: Double) {
    self.init(nanoseconds: Int64(min(max((seconds * 1e9).rounded(), 0), 9e18)))
  }
}

extension DecodingError {
  /// What is wrong, and in which field.
  fileprivate var place: String {
    let (context, fault): (Context, String) =
      switch self {
      case .typeMismatch(_, let context): (context, "has the wrong type")
      case .valueNotFound(_, let context): (context, "is null")
      case .keyNotFound(let key, let context):
        (
          Context(codingPath: context.codingPath + [key], debugDescription: ""), "is missing"
        )
      case .dataCorrupted(let context):
        (context, context.codingPath.isEmpty ? "this is no JSON" : context.debugDescription)
      @unknown default: (Context(codingPath: [], debugDescription: ""), "it cannot be decoded")
      }
    let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
      .joined(separator: ".")
    return path.isEmpty ? fault : "\(path) \(fault)"
  }
}
