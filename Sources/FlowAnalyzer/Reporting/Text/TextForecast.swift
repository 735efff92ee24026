extension AnalysisReport {
  /// The forecast for people: what helps first, then every world that was tried.
  ///
  /// Empty where there is no forecast.
  public func forecastText(_ style: TextStyle = TextStyle()) -> String {
    guard let forecast else { return "" }
    var text = TextForecast(forecast: forecast, style: style)
    return text.render()
  }
}

/// Writes a forecast as text.
struct TextForecast {
  let forecast: Forecast
  var canvas: TextCanvas

  init(forecast: Forecast, style: TextStyle) {
    self.forecast = forecast
    canvas = TextCanvas(style: style)
  }

  mutating func render() -> String {
    writeBasis()
    writeLimits()
    if forecast.basis.attempts > 0 {
      writeRecommendations()
      writeRows()
      writeLateSegments()
      writeLinks()
    }
    return canvas.output
  }

  // MARK: - What it rests on

  private mutating func writeBasis() {
    let basis = forecast.basis
    let recorded = forecast.rows[0]
    canvas.labelled(
      StyledText("FORECAST", .heading),
      """
      \(Quantity.count(basis.attempts, "attempt")) of \(Quantity.duration(basis.spanSeconds)), replayed; \
      \(basis.attemptsHit) met something that the server held, and in the replay of the same world \
      \(recorded.attemptsHit.text, .strong) do.
      """, indent: 0, hanging: 10)
    canvas.blank()
    canvas.labelled("", StyledText(loadBalancer), indent: 0, hanging: 10)
    canvas.blank()
    canvas.labelled(
      "",
      """
      Numbers are medians, with the 5th and the 95th percentile of replays in parentheses. The same \
      captures and seed (\(basis.seed)) give the same numbers.
      """, indent: 0, hanging: 10)
  }

  private var loadBalancer: String {
    let balancer = forecast.loadBalancer
    let pool =
      "\(Quantity.count(balancer.addresses, "SNAT address", "SNAT addresses")) with "
      + "\(Quantity.count(balancer.portsPerAddress, "port")) each"
    let choice =
      balancer.isInferred
      ? "The load balancer chooses ports \(balancer.choice.adverb)"
      : "Nothing tells how the load balancer chooses ports; random is assumed"
    var hold =
      balancer.holdSeconds.nanoseconds == 0
      ? "It gives a port away again at once"
      : "It keeps a port back for about \(Quantity.duration(balancer.holdSeconds)) after a close"
    if balancer.evicts {
      hold += ", but gives it away where no other is left"
    } else if balancer.leak >= 0.01 {
      hold += ", but not in \(Int((balancer.leak * 100).rounded())) % of cases"
    }
    return "\(choice)\(evidence), from \(pool). \(hold)."
  }

  private var evidence: String {
    let balancer = forecast.loadBalancer
    guard balancer.isInferred else { return "" }
    let evidence = balancer.evidence
    switch balancer.choice {
    case .preserving:
      return
        " (\(Quantity.count(evidence.preservedPorts)) of "
        + "\(Quantity.count(evidence.knownClientPorts)) kept the client's)"
    case .sequential:
      return
        " (\(Quantity.count(evidence.followingNumbers)) of \(Quantity.count(evidence.choices)) "
        + "took a number close behind the last)"
    case .hash: return ""
    case .probing:
      return
        " (that is 10^\(Int(evidence.searchLikelihood.rounded())) times as likely as any free port at random)"
    case .random, .leastRecent, .mostRecent:
      return
        " (the mean rank of \(Quantity.count(evidence.reuses, "reused port")) among the free ones is "
        + "\(Int((evidence.meanRank * 100).rounded())) %; 0 % is the longest free, 100 % the last freed)"
    }
  }

