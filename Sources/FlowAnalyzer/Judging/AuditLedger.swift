/// Collects verdicts: counts them, gathers the hits of each attempt, and makes findings of them.
///
/// Verdicts that could still change by what the rest of the capture shows about the server wait
/// until the end, at most `mostWaiting` of them; beyond, they are spoken on what is known.
struct AuditLedger: ~Copyable {
  static let mostWaiting = 65_536

  private let mostWaiting: Int
  let judge: Judge
  private(set) var counts = AuditCounts()
  private(set) var timeWait = TimeWaitMeasurement()
  private(set) var hold = LoadBalancerHold()
  private(set) var reuseIntervals = ReuseIntervals()
  private(set) var delays = DelayStatistics()
  private(set) var findings: FindingList
  private var waiting: [Exchange] = []
  /// Hits of attempts that go on, by attempt.
  private var hits: [UInt32: [Hit]] = [:]

  init(judge: Judge, maximumFindings: Int, mostWaiting: Int = Self.mostWaiting) {
    self.judge = judge
    self.mostWaiting = mostWaiting
    findings = FindingList(limit: maximumFindings)
  }

  /// Takes over what the tracker has finished, and the attempts that have ended.
  ///
  /// - Parameter joiner: knows the clients.
  mutating func collect(from tracker: inout FlowTracker, _ joiner: inout Joiner) {
    guard tracker.finishedCount > 0 else { return }
    for index in 0..<tracker.finishedCount {
      let place = tracker.finishedPlace(index)
      if judge.isPlainFirstUse(tracker.pending[place].exchange) {
        enterFirstUse(by: tracker.pending[place].exchange.attempt, &tracker)
        continue
      }
      let exchange = tracker.pending[place].exchange
      if waiting.count >= mostWaiting
        || judge.isSettled(exchange, knowing: tracker.knowledge[exchange.destination])
      {
        enter(exchange, &tracker, &joiner)
      } else {
        waiting.append(exchange)
      }
    }
    tracker.releaseFinished()
    let settled = tracker.settled
    if let finished = tracker.attempts.takeFinished(at: settled) {
      close(finished, end: settled, &tracker, &joiner)
    }
  }

  /// Speaks all verdicts that waited, and closes all attempts, after the last packet.
  mutating func finish(_ tracker: inout FlowTracker, _ joiner: inout Joiner) {
    collect(from: &tracker, &joiner)
    for exchange in waiting { enter(exchange, &tracker, &joiner) }
    waiting = []
    while tracker.attempts.hasRemaining {
      while let finished = tracker.attempts.takeRemaining() {
        close(finished, end: tracker.now, &tracker, &joiner)
      }
      joiner.collectEnds(ofServerSide: &tracker)
    }
    findings.sort()
  }

  /// Lets go of the listed findings that begin later than some hit: they are not among those that the
  /// report lists, and are counted only.
  mutating func dropFindings(behind hit: Hit.Position) { findings.drop(behind: hit) }

  /// Notes the clients of all that is kept, by the joiner's numbers.
  func noteClients(in uses: inout AddressTable.Uses) {
    for exchange in waiting { uses.note(exchange.previous) }
    for hit in hits.values.joined() { hit.noteClients(in: &uses) }
    findings.noteClients(in: &uses)
  }

  /// The common case: nothing can be learnt from it.
  private mutating func enterFirstUse(by attempt: UInt32, _ tracker: inout FlowTracker) {
    counts.firstUses += 1
    counts.answersSeen += 1
    tracker.attempts[attempt].openVerdicts &-= 1
  }

  private mutating func enter(
    _ exchange: Exchange, _ tracker: inout FlowTracker, _ joiner: inout Joiner
  ) {
    let server = tracker.knowledge[exchange.destination]
    let verdict = judge.verdict(on: exchange, knowing: server)
    counts.add(verdict)
    switch exchange.answer {
    case .none: break
    case .unseenSynAck, .hiddenOldNumbers: counts.answersUnseen += 1
    case .synAck, .oldNumbers, .reset: counts.answersSeen += 1
    }
    let isFirst = exchange.time == tracker.attempts[exchange.attempt].firstSynAt
    hold.learn(from: exchange, isFirstOfAttempt: isFirst)
    timeWait.learn(from: exchange, verdict)
    reuseIntervals.learn(from: exchange, verdict)
    let formerUsers = joiner.takeFormerUsers(of: exchange)
    if case .hit(let hit) = verdict {
      if hits[exchange.attempt] == nil {
        counts.attemptsHit += 1
        let isLogged = tracker.attempts[exchange.attempt].isLogged
        tracker.arrivals?.hit(exchange.attempt, isLogged: isLogged)
      }
      hits[exchange.attempt, default: []].append(
        Hit(exchange, exchange.tuple(tracker.addresses), hit, formerUsers: formerUsers))
      tracker.attempts.noteHit(exchange.attempt)
      tracker.timeline.noteHit(at: exchange.time)
      tracker.sources.noteHit(address: exchange.source)
      if hit.held == .timeWait, hit.end == .killed { tracker.noteKilled(by: exchange) }
    }
    tracker.attempts[exchange.attempt].openVerdicts &-= 1
  }

