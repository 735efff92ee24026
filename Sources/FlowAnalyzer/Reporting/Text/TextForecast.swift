extension AnalysisReport {
  /// The forecast for people: what helps first, then every world that was tried.
  ///
  /// Empty where there is no forecast.
  public func forecastText(_ style: TextStyle = TextStyle()) -> String {
    guard let prose = ForecastProse(self) else { return "" }
    var text = TextForecast(prose: prose, canvas: TextCanvas(style: style))
    return text.render()
  }
}

/// Writes a forecast as text.
struct TextForecast {
  let prose: ForecastProse
  var canvas: TextCanvas

  mutating func render() -> String {
    writeBasis()
    if !prose.limits.isEmpty {
      canvas.heading("HOW FAR IT CAN BE TRUSTED")
      for limit in prose.limits {
        canvas.paragraph(StyledText("- " + limit, .warning), hanging: 2)
      }
    }
    if prose.basis.attempts > 0 {
      writeAdvice()
      let detail = canvas.fittingDetail { prose.worlds($0) }
      let hint = detail == .medians ? "; a wider terminal shows intervals" : ""
      canvas.heading("WORLDS", "`*` as recorded\(hint)")
      canvas.table(prose.worlds(detail))
      canvas.paragraph(StyledText(prose.remarkOnWorlds, .dim))
      writeGrowth()
      writePrices()
      writeRisks()
    }
    return canvas.output
  }

  private mutating func writeBasis() {
    canvas.labelled(StyledText("FORECAST", .heading), prose.sum, indent: 0, hanging: 10)
    if let loadBalancer = prose.loadBalancer {
      canvas.blank()
      canvas.paragraph(StyledText(loadBalancer), indent: 10)
      canvas.blank()
      canvas.paragraph(StyledText(prose.legend), indent: 10)
    }
    guard !prose.balancers.rows.isEmpty else { return }
    canvas.heading("LOAD BALANCERS", "capture points whose SNAT addresses are their own")
    canvas.table(prose.balancers)
  }

  private mutating func writeAdvice() {
    canvas.heading("WHAT HELPS")
    if let remark = prose.remark { canvas.paragraph(remark) }
    for (number, advice) in prose.advice.enumerated() {
      canvas.labelled(StyledText("\(number + 1)."), advice, hanging: 3)
    }
  }

  private mutating func writeGrowth() {
    let growth = prose.growth
    guard !growth.isEmpty else { return }
    canvas.heading("WHERE IS THE CLIFF?", "the same traffic, more of it")
    for remark in growth { canvas.paragraph(remark) }
  }

  private mutating func writePrices() {
    canvas.heading("THE PRICE OF A LONGER HOLD", "entries of all servers together")
    canvas.table(prose.prices)
    for remark in prose.priceRemarks { canvas.paragraph(remark) }
  }

  private mutating func writeRisks() {
    if let late = prose.lateSegments {
      canvas.heading("IF TIME_WAIT WERE SHORTER")
      canvas.paragraph(StyledText(late))
    }
    guard !prose.forecast.links.isEmpty else { return }
    canvas.heading(
      "LINKS", "share of connections on the busiest link of a group, by SNAT addresses")
    canvas.table(prose.links)
  }
}

extension TextCanvas {
  /// As many intervals as there is room for.
  fileprivate func fittingDetail(
    _ table: (ForecastProse.Detail) -> TextTable
  ) -> ForecastProse.Detail {
    ForecastProse.Detail.allCases.first { detail in
      table(detail).lines(width: style.width - 2).allSatisfy { $0.width <= style.width - 2 }
    } ?? .medians
  }
}

// MARK: - In a report

extension TextReport {
  /// What would help, in a few rows.
  mutating func writeForecast() {
    if let reason = report.forecastAbsence?.explanation {
      canvas.heading("FORECAST")
      canvas.paragraph(StyledText("None: \(reason)", .dim))
    }
    guard let prose = ForecastProse(report) else { return }
    let detail = canvas.fittingDetail { prose.worlds(of: nil, $0) }
    canvas.heading(
      "FORECAST",
      detail == .medians
        ? "medians of replays; a wider terminal shows intervals"
        : "medians of replays, 5th to 95th percentile in parentheses")
    canvas.table(prose.worlds(of: nil, detail))
    canvas.paragraph(prose.bestMeasure)
    if let sampling = prose.sampling { canvas.paragraph(StyledText(sampling, .dim)) }
    canvas.paragraph(
      StyledText(
        "snat-audit whatif, with the same captures, tries more, and says at what price.", .dim)
    )
  }
}
