/// What the segments of a ladder mean, in plain words. One function for each role, so that a new one
/// does not compile without.
struct LadderNotes {
  let trace: FindingTrace
  let timeWait: Seconds
  /// The frame with the first FIN of each connection behind the load balancer, with the end that sent it.
  private var firstFINs: [Int: (frame: TracedFrame, isFromOpener: Bool)] = [:]
  private var attemptStart: Timestamp?

  init(trace: FindingTrace, timeWait: Seconds) {
    self.trace = trace
    self.timeWait = timeWait
    for frame in trace.frames where frame.segment.flags.contains(.fin) && frame.side == .server {
      if firstFINs[frame.connection] == nil {
        firstFINs[frame.connection] = (frame, frame.isFromOpener)
      }
    }
    attemptStart = trace.frames.first { isOfAttempt($0) }?.segment.time
  }

  /// A SYN of the attempt, behind the load balancer.
  private func isOfAttempt(_ frame: TracedFrame) -> Bool {
    frame.side == .server && frame.segment.isOpening
      && trace.connections[frame.connection].part == .current
  }

  /// A sentence without a full stop; nil where there is nothing to say.
  func note(on row: Ladder.Row, _ frame: TracedFrame) -> String? {
    let connection = trace.connections[frame.connection]
    switch row.role {
    case .opens: return opens(frame, connection)
    case .answers, .establishes, .continues: return nil
    case .omitted: return nil
    case .closes: return closes(frame, connection)
    case .entersTimeWait: return entersTimeWait(frame)
    case .restartsTimer: return "starts the timer of the TIME_WAIT anew"
    case .hit: return row.hit.map { self.hit($0) }
    case .retry: return retry(frame)
    case .rejection: return rejection(row, frame)
    case .refusal: return refusal(row)
    case .accepted: return accepted(row, frame)
    case .connected: return connected(frame)
    case .reset: return reset(row, frame)
    case .kills: return kills(row)
    case .aborts: return frame.after?.isReset == true ? "a RST ends the connection" : nil
    }
  }

  // MARK: - The connection that was left behind

  private func opens(_ frame: TracedFrame, _ connection: TracedConnection) -> String? {
    switch (connection.side, connection.part) {
    case (.server, .previous): "opens the connection that leaves the tuple behind"
    case (.server, .other): "another attempt takes the tuple"
    case (.client, .current): "the client that is hit opens a connection"
    case (.client, .previous): "the client before it opens its connection"
    case (_, _): nil
    }
  }

  private func closes(_ frame: TracedFrame, _ connection: TracedConnection) -> String? {
    guard connection.side == .server, let first = firstFINs[frame.connection],
      first.frame.segment.frame == frame.segment.frame,
      first.frame.segment.capture == frame.segment.capture
    else { return nil }
    if first.isFromOpener { return "its peer closes first" }
    let entered = trace.frames.contains {
      $0.connection == frame.connection && $0.after?.state == .timeWait
    }
    return entered
      ? "the server closes first: it will hold TIME_WAIT" : "the server closes first"
  }

  private func entersTimeWait(_ frame: TracedFrame) -> String? {
    guard let after = frame.after else { return nil }
    let end = after.timerStartedAt.advanced(byNanoseconds: timeWait.nanoseconds)
    return "from here the server holds TIME_WAIT, until \(end.timeOfDay)"
  }

  // MARK: - The attempt

  private func hit(_ index: Int) -> String {
    let hit = trace.finding.hits[index]
    var note = "hits \(held(index))"
    if let age = hit.held.ageSeconds {
      let time = Quantity.duration(age)
      note += hit.held.state == .timeWait ? " \(time) old" : ", idle for \(time)"
    }
    if hit.reason == .timestampOlder, hit.held.restartedAt == hit.at, hit.held.state == .timeWait {
      note += ", and starts its timer anew"
    }
    switch hit.answer {
    case .unanswered: note += "; no answer: \(hit.reason.explanation)"
    case .undetermined: note += "; what answered it is not known: \(hit.reason.explanation)"
    case .accepted, .rejected, .reset: break
    }
    return note
  }

  /// What a hit met, in its exact state where that is known.
  private func held(_ index: Int) -> String {
    let hit = trace.finding.hits[index]
    guard hit.held.state == .closing, let encounter = trace.encounters[index], encounter.isKnown
    else { return hit.held.state.plainObject }
    return "a connection in \(encounter.state.plainName)"
  }

  private func retry(_ frame: TracedFrame) -> String? {
    let earlier = trace.frames.prefix { $0.segment.time < frame.segment.time }.last {
      $0.side == frame.side && $0.segment.isOpening
        && $0.segment.sequence == frame.segment.sequence
        && (frame.side == .server
          ? isOfAttempt($0) : $0.connection == frame.connection)
    }
    guard let earlier else { return "the attempt's first SYN" }
    let gap = Seconds(
      nanoseconds: frame.segment.time.nanoseconds(since: earlier.segment.time))
    var note = "the same SYN again, \(Quantity.duration(gap)) later"
    if earlier.segment.source != frame.segment.source {
      note += ", from port \(frame.segment.source.port)"
    }
    return note
  }

  private func rejection(_ row: Ladder.Row, _ frame: TracedFrame) -> String {
    let isLive = row.hit.map { trace.finding.hits[$0].held.state != .timeWait } ?? false
    if frame.side == .client { return "the old connection's numbers reach the client" }
    return isLive
      ? "a challenge: the ACK carries the live connection's numbers"
      : "the ACK carries the old connection's numbers"
  }

  private func refusal(_ row: Ladder.Row) -> String {
    row.gap == .client ? "the client sees: connection refused" : "refuses the SYN"
  }

  private func accepted(_ row: Ladder.Row, _ frame: TracedFrame) -> String? {
    guard frame.side == .server else { return nil }
    guard let hit = row.hit else { return "lets it in" }
    guard let encounter = trace.encounters[hit], encounter.isKnown,
      frame.segment.sequence == Holder.acceptedISN(after: encounter.nextToSend)
    else { return "lets it in, in place of what it held" }
    return "lets it in: the ISN is SND.NXT + 65537, as Linux takes it out of TIME_WAIT"
  }

  private func connected(_ frame: TracedFrame) -> String? {
    guard frame.side == .server, let attemptStart else { return nil }
    let time = Seconds(nanoseconds: frame.segment.time.nanoseconds(since: attemptStart))
    return "connected, \(Quantity.duration(time)) after the first SYN"
  }

  private func reset(_ row: Ladder.Row, _ frame: TracedFrame) -> String? {
    if frame.side == .client { return "the client has no such connection" }
    guard let hit = row.hit else {
      return frame.before?.state == .timeWait && frame.after?.isReset == true
        ? "the opener has no such connection; the TIME_WAIT lives on all the same"
        : "the opener has no such connection"
    }
    let held = trace.finding.hits[hit].held
    return held.end == .survived && held.state == .timeWait
      ? "the opener has no such connection; the TIME_WAIT lives on all the same"
      : "the opener has no such connection"
  }

  private func kills(_ row: Ladder.Row) -> String {
    guard let hit = row.hit.map({ trace.finding.hits[$0] }) else {
      return "the opener has no such connection; the RST ends what was held"
    }
    if hit.killedConnection {
      return "the opener has no such connection; the RST kills the live one"
    }
    return
      "the opener has no such connection; the RST ends the \(hit.held.state == .timeWait ? "TIME_WAIT" : "old connection")"
  }
}
