import FlowAnalyzer
import Glibc

/// How a number of attempts follows a setting: the median of replays as a line, and as a band around it what
/// lies between the 5th and the 95th percentile.
struct IntervalChart {
  struct Point {
    /// The setting, and what stands below the axis.
    var value: Double
    var label: String
    /// It is how things were recorded.
    var isRecorded: Bool
    var row: Forecast.Row
  }

  /// What is drawn for each point, by its class in the style sheet.
  enum Series: String {
    case hit = "held"
    case delayed = "hits"
    case refused

    var title: String {
      switch self {
      case .hit: "attempts hit"
      case .delayed: "delayed"
      case .refused: "refused"
      }
    }

    func interval(of row: Forecast.Row) -> Forecast.Interval {
      switch self {
      case .hit: row.attemptsHit
      case .delayed: row.delayed
      case .refused: row.refused
      }
    }
  }

  let id: String
  let title: String
  /// What the settings are.
  let unit: String
  /// In the order of their values, at least two.
  let points: [Point]

  private static let top = 26.0
  private static let plotHeight = 170.0
  private static let height = top + plotHeight + 44
  /// Paths measure in these.
  private static let width = 1000

  /// Those that have something to show.
  var series: [Series] {
    let isRefused = points.contains { $0.row.refused.median > 0 }
    return [.hit, .delayed] + (isRefused ? [.refused] : [])
  }

  var drawing: Markup {
    SVG.drawing(id: id, title: title, description: summary, height: Self.height) { svg in
      let most = series.flatMap { one in points.map { one.interval(of: $0.row).high } }.max()
      let axis = CountAxis(upTo: max(most ?? 0, 1), isWhole: true, steps: 4)
      drawAxis(axis, &svg)
      drawRecorded(&svg)
      let shown = series
      svg.stretched(y: Self.top, width: Self.width, height: Self.plotHeight) { svg in
        for one in shown { drawBand(one, axis, &svg) }
      }
      for one in shown { drawPoints(one, axis, &svg) }
    }
  }

  /// What is to be seen, in a sentence.
  var summary: String {
    let parts = points.map { point in
      let refused =
        point.row.refused.median > 0 ? ", \(point.row.refused.text) refused" : ""
      return "\(point.label)\(point.isRecorded ? " (as recorded)" : ""): "
        + "\(point.row.attemptsHit.text) hit, \(point.row.delayed.text) delayed\(refused)"
    }
    return "By \(unit): \(parts.joined(separator: "; "))."
  }
}

// MARK: - Drawing

extension IntervalChart {
  private var bottom: Double { Self.top + Self.plotHeight }

  /// Where a point stands, from 0 to 1: settings are tried in steps that grow, and so does the axis.
  private func share(_ point: Point) -> Double {
    let values = points.map { Self.logarithm($0.value) }
    guard let least = values.min(), let most = values.max(), most > least else { return 0.5 }
    return 0.03 + 0.94 * (Self.logarithm(point.value) - least) / (most - least)
  }

  /// Of one more, so that zero has a place.
  private static func logarithm(_ value: Double) -> Double { log1p(max(value, 0)) }

  private func y(_ value: Double, _ axis: CountAxis) -> Double {
    Self.plotHeight * (1 - axis.share(value))
  }

  private func drawAxis(_ axis: CountAxis, _ svg: inout SVG) {
    for index in 0...axis.steps {
      let y = Self.top + y(axis.step * Double(index), axis)
      svg.element(
        "line",
        [
          "class": index == 0 ? "base" : "grid", "x1": "0", "x2": "100%", "y1": y.svg, "y2": y.svg,
        ])
      svg.text(axis.label(index), x: 0, shift: -8, y: y + 4, anchor: .end, class: "tick")
    }
    var labelled = labelled
    for point in points {
      let x = share(point)
      svg.element(
        "line",
        [
          "class": "base", "x1": x.percent, "x2": x.percent, "y1": bottom.svg,
          "y2": (bottom + 4).svg,
        ])
      guard let place = labelled.firstIndex(of: x) else { continue }
      labelled.remove(at: place)
      svg.text(point.label, x: x, y: bottom + 18, anchor: .middle, class: "tick")
    }
    svg.text(unit, x: 0.5, y: bottom + 38, anchor: .middle, class: "tick")
  }

