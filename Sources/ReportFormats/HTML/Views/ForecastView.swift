import FlowAnalyzer

/// The forecast that every report carries: a few worlds, and what helps most.
struct BriefForecastView {
  let best: Markup?
  let drawing: Markup?
  let table: TableView?
  let remarks: [String]
  let nothing: String?

  /// Nil where a report has nothing to say about it.
  init?(_ report: AnalysisReport) {
    if let prose = ForecastProse(report) {
      best = Markup(prose.bestMeasure)
      drawing = WorldChart(rows: prose.forecast.rows).drawing
      table = TableView(
        prose.worlds(of: nil), caption: "Medians of replays, 5th to 95th percentile in parentheses")
      remarks = prose.limits + [prose.sampling].compactMap(\.self)
      nothing = nil
      return
    }
    guard let reason = report.forecastAbsence?.explanation else { return nil }
    (best, drawing, table, remarks) = (nil, nil, nil, [])
    nothing = "None: " + reason
  }
}

/// The whole forecast of `whatif`, on a page of its own.
struct ForecastView {
  let style: Markup
  let title: String
  let source: String
  let period: String?
  let headline: Markup
  let sum: Markup
  let loadBalancer: String?
  let legend: String?
  let limits: Limits?
  let balancers: TableView?
  let remark: Markup?
  let advice: Advice?
  /// Nil where nothing was replayed.
  let replayed: Replayed?
  let lateSegments: String?
  let links: TableView?

  struct Limits {
    let list: [String]
  }

  struct Advice {
    let list: [Markup]
  }

  /// What came of the replays.
  struct Replayed {
    let charts: [Chart]
    let growth: [Markup]
    let remark: String
    let worlds: [TableView]
    let prices: TableView?
    let priceRemarks: [Markup]
  }

  struct Chart {
    let title: String
    let drawing: Markup
    let hasRefused: Bool
    let table: TableView?
  }
}

extension ForecastView {
  init(_ report: ReportProse, _ prose: ForecastProse, style: Markup) {
    self.style = style
    let view = VerdictView(report, style: style)
    source = view.source
    period = view.period
    title = "snat-audit whatif: \(view.source)"
    headline = Markup(prose.bestMeasure)
    sum = Markup(prose.sum)
    loadBalancer = prose.loadBalancer
    legend = prose.loadBalancer == nil ? nil : prose.legend
    limits = prose.limits.isEmpty ? nil : Limits(list: prose.limits)
    balancers = TableView(
      prose.balancers, caption: "Load balancers: capture points whose SNAT addresses are their own")
    remark = prose.remark.map { Markup($0) }
    advice = prose.advice.isEmpty ? nil : Advice(list: prose.advice.map { Markup($0) })
    replayed = prose.forecast.basis.attempts > 0 ? Replayed(prose) : nil
    lateSegments = prose.lateSegments
    links =
      prose.forecast.links.isEmpty
      ? nil
      : TableView(
        prose.links,
        caption: "Share of connections on the busiest link of a group, by SNAT addresses")
  }
}

extension ForecastView.Replayed {
  init(_ prose: ForecastProse) {
    charts = IntervalChart.all(prose.forecast).map { chart in
      ForecastView.Chart(
        title: chart.title, drawing: chart.drawing, hasRefused: chart.series.count > 2,
        table: nil)
    }
    growth = prose.growth.map { Markup($0) }
    let groups = Forecast.Row.Group.allCases.filter { group in
      group != .recorded && prose.forecast.rows.contains { $0.group == group }
    }
    worlds = groups.compactMap { group in
      TableView(
        prose.worlds(of: group),
        caption: group.title.prefix(1).uppercased() + String(group.title.dropFirst()))
    }
    remark = prose.remarkOnWorlds
    prices = TableView(prose.prices, caption: "What each hold asks of the load balancer")
    priceRemarks = prose.priceRemarks.map { Markup($0) }
  }
}
