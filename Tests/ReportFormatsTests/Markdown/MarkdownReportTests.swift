import FlowAnalyzer
import Foundation
import Testing

@testable import ReportFormats

@Suite("Markdown reports, rendered as in a comment on a pull request")
struct MarkdownReportTests {
  /// What a renderer made of it.
  private struct Page: Decodable {
    /// For each table, the number of cells in each row.
    var tables: [[Int]]
    var text: String
    var tags: [String]
    var html: [String]
    var links: [String]
  }

  private func render(
    _ markdown: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Page {
    let result = try Consumer.required("python3")
      .run(Consumer.script("read-markdown"), input: markdown)
    result.expectSuccess(sourceLocation: sourceLocation)
    let page = try JSONDecoder().decode(Page.self, from: Data(result.output.utf8))
    for table in page.tables {
      #expect(Set(table).count == 1, "rows of one width", sourceLocation: sourceLocation)
    }
    #expect(page.links.isEmpty, sourceLocation: sourceLocation)
    for html in page.html {
      #expect(
        html.hasPrefix("<details>\n<summary>") || html == "</details>", "\(html)",
        sourceLocation: sourceLocation)
    }
    let known: Set = [
      "br", "code", "details", "h2", "h3", "li", "ol", "p", "pre", "strong", "summary", "table",
      "tbody", "td", "th", "thead", "tr", "ul",
    ]
    #expect(known.isSuperset(of: page.tags), sourceLocation: sourceLocation)
    #expect(
      markdown.utf8.count <= AnalysisReport.markdownLimit, sourceLocation: sourceLocation)
    return page
  }

  private func checked(_ capture: String) -> AnalysisReport {
    var report = AnalysisReport(fixtures: capture)
    report.check = Policy.standard.verdict(on: report)
    return report
  }

  @Test(.needs("markdown-it"), arguments: JUnitReportTests.captures)
  func `a report renders with the verdict first, and says what the text report says`(
    capture: String
  ) throws {
    let report = checked(capture)
    let page = try render(report.markdown)
    let prose = ReportProse(report, ranking: 5)
    let words = page.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let heading = words.range(of: "SNAT audit ")
    #expect(words[try #require(heading).upperBound...].hasPrefix(prose.headline.text))
    #expect(words.contains("Check \(report.check!.outcome.rawValue.uppercased()): "))
    for rule in report.check!.rules { #expect(words.contains("\(rule.name) \(rule.sentence)")) }
    for gap in prose.gaps { #expect(words.contains(gap.finding)) }
    for remedy in prose.remedies { #expect(words.contains(remedy)) }
  }

  @Test(.needs("markdown-it"))
  func `findings and counts are tables`() throws {
    let page = try render(checked("l4-collide/server.pcap").markdown)
    // The rules, the counts, the worst five findings, the rest.
    #expect(page.tables.map { $0[0] } == [3, 7, 6, 6])
    #expect(page.tables.map(\.count) == [5, 4, 6, 34])
  }

  @Test func `findings that are not listed are told`() throws {
    var report = AnalysisReport(fixtures: "l4-collide/server.pcap")
    let markdown = report.markdown
    #expect(markdown.contains("### Worst findings: 5 of 73"))
    #expect(markdown.contains("33 more findings"))
    #expect(markdown.contains("\nThe other 35 findings did no harm.\n"))
    let harmless = AnalysisReport(fixtures: "l7-http/server.pcap").markdown
    #expect(harmless.contains("### Examples: 3 of 33"))
    #expect(harmless.contains("\nNone of the 33 findings did harm.\n"))
    // Harm is counted also where findings are not listed.
    report.findingsOmitted = 10
    #expect(report.markdown.contains("\nThe other 45 findings did no harm.\n"))
  }

  @Test(
    .needs("markdown-it"),
    arguments: [
      "a|b.pcap", "a\\|b\\.pcap", "`a``b`.pcap", "```", "<script>alert(1)</script>.pcap",
      "<!-- -->.pcap", "[x](http://example.com).pcap", "http://example.com/x.pcap",
      "www.example.com",
      "@everyone #1 *b* _c_ ~~d~~ &lt;", "| --- | --- |", " ", "\u{1B}[2J\n# heading\n",
      "</details>",
      "$(rm -rf x) 'y' \"z\".pcap",
    ])
  func `a hostile name is text wherever it stands`(name: String) throws {
    var report = checked("l4-collide/server.pcap")
    report.captures[0].path = name
    report.captures[0].error = name
    report.captures[0].warnings = [name]
    var policy = Policy.standard
    policy.origin = name
    let baseline = Baseline(
      path: name, contentHashes: [], grade: .full, figures: Figures(report.summary), findings: [],
      findingsOmitted: 0)
    report.check = policy.verdict(on: report, against: baseline)
    let page = try render(report.markdown)
    #expect(page.tables.map { $0[0] } == [3, 7, 6, 6])
    let printable = name.printable.trimmingCharacters(in: .whitespaces)
    guard !printable.isEmpty else { return }
    #expect(page.text.components(separatedBy: printable).count > 4, "\(name)")
  }

  @Test(.needs("markdown-it"))
  func `the limit holds whatever there is to say, and no part is cut in the middle`() throws {
    var report = checked("l4-collide/server.pcap")
    let capture = report.captures[0]
    report.captures = (0..<400).map { index in
      var capture = capture
      capture.path = String(repeating: "long|`", count: 600) + "\(index)"
      capture.warnings = Array(repeating: capture.path, count: 3)
      return capture
    }
    report.coverage.grade = .inconclusive
    report.coverage.reasons = Coverage.Reason.allCases
    let measures: [Measure] = HeldKind.allCases.flatMap { kind in
      Answer.allCases.map { .hits(kind, $0) }
    }
    var policy = Policy(origin: capture.path)
    for _ in 0..<200 { policy.maximum += measures.map { .init($0, .count(0)) } }
    report.check = policy.verdict(on: report)
    let page = try render(report.markdown)
    #expect(page.text.contains("Some parts are left out"))
    // A report that fits says nothing of it.
    #expect(!checked("l4-collide/server.pcap").markdown.contains("left out"))
  }

  @Test func `commands are ready for a shell`() {
    for (name, word) in [
      ("a.pcap", "a.pcap"), ("a b.pcap", "'a b.pcap'"), ("it's", #"'it'\''s'"#), ("-x", "./-x"),
      ("", "''"), ("$HOME", "'$HOME'"), ("/tmp/a-b_c.pcap", "/tmp/a-b_c.pcap"),
    ] {
      #expect(name.shellWord == word)
    }
  }
}
