import FlowAnalyzer

extension LadderDiagram {
  /// How many hits are drawn: the first, and the last.
  private static let listedHits = 5

  /// What the finding itself tells, where the captures are not read again: what each SYN met, and how
  /// it was answered, all as seen at the server.
  init(_ finding: AnalysisReport.Finding) {
    let hasClient = finding.current.client != nil
    self.init(lanes: (hasClient ? ["client"] : []) + ["load balancer", "server"])
    guard let first = finding.hits.first, let last = finding.hits.last else { return }
    var course = Course(start: first.at, server: lanes.count - 1)
    let isCut = finding.hits.count > Self.listedHits
    for hit in isCut ? finding.hits.prefix(Self.listedHits - 1) + [last] : finding.hits[...] {
      course.add(hit)
    }
    if isCut {
      course.leaveOut(finding.hits.count - Self.listedHits, before: last)
    }
    course.finish(finding)
    (rows, bars) = course.sorted()
  }
}

/// Gathers rows in whatever order hits tell of them.
private struct Course {
  let start: Timestamp
  let server: Int

  private struct Entry {
    var order: Timestamp
    var row: LadderDiagram.Row
    var kind = Kind.other

    enum Kind {
      case syn, gap, other
    }
  }

  /// Where entries were gathered, not yet in order.
  private struct Span {
    var from: Int?
    var to: Int?
    var label: String
    var role: LadderDiagram.Role
  }

  private var entries: [Entry] = []
  private var spans: [Span] = []

  init(start: Timestamp, server: Int) {
    self.start = start
    self.server = server
  }

  mutating func note(
    _ label: String, at time: Timestamp?, order: Timestamp, lane: Int, _ role: LadderDiagram.Role
  ) {
    entries.append(
      Entry(
        order: order,
        row: LadderDiagram.Row(
          time: time.map { $0.offset(from: start) } ?? "", event: .note(lane: lane, label: label),
          role: role)))
  }

  private mutating func segment(
    _ label: String, from: Int, to: Int, at time: Timestamp?, order: Timestamp,
    _ role: LadderDiagram.Role, kind: Entry.Kind = .other
  ) {
    entries.append(
      Entry(
        order: order,
        row: LadderDiagram.Row(
          time: time.map { $0.offset(from: start) } ?? "",
          event: .segment(from: from, to: to, label: label, isLost: false), role: role),
        kind: kind))
  }

  mutating func add(_ hit: AnalysisReport.Hit) {
    let port = hit.tuple.source.port
    let name = "\(hit.held.state.plainName), port \(port)"
    var span = Span(label: name, role: .old)
    if let since = hit.held.since, since < hit.at {
      span.from = entries.count
      let label =
        hit.held.state == .timeWait
        ? "TIME_WAIT begins on port \(port)" : "\(name): begins"
      note(label, at: since, order: since, lane: server, .old)
    }
    segment(
      "SYN from port \(port)", from: 0, to: server, at: hit.at, order: hit.at, .plain, kind: .syn)
    let answered = hit.at.advanced(
      byNanoseconds: max(hit.answeredAfterSeconds?.nanoseconds ?? 0, 0))
    let answeredAt = hit.answeredAfterSeconds == nil ? nil : answered
    if hit.held.end == .replaced { span.to = entries.count }
    switch hit.answer {
    case .accepted:
      segment("SYN-ACK", from: server, to: 0, at: answeredAt, order: answered, .good)
    case .rejected:
      segment(
        "ACK of the old connection", from: server, to: 0, at: answeredAt, order: answered, .bad)
    case .reset: segment("RST", from: server, to: 0, at: answeredAt, order: answered, .bad)
    case .unanswered: note("no answer", at: nil, order: answered, lane: server, .bad)
    case .undetermined: note("answer not captured", at: nil, order: answered, lane: server, .plain)
    }
    if hit.held.end == .killed {
      span.to = entries.count
      let label =
        hit.killedConnection
        ? "RST kills the live connection" : "RST ends \(hit.held.state.plainName)"
      segment(label, from: 0, to: server, at: nil, order: answered, .bad)
    }
    spans.append(span)
  }

  /// Says that some are not drawn.
  mutating func leaveOut(_ count: Int, before hit: AnalysisReport.Hit) {
    let order = hit.at.advanced(byNanoseconds: -1)
    note("\(Quantity.count(count, "more hit")), see below", at: nil, order: order, lane: 0, .plain)
    entries[entries.count - 1].kind = .gap
  }

  mutating func finish(_ finding: AnalysisReport.Finding) {
    let end = entries.map(\.order).max() ?? start
    let effect = finding.effect.runs.map(\.text).joined()
    let role: LadderDiagram.Role =
      switch finding.outcome {
      case .connected: .good
      case .failed: .bad
      case .undetermined: .plain
      }
    note(effect, at: nil, order: end, lane: 0, role)
  }

  /// Rows in time order, and bars by their places.
  func sorted() -> ([LadderDiagram.Row], [LadderDiagram.Bar]) {
    let order = entries.indices.sorted { (entries[$0].order, $0) < (entries[$1].order, $1) }
    var places = [Int](repeating: 0, count: entries.count)
    var rows: [LadderDiagram.Row] = []
    var lastSyn: Timestamp?
    for (place, index) in order.enumerated() {
      places[index] = place
      var row = entries[index].row
      switch entries[index].kind {
      case .syn:
        if let lastSyn {
          let wait = entries[index].order.nanoseconds(since: lastSyn)
          row.wait = "\(Quantity.duration(Seconds(nanoseconds: wait))) until the next SYN"
        }
        lastSyn = entries[index].order
      case .gap: lastSyn = nil
      case .other: break
      }
      rows.append(row)
    }
    let bars = spans.map { span in
      LadderDiagram.Bar(
        lane: server, from: span.from.map { places[$0] }, to: span.to.map { places[$0] },
        label: span.label, role: span.role)
    }
    return (rows, bars)
  }
}
