extension Ladder {
  /// - Parameters:
  ///   - trace: of a finding of `report`.
  ///   - report: tells by whose rules answers were predicted.
  public init(_ trace: FindingTrace, of report: AnalysisReport) {
    let stack = StackProfile(rawValue: report.analysis.server.stack) ?? .linux
    var builder = LadderBuilder(
      trace: trace, stack: stack, timeWait: report.analysis.timeWait.assumedSeconds)
    self = builder.ladder()
  }
}

/// Draws a trace: says of each frame what it does, leaves out what tells nothing, and finds out from
/// which row to which the server held what.
struct LadderBuilder {
  let trace: FindingTrace
  let stack: StackProfile
  /// As assumed.
  let timeWait: Seconds
  /// A row for each frame, in their order; nil where it went into another.
  private var rows: [Ladder.Row?] = []
  /// Rows for what was left out of the trace, by the frame that they stand before.
  private var missing: [Int: Ladder.Row] = [:]
  /// The row of each frame once some are left out.
  private var places: [Int] = []

  init(trace: FindingTrace, stack: StackProfile, timeWait: Seconds) {
    self.trace = trace
    self.stack = stack
    self.timeWait = timeWait
  }

  /// What a frame does.
  struct Story {
    var role: Ladder.Role
    var hit: Int?
    /// A sentence without a full stop.
    var note: String?
  }

  /// One for each frame of a trace.
  static func stories(of trace: FindingTrace, _ report: AnalysisReport) -> [Story] {
    var builder = LadderBuilder(
      trace: trace, stack: .linux, timeWait: report.analysis.timeWait.assumedSeconds)
    builder.makeRows()
    builder.writeNotes()
    return builder.rows.compactMap { row in
      row.map { Story(role: $0.role, hit: $0.hit, note: $0.note) }
    }
  }

  private mutating func makeRows() {
    var roles = LadderRoles(trace)
    rows = trace.frames.map { frame in
      let (role, hit) = roles.role(of: frame)
      return row(frame, role, hit)
    }
  }

  private mutating func writeNotes() {
    let notes = LadderNotes(trace: trace, timeWait: timeWait)
    for index in rows.indices {
      guard let row = rows[index] else { continue }
      rows[index]?.note = notes.note(on: row, trace.frames[index])
    }
  }

  mutating func ladder() -> Ladder {
    makeRows()
    for connection in trace.connections.indices { leaveOut(from: connection) }
    writeNotes()
    var drawn: [Ladder.Row] = []
    for (index, row) in rows.enumerated() {
      if let row = missing[index] { drawn.append(row) }
      if let row { drawn.append(row) }
      places.append(max(drawn.count - 1, 0))
    }
    return Ladder(
      finding: trace.finding, hasClientSide: trace.hasClientSide,
      clientShiftSeconds: trace.clientShift == 0 ? nil : Seconds(nanoseconds: trace.clientShift),
      client: lane(.client, from: true), loadBalancer: loadBalancer,
      server: lane(.server, from: false), connections: connections, rows: drawn,
      spans: spans(drawn), comparisons: comparisons)
  }

  // MARK: - Rows

  private func row(_ frame: TracedFrame, _ role: Ladder.Role, _ hit: Int?) -> Ladder.Row {
    let segment = frame.segment
    let number = numbering(of: frame, role)
    let connection = number.map { trace.connections[$0] }
    let (own, peer) =
      frame.isFromOpener
      ? (connection?.openerBase, connection?.responderBase)
      : (connection?.responderBase, connection?.openerBase)
    let options = segment.options
    return Ladder.Row(
      time: segment.time, gap: frame.side, isTowardsServer: frame.isFromOpener,
      connection: number ?? frame.connection, role: role, flags: segment.flags,
      sequence: Ladder.Number(segment.sequence, from: own),
      acknowledgment: segment.flags.contains(.ack)
        ? Ladder.Number(segment.acknowledgment, from: peer) : nil,
      length: UInt64(segment.payloadLength), window: segment.window,
      timestampValue: options.hasTimestamps ? options.timestampValue : nil,
      timestampEcho: options.hasTimestamps && segment.flags.contains(.ack)
        ? options.timestampEchoReply : nil,
      capture: Int(segment.capture), frame: segment.frame, segments: 1, until: nil, hit: hit,
      note: nil)
  }

  /// The connection whose numbers a frame carries. A load balancer that keeps sequence numbers passes
  /// on those of the connection that was left behind; nil where they are nobody's that is known.
  private func numbering(of frame: TracedFrame, _ role: Ladder.Role) -> Int? {
    guard frame.side == .client, role == .rejection || role == .reset else {
      return frame.connection
    }
    let number = frame.isFromOpener ? frame.segment.sequence : frame.segment.acknowledgment
    let hit = trace.encounters.firstIndex { $0?.isKnown == true && $0?.nextExpected == number }
    return hit.flatMap(holder)
  }

