import FlowAnalyzer

/// How soon tuples were used again: a histogram, with the times that the load balancer waits and the
/// server holds.
struct ReuseChart {
  let intervals: [AnalysisReport.ReuseInterval]
  let timeWait: Seconds
  /// The shortest time after which the load balancer gave a port away again.
  let lbHold: Seconds?

  private static let top = 64.0
  private static let plotHeight = 190.0
  private static let height = top + plotHeight + 44

  var isEmpty: Bool { intervals.allSatisfy { $0.hits == 0 && $0.others == 0 } }

  var drawing: Markup {
    SVG.drawing(
      id: "reuse", title: "How soon tuples were used again", description: summary,
      height: Self.height
    ) { svg in
      let axis = CountAxis(upTo: Double(most), isWhole: true)
      drawCounts(axis, &svg)
      drawBars(axis, &svg)
      drawEdges(&svg)
      drawMark(timeWait, "TIME_WAIT \(Quantity.setting(timeWait))", "held", row: 0, &svg)
      if let lbHold {
        drawMark(lbHold, "LB hold \(Quantity.duration(lbHold))", "hold", row: 1, &svg)
      }
    }
  }

  /// What is to be seen, in a sentence or two.
  var summary: String {
    let hits = intervals.reduce(0) { $0 + $1.hits }
    let others = intervals.reduce(0) { $0 + $1.others }
    let early = intervals.filter { $0.belowSeconds.map { $0 <= timeWait } ?? false }
      .reduce(0) { $0 + $1.hits + $1.others }
    return
      "\(Quantity.count(hits + others, "SYN")) came on a tuple whose last connection had ended: "
      + "\(Quantity.count(hits)) hit, \(Quantity.count(others)) met nothing. "
      + "\(Quantity.count(early)) came within the \(Quantity.setting(timeWait)) for which the "
      + "server holds TIME_WAIT."
  }

  /// The same in numbers; classes without a SYN are left out.
  var table: TextTable {
    var table = TextTable(.left, .right, .right)
    table.header = ["after", "hits", "reuses without a hit"]
    for (index, interval) in intervals.enumerated() where interval.hits + interval.others > 0 {
      table.row(
        StyledText(label(of: index)), StyledText(Quantity.count(interval.hits)),
        StyledText(Quantity.count(interval.others)))
    }
    return table
  }

  private var most: Int { intervals.map { $0.hits + $0.others }.max() ?? 0 }
  private var width: Double { 1 / Double(max(intervals.count, 1)) }

  private func label(of index: Int) -> String {
    let start = index > 0 ? intervals[index - 1].belowSeconds : nil
    switch (start, intervals[index].belowSeconds) {
    case (nil, let end?): return "less than \(Self.edge(end))"
    case (let start?, let end?): return "\(Self.edge(start)) to \(Self.edge(end))"
    case (let start?, nil): return "\(Self.edge(start)) or more"
    case (nil, nil): return "any time"
    }
  }

  /// A boundary between classes, without digits that say nothing.
  private static func edge(_ edge: Seconds) -> String {
    let microseconds = edge.nanoseconds / 1000
    if microseconds % 1_000_000 == 0 { return "\(microseconds / 1_000_000) s" }
    if microseconds % 1000 == 0 { return "\(microseconds / 1000) ms" }
    return Quantity.duration(edge)
  }
}

// MARK: - Drawing

extension ReuseChart {
  private var bottom: Double { Self.top + Self.plotHeight }

  private func drawCounts(_ axis: CountAxis, _ svg: inout SVG) {
    for index in 0...axis.steps {
      let y = bottom - Self.plotHeight * axis.share(axis.step * Double(index))
      svg.element(
        "line",
        [
          "class": index == 0 ? "base" : "grid", "x1": "0", "x2": "100%", "y1": y.svg, "y2": y.svg,
        ])
      svg.text(axis.label(index), x: 0, shift: -8, y: y + 4, anchor: .end, class: "tick")
    }
  }

  /// Hits below, the others on top of them.
  private func drawBars(_ axis: CountAxis, _ svg: inout SVG) {
    for (index, interval) in intervals.enumerated() {
      var y = bottom
      for (count, name) in [(interval.hits, "hits"), (interval.others, "others")] where count > 0 {
        let size = max(Self.plotHeight * axis.share(Double(count)), 1)
        y -= size
        let what = name == "hits" ? Quantity.count(count, "hit") : "\(Quantity.count(count)) no hit"
        svg.element(
          "rect",
          [
            "class": "bar \(name)", "x": ((Double(index) + 0.1) * width).percent,
            "width": (width * 0.8).percent, "y": y.svg, "height": size.svg,
          ]
        ) { $0.element("title", [:], "\(label(of: index)): \(what)") }
      }
    }
  }

  private func drawEdges(_ svg: inout SVG) {
    let major = majorEdges
    for (index, interval) in intervals.enumerated() {
      guard let edge = interval.belowSeconds else { continue }
      let x = Double(index + 1) * width
      let name = major.contains(index) ? "tick" : "tick minor"
      svg.element(
        "line",
        [
          "class": "base", "x1": x.percent, "x2": x.percent, "y1": bottom.svg,
          "y2": (bottom + 4).svg,
        ])
      // Neighbours that are both wide get a line each.
      let row = major.contains(index) || index % 2 == 0 ? 0.0 : 1.0
      svg.text(
        Self.edge(edge), x: x, y: bottom + 18 + row * 16, anchor: .middle, class: name)
    }
  }

  /// The edges that narrow places name: powers of ten, and the end of TIME_WAIT.
  private var majorEdges: [Int] {
    let isRound = { (edge: Seconds) in
      var rest = edge.nanoseconds
      while rest > 0, rest % 10 == 0 { rest /= 10 }
      return rest == 1
    }
    var chosen: [Int] = []
    let wanted =
      intervals.indices.filter { intervals[$0].belowSeconds == timeWait }
      + intervals.indices.reversed().filter { intervals[$0].belowSeconds.map(isRound) ?? false }
    for index in wanted where chosen.allSatisfy({ abs($0 - index) >= 3 }) { chosen.append(index) }
    return chosen
  }

  /// A time, as a line through the bars.
  private func drawMark(
    _ time: Seconds, _ label: String, _ name: String, row: Int, _ svg: inout SVG
  ) {
    let x = share(of: time)
    let y = 18 + Double(row) * 20
    svg.element(
      "line",
      [
        "class": "mark \(name)", "x1": x.percent, "x2": x.percent, "y1": (y - 12).svg,
        "y2": bottom.svg,
      ])
    let isRight = x < 0.5
    svg.text(
      label, x: x, shift: isRight ? 6 : -6, y: y, anchor: isRight ? .start : .end,
      class: "series \(name)")
  }

  private func share(of time: Seconds) -> Double {
    for (index, interval) in intervals.enumerated() {
      guard let end = interval.belowSeconds else { return (Double(index) + 0.5) * width }
      guard time <= end else { continue }
      let start = index > 0 ? intervals[index - 1].belowSeconds ?? end : Seconds(nanoseconds: 0)
      let part = (time.value - start.value) / max(end.value - start.value, 1e-9)
      return (Double(index) + part) * width
    }
    return 1
  }
}
