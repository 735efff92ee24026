import Foundation
import Testing

@testable import FlowAnalyzer
@testable import ReportFormats

/// What the page must be, whatever is in it.
@Suite("HTML report")
struct PageTests {
  static let pages: [Page] = {
    let pages = try? [
      Page(fixtures: "l4-collide/server.pcap", "l4-collide/client-any.pcap"),
      Page(fixtures: "half-open-v6/server.pcap"), Page(fixtures: "l4-clean/server.pcap"),
      Page(fixtures: "l4-collide/client-any.pcap", role: .client),
      Page(fixtures: "l7-http/server.pcap"),
      Page(hostileReport), Page(AnalysisReport(fixtures: "l4-collide/server.pcap")),
      Page(brief), Page(forecast: brief), Page(forecast: whole),
    ]
    return pages ?? []
  }()

  /// Names that try to leave their place.
  static let hostileNames = [
    "<script>alert(1)</script>\"&'.pcap", "x\" onload=\"alert(1)",
    "x\"\u{301} onload=\u{22}\u{301}y",
    "</title><img src=x onerror=alert(1)>", "{{{style}}}", "\u{202E}gnp.exe\u{7}",
  ]

  static let hostileReport: AnalysisReport = {
    var report = AnalysisReport(fixtures: "l4-collide/server.pcap")
    let capture = report.captures[0]
    report.captures = hostileNames.map { name in
      var capture = capture
      capture.path = name
      capture.point = name
      capture.warnings = ["\(name): a warning"]
      capture.error = "\(name): an error"
      return capture
    }
    return report
  }()

  private static func sample(_ name: String) -> AnalysisReport {
    SampleReports.all.first { $0.name == name }?.report ?? hostileReport
  }

  /// With a forecast, the brief one and the one of `whatif`.
  static let brief = sample("brief")
  static let whole = sample("forecast")

