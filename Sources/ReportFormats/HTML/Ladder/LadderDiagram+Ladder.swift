import FlowAnalyzer

extension LadderDiagram {
  /// So many rows are drawn: beyond, what lies in the middle is left out.
  private static let mostRows = 80
  /// Pauses of so many nanoseconds are said.
  private static let pause: Int64 = 100_000_000

  /// Every segment of both connections, as the captures show them.
  init(_ ladder: Ladder) {
    let rows = Array(ladder.rows.prefix(Self.mostRows))
    let words = LadderWords(ladder)
    self.init(lanes: (ladder.hasClientSide ? ["client"] : []) + ["load balancer", "server"])
    let server = lanes.count - 1
    let start = ladder.finding.hits.first?.at ?? rows.first?.time ?? Timestamp(nanoseconds: 0)
    var last: Timestamp?
    for row in rows {
      let left = row.gap == .client ? 0 : server - 1
      let (from, to) = row.isTowardsServer ? (left, left + 1) : (left + 1, left)
      let pause = last.map { row.time.nanoseconds(since: $0) } ?? 0
      last = row.until ?? row.time
      self.rows.append(
        Row(
          time: row.time.offset(from: start),
          event: .segment(from: from, to: to, label: words.label(of: row), isLost: false),
          role: words.role(of: row),
          wait: pause >= Self.pause ? Quantity.duration(Seconds(nanoseconds: pause)) : nil))
    }
    if ladder.rows.count > rows.count {
      let more = ladder.rows.count - rows.count
      self.rows.append(
        Row(
          time: "", event: .note(lane: 0, label: Quantity.count(more, "more segment")), role: .plain
        ))
    }
    let end = self.rows.count - 1
    bars = ladder.spans.compactMap { span in
      guard span.rows.lowerBound <= end else { return nil }
      let lives = span.end == .survived || span.end == .expired
      return Bar(
        lane: server, from: span.since == nil ? nil : span.rows.lowerBound,
        to: lives ? nil : min(span.rows.upperBound, end),
        label: words.label(of: span), role: .old)
    }
  }
}

/// What is written at the arrows of a ladder: a few words, as there is little room.
struct LadderWords {
  let ladder: Ladder
  /// The attempt went by several ports, so that the port must be told.
  private let hasSeveralPorts: Bool

  init(_ ladder: Ladder) {
    self.ladder = ladder
    let tuples = ladder.connections.filter { $0.side == .server }.map(\.tuple.source)
    hasSeveralPorts = Set(tuples).count > 1
  }

  func label(of row: Ladder.Row) -> String {
    let flags = row.flags.ladderLabel
    let name: String
    switch row.role {
    case .hit: name = "SYN hits \(held(row))"
    case .rejection: name = "ACK of the old connection"
    case .refusal: name = "RST refuses it"
    case .kills: name = "RST ends \(held(row))"
    case .entersTimeWait: name = "\(flags), TIME_WAIT begins"
    case .restartsTimer: name = "\(flags), timer starts anew"
    case .connected: name = "ACK, connected"
    case .omitted:
      let bytes = row.length > 0 ? ", \(Quantity.count(row.length, "byte"))" : ""
      name = "\u{2026} \(Quantity.count(row.segments, "segment"))\(bytes)"
    case .continues where row.length > 0: name = "\(flags), \(Quantity.count(row.length, "byte"))"
    case .opens, .answers, .establishes, .continues, .closes, .retry, .accepted, .reset, .aborts:
      name = flags
    }
    return hasSeveralPorts && row.gap == .server
      ? "\(name) :\(ladder.connections[row.connection].tuple.source.port)" : name
  }

  func label(of span: Ladder.Span) -> String {
    let port = ladder.finding.hits[span.hit].tuple.source.port
    return "\(span.state.plainName), port \(port)"
  }

  /// What the server held when the hit came that a row is, or belongs to.
  private func held(_ row: Ladder.Row) -> String {
    row.hit.map { ladder.finding.hits[$0].held.state.plainName } ?? "what was held"
  }

  func role(of row: Ladder.Row) -> LadderDiagram.Role {
    switch row.role {
    case .hit, .rejection, .refusal, .reset, .kills: .bad
    case .accepted, .connected: .good
    case .entersTimeWait, .restartsTimer: .old
    case .opens, .answers, .establishes, .continues, .closes, .aborts, .omitted, .retry:
      ladder.connections[row.connection].part == .current ? .plain : .old
    }
  }

  /// Every segment in a row of its own: what the drawing has no room for.
  func table(_ prose: ReportProse) -> TextTable {
    var table = TextTable(.left, .left, .left, .left, .left)
    table.header = ["time (UTC)", "frame", "connection", "segment", "what it does"]
    for row in ladder.rows {
      let connection = ladder.connections[row.connection]
      let side = row.gap == .client ? "client side" : "server side"
      table.row(
        StyledText(prose.clock(row.time)), StyledText(prose.frame(row.frame, in: row.capture)),
        StyledText("\(connection.name), \(side)"), StyledText(segment(row)),
        StyledText(row.note ?? ""))
    }
    return table
  }

  private func segment(_ row: Ladder.Row) -> String {
    guard row.role != .omitted else { return label(of: row) }
    var parts = [
      row.isTowardsServer ? "to the server:" : "from the server:", row.flags.ladderLabel,
    ]
    parts.append("seq \(number(row.sequence))")
    if let acknowledgment = row.acknowledgment { parts.append("ack \(number(acknowledgment))") }
    if row.length > 0 { parts.append("len \(row.length)") }
    if let value = row.timestampValue { parts.append("TSval \(value)") }
    return parts.joined(separator: " ")
  }

  private func number(_ number: Ladder.Number) -> String {
    number.relative.map { "\($0)" } ?? "\(number.absolute)"
  }
}

extension Timestamp {
  /// Since another, in seconds, to the microsecond: `+1.023744`.
  func offset(from start: Timestamp) -> String {
    let nanoseconds = nanoseconds(since: start)
    let microseconds = (nanoseconds.magnitude + 500) / 1000
    let fraction = "\(microseconds % 1_000_000)"
    return (nanoseconds < 0 ? "\u{2212}" : "+") + "\(microseconds / 1_000_000)."
      + String(repeating: "0", count: 6 - fraction.count) + fraction
  }
}