  /// Makes one row of stretches in which a connection only goes on.
  private mutating func leaveOut(from connection: Int) {
    var stretch: [Int] = []
    for index in rows.indices {
      guard let row = rows[index], trace.frames[index].connection == connection else { continue }
      if tellsNothing(row, connection) {
        stretch.append(index)
      } else {
        leaveOut(stretch)
        stretch = []
        leaveOutMissing(before: index, row)
      }
    }
    leaveOut(stretch)
  }

  /// The connection only goes on. Where an attempt has met several, how each of them was opened, and how
  /// it went for its client, would hide the attempt.
  private func tellsNothing(_ row: Ladder.Row, _ connection: Int) -> Bool {
    if row.role == .continues { return true }
    guard isCrowded, trace.connections[connection].part != .current else { return false }
    return trace.connections[connection].side == .client
      ? row.role != .opens : row.role == .answers || row.role == .establishes
  }

  private var isCrowded: Bool {
    trace.finding.hits.contains { $0.tuple != trace.finding.hits[0].tuple }
  }

  /// So few are drawn.
  private static let longestStretch = 2

  private mutating func leaveOut(_ stretch: [Int]) {
    let isWhole = stretch.allSatisfy { trace.frames[$0].omitted.segments == 0 }
    let isPlain = stretch.allSatisfy { rows[$0]?.role == .continues }
    guard stretch.count > Self.longestStretch || !isWhole || !isPlain, let first = stretch.first,
      let last = stretch.last, var row = rows[first]
    else { return }
    row.role = .omitted
    row.segments = 0
    row.length = 0
    row.until = trace.frames[last].segment.time
    for index in stretch {
      row.add(trace.frames[index].omitted)
      row.add(
        TracedFrame.Omission(
          segments: 1, bytes: UInt64(trace.frames[index].segment.payloadLength)))
      rows[index] = nil
    }
    rows[first] = row
  }

  /// What had no room in the trace before a frame that is drawn.
  private mutating func leaveOutMissing(before index: Int, _ next: Ladder.Row) {
    guard trace.frames[index].omitted.segments > 0 else { return }
    var row = next
    row.role = .omitted
    row.segments = 0
    row.length = 0
    row.hit = nil
    row.add(trace.frames[index].omitted)
    missing[index] = row
  }

  // MARK: - Lanes

  private func lane(_ side: Side, from isOpener: Bool) -> Ladder.Lane {
    var endpoints: [String] = []
    for part in [TracedConnection.Part.current, .previous, .other] {
      for connection in trace.connections where connection.side == side && connection.part == part {
        let end = isOpener ? connection.tuple.source : connection.tuple.destination
        if !endpoints.contains(end.description) { endpoints.append(end.description) }
      }
    }
    return Ladder.Lane(endpoints: endpoints)
  }

  /// The virtual address on the left, SNAT addresses on the right.
  private var loadBalancer: Ladder.Lane {
    let virtual = lane(.client, from: false).endpoints
    let snat = lane(.server, from: true).endpoints
    return Ladder.Lane(endpoints: virtual + snat.filter { !virtual.contains($0) })
  }

  private var connections: [Ladder.Connection] {
    var counts: [TracedConnection.Part: Int] = [:]
    return trace.connections.map { connection in
      var name = connection.part.rawValue
      if connection.side == .server {
        counts[connection.part, default: 0] += 1
        if let count = counts[connection.part], count > 1 { name += " \(count)" }
      }
      return Ladder.Connection(
        side: connection.side, part: connection.part, tuple: connection.tuple,
        client: client(of: connection),
        openerISN: connection.beganUnseen ? nil : connection.openerBase?.value,
        responderISN: connection.beganUnseen ? nil : connection.responderBase?.value,
        beganUnseen: connection.beganUnseen, name: name)
    }
  }

  private func client(of connection: TracedConnection) -> AnalysisReport.Client? {
    if connection.side == .client { return AnalysisReport.Client(connection.tuple.source) }
    switch connection.part {
    case .current: return trace.finding.current.client
    case .previous:
      return trace.finding.hits.first { $0.tuple == connection.tuple }?.previous.client
    case .other: return nil
    }
  }
}

// MARK: - What was held

