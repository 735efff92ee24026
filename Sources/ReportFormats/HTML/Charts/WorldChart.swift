import FlowAnalyzer

/// A few worlds beside each other: bars for the attempts that hit and those of them that are delayed, each
/// with its interval.
struct WorldChart {
  let rows: [Forecast.Row]

  private static let titleHeight = 20.0
  private static let barHeight = 16.0
  private static let gap = 12.0
  private static let rowHeight = titleHeight + 2 * barHeight + gap
  /// So much of the width is for the longest bar, the rest for its numbers.
  private static let longest = 0.78

  var drawing: Markup {
    SVG.drawing(
      id: "worlds", title: "Attempts hit and delayed in changed worlds", description: summary,
      height: Double(rows.count) * Self.rowHeight
    ) { svg in
      let most = max(rows.map(\.attemptsHit.high).max() ?? 0, 1)
      for (index, row) in rows.enumerated() {
        let y = Double(index) * Self.rowHeight
        svg.text(row.sentence, x: 0, y: y + 13, class: "name")
        draw(row.attemptsHit, "held", most, y: y + Self.titleHeight, &svg)
        draw(row.delayed, "hits", most, y: y + Self.titleHeight + Self.barHeight, &svg)
      }
    }
  }

  private var summary: String {
    rows.map { "\($0.sentence): \($0.attemptsHit.text) hit, \($0.delayed.text) delayed" }
      .joined(separator: "; ") + "."
  }

  private func draw(
    _ interval: Forecast.Interval, _ name: String, _ most: Double, y: Double, _ svg: inout SVG
  ) {
    func share(_ value: Double) -> Double { value / most * Self.longest }
    let middle = y + Self.barHeight / 2
    svg.element(
      "line", ["class": "base", "x1": "0", "x2": "0", "y1": y.svg, "y2": (y + Self.barHeight).svg])
    if interval.median > 0 {
      svg.element(
        "rect",
        [
          "class": "bar \(name)", "x": "0", "width": max(share(interval.median), 0.003).percent,
          "y": (y + 2).svg, "height": (Self.barHeight - 4).svg,
        ])
    }
    if interval.high > interval.low {
      svg.element(
        "line",
        [
          "class": "whisker", "x1": share(interval.low).percent, "x2": share(interval.high).percent,
          "y1": middle.svg, "y2": middle.svg,
        ])
    }
    svg.text(interval.text, x: share(interval.high), shift: 6, y: middle + 4, class: "amount")
  }
}
