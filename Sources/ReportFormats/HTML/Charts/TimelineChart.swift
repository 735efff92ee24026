import FlowAnalyzer

/// How the server side went over time: four measures above each other on one axis of time. Bins with
/// hits are shaded in all four, so that one sees what went before.
struct TimelineChart {
  let timeline: AnalysisReport.Timeline

  private var step: Double { timeline.stepSeconds.value }
  private var bins: Int { timeline.hits.count }
  private var length: Double { step * Double(bins) }

  private static let plotHeight = 76.0
  private static let panelHeight = 118.0
  private static let titleHeight = 24.0
  private static let axisHeight = 26.0

  /// One measure.
  private struct Panel {
    var title: String
    var name: String
    /// What is drawn for each bin.
    var values: [Double]
    var isWhole: Bool
    /// A line over an area, or bars.
    var isLine: Bool
  }

  var drawing: Markup {
    let height = Double(panels.count) * Self.panelHeight + Self.axisHeight
    return SVG.drawing(
      id: "timeline", title: "Connections, TIME_WAITs, ports and hits over time",
      description: summary, height: height
    ) { svg in
      drawTimes(&svg, height: height)
      for (index, panel) in panels.enumerated() {
        draw(panel, y: Double(index) * Self.panelHeight + Self.titleHeight, &svg)
      }
    }
  }

  /// What is to be seen, in a sentence or two.
  var summary: String {
    let rates = timeline.newConnections.map { Double($0) / step }
    let peak = rates.indices.max { rates[$0] < rates[$1] } ?? 0
    let most = Self.text(rates.isEmpty ? 0 : rates[peak])
    var sentences = [
      "At most \(most) new connections per second, at \(clock(ofBin: peak)); "
        + "\(Quantity.count(timeline.timeWaitHeld.max() ?? 0, "tuple")) held in TIME_WAIT and "
        + "\(Quantity.count(timeline.snatPortsInUse.max() ?? 0, "port")) in use at most, looked at once a bin."
    ]
    let hits = timeline.hits.reduce(0, +)
    if let first = timeline.hits.firstIndex(where: { $0 > 0 }),
      let last = timeline.hits.lastIndex(where: { $0 > 0 })
    {
      let period =
        first == last
        ? "at \(clock(ofBin: first))"
        : "from \(clock(ofBin: first)) to \(clock(ofBin: last + 1))"
      sentences.append("\(Quantity.count(hits, "SYN")) hit, \(period).")
    } else {
      sentences.append("No SYN hit.")
    }
    return sentences.joined(separator: " ")
  }

  /// The table behind the drawing, in as few rows as tell the same: `bins` of it in one row.
  func table(rows limit: Int) -> TextTable {
    var table = TextTable(.left, .right, .right, .right, .right)
    table.header = [
      "from (UTC)", "new connections", "most in TIME_WAIT", "most ports in use", "hits",
    ]
    let width = max(1, (bins + limit - 1) / limit)
    for first in stride(from: 0, to: bins, by: width) {
      let row = first..<min(first + width, bins)
      table.row(
        StyledText(clock(ofBin: first)),
        StyledText(Quantity.count(timeline.newConnections[row].reduce(0, +))),
        StyledText(Quantity.count(timeline.timeWaitHeld[row].max() ?? 0)),
        StyledText(Quantity.count(timeline.snatPortsInUse[row].max() ?? 0)),
        StyledText(Quantity.count(timeline.hits[row].reduce(0, +))))
    }
    return table
  }

  private var panels: [Panel] {
    [
      Panel(
        title: "New connections per second", name: "connections",
        values: timeline.newConnections.map { Double($0) / step }, isWhole: false, isLine: false),
      Panel(
        title: "SNAT ports in use", name: "ports", values: timeline.snatPortsInUse.map(Double.init),
        isWhole: true, isLine: true),
      Panel(
        title: "Tuples held in TIME_WAIT", name: "held",
        values: timeline.timeWaitHeld.map(Double.init), isWhole: true, isLine: true),
      Panel(
        title: "SYNs that hit, in each \(Quantity.duration(timeline.stepSeconds))", name: "hits",
        values: timeline.hits.map(Double.init), isWhole: true, isLine: false),
    ]
  }

