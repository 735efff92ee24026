import FlowAnalyzer

/// Named amounts as bars, in groups that may have a title.
struct BarChart {
  struct Group {
    var title: String?
    /// More about it, below the title.
    var remark: String?
    var bars: [Bar]
  }

  struct Bar {
    var label: String
    var amount: Int
    /// What it is, as a class of the style sheet.
    var name: String
  }

  let id: String
  let title: String
  let description: String
  let groups: [Group]

  private static let barHeight = 22.0
  private static let lineHeight = 20.0
  private static let gap = 14.0
  /// So much of the width is for the longest bar, the rest for its number.
  private static let longest = 0.84

  var drawing: Markup {
    SVG.drawing(id: id, title: title, description: description, height: height) { svg in
      let most = max(groups.flatMap(\.bars).map(\.amount).max() ?? 0, 1)
      var y = 0.0
      for group in groups {
        if let title = group.title {
          svg.text(title, x: 0, y: y + 14, class: "name")
          y += Self.lineHeight
        }
        if let remark = group.remark {
          svg.text(remark, x: 0, y: y + 13, class: "tick")
          y += Self.lineHeight
        }
        for bar in group.bars {
          draw(bar, share: Double(bar.amount) / Double(most), y: y, &svg)
          y += Self.barHeight
        }
        y += Self.gap
      }
    }
  }

  private var height: Double {
    groups.reduce(-Self.gap) { sum, group in
      let lines = (group.title == nil ? 0.0 : 1) + (group.remark == nil ? 0 : 1)
      return sum + lines * Self.lineHeight + Double(group.bars.count) * Self.barHeight + Self.gap
    }
  }

  private func draw(_ bar: Bar, share: Double, y: Double, _ svg: inout SVG) {
    let width = share * Self.longest
    svg.text(bar.label, x: 0, shift: -8, y: y + 14, anchor: .end, class: "tick")
    svg.element(
      "line", ["class": "base", "x1": "0", "x2": "0", "y1": y.svg, "y2": (y + Self.barHeight).svg])
    if bar.amount > 0 {
      svg.element(
        "rect",
        [
          "class": "bar \(bar.name)", "x": "0", "width": max(width, 0.003).percent,
          "y": (y + 3).svg, "height": (Self.barHeight - 6).svg,
        ])
    }
    svg.text(Quantity.count(bar.amount), x: width, shift: 6, y: y + 15, class: "amount")
  }
}

extension BarChart {
  /// How many addresses are drawn.
  private static let listedSources = 12

  /// The ports of each address, beside its connections and hits.
  static func sources(_ report: AnalysisReport) -> BarChart {
    let listed = report.sources.prefix(listedSources)
    let groups = listed.map { source in
      let range =
        source.firstPort == source.lastPort
        ? "port \(source.firstPort)" : "ports \(source.firstPort) to \(source.lastPort)"
      let tenths =
        source.ports > 0 ? (source.connections * 10 + source.ports / 2) / source.ports : 0
      return Group(
        title: "\(source.ip)",
        remark: "\(range), used \(tenths / 10).\(tenths % 10) times each",
        bars: [
          Bar(label: "connections", amount: source.connections, name: "connections"),
          Bar(label: "ports used", amount: source.ports, name: "ports"),
          Bar(label: "hits", amount: source.hits, name: "hits"),
        ])
    }
    let sum = listed.map {
      "\($0.ip): \(Quantity.count($0.connections, "connection")) from "
        + "\(Quantity.count($0.ports, "port")), \(Quantity.count($0.hits, "hit"))"
    }
    return BarChart(
      id: "sources", title: "Port use per source address",
      description: sum.joined(separator: "; ") + ".", groups: groups)
  }

  /// How many addresses are not drawn.
  static func sourcesLeftOut(_ report: AnalysisReport) -> Int {
    max(0, report.sources.count - listedSources) + report.sourcesOmitted
  }

  /// The attempts that were hit, by what that cost them.
  static func delays(_ prose: ReportProse) -> BarChart {
    let classes = prose.delayClasses
    let sum = classes.map { "\($0.label): \(Quantity.count($0.attempts))" }
    return BarChart(
      id: "delays", title: "Set-up delay added by hits",
      description: "Attempts that were hit, by the delay: \(sum.joined(separator: "; ")).",
      groups: [
        Group(
          bars: classes.enumerated().map { index, bin in
            Bar(label: bin.label, amount: bin.attempts, name: index == 0 ? "others" : "hits")
          })
      ])
  }
}