  private mutating func writeLimits() {
    guard !forecast.basis.limits.isEmpty else { return }
    canvas.heading("HOW FAR IT CAN BE TRUSTED")
    for limit in forecast.basis.limits {
      canvas.paragraph(StyledText("- " + limit.explanation, .warning), hanging: 2)
    }
  }

  // MARK: - What helps

  private mutating func writeRecommendations() {
    canvas.heading("WHAT HELPS")
    let before = forecast.rows[0].delayed
    guard before.median > 0 else {
      canvas.paragraph(
        "In the replay, users notice nothing: there is nothing to mend at this load.")
      return
    }
    if forecast.recommendations.isEmpty {
      canvas.paragraph("None of the changes below leaves fewer attempts delayed.")
    }
    for (number, advice) in forecast.recommendations.enumerated() {
      let row = forecast.rows[advice.row]
      canvas.labelled(
        StyledText("\(number + 1)."),
        """
        \(advice.measure.sentence(advice.value), .strong): \(before.text) delayed attempts become \
        \(row.delayed.text, .good). \(advice.measure.price(row))
        """, hanging: 3)
    }
  }

  // MARK: - Worlds

  private mutating func writeRows() {
    canvas.heading("WORLDS", "`*` as recorded")
    var table = TextTable(.left, .right, .right, .right, .right, .right)
    table.row("", "attempts hit", "delayed", "added", "refused", "ports needed")
    var group: Forecast.Row.Group?
    for row in forecast.rows {
      if row.group != group, row.group != .recorded {
        table.row(StyledText(row.group.title, .heading))
      }
      group = row.group
      table.row(
        StyledText((row.group == .recorded ? "" : "  ") + row.title + (row.isRecorded ? " *" : "")),
        StyledText(row.attemptsHit.text), role(row.delayed), StyledText(row.addedText),
        StyledText(row.refused.textOrDash, row.refused.median > 0 ? .bad : .dim),
        StyledText(row.peakPorts.medianText))
    }
    canvas.table(table)
  }

  private func role(_ delayed: Forecast.Interval) -> StyledText {
    StyledText(delayed.textOrDash, delayed.median > 0 ? .bad : .good)
  }

  // MARK: - Risks

  private mutating func writeLateSegments() {
    let late = forecast.lateSegments
    guard late.connections > 0 else { return }
    canvas.heading("IF TIME_WAIT WERE SHORTER")
    canvas.paragraph(
      """
      Of \(Quantity.count(late.connections, "connection")) that left a TIME_WAIT, half had no segment \
      later than \(Quantity.duration(late.p50Seconds)) after the close, 99 % none later than \
      \(Quantity.duration(late.p99Seconds)), 99.9 % none later than \(Quantity.duration(late.p999Seconds)); the latest \
      came after \(Quantity.duration(late.maximumSeconds)). What comes later than TIME_WAIT lasts meets a new \
      connection or nobody.
      """)
  }

  private mutating func writeLinks() {
    guard !forecast.links.isEmpty else { return }
    canvas.heading(
      "LINKS", "share of connections on the busiest link of a group, by SNAT addresses")
    let addresses = Set(forecast.links.map(\.addresses)).sorted()
    var table = TextTable(.left, .right, .right)
    table.columns += addresses.map { _ in .right }
    table.rows.append(
      ["policy", "links", "even"]
        + addresses.map { StyledText(Quantity.count($0, "address", "addresses")) })
    for policy in LinkPolicy.allCases {
      for count in Set(forecast.links.map(\.links)).sorted() {
        let spreads = forecast.links.filter { $0.policy == policy && $0.links == count }
          .sorted { $0.addresses < $1.addresses }
        table.rows.append(
          [
            StyledText(policy.rawValue), StyledText("\(count)"),
            StyledText(Quantity.percent(1, of: count)),
          ]
            + spreads.map { spread in
              StyledText(
                Quantity.percent(
                  spread.connections.max() ?? 0, of: spread.connections.reduce(0, +)))
            })
      }
    }
    canvas.table(table)
  }
}
