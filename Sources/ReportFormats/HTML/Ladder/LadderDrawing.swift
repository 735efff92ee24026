import FlowAnalyzer

/// Draws a ladder: time goes down, a row at a time, so that microseconds and minutes both can be read.
struct LadderDrawing {
  let diagram: LadderDiagram
  let id: String
  let title: String

  private static let rowHeight = 34.0
  private static let waitHeight = 30.0
  private static let head = 34.0
  private static let tail = 16.0
  private static let barWidth = 7.0
  private static let barStep = 10.0
  /// Beyond, bars lie over each other.
  private static let barColumns = 4
  /// How far the outer lanes stand in from the edges: half of what their names take.
  private static let halfName = 0.08

  var drawing: Markup {
    SVG.drawing(id: id, title: title, description: description, height: height) { svg in
      for lane in diagram.lanes.indices { drawLane(lane, &svg) }
      drawBars(&svg)
      for index in diagram.rows.indices { draw(diagram.rows[index], y: y[index], &svg) }
    }
  }

  /// The same as a list of sentences.
  var description: String {
    diagram.rows.map { row in
      let time = row.time.isEmpty ? "" : "\(row.time): "
      switch row.event {
      case .segment(let from, let to, let label, let isLost):
        return "\(time)\(label), \(diagram.lanes[from]) to \(diagram.lanes[to])"
          + (isLost ? ", lost." : ".")
      case .note(let lane, let label): return "\(time)\(label), \(diagram.lanes[lane])."
      }
    }.joined(separator: " ")
  }

  // MARK: - Places

  /// Where each row has its line.
  private let y: [Double]

  init(_ diagram: LadderDiagram, id: String, title: String) {
    self.diagram = diagram
    self.id = id
    self.title = title
    var place = Self.head - 6
    y = diagram.rows.map { row in
      place += Self.rowHeight + (row.wait == nil ? 0 : Self.waitHeight)
      return place
    }
  }

  private var height: Double { (y.last ?? Self.head) + Self.tail + 12 }

  /// A share of the width.
  private func x(_ lane: Int) -> Double {
    guard diagram.lanes.count > 1 else { return 0.5 }
    return Self.halfName + (1 - 2 * Self.halfName) * Double(lane) / Double(diagram.lanes.count - 1)
  }

  // MARK: - Parts

  private func drawLane(_ lane: Int, _ svg: inout SVG) {
    svg.text(diagram.lanes[lane], x: x(lane), y: 14, anchor: .middle, class: "lane")
    svg.element(
      "line",
      [
        "class": "lifeline", "x1": x(lane).percent, "x2": x(lane).percent, "y1": "22",
        "y2": height.svg,
      ])
  }

  private func draw(_ row: LadderDiagram.Row, y: Double, _ svg: inout SVG) {
    if let wait = row.wait {
      let middle = y - Self.rowHeight
      svg.element(
        "line",
        ["class": "wait", "x1": "0", "x2": "100%", "y1": middle.svg, "y2": middle.svg])
      svg.text(wait, x: 0.5, y: middle + 4, anchor: .middle, class: "label wait")
    }
    if !row.time.isEmpty {
      svg.text(row.time, x: 0, shift: -8, y: y + 4, anchor: .end, class: "tick")
    }
    switch row.event {
    case .segment(let from, let to, let label, let isLost):
      drawSegment(from: x(from), to: x(to), label, isLost: isLost, row.role, y: y, &svg)
      // Where it only passes by.
      for lane in min(from, to) + 1..<max(from, to, min(from, to) + 1) {
        svg.element(
          "circle",
          ["class": "pass \(row.role.rawValue)", "cx": x(lane).percent, "cy": y.svg, "r": "3.5"])
      }
    case .note(let lane, let label):
      drawNote(lane, label, row.role, y: y, &svg)
    }
  }

  private func drawSegment(
    from: Double, to: Double, _ label: String, isLost: Bool, _ role: LadderDiagram.Role, y: Double,
    _ svg: inout SVG
  ) {
    let end = isLost ? (from + to) / 2 : to
    let direction = to > from ? 1.0 : -1.0
    svg.element(
      "line",
      [
        "class": "segment \(role.rawValue)", "x1": from.percent, "x2": end.percent, "y1": y.svg,
        "y2": y.svg,
      ])
    // Heads are paths of pixels, moved to a share of the width by an element of their own.
    svg.element("svg", ["x": end.percent, "y": y.svg, "overflow": "visible"]) { svg in
      let path =
        isLost
        ? "M-5 -5L5 5M-5 5L5 -5" : "M0 0L\((-9 * direction).svg) -4.5V4.5Z"
      svg.element("path", ["class": "\(isLost ? "cross" : "head") \(role.rawValue)", "d": path])
    }
    svg.text(
      label, x: (from + to) / 2, y: y - 6, anchor: .middle, class: "label \(role.rawValue)")
  }

  /// Beside its lane, on the side where there is room.
  private func drawNote(
    _ lane: Int, _ label: String, _ role: LadderDiagram.Role, y: Double, _ svg: inout SVG
  ) {
    let isLast = lane == diagram.lanes.count - 1
    svg.element(
      "circle", ["class": "dot \(role.rawValue)", "cx": x(lane).percent, "cy": y.svg, "r": "4"])
    svg.text(
      label, x: x(lane), shift: isLast ? -10 : 10, y: y + 4, anchor: isLast ? .end : .start,
      class: "label \(role.rawValue)")
  }

  /// Each beside the lane, so far out that it meets no other.
  private func drawBars(_ svg: inout SVG) {
    var ends: [[Double]] = diagram.lanes.map { _ in [] }
    for bar in diagram.bars {
      let top = bar.from.map { y[$0] } ?? 26
      let bottom = max(bar.to.map { y[$0] } ?? height, top + 6)
      let column = min(
        ends[bar.lane].firstIndex { $0 < top } ?? ends[bar.lane].count, Self.barColumns - 1)
      if column == ends[bar.lane].count { ends[bar.lane].append(0) }
      ends[bar.lane][column] = bottom
      svg.element("svg", ["x": x(bar.lane).percent, "overflow": "visible"]) { svg in
        svg.element(
          "rect",
          [
            "class": "held \(bar.role.rawValue)",
            "x": (5 + Double(column) * Self.barStep).svg, "width": Self.barWidth.svg,
            "y": top.svg, "height": (bottom - top).svg, "rx": "2",
          ]
        ) { $0.element("title", [:], bar.label) }
      }
    }
  }
}