  /// Where labels stand: that of the recorded setting, and those that are not too close to another one.
  private var labelled: [Double] {
    var places = points.filter(\.isRecorded).prefix(1).map(share)
    for place in points.map(share) where places.allSatisfy({ abs($0 - place) > 0.085 }) {
      places.append(place)
    }
    return places
  }

  /// The recorded setting, as a line through the picture.
  private func drawRecorded(_ svg: inout SVG) {
    guard let recorded = points.first(where: \.isRecorded) else { return }
    let x = share(recorded)
    svg.element(
      "line",
      [
        "class": "mark hold", "x1": x.percent, "x2": x.percent, "y1": 6.0.svg, "y2": bottom.svg,
      ])
    let isRight = x < 0.5
    svg.text(
      "as recorded", x: x, shift: isRight ? 6 : -6, y: 16, anchor: isRight ? .start : .end,
      class: "series hold")
  }

  private func drawBand(_ series: Series, _ axis: CountAxis, _ svg: inout SVG) {
    func place(_ point: Point, _ value: KeyPath<Forecast.Interval, Double>) -> String {
      let value = series.interval(of: point.row)[keyPath: value]
      return "\((share(point) * Double(Self.width)).svg) \(y(value, axis).svg)"
    }
    let upper = points.map { place($0, \.high) }
    let lower = points.reversed().map { place($0, \.low) }
    svg.element(
      "path",
      ["class": "band \(series.rawValue)", "d": "M\((upper + lower).joined(separator: "L"))Z"])
    let line = points.map { place($0, \.median) }
    svg.element(
      "path", ["class": "line \(series.rawValue)", "d": "M\(line.joined(separator: "L"))"])
  }

  private func drawPoints(_ series: Series, _ axis: CountAxis, _ svg: inout SVG) {
    for point in points {
      let interval = series.interval(of: point.row)
      svg.element(
        "circle",
        [
          "class": "point \(series.rawValue)", "cx": share(point).percent,
          "cy": (Self.top + y(interval.median, axis)).svg, "r": "3.5",
        ]
      ) { $0.element("title", [:], "\(point.label): \(interval.text) \(series.title)") }
    }
  }
}

extension IntervalChart {
  /// Those of a forecast that tries more than one setting.
  static func all(_ forecast: Forecast) -> [IntervalChart] {
    [
      of(.addresses, "SNAT addresses", forecast),
      of(.timeWait, "TIME_WAIT of the server", forecast),
      of(.hold, "how long the load balancer holds a closed port", forecast),
      of(.load, "times the recorded rate", forecast),
    ].compactMap(\.self)
  }

  private static func of(
    _ group: Forecast.Row.Group, _ unit: String, _ forecast: Forecast
  ) -> IntervalChart? {
    var points = forecast.rows.filter { $0.group == group }.map {
      Point(value: $0.value, label: $0.title, isRecorded: $0.isRecorded, row: $0)
    }
    // Where the recorded setting is none of those tried, it has its place among them.
    if !points.contains(where: \.isRecorded), let recorded = forecast.rows.first {
      let hold = forecast.loadBalancer.holdSeconds
      switch group {
      case .hold:
        points.append(
          Point(
            value: hold.value, label: Quantity.duration(hold), isRecorded: true, row: recorded))
      case .load: points.append(Point(value: 1, label: "1x", isRecorded: true, row: recorded))
      default: break
      }
    }
    guard points.count > 1 else { return nil }
    points.sort { $0.value < $1.value }
    return IntervalChart(
      id: "forecast-\(group.rawValue)", title: "Hits by \(unit)", unit: unit, points: points)
  }
}
