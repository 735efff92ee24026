import Fixtures
import FlowAnalyzer
import Foundation
import Testing

@testable import ReportFormats

@Suite("JUnit reports, read by what reads them in CI")
struct JUnitReportTests {
  /// Reports of every kind: hits, none, no verdict, nothing to read; with a policy and without.
  static let captures = [
    "l4-collide/server.pcap", "l4-clean/server.pcap", "half-open/server.pcap",
    "l4-rfc1337/server.pcap", "l4-v6/server.pcap", "l4-clean/client-any.pcap",
  ]

  private static func report(_ capture: String, isChecked: Bool) -> AnalysisReport {
    var report = AnalysisReport(fixtures: capture)
    if isChecked { report.check = Policy.standard.verdict(on: report) }
    return report
  }

  /// Hostile in every place where a stranger's text can stand.
  static let hostile: AnalysisReport = {
    var report = JUnitReportTests.report("l4-collide/server.pcap", isChecked: false)
    let name = "a&b<c>\"d'\u{0}\u{1B}[2J\u{B}\u{FFFE}\u{FFFF}]]>\n\t\r\u{1F600}.pcap"
    report.captures[0].path = name
    report.captures[0].error = "\(name): broken"
    report.captures[0].warnings = [name]
    var policy = Policy.standard
    policy.origin = name
    report.check = policy.verdict(on: report)
    return report
  }()

  @Test(.needs("xmllint"), arguments: captures, [true, false])
  func `a report is valid against the schema`(capture: String, isChecked: Bool) throws {
    try Self.validate(Self.report(capture, isChecked: isChecked).junit)
  }

  @Test(.needs("xmllint"))
  func `hostile names leave it valid, and readable`() throws {
    try Self.validate(Self.hostile.junit)
    #expect(Self.hostile.junit.contains("a&amp;b&lt;c&gt;&quot;d'"))
  }

  @Test(.needs("xmllint"))
  func `the schema can say no`() throws {
    let good = Self.report(Self.captures[0], isChecked: true).junit
    for (part, other) in [
      (" tests=\"6\"", ""), ("<failure ", "<faliure "), ("</failure>", "&#1;</failure>"),
      ("time=\"0\"", "time=\"-1\""), ("name=\"verdict\"", "name=\"coverage.grade\""),
    ] {
      let bad = good.replacing(part, with: other)
      #expect(bad != good)
      let result = try Consumer.required("xmllint")
        .run("--noout", "--schema", Consumer.script("junit.xsd"), "-", input: bad)
      #expect(result.status != 0, "\(part)")
    }
  }

  private static func validate(_ xml: String) throws {
    try Consumer.required("xmllint")
      .run("--noout", "--schema", Consumer.script("junit.xsd"), "-", input: xml).expectSuccess()
  }

  // MARK: - What is understood

  private struct Suite: Decodable {
    var name: String
    var tests: Int
    var failures: Int
    var errors: Int
    var skipped: Int
    var timestamp: String?
    var properties: [String: String]
    var cases: [Case]

    struct Case: Decodable {
      var name: String
      var group: String
      var outcome: Outcome
    }

    struct Outcome: Decodable {
      var kind: String
      var message: String?
      var type: String?
      var text: String?
    }

    func kind(_ name: String) -> String? { cases.first { $0.name == name }?.outcome.kind }
  }

  private func read(_ xml: String) throws -> Suite {
    let result = try Consumer.required("python3").run(Consumer.script("read-junit"), input: xml)
    result.expectSuccess()
    let suites = try JSONDecoder().decode([Suite].self, from: Data(result.output.utf8))
    let suite = try #require(suites.first)
    #expect(suites.count == 1)
    #expect(suite.name == "snat-audit")
    #expect(suite.tests == suite.cases.count)
    for (kind, count) in [
      ("failure", suite.failures), ("error", suite.errors), ("skipped", suite.skipped),
    ] {
      #expect(suite.cases.count { $0.outcome.kind == kind } == count)
    }
    return suite
  }

  @Test(.needs("junitparser"), arguments: captures)
  func `every rule of a policy is a case`(capture: String) throws {
    let report = Self.report(capture, isChecked: true)
    let suite = try read(report.junit)
    let check = try #require(report.check)
    for rule in check.rules {
      let expected =
        switch rule.outcome {
        case .passed: "passed"
        case .failed: "failure"
        case .inconclusive: "skipped"
        }
      #expect(suite.kind(rule.name) == expected)
    }
    // What is red in CI is what the exit code is for.
    #expect((check.outcome == .passed) == (suite.failures + suite.errors == 0))
    #expect(suite.properties["summary.syns.total"] == "\(report.summary.syns.total)")
    #expect(suite.properties["check.outcome"] == check.outcome.rawValue)
  }

  @Test(.needs("junitparser"))
  func `a broken rule says by how much, and where to look`() throws {
    let report = Self.report("l4-collide/server.pcap", isChecked: true)
    let outcome = try #require(
      try read(report.junit).cases.first { $0.name == "maximum.hits.rejected" }?.outcome)
    #expect(outcome.message == "maximum.hits.rejected: 56, at most 0: over by 56")
    #expect(outcome.type == "hits.rejected")
    let text = try #require(outcome.text)
    for pointer in try #require(report.check?.rules.first?.findings) {
      #expect(text.contains("snat-audit explain \(pointer.id) --server "))
      #expect(text.contains("frame \(pointer.frame) of "))
    }
  }

  @Test(.needs("junitparser"))
  func `without a policy standing questions are asked`() throws {
    let collide = try read(Self.report("l4-collide/server.pcap", isChecked: false).junit)
    #expect(collide.kind("no SYN was refused in TIME_WAIT") == "failure")
    #expect(collide.kind("no attempt was delayed by a hit") == "failure")
    #expect(collide.kind("no live connection was killed") == "passed")
    #expect(collide.kind("the captures allow a verdict") == "passed")
    let open = try read(Self.report("half-open/server.pcap", isChecked: false).junit)
    #expect(open.kind("no SYN was refused by an established connection") == "failure")
    let clean = try read(Self.report("l4-clean/server.pcap", isChecked: false).junit)
    #expect(clean.failures + clean.errors + clean.skipped == 0)
  }

  @Test(.needs("junitparser"))
  func `where there is no verdict nothing passes and nothing fails`() throws {
    let suite = try read(AnalysisReport(clientSide: "l4-clean/client-any.pcap").junit)
    #expect(suite.failures + suite.errors == 0)
    #expect(suite.kind("no SYN was refused in TIME_WAIT") == "skipped")
    #expect(suite.kind("the captures allow a verdict") == "skipped")
    #expect(suite.kind("every input could be read") == "passed")
  }

  @Test(.needs("junitparser"))
  func `an input that could not be read is an error`() throws {
    let suite = try read(AnalysisReport(fixtures: "there-is-none.pcap").junit)
    #expect(suite.kind("every input could be read") == "error")
  }
}

extension AnalysisReport {
  /// Of the clients' side alone.
  init(clientSide file: String) {
    let path = Fixtures.captures.appending(path: file).path
    self = Analyzer().analyze([CaptureInput(path: path, role: .client)]).report
  }
}
