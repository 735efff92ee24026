public import FlowAnalyzer

extension AnalysisReport {
  /// The report as CI systems read test results: JUnit XML, as the Ant task writes it and Jenkins,
  /// GitLab and others take it.
  ///
  /// The cases are the rules of the policy where one was asked, else standing questions. Bounded: a
  /// case names at most a few findings. Times are 0, as how long it took is no part of a report; the
  /// suite's time stamp is the first packet's.
  public var junit: String {
    let prose = ReportProse(self, ranking: 0)
    let suite = TestCases(prose)
    let counts =
      "tests=\"\(suite.cases.count)\" failures=\"\(suite.failures)\" errors=\"\(suite.errors)\""
    let timestamp =
      captures.compactMap(\.firstPacket).min().map { " timestamp=\"\($0.description.prefix(19))\"" }
      ?? ""
    var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    xml += "<testsuites name=\"snat-audit\" \(counts) time=\"0\">\n"
    xml +=
      "  <testsuite name=\"snat-audit\" \(counts) skipped=\"\(suite.skipped)\" time=\"0\"\(timestamp)>\n"
    xml += "    <properties>\n"
    for (name, value) in properties(prose) {
      xml += "      <property name=\"\(name)\" value=\"\(XMLText.escaped(value))\"/>\n"
    }
    xml += "    </properties>\n"
    for testCase in suite.cases { xml += testCase.xml }
    xml += "  </testsuite>\n</testsuites>\n"
    return xml
  }

  /// The counts that the cases stand on, under the names of the JSON report.
  private func properties(_ prose: ReportProse) -> [(String, String)] {
    let syns = summary.syns
    var properties = [
      ("verdict", prose.headline.text), ("coverage.grade", coverage.grade.rawValue),
      ("coverage.reasons", coverage.reasons.map(\.rawValue).joined(separator: ",")),
      ("summary.syns.total", "\(syns.total)"),
    ]
    for (name, answers) in [
      ("timeWait", syns.timeWait), ("established", syns.established), ("closing", syns.closing),
    ] {
      properties += [
        ("summary.syns.\(name).total", "\(answers.total)"),
        ("summary.syns.\(name).accepted", "\(answers.accepted)"),
        ("summary.syns.\(name).rejected", "\(answers.rejected)"),
        ("summary.syns.\(name).reset", "\(answers.reset)"),
        ("summary.syns.\(name).unanswered", "\(answers.unanswered)"),
        ("summary.syns.\(name).undetermined", "\(answers.undetermined)"),
      ]
    }
    properties += [
      ("summary.attempts.total", "\(summary.attempts.total)"),
      ("summary.attempts.hit", "\(summary.attempts.hit)"),
      ("summary.attempts.failed", "\(summary.attempts.failed)"),
      ("summary.killedConnections", "\(summary.killedConnections)"),
      ("summary.addedSeconds.maximum", "\(summary.addedSeconds.maximum.value)"),
    ]
    if let check {
      properties += [("check.outcome", check.outcome.rawValue), ("check.policy", check.policy)]
    }
    return properties
  }
}