  @Test func `all pages were made`() { #expect(Self.pages.count == 10) }

  @Test func `the forecast is drawn, with its intervals, and in words beside it`() throws {
    let page = try Page(Self.brief)
    let forecast = try #require(Self.brief.forecast)
    #expect(page.html.contains("<h2 id=\"forecast\">Forecast</h2>"))
    #expect(page.html.contains("id=\"worlds-desc\">as recorded: "))
    let drawn = forecast.rows.flatMap { [$0.attemptsHit, $0.delayed] }.filter { $0.low < $0.high }
    #expect(page.matches("class=\"whisker\"").count == drawn.count)
    let without = try Page(AnalysisReport(fixtures: "l4-collide/server.pcap"))
    #expect(!without.html.contains("\"forecast\""))
  }

  @Test func `the page of whatif has a picture of each series of settings`() throws {
    let page = try Page(forecast: Self.whole)
    for id in ["addresses", "time-wait", "hold", "load"] {
      #expect(page.attributes("id").contains("forecast-\(id)-desc"), "\(id)")
    }
    #expect(page.matches("class=\"band held\"").count == 4)
    // A point for each setting, and for the recorded one where that is none of them.
    let forecast = try #require(Self.whole.forecast)
    let settings = forecast.rows.count { [.addresses, .timeWait, .hold, .load].contains($0.group) }
    #expect(page.matches("<circle class=\"point held\"").count == settings + 2)
    let prose = try #require(ForecastProse(Self.whole))
    for advice in prose.advice { #expect(page.html.contains(Markup(advice).text)) }
  }

  @Test(arguments: pages)
  func `a page stands alone`(page: Page) {
    #expect(page.tags("script").isEmpty)
    #expect(page.tags("iframe").isEmpty)
    #expect(page.tags("img").isEmpty)
    #expect(page.attributes("src").isEmpty)
    #expect(page.attributes("href").allSatisfy { $0.hasPrefix("#") || $0 == "data:," })
    #expect(!page.html.contains("url("))
    #expect(!page.html.contains("@import"))
    #expect(page.html.contains("default-src 'none'"))
  }

  @Test(arguments: pages)
  func `every link has a target, and no name is given twice`(page: Page) {
    let names = page.attributes("id")
    #expect(Set(names).count == names.count)
    for link in page.attributes("href") where link.hasPrefix("#") {
      #expect(names.contains(String(link.dropFirst())), "\(link)")
    }
    for names2 in page.attributes("aria-labelledby") {
      for name in names2.split(separator: " ") { #expect(names.contains(String(name)), "\(name)") }
    }
  }

  @Test(arguments: pages)
  func `headings go down one level at a time, from one first`(page: Page) {
    let levels = page.matches("<h[1-6]").compactMap { $0.last?.wholeNumberValue }
    #expect(levels.count { $0 == 1 } == 1)
    #expect(levels.first == 1)
    for (level, next) in zip(levels, levels.dropFirst()) { #expect(next <= level + 1) }
  }

  @Test(arguments: pages)
  func `headers of tables say what they head, and drawings what they show`(page: Page) {
    #expect(page.tags("th").allSatisfy { $0.contains("scope=\"") })
    let drawings = page.tags("svg").filter { $0.contains("role=\"img\"") }
    #expect(page.matches("<title id=\"[^\"]+\">[^<]+</title>").count == drawings.count)
    #expect(page.matches("<desc id=\"[^\"]+\">[^<]+</desc>").count == drawings.count)
  }

  @Test func `names from outside stay text`() throws {
    let page = try Page(Self.hostileReport)
    // What the page itself has, whatever it is about.
    let plain = try Page(AnalysisReport(fixtures: "l4-collide/server.pcap"))
    #expect(page.matches(" on[a-z]+=\"").isEmpty)
    #expect(Set(page.attributes("style")) == Set(plain.attributes("style")))
    #expect(page.html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;&#39;.pcap"))
    #expect(page.html.contains("x&quot;\u{301} onload=&quot;\u{301}y"))
    #expect(page.html.contains("{{{style}}}"))
    #expect(page.html.contains("?gnp.exe?"))
  }

  @Test func `a single capture's name stays text in the title, too`() throws {
    var report = AnalysisReport(fixtures: "l4-clean/server.pcap")
    report.captures[0].path = Self.hostileNames[3]
    let page = try Page(report)
    #expect(page.tags("title").count { !$0.contains("id=") } == 1)
    #expect(page.tags("img").isEmpty)
  }

  @Test func `the words are those of the text report`() throws {
    let report = AnalysisReport(fixtures: "l4-collide/server.pcap")
    let prose = ReportProse(report, ranking: 5)
    let page = try Page(report)
    #expect(page.html.contains("<h1 id=\"verdict\">\(prose.headline.text.keepingUnits)</h1>"))
    for paragraph in prose.meaning { #expect(page.html.contains(Markup(paragraph).text)) }
    for gap in prose.gaps { #expect(page.html.contains(Markup.escape(gap.advice.keepingUnits))) }
    #expect(page.html.contains("Let the load balancer hold closed ports for 65\u{A0}s."))
  }

  @Test func `no line ends between a number and its unit`() throws {
    #expect(
      "4.10 s late, 1 min 5 s, 52 % (5 us)".keepingUnits
        == "4.10\u{A0}s late, 1\u{A0}min 5\u{A0}s, 52\u{A0}% (5\u{A0}us)")
    #expect("5 servers, 3 hits, s 5".keepingUnits == "5 servers, 3 hits, s 5")
    let page = try Page(fixtures: "l4-collide/server.pcap")
    #expect(page.html.contains("up to 4.10\u{A0}s late.</h1>"))
    #expect(
      page.html.contains(
        "<span class=\"effect\">connected <span class=\"warning\">4.10\u{A0}s late"))
    // What is copied keeps its spaces.
    for code in page.matches("<code>[^<]*</code>") { #expect(!code.contains("\u{A0}"), "\(code)") }
  }

  @Test func `what the captures do not show is named so`() throws {
    #expect(
      try Page(fixtures: "l4-collide/server.pcap").html.contains(
        "<p>What the captures do not show:</p>"))
  }

  @Test func `workers change nothing`() throws {
    let one = try Page(fixtures: "l4-collide/lb-any.pcap", workers: 1)
    let two = try Page(fixtures: "l4-collide/lb-any.pcap", workers: 2)
    #expect(one.html == two.html)
  }

  @Test func `a hundred thousand findings are counted, and the worst shown`() throws {
    var report = AnalysisReport(fixtures: "half-open/server.pcap")
    let some = report.findings
    report.findings = .init(count: 100_000) { position in
      var finding = some[position % some.count]
      // The worst stands where none would look.
      finding.addedSeconds = Seconds(nanoseconds: position == 77_777 ? 199_000_000_000 : 1_000)
      return finding
    }
    var bytes = 0
    var longest = 0
    var rows = 0
    var isWorstFirst: Bool?
    try report.writeHTML { piece in
      bytes += piece.utf8.count
      longest = max(longest, piece.utf8.count)
      guard piece.hasPrefix("<tr><th scope=\"row\"") else { return }
      rows += 1
      if rows == 1 { isWorstFirst = piece.contains(">3\u{A0}min 19\u{A0}s<") }
    }
    #expect(rows == 500)
    #expect(bytes < 1_000_000)
    #expect(longest < 100_000)
    #expect(isWorstFirst == true)
    let page = try Page(report)
    #expect(page.html.contains("And 99,500 more; the JSON report has them all."))
    #expect(page.tags("details").count { $0.contains("class=\"finding\"") } == 50)
  }
}

/// What is said where there is nothing to show.
@Suite("Empty HTML reports")
struct EmptyPageTests {
  @Test func `without hits, there is no list and no delay`() throws {
    let page = try Page(fixtures: "l4-clean/server.pcap")
    #expect(page.html.contains("No attempt hit a tuple."))
    #expect(page.html.contains("No attempt had to wait for another SYN because of a hit."))
    #expect(page.html.contains("No tuple was used again after its connection had ended."))
    #expect(page.tags("svg").count { $0.contains("role=\"img\"") } == 2)
  }

  @Test func `the client side alone concludes nothing, and draws nothing`() throws {
    let page = try Page(fixtures: "l4-collide/client-any.pcap", role: .client)
    let html = page.html
    #expect(html.contains("Cannot conclude"))
    #expect(page.html.contains("None, but these captures could not have shown any."))
    #expect(page.html.contains("tcpdump -i INTERFACE"))
    #expect(page.tags("svg").isEmpty)
    #expect(!page.html.contains("No tuple was used again"))
  }

  @Test func `without a list, hits are still told`() throws {
    var report = AnalysisReport(fixtures: "l4-collide/server.pcap")
    report.findingsOmitted = report.findings.count
    report.findings = .init(count: 0) { _ in preconditionFailure() }
    #expect(try Page(report).html.contains("73 attempts hit; the report was made without listing"))
  }

  @Test func `what a policy says has a section of its own`() throws {
    var report = AnalysisReport(fixtures: "l4-collide/server.pcap")
    #expect(try !Page(report).html.contains("id=\"check\""))
    report.check = Policy.standard.verdict(on: report)
    let check = try #require(report.check)
    let html = try Page(report).html
    #expect(html.contains("<h2 id=\"check\">Check: <span class=\"badge bad\">failed</span></h2>"))
    #expect(html.contains("<a href=\"#check\">Check</a>"))
    #expect(html.contains("<p>\(check.headline)</p>"))
    for rule in check.rules {
      #expect(html.contains(Markup(escaping: rule.sentence).text), "\(rule.sentence)")
      #expect(html.contains(">\(rule.name)<"))
    }
    let worst = try #require(check.rules.flatMap(\.findings).first)
    #expect(html.contains("snat-audit explain \(worst.id) "))
  }

  @Test func `nothing read is no harm to the page`() throws {
    let report = Analyzer().analyze([CaptureInput(path: "/nowhere.pcap")]).report
    let page = try Page(report)
    #expect(page.html.contains("None: no input could be read."))
    #expect(page.html.hasSuffix("</html>\n"))
  }
}
