extension Coverage {
  /// Grades what the captures could show.
  init(
    captures: [CaptureRecord], tracked: TrackingCounts, _ counts: AuditCounts, timeWait: Int64
  ) {
    let syns = tracked.syns
    var reasons: Set<Reason> = []
    let readable = captures.filter { $0.firstPacket != nil }
    if captures.contains(where: { $0.failure != nil }) { reasons.insert(.unreadableInput) }
    if captures.contains(where: \.truncated) { reasons.insert(.captureCutOff) }
    if captures.contains(where: { $0.cutHeaders > 0 }) { reasons.insert(.headersCut) }
    if captures.contains(where: { $0.role == nil }) { reasons.insert(.sideAssumed) }
    if let first = readable.compactMap(\.firstPacket).min(),
      let last = readable.compactMap(\.lastPacket).max(),
      last.nanoseconds(since: first) < timeWait
    {
      reasons.insert(.shorterThanTimeWait)
    }
    if tracked.beganUnseen > 0 { reasons.insert(.beganMidstream) }
    let segments = readable.reduce(0) { $0 + $1.tcpSegments }
    if readable.isEmpty {
      reasons.insert(.noPackets)
    } else if segments == 0 {
      reasons.insert(.noTCP)
    } else if syns == 0 {
      reasons.insert(.noSyns)
    }
    // Answers that take another way, as with direct server return, leave only their traces.
    if syns > 0, counts.answersSeen <= counts.answersUnseen { reasons.insert(.noAnswers) }
    if captures.contains(where: \.hasForeignClock) { reasons.insert(.clocksDiffer) }

    let fatal: Set<Reason> = [.noPackets, .noTCP, .noSyns, .noAnswers, .clocksDiffer]
    self.reasons = Reason.allCases.filter(reasons.contains)
    if !reasons.isDisjoint(with: fatal) {
      grade = .inconclusive
    } else {
      grade = reasons.isEmpty ? .full : .limited
    }
  }
}

extension CaptureRecord {
  /// Whether its clock differs from that of another point, so that packets count twice.
  fileprivate var hasForeignClock: Bool {
    warnings.contains { warning in
      if case .clocksDiffer = warning { true } else { false }
    }
  }
}
