import FlowAnalyzer

/// The pictures; where there is nothing to draw, a sentence says so.
struct PicturesView {
  let pictures: Pictures?
  let nothing: String?

  init(_ prose: ReportProse) {
    let hasSyns = prose.report.summary.syns.total > 0
    pictures = hasSyns ? Pictures(prose) : nil
    nothing = hasSyns ? nil : "No SYN of the server side was captured: there is nothing to draw."
  }
}

/// One picture for each question.
struct Pictures {
  let timeline: Picture
  let reuse: Picture
  let sources: Picture
  let delays: Picture

  struct Picture {
    let drawing: Markup?
    /// Its bars are of two kinds: hits, and reuses without one.
    var hasLegend = false
    let summary: String
    /// The same in numbers.
    let table: TableView?
    let remark: String?
    let nothing: String
  }
}

extension Pictures {
  /// The table behind the time line has at most so many rows.
  private static let timelineRows = 30

  init(_ prose: ReportProse) {
    let report = prose.report
    timeline = Self.timeline(report)
    reuse = Self.reuse(report)
    sources = Self.sources(report)
    delays = Self.delays(prose)
  }

  private static func timeline(_ report: AnalysisReport) -> Picture {
    guard let timeline = report.timeline, !timeline.hits.isEmpty else {
      return .nothing("There is no packet of the server side to draw.")
    }
    let chart = TimelineChart(timeline: timeline)
    return Picture(
      drawing: chart.drawing, summary: chart.summary,
      table: TableView(chart.table(rows: timelineRows), caption: "The time line in numbers"),
      remark:
        "Times are UTC, from \(timeline.start.date) \(timeline.start.timeOfDay.prefix(8)); one step "
        + "is \(Quantity.duration(timeline.stepSeconds)). Where SYNs hit, the background is shaded.",
      nothing: "")
  }

  private static func reuse(_ report: AnalysisReport) -> Picture {
    let chart = ReuseChart(
      intervals: report.reuseIntervals, timeWait: report.analysis.timeWait.assumedSeconds,
      lbHold: report.analysis.lbHold.atMostSeconds)
    guard !chart.isEmpty else {
      return .nothing("No tuple was used again after its connection had ended.")
    }
    return Picture(
      drawing: chart.drawing, hasLegend: true, summary: chart.summary,
      table: TableView(chart.table, caption: "Reuses by the time since the last connection ended"),
      remark: nil, nothing: "")
  }

  private static func sources(_ report: AnalysisReport) -> Picture {
    guard !report.sources.isEmpty else { return .nothing("No connection to a server was seen.") }
    let chart = BarChart.sources(report)
    let more = BarChart.sourcesLeftOut(report)
    return Picture(
      drawing: chart.drawing,
      summary: "A port that carries many connections is used again soon: few ports for many "
        + "connections are where hits come from.",
      table: TableView(sourceTable(report), caption: "Source addresses and their ports"),
      remark: more > 0
        ? "And \(Quantity.count(more, "address", "addresses")) with fewer connections." : nil,
      nothing: "")
  }

  private static func sourceTable(_ report: AnalysisReport) -> TextTable {
    var table = TextTable(.left, .right, .right, .right, .right, .right)
    table.header = ["address", "connections", "ports", "lowest", "highest", "hits"]
    for source in report.sources.prefix(50) {
      table.row(
        StyledText("\(source.ip)"), StyledText(Quantity.count(source.connections)),
        StyledText(Quantity.count(source.ports)), StyledText("\(source.firstPort)"),
        StyledText("\(source.lastPort)"), StyledText(Quantity.count(source.hits)))
    }
    return table
  }

  private static func delays(_ prose: ReportProse) -> Picture {
    let added = prose.report.summary.addedSeconds
    guard prose.delayedAttempts > 0 else {
      return .nothing("No attempt had to wait for another SYN because of a hit.")
    }
    let chart = BarChart.delays(prose)
    return Picture(
      drawing: chart.drawing,
      summary: "\(Quantity.count(prose.delayedAttempts, "attempt")) waited "
        + "\(Quantity.duration(added.total)) in all, the longest \(Quantity.duration(added.maximum)).",
      table: TableView(percentiles(added), caption: "Added delay over all attempts, hit or not"),
      remark: nil, nothing: "")
  }

  private static func percentiles(_ added: AnalysisReport.AddedDelay) -> TextTable {
    var table = TextTable(.left, .right)
    table.header = ["share of attempts", "at most"]
    let percentiles = added.percentiles
    for (share, delay) in [
      ("50 %", percentiles.p50), ("90 %", percentiles.p90), ("95 %", percentiles.p95),
      ("99 %", percentiles.p99), ("99.9 %", percentiles.p999), ("all", added.maximum),
    ] {
      table.row(StyledText(share), StyledText(Quantity.duration(delay)))
    }
    return table
  }
}

extension Pictures.Picture {
  static func nothing(_ sentence: String) -> Self {
    Self(drawing: nil, summary: "", table: nil, remark: nil, nothing: sentence)
  }
}
