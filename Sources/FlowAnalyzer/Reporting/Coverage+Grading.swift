extension Coverage {
  /// Grades what the captures could show.
  init(
    captures: [CaptureRecord], tracked: TrackingCounts, _ counts: AuditCounts,
    joined: JoinCounts, unopened: UnopenedCounts, timeWait: Int64
  ) {
    let syns = tracked.syns
    var reasons: Set<Reason> = []
    let shown = captures.filter { $0.firstPacket != nil }
    let readable = shown.filter { $0.role != .client }
    let isClientSideOnly = readable.isEmpty && !shown.isEmpty
    if captures.contains(where: { $0.failure != nil }) { reasons.insert(.unreadableInput) }
    if captures.contains(where: \.truncated) { reasons.insert(.captureCutOff) }
    if captures.contains(where: { $0.cutHeaders > 0 }) { reasons.insert(.headersCut) }
    if shown.contains(where: { $0.role == nil }) { reasons.insert(.sideAssumed) }
    if !readable.isEmpty, Self.watched(readable) < timeWait { reasons.insert(.shorterThanTimeWait) }
    if tracked.beganUnseen > 0 { reasons.insert(.beganMidstream) }
    if tracked.unseenSyns > 0 { reasons.insert(.synsMissed) }
    if readable.contains(where: { $0.dropped ?? 0 > 0 }) { reasons.insert(.dropsRecorded) }
    let segments = readable.reduce(0) { $0 + $1.tcpSegments }
    if syns > 0, tracked.plainSegments == 0 { reasons.insert(.flagsFiltered) }
    if tracked.translatedSyns > 0, tracked.translatedSyns >= syns / 10 {
      reasons.insert(.bothSides)
    }
    // The same on the clients' side, whose SYNs the join counts.
    if joined.translatedSyns > 0, joined.translatedSyns >= joined.clientSyns / 10 {
      reasons.insert(.bothSides)
    }
    for warning in captures.lazy.flatMap(\.warnings) {
      switch warning {
      case .clocksDiffer: reasons.insert(.clocksDiffer)
      case .showsOtherSide: reasons.insert(.sidesSwapped)
      case .showsBothSides: reasons.insert(.bothSides)
      case .cutOff, .noPackets, .dropped, .cutHeaders, .timeGoesBack, .incompleteDatagrams: break
      }
    }
    if isClientSideOnly {
      reasons.insert(.clientSideOnly)
    } else if joined.pairedClients * 2 < joined.clientConnections {
      reasons.insert(.sidesApart)
    }
    let isUnreadable = !captures.isEmpty && captures.allSatisfy { $0.failure != nil }
    if isClientSideOnly || (readable.isEmpty && isUnreadable) {
      // What is wrong with the files says it all.
    } else if readable.isEmpty {
      reasons.insert(.noPackets)
    } else if segments == 0 {
      reasons.insert(.noTCP)
    } else if syns == 0 {
      reasons.insert(.noSyns)
    }
    // Answers that take another way, as with direct server return, leave only their traces.
    if syns > 0, counts.answersSeen <= counts.answersUnseen { reasons.insert(.noAnswers) }
    if unopened.isFlood { reasons.insert(.flood) }

    let fatal: Set<Reason> = [
      .noPackets, .noTCP, .noSyns, .clientSideOnly, .noAnswers, .clocksDiffer, .flagsFiltered,
      .bothSides, .sidesSwapped,
    ]
    self.reasons = Reason.allCases.filter(reasons.contains)
    if !reasons.isDisjoint(with: fatal) || isUnreadable {
      grade = .inconclusive
    } else {
      grade = reasons.isEmpty ? .full : .limited
    }
  }
}

extension Coverage {
  /// How long the captures watched in all, in nanoseconds, without the time between files.
  private static func watched(_ captures: [CaptureRecord]) -> Int64 {
    let spans = captures.compactMap { capture -> (start: Timestamp, end: Timestamp)? in
      guard let first = capture.firstPacket, let last = capture.lastPacket else { return nil }
      return (first, last)
    }
    var total: Int64 = 0
    var end = Timestamp(nanoseconds: .min)
    for span in spans.sorted(by: { $0.start < $1.start }) where span.end > end {
      total &+= span.end.nanoseconds(since: max(span.start, end))
      end = span.end
    }
    return total
  }
}
