/// Says of each frame what it does in the story, going through them in order of time.
struct LadderRoles {
  private let trace: FindingTrace
  /// The last SYN of each tuple behind the load balancer, as long as nothing has answered it.
  private var openSyns: [FourTuple: (isn: SequenceNumber, hit: Int?)] = [:]
  /// The last hit of each tuple that was rejected.
  private var rejections: [FourTuple: Int?] = [:]
  /// SYNs of clients that were seen, and handshakes that are done, by connection.
  private var opened: Set<Int> = []
  private var answered: Set<Int> = []
  private var established: Set<Int> = []

  init(_ trace: FindingTrace) { self.trace = trace }

  /// - Returns: the role, and the hit that the frame is or answers.
  mutating func role(of frame: TracedFrame) -> (role: Ladder.Role, hit: Int?) {
    frame.side == .server ? serverRole(of: frame) : (clientRole(of: frame), nil)
  }

  // MARK: - Behind the load balancer

  private mutating func serverRole(of frame: TracedFrame) -> (role: Ladder.Role, hit: Int?) {
    let segment = frame.segment
    let connection = trace.connections[frame.connection]
    let tuple = connection.tuple
    if segment.isOpening, frame.isFromOpener {
      let hit = trace.finding.hits.firstIndex {
        $0.frame == segment.frame && $0.capture == Int(segment.capture)
      }
      openSyns[tuple] = (segment.sequence, hit)
      if hit != nil { return (.hit, hit) }
      return (connection.part == .current ? .retry : .opens, nil)
    }
    if let hit = answeredHit(by: frame, tuple) {
      openSyns[tuple] = nil
      switch trace.finding.hits[hit].answer {
      case .accepted: return (.accepted, hit)
      case .reset: return (.refusal, hit)
      case .rejected:
        rejections[tuple] = .some(hit)
        // Where the rejection itself was not captured, the RST shows it.
        return (segment.flags.contains(.rst) ? resetRole(frame, hit) : .rejection, hit)
      case .unanswered, .undetermined: break
      }
    }
    if segment.flags.contains(.rst) {
      guard frame.isFromOpener else {
        let refuses = openSyns[tuple].map { segment.acknowledgment == $0.isn.advanced(by: 1) }
        return (refuses == true ? .refusal : .aborts, nil)
      }
      guard let hit = rejections.removeValue(forKey: tuple) else { return (.aborts, nil) }
      return (resetRole(frame, hit), hit)
    }
    if segment.flags.contains([.syn, .ack]) {
      openSyns[tuple] = nil
      return (connection.part == .current ? .accepted : .answers, nil)
    }
    if rejects(frame, tuple) {
      openSyns[tuple] = nil
      rejections[tuple] = .some(nil)
      return (.rejection, nil)
    }
    return (progressRole(frame, connection), nil)
  }

  /// The hit that this frame is the answer to: the report knows when that came.
  private func answeredHit(by frame: TracedFrame, _ tuple: FourTuple) -> Int? {
    trace.finding.hits.firstIndex { hit in
      guard hit.tuple == tuple, let delay = hit.answeredAfterSeconds else { return false }
      return hit.at.advanced(byNanoseconds: delay.nanoseconds) == frame.segment.time
        && (!frame.isFromOpener || frame.segment.flags.contains(.rst))
    }
  }

  private func resetRole(_ frame: TracedFrame, _ hit: Int?) -> Ladder.Role {
    let hasEnded = frame.after?.isReset == true && frame.before?.isReset != true
    guard let hit else { return hasEnded && !livesOn(after: frame) ? .kills : .reset }
    return hasEnded && trace.finding.hits[hit].held.end == .killed ? .kills : .reset
  }

  /// A later hit of the finding still met what a RST seemed to end (RFC 1337).
  private func livesOn(after frame: TracedFrame) -> Bool {
    let tuple = trace.connections[frame.connection].tuple
    return trace.finding.hits.contains { hit in
      hit.tuple == tuple && hit.at > frame.segment.time
        && hit.held.since.map { $0 <= frame.segment.time } ?? false
    }
  }

  /// A bare ACK that answers a SYN, but does not acknowledge it.
  private func rejects(_ frame: TracedFrame, _ tuple: FourTuple) -> Bool {
    guard !frame.isFromOpener, let open = openSyns[tuple] else { return false }
    return frame.segment.flags.contains(.ack) && frame.segment.sequenceLength == 0
      && frame.segment.acknowledgment != open.isn.advanced(by: 1)
  }

  private func progressRole(_ frame: TracedFrame, _ connection: TracedConnection) -> Ladder.Role {
    if let after = frame.after, let before = frame.before {
      if after.state == .timeWait, before.state != .timeWait { return .entersTimeWait }
      if before.state == .synReceived, after.state == .established, frame.isFromOpener {
        return connection.part == .current ? .connected : .establishes
      }
      if after.state == .timeWait, after.timerStartedAt != before.timerStartedAt {
        return .restartsTimer
      }
    }
    return frame.segment.flags.contains(.fin) ? .closes : .continues
  }

  // MARK: - In front of it

  private mutating func clientRole(of frame: TracedFrame) -> Ladder.Role {
    let segment = frame.segment
    let number = frame.connection
    let isCurrent = trace.connections[number].part == .current
    let isn = trace.connections[number].openerBase
    if segment.isOpening, frame.isFromOpener {
      return opened.insert(number).inserted ? .opens : .retry
    }
    if segment.flags.contains([.syn, .ack]) {
      answered.insert(number)
      return isCurrent ? .accepted : .answers
    }
    if segment.flags.contains(.rst) {
      let isRefused = !answered.contains(number) && opened.contains(number)
      guard isRefused else { return .aborts }
      return frame.isFromOpener ? .reset : .refusal
    }
    if opened.contains(number), !answered.contains(number), !frame.isFromOpener,
      segment.flags.contains(.ack), segment.acknowledgment != isn?.advanced(by: 1)
    {
      return .rejection
    }
    if frame.isFromOpener, answered.contains(number), established.insert(number).inserted {
      return isCurrent ? .connected : .establishes
    }
    return segment.flags.contains(.fin) ? .closes : .continues
  }
}