extension LadderBuilder {
  private func spans(_ rows: [Ladder.Row]) -> [Ladder.Span] {
    var spans: [Ladder.Span] = []
    for (index, hit) in trace.finding.hits.enumerated() {
      guard let row = rows.firstIndex(where: { $0.role == .hit && $0.hit == index }) else {
        continue
      }
      let connection = holder(of: index)
      // Several SYNs have met the same.
      let same = spans.lastIndex { span in
        trace.finding.hits[span.hit].tuple == hit.tuple && span.connection == connection
          && span.state == hit.held.state && span.end == .survived
      }
      var span =
        same.map { spans[$0] }
        ?? Ladder.Span(
          state: hit.held.state, connection: connection, hit: index, since: hit.held.since,
          restarts: [], freeAt: nil, end: hit.held.end, rows: start(of: hit, row)...row)
      span.freeAt = hit.held.freeAt
      span.end = hit.held.end
      span.rows =
        span.rows.lowerBound...max(span.rows.lowerBound, end(of: index, after: row, rows))
      if let same { spans[same] = span } else { spans.append(span) }
    }
    for index in spans.indices { spans[index].restarts = restarts(spans[index]) }
    return spans
  }

  /// The connection that a hit met, as an index; nil where none was captured.
  private func holder(of hit: Int) -> Int? {
    let tuple = trace.finding.hits[hit].tuple
    let encounter = trace.encounters[hit]
    let place = trace.frames.firstIndex { isHit($0, hit) } ?? trace.frames.endIndex
    // A SYN before it, of whatever attempt, has met the same.
    let before = trace.frames[..<place].last {
      let connection = trace.connections[$0.connection]
      return connection.tuple == tuple && connection.side == .server
        && connection.responderBase != nil && !$0.segment.isOpening
    }
    if let before { return before.connection }
    guard encounter?.isKnown == true else { return nil }
    return trace.connections.firstIndex { $0.tuple == tuple && $0.part == .previous }
  }

  private func isHit(_ frame: TracedFrame, _ hit: Int) -> Bool {
    frame.segment.frame == trace.finding.hits[hit].frame
      && Int(frame.segment.capture) == trace.finding.hits[hit].capture
  }

  private func start(of hit: AnalysisReport.Hit, _ row: Int) -> Int {
    guard let since = hit.held.since else { return row }
    let frame = trace.frames.firstIndex {
      $0.segment.time >= since && trace.connections[$0.connection].tuple == hit.tuple
    }
    return min(frame.map { places[$0] } ?? row, row)
  }

  /// The row with which what the hit met ends, or the last where it lives on.
  private func end(of hit: Int, after row: Int, _ rows: [Ladder.Row]) -> Int {
    let role: Ladder.Role
    switch trace.finding.hits[hit].held.end {
    case .killed: role = .kills
    case .replaced: role = .accepted
    case .survived, .expired: return rows.count - 1
    }
    return rows.indices.first { $0 > row && rows[$0].role == role && rows[$0].gap == .server }
      ?? row
  }

  private func restarts(_ span: Ladder.Span) -> [Timestamp] {
    let tuple = trace.finding.hits[span.hit].tuple
    var restarts: [Timestamp] = []
    for (index, frame) in trace.frames.enumerated() where span.rows.contains(places[index]) {
      guard let before = frame.before, let after = frame.after, after.state == .timeWait,
        before.state == .timeWait, after.timerStartedAt != before.timerStartedAt,
        trace.connections[frame.connection].tuple == tuple
      else { continue }
      restarts.append(after.timerStartedAt)
    }
    return restarts
  }

  private var comparisons: [Ladder.Comparison] {
    trace.finding.hits.indices.map { index in
      let hit = trace.finding.hits[index]
      let encounter = trace.encounters[index]
      let known = encounter?.isKnown == true ? encounter : nil
      let frame = trace.frames.firstIndex { isHit($0, index) }
      let options = frame.map { trace.frames[$0].segment.options }
      let value = options.flatMap { $0.hasTimestamps ? $0.timestampValue : nil }
      let recent = known?.timestampRecent
      let rule = hit.rule(of: stack)
      return Ladder.Comparison(
        row: frame.map { places[$0] }, state: known?.state, sequence: hit.isn,
        nextExpected: known?.nextExpected.value,
        sequenceDistance: hit.sequenceDistance
          ?? known.map { SequenceNumber(hit.isn).distance(from: $0.nextExpected) },
        nextToSend: known?.nextToSend.value,
        timestampValue: value, timestampRecent: recent,
        timestampDistance: value.flatMap { value in
          recent.map { Int32(bitPattern: value &- $0) }
        },
        heldForSeconds: hit.held.since.map {
          Seconds(nanoseconds: hit.at.nanoseconds(since: $0))
        }, timerAgeSeconds: hit.held.ageSeconds, rule: rule.text, source: rule.source)
    }
  }
}

extension Ladder.Number {
  fileprivate init(_ number: SequenceNumber, from base: SequenceNumber?) {
    absolute = number.value
    relative = base.map { Int64(number.distance(from: $0)) }
  }
}

extension Ladder.Row {
  fileprivate mutating func add(_ omission: TracedFrame.Omission) {
    segments += omission.segments
    length += omission.bytes
  }
}
