/// A ladder in characters: the time, three lanes with arrows between them, and beside each arrow the
/// numbers of its segment. What the server holds is a bar on its lane.
struct LadderDrawing {
  let ladder: Ladder
  let style: TextStyle
  /// Several captures: frames are FILE:NUMBER.
  let hasSeveralCaptures: Bool

  /// What the lanes are made of.
  private struct Symbols {
    var lane: String
    var bar: String
    var line: Character
    var toRight: String
    var toLeft: String
    var gap: String

    static let ascii = Symbols(lane: "|", bar: "#", line: "-", toRight: ">", toLeft: "<", gap: ":")
    static let boxes = Symbols(
      lane: "\u{2502}", bar: "\u{2588}", line: "\u{2500}", toRight: "\u{25B6}", toLeft: "\u{25C0}",
      gap: "\u{250A}")
  }

  private var symbols: Symbols { style.hasBoxes ? .boxes : .ascii }

  private static let indent = 2
  private static let timeWidth = 15
  /// Pauses of so many nanoseconds have a line of their own.
  private static let pause: Int64 = 100_000_000

  /// Columns between two lanes.
  private var gapWidth: Int {
    ladder.hasClientSide && style.width < 110 ? 10 : 14
  }

  /// Several bars stand beside the server's lane, a single one stands on it.
  private var hasBarsBeside: Bool { ladder.spans.count > 1 }
  private var barsWidth: Int { hasBarsBeside ? ladder.spans.count + 1 : 0 }
  private var lanesWidth: Int {
    (ladder.hasClientSide ? 2 * gapWidth + 3 : gapWidth + 2) + barsWidth
  }
  private var remarkStart: Int { Self.indent + Self.timeWidth + 2 + lanesWidth + 2 }
  private var remarkWidth: Int { max(style.width - remarkStart, 24) }

  func draw(on canvas: inout TextCanvas) {
    canvas.line(header, indent: Self.indent)
    for (index, row) in ladder.rows.enumerated() {
      if index > 0 { drawPause(before: index, on: &canvas) }
      draw(row, index, on: &canvas)
    }
  }

  private var header: StyledText {
    let space = String(repeating: " ", count: Self.timeWidth + 2)
    let titles: [(String, Int)] =
      ladder.hasClientSide
      ? [("client", 0), ("LB", gapWidth + 1), ("server", 2 * gapWidth + 2)]
      : [("LB", 0), ("server", gapWidth + 1)]
    var line = ""
    for (title, position) in titles {
      // Each title stands over its lane.
      let start = max(position - title.count / 2, line.isEmpty ? 0 : line.count + 1)
      line += String(repeating: " ", count: max(0, start - line.count)) + title
    }
    guard hasBarsBeside else { return StyledText(space + line, .strong) }
    // Each bar is headed by the hit that met it.
    let start = lanesWidth - ladder.spans.count
    let numbers = ladder.spans.map { String(($0.hit + 1) % 10) }.joined()
    let gap = String(repeating: " ", count: max(1, start - line.count))
    return "\(space + line, .strong)\(gap)\(numbers, .warning)"
  }

  // MARK: - Rows

  private func drawPause(before index: Int, on canvas: inout TextCanvas) {
    let last = ladder.rows[index - 1].until ?? ladder.rows[index - 1].time
    let pause = ladder.rows[index].time.nanoseconds(since: last)
    guard pause >= Self.pause else { return }
    let text = Quantity.duration(Seconds(nanoseconds: pause))
    let time = StyledText(text, .dim).padded(to: Self.timeWidth, isRightAligned: true)
    canvas.line(time + "  " + lanes(at: index, isBetweenRows: true), indent: Self.indent)
  }

  private func draw(_ row: Ladder.Row, _ index: Int, on canvas: inout TextCanvas) {
    var remarks = StyledText(numbers(row), row.role == .omitted ? .dim : .plain)
      .wrapped(to: remarkWidth)
    if let note = row.note {
      remarks += StyledText(note, role(of: row)).wrapped(to: remarkWidth)
    }
    for (number, remark) in remarks.enumerated() {
      let time = number == 0 ? row.time.timeOfDay : ""
      let isLast = index == ladder.rows.count - 1
      let lanes =
        number == 0
        ? lanes(with: row, at: index) : lanes(at: isLast ? index : index + 1, isBetweenRows: true)
      canvas.line(
        StyledText(time, .dim).padded(to: Self.timeWidth) + "  " + lanes + "  " + remark,
        indent: Self.indent)
    }
  }

