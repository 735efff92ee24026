import FlowAnalyzer

/// A finding as a row of the list.
struct FindingRow {
  let number: Int
  /// Its picture is on the page.
  let isDrawn: Bool
  let tuple: String
  let client: String?
  let time: String
  let effect: Markup
  let hits: String
  let delay: String
  let id: String

  init(_ finding: AnalysisReport.Finding, number: Int, isDrawn: Bool, _ prose: ReportProse) {
    self.number = number
    self.isDrawn = isDrawn
    tuple = finding.hits.first.map { "\($0.tuple)" } ?? ""
    client = finding.current.client?.description
    time = finding.hits.first.map { prose.clock($0.at) } ?? ""
    effect = Markup(finding.effect)
    hits = Quantity.count(finding.hits.count)
    delay =
      finding.addedSeconds.nanoseconds > 0
      ? Quantity.duration(finding.addedSeconds).keepingUnits : "\u{2013}"
    id = "\(finding.id)"
  }
}

/// A finding in full, with its ladder.
struct FindingView {
  let number: Int
  let isOpen: Bool
  let tuple: String
  let effect: Markup
  let ends: [End]
  let drawing: Markup
  /// Every segment that is drawn.
  let table: TableView?
  let hits: [Hit]
  let hitsLeftOut: String?
  let filter: String
  let id: String

  /// Who took part, and under which address.
  struct End {
    let name: String
    let address: String
  }

  struct Hit {
    let time: String
    let frame: String
    let text: Markup
  }

  /// How many hits are written out.
  private static let listedHits = 12

  /// - Parameter ladder: its packets, where they were read again.
  init(
    _ finding: AnalysisReport.Finding, _ ladder: Ladder?, number: Int, isOpen: Bool,
    _ prose: ReportProse
  ) {
    self.number = number
    self.isOpen = isOpen
    let first = finding.hits.first
    tuple = first.map { "\($0.tuple)" } ?? ""
    effect = Markup(finding.effect)
    var ends: [End] = []
    if let client = finding.current.client {
      ends.append(End(name: "client", address: "\(client)\(prose.found(finding.current))"))
    }
    if let first {
      ends.append(End(name: "load balancer", address: "\(first.tuple.source)"))
      ends.append(End(name: "server", address: "\(first.tuple.destination)"))
    }
    self.ends = ends
    table = ladder.flatMap { TableView(LadderWords($0).table(prose)) }
    drawing =
      LadderDrawing(
        ladder.map { LadderDiagram($0) } ?? LadderDiagram(finding), id: "ladder-\(number)",
        title: "What happened to \(tuple)"
      ).drawing
    hits = finding.hits.prefix(Self.listedHits).map { hit in
      Hit(hit, first: first?.tuple ?? hit.tuple, prose)
    }
    let more = finding.hits.count - Self.listedHits
    hitsLeftOut = more > 0 ? "And \(Quantity.count(more, "more hit"))." : nil
    filter = prose.filter(finding)
    id = "\(finding.id)"
  }
}

extension FindingView.Hit {
  init(_ hit: AnalysisReport.Hit, first: FourTuple, _ prose: ReportProse) {
    time = prose.clock(hit.at)
    frame = "frame \(prose.frame(hit))\(ReportProse.change(from: first, to: hit.tuple))"
    var text: StyledText = "met \(prose.holder(hit)); \(prose.answer(hit))"
    if let previous = prose.previous(hit) { text += "; \(previous)" }
    self.text = Markup(text)
  }
}

/// What stands above the findings.
struct FindingsView {
  let title: String
  let remark: String
  /// There are some.
  let rows: Bool
  let listed: String
  /// The table does not bury what follows it.
  let isShort: Bool
  let nothing: String
}

/// What stands below them.
struct FindingsEnd {
  let howToLook: String
  let leftOut: String?
}