  private mutating func close(
    _ finished: FinishedAttempt, end: Timestamp, _ tracker: inout FlowTracker,
    _ joiner: inout Joiner
  ) {
    guard var hits = hits.removeValue(forKey: finished.position) else { return }
    // They come in the order in which they were judged.
    hits.sort { $0.position < $1.position }
    let finding = AttemptFinding(
      finished, hits: hits, end: end, course: joiner.course(of: finished.client))
    if tracker.arrivals != nil { logWaits(after: hits, finished, &tracker) }
    counts.add(finding, hits)
    delays.add(finding.added)
    findings.add(finding, hits)
  }

  /// Keeps how long the attempt waited after each SYN that was not let in.
  private func logWaits(
    after hits: [Hit], _ finished: FinishedAttempt, _ tracker: inout FlowTracker
  ) {
    let syns = finished.synTimes
    for hit in hits where hit.verdict.isCharged {
      guard let number = syns.firstIndex(of: hit.time), number + 1 < syns.count else { continue }
      tracker.arrivals?.noteWait(
        syns[number + 1].nanoseconds(since: syns[number]), afterSyn: number)
    }
  }
}

/// The exact counts of a report, whatever it lists. Counts add up over parts of a capture.
struct AuditCounts: Equatable {
  /// SYNs whose answer was captured, and those that were answered out of the capture's sight.
  var answersSeen = 0
  var answersUnseen = 0
  var firstUses = 0
  private var reuseCounts = [Int](repeating: 0, count: ReuseReason.allCases.count)
  private(set) var hits: CaseCounts<HitClass> = [:]
  var attemptsHit = 0
  /// Attempts to whom hits did something that somebody could notice.
  private(set) var attemptsHarmed = 0
  private(set) var outcomes: CaseCounts<Outcome> = [:]
  var killedConnections = 0

  mutating func add(_ verdict: Verdict) {
    switch verdict {
    case .firstUse: firstUses += 1
    case .reuse(let reason): reuseCounts[reason.ordinal] += 1
    case .hit(let hit):
      hits.add(of: HitClass(hit))
      if hit.killedLiveConnection { killedConnections += 1 }
    }
  }

  mutating func add(_ other: AuditCounts) {
    answersSeen += other.answersSeen
    answersUnseen += other.answersUnseen
    firstUses += other.firstUses
    for ordinal in reuseCounts.indices { reuseCounts[ordinal] += other.reuseCounts[ordinal] }
    hits.add(other.hits)
    attemptsHit += other.attemptsHit
    attemptsHarmed += other.attemptsHarmed
    outcomes.add(other.outcomes)
    killedConnections += other.killedConnections
  }

  /// How many SYNs on used tuples were no hit, by reason.
  func reuses(_ reason: ReuseReason) -> Int { reuseCounts[reason.ordinal] }

  /// How many SYNs met something of a kind, by the answer.
  func answers(to held: HeldKind) -> [Answer: Int] {
    hits.reduce(into: [:]) { answers, hits in
      if hits.key.held == held { answers[hits.key.answer, default: 0] += hits.value }
    }
  }

  /// How many were answered so, by the reason.
  func reasons(of answer: Answer) -> [HitReason: Int] {
    hits.reduce(into: [:]) { reasons, hits in
      if hits.key.answer == answer { reasons[hits.key.reason, default: 0] += hits.value }
    }
  }

  /// Counts an attempt that was hit, now that it is over.
  mutating func add(_ finding: AttemptFinding, _ hits: [Hit]) {
    outcomes.add(of: finding.outcome)
    if FindingSeverity(finding, hits).isHarmful { attemptsHarmed += 1 }
  }
}

/// What hits are counted by.
struct HitClass: Hashable {
  var held: HeldKind
  var answer: Answer
  var reason: HitReason

  init(_ verdict: HitVerdict) {
    held = verdict.held
    answer = verdict.answer
    reason = verdict.reason
  }
}

extension HitClass: Packed {
  func write(to writer: inout PackedWriter) {
    writer.write(held)
    writer.write(answer)
    writer.write(reason)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    held = try reader.value()
    answer = try reader.value()
    reason = try reader.value()
  }

  /// By name: the order in which they are written down.
  fileprivate var names: (String, String, String) {
    (held.rawValue, answer.rawValue, reason.rawValue)
  }
}

extension AuditCounts: Packed, Codable {
  func write(to writer: inout PackedWriter) {
    writer.write(counts: [
      answersSeen, answersUnseen, firstUses, attemptsHit, killedConnections, attemptsHarmed,
    ])
    writer.write(counts: reuseCounts)
    let hits = hits.sorted { $0.key.names < $1.key.names }
    writer.write(count: hits.count)
    for (hitClass, count) in hits {
      hitClass.write(to: &writer)
      writer.write(count: count)
    }
    writer.write(counts: outcomes)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    let counts = try reader.counts(6)
    (answersSeen, answersUnseen, firstUses) = (counts[0], counts[1], counts[2])
    (attemptsHit, killedConnections, attemptsHarmed) = (counts[3], counts[4], counts[5])
    reuseCounts = try reader.counts(reuseCounts.count)
    hits = try reader.counts { reader throws(DecodingError) in try HitClass(from: &reader) }
    outcomes = try reader.counts()
  }
}

extension ReuseReason {
  /// The place among all cases, for counters in an array.
  fileprivate var ordinal: Int {
    switch self {
    case .expired: 0
    case .gone: 1
    case .reset: 2
    case .otherSide: 3
    case .synReceived: 4
    case .duplicate: 5
    case .neverOpened: 6
    case .lost: 7
    case .unknown: 8
    }
  }
}