  /// Which connection, relative numbers, timestamps, and where to find the segment.
  private func numbers(_ row: Ladder.Row) -> String {
    let tag = tag(of: row)
    guard row.role != .omitted else {
      let bytes = row.length > 0 ? ", \(Quantity.count(row.length, "byte"))" : ""
      let end = row.until.map { $0 > row.time ? ", until \($0.timeOfDay)" : "" } ?? ""
      return "\(tag) \(Quantity.count(row.segments, "segment"))\(bytes)\(end)"
    }
    var parts = [tag, "seq=\(number(row.sequence))"]
    if row.role == .hit, let distance = row.hit.flatMap({ ladder.distance(ofHit: $0) }) {
      parts.append("(RCV.NXT\(distance == 0 ? "+" : "")\(Quantity.signed(distance)))")
    }
    if let acknowledgment = row.acknowledgment { parts.append("ack=\(number(acknowledgment))") }
    if row.length > 0 { parts.append("len=\(row.length)") }
    if let value = row.timestampValue {
      parts.append("TS=\(value)" + (row.timestampEcho.map { "/\($0)" } ?? ""))
    }
    parts.append("#" + (hasSeveralCaptures ? "\(row.capture + 1):\(row.frame)" : "\(row.frame)"))
    return parts.joined(separator: " ")
  }

  private func number(_ number: Ladder.Number) -> String {
    number.relative.map { "\($0)" } ?? "(\(number.absolute))"
  }

  /// `old`, `new` or `other`, with the port where the attempt has come from several.
  private func tag(of row: Ladder.Row) -> String {
    let connection = ladder.connections[row.connection]
    let ports = Set(
      ladder.connections.lazy.filter { $0.side == .server }.map(\.tuple.source.port))
    let name = connection.part.shortName
    return connection.side == .server && ports.count > 1
      ? "\(name):\(connection.tuple.source.port)" : name
  }

  private func role(of row: Ladder.Row) -> StyledText.Role {
    switch row.role {
    case .hit, .rejection, .refusal, .reset, .kills: .bad
    case .accepted, .connected: .good
    case .entersTimeWait, .restartsTimer, .retry: .warning
    case .opens, .answers, .establishes, .continues, .closes, .aborts, .omitted: .plain
    }
  }

  // MARK: - Lanes

  private var space: StyledText { StyledText(String(repeating: " ", count: gapWidth)) }
  private var lane: StyledText { StyledText(symbols.lane, .dim) }

  /// The server's lane at a row, or just before it, with the bars of what it holds.
  private func serverLane(at index: Int, isBetweenRows: Bool) -> StyledText {
    let bars = ladder.spans.map { span in
      isBetweenRows
        ? span.rows.lowerBound < index && index <= span.rows.upperBound
        : span.rows.contains(index)
    }
    guard hasBarsBeside else {
      return bars.contains(true) ? StyledText(symbols.bar, .warning) : lane
    }
    let columns = bars.map { $0 ? symbols.bar : " " }.joined()
    return lane + " " + StyledText(columns, .warning)
  }

  private func lanes(at index: Int, isBetweenRows: Bool) -> StyledText {
    let server = serverLane(at: index, isBetweenRows: isBetweenRows)
    return ladder.hasClientSide
      ? lane + space + lane + space + server : lane + space + server
  }

  private func lanes(with row: Ladder.Row, at index: Int) -> StyledText {
    let server = serverLane(at: index, isBetweenRows: false)
    let arrow = arrow(row)
    guard ladder.hasClientSide else { return lane + arrow + server }
    return row.gap == .client
      ? lane + arrow + lane + space + server : lane + space + lane + arrow + server
  }

  private func arrow(_ row: Ladder.Row) -> StyledText {
    if row.role == .omitted {
      let dots = "..."
      let left = (gapWidth - dots.count) / 2
      return StyledText(String(repeating: " ", count: left) + dots, .dim).padded(to: gapWidth)
    }
    let label = row.flags.ladderLabel
    let room = max(gapWidth - label.count - 1, 0)
    let (left, right) = (
      String(repeating: symbols.line, count: room / 2),
      String(repeating: symbols.line, count: room - room / 2)
    )
    let text =
      row.isTowardsServer
      ? left + label + right + symbols.toRight : symbols.toLeft + left + label + right
    return StyledText(text, role(of: row))
  }
}

extension Ladder {
  /// SYN.SEQ - RCV.NXT.
  fileprivate func distance(ofHit hit: Int) -> Int32? { comparisons[hit].sequenceDistance }
}

extension TracedConnection.Part {
  /// Where there is little room.
  var shortName: String {
    switch self {
    case .previous: "old"
    case .current: "new"
    case .other: "other"
    }
  }
}

extension TCPFlags {
  /// Those that matter in a diagram: `SYN+ACK`.
  package var ladderLabel: String {
    let names: [(TCPFlags, String)] = [
      (.syn, "SYN"), (.fin, "FIN"), (.rst, "RST"), (.ack, "ACK"),
    ]
    let set = names.filter { contains($0.0) }.map(\.1)
    return set.isEmpty ? "none" : set.joined(separator: "+")
  }
}