  /// A rate, with a decimal where it is small.
  private static func text(_ rate: Double) -> String {
    if rate >= 10 || rate == rate.rounded() { return Quantity.count(Int(rate.rounded())) }
    let tenths = Int((rate * 10).rounded())
    return tenths == 0 ? "<0.1" : "\(tenths / 10).\(tenths % 10)"
  }

  private func clock(ofBin bin: Int) -> String {
    let step = timeline.stepSeconds.nanoseconds
    let time = timeline.start.advanced(byNanoseconds: Int64(bin) * step)
    let clock = String(time.timeOfDay.prefix(step < 1_000_000_000 ? 10 : 8))
    return length < 86_400 ? clock : "\(time.date.dropFirst(5)) \(clock)"
  }
}

// MARK: - Drawing

extension TimelineChart {
  private func drawTimes(_ svg: inout SVG, height: Double) {
    let bottom = height - Self.axisHeight
    for tick in TimeAxis(start: timeline.start, length: length).ticks {
      svg.element(
        "line",
        [
          "class": tick.isMinor ? "grid minor" : "grid", "x1": tick.share.percent,
          "x2": tick.share.percent, "y1": Self.titleHeight.svg, "y2": (bottom + 4).svg,
        ])
      svg.text(
        tick.label, x: tick.share, y: bottom + 20, anchor: .middle,
        class: tick.isMinor ? "tick minor" : "tick")
    }
  }

  private func draw(_ panel: Panel, y: Double, _ svg: inout SVG) {
    let axis = CountAxis(upTo: panel.values.max() ?? 0, isWhole: panel.isWhole, steps: 2)
    let bottom = y + Self.plotHeight
    svg.text(panel.title, x: 0, y: y - 8, class: "series \(panel.name)")
    for index in 0...axis.steps {
      let line = bottom - Self.plotHeight * axis.share(axis.step * Double(index))
      svg.element(
        "line",
        [
          "class": index == 0 ? "base" : "grid", "x1": "0", "x2": "100%", "y1": line.svg,
          "y2": line.svg,
        ])
      svg.text(axis.label(index), x: 0, shift: -8, y: line + 4, anchor: .end, class: "tick")
    }
    svg.stretched(y: y, width: bins, height: Self.plotHeight) { svg in
      if panel.name != "hits" {
        let shade = Self.bars(timeline.hits.map { $0 > 0 ? 1 : 0 }, height: Self.plotHeight)
        if !shade.isEmpty { svg.element("path", ["class": "overlap", "d": shade]) }
      }
      let heights = panel.values.map(axis.share)
      if panel.isLine {
        let line = Self.steps(heights, height: Self.plotHeight)
        svg.element(
          "path",
          [
            "class": "area \(panel.name)",
            "d": "M0 \(Self.plotHeight.svg)V\(line)V\(Self.plotHeight.svg)Z",
          ])
        svg.element("path", ["class": "line \(panel.name)", "d": "M0 \(line)"])
      } else {
        let bars = Self.bars(heights, height: Self.plotHeight)
        if !bars.isEmpty { svg.element("path", ["class": "bars \(panel.name)", "d": bars]) }
      }
    }
  }

  /// The outline of values over bins, one wide each, from the height of the first; a line where they
  /// stay.
  private static func steps(_ values: [Double], height: Double) -> String {
    var path = ""
    var last: String?
    for (bin, value) in values.enumerated() {
      let y = (height * (1 - value)).svg
      if let last, y != last {
        path += "H\(bin)V\(y)"
      } else if last == nil {
        path = y
      }
      last = y
    }
    return path.isEmpty ? height.svg : path + "H\(values.count)"
  }

  /// Bars over the bins that are not empty; neighbours of one height are one bar.
  private static func bars(_ values: [Double], height: Double) -> String {
    var path = ""
    var bin = 0
    while bin < values.count {
      let value = values[bin]
      var end = bin + 1
      while end < values.count, values[end] == value { end += 1 }
      if value > 0 {
        path += "M\(bin) \(height.svg)V\((height * (1 - value)).svg)H\(end)V\(height.svg)Z"
      }
      bin = end
    }
    return path
  }
}
