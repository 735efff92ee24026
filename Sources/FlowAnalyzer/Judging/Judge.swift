/// Says of each SYN what it met and what became of it: a pure function of one `Exchange`, what is
/// known about its server, and the rules given by the user.
struct Judge {
  /// The server's TCP as given; nil lets its answers tell, Linux until then.
  var stack: StackProfile?
  /// RFC 1337 as given; nil lets the evidence tell.
  var rfc1337: Bool?
  /// TIME_WAIT in nanoseconds.
  var timeWait: Int64

  /// TIME_WAIT is certain until so long before its end, and over so long after it: timers of Linux
  /// come late by up to one granule of the timer wheel, 5.12 s at 100 Hz.
  static let early: Int64 = 100_000_000
  static let late: Int64 = 5_200_000_000
  /// Linux answers invalid segments at most once per 500 ms (tcp_invalid_ratelimit), counted in
  /// ticks of up to 10 ms.
  static let rateLimit: Int64 = 510_000_000
  /// Within so long it surely answers no more.
  static let certainRateLimit: Int64 = 490_000_000

  /// The verdict, given what is known about the server.
  func verdict(on exchange: Exchange, knowing server: ServerKnowledge) -> Verdict {
    let facts = Facts(exchange, judge: self, server: server)
    if exchange.repetition == .ofOwnConnection, exchange.holder.state != .timeWait,
      exchange.answer != .oldNumbers, exchange.answer != .hiddenOldNumbers,
      exchange.holder.state == .synReceived || !facts.isRateLimited
    {
      return .reuse(.duplicate)
    }
    switch exchange.answer {
    case .oldNumbers, .hiddenOldNumbers: return rejected(exchange, facts)
    case .synAck, .unseenSynAck: return accepted(exchange, facts)
    case .reset: return reset(exchange, facts)
    case .none: return silent(exchange, facts)
    }
  }

  /// Whether more knowledge about the server could change the verdict.
  func isSettled(_ exchange: Exchange, knowing server: ServerKnowledge) -> Bool {
    isSettledAtAGlance(exchange) || staysTheSame(on: exchange, knowing: server)
  }

  /// The common case of a tuple that was used before: the server has let the SYN in, and its reason says
  /// nothing about the server.
  func isSettledAtAGlance(_ exchange: Exchange) -> Bool {
    guard exchange.answer == .synAck else { return false }
    if exchange.acceptedOutOfTimeWait || exchange.holder.state != .timeWait { return true }
    let age = exchange.time.nanoseconds(since: exchange.holder.timerStartedAt)
    return age >= timeWait - Self.early && !exchange.holder.notes.contains(.resetBefore)
  }

  /// The verdict is the same in everything that the knowledge may grow into.
  func staysTheSame(on exchange: Exchange, knowing server: ServerKnowledge) -> Bool {
    let verdict = verdict(on: exchange, knowing: server)
    func staysWith(linux: Bool, obeying: Bool) -> Bool {
      let future = server.future(showingLinux: linux, obeyingResets: obeying)
      return self.verdict(on: exchange, knowing: future) == verdict
    }
    return staysWith(linux: true, obeying: true) && staysWith(linux: true, obeying: false)
      && staysWith(linux: false, obeying: true) && staysWith(linux: false, obeying: false)
  }

  /// The common case, settled at a glance: a tuple never seen before, and an answer to its SYN.
  @inline(__always)
  func isPlainFirstUse(_ exchange: Exchange) -> Bool {
    exchange.answer == .synAck && !exchange.holder.notes.contains(.known)
  }

  // MARK: - By answer

  private func rejected(_ exchange: Exchange, _ facts: Facts) -> Verdict {
    switch exchange.holder.state {
    case .synReceived, .synSent: return .reuse(.synReceived)
    case .closed, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck, .timeWait:
      break
    }
    let held = facts.held ?? .timeWait
    let reason: HitReason
    switch facts.prediction.answer {
    case .rejected where held == .closing && exchange.answerIsSocketless == true,
      .undetermined where held == .closing && exchange.answerIsSocketless == true:
      reason = .orphanAnswered
    case .rejected: reason = facts.prediction.reason
    case .accepted where held == .timeWait && facts.answersLikeLinux: reason = .noListener
    case .undetermined where held == .closing: reason = .challenge
    case .undetermined where facts.provesOlderTimestamp: reason = .timestampOlder
    case .accepted, .reset, .unanswered, .undetermined: reason = facts.reasonUnpredicted
    }
    var end = facts.quietEnd
    if exchange.proof != .stillHeld, exchange.resetFollowed {
      end = held == .timeWait && facts.ignoresResets ? .survived : .killed
    }
    return .hit(
      HitVerdict(
        held: held, evidence: facts.evidence, end: end, predicted: facts.prediction.answer,
        answer: .rejected, reason: reason,
        killedLiveConnection: end == .killed && held != .timeWait && !facts.mayBeOrphan,
        restartsTimer: facts.restartsTimer))
  }

  private func accepted(_ exchange: Exchange, _ facts: Facts) -> Verdict {
    if exchange.acceptedOutOfTimeWait {
      let asExpected = facts.prediction.answer == .accepted
      return .hit(
        HitVerdict(
          held: .timeWait,
          evidence: exchange.holder.state == .timeWait ? facts.evidence : .inferred,
          end: .replaced, predicted: facts.prediction.answer, answer: .accepted,
          reason: asExpected ? facts.prediction.reason : facts.reasonUnpredicted))
    }
    // The server made a fresh socket.
    guard let reason = facts.reasonGone else {
      return .hit(
        HitVerdict(
          held: .timeWait, evidence: .inferred, end: .replaced,
          predicted: facts.prediction.answer, answer: .accepted,
          reason: facts.prediction.answer == .accepted
            ? facts.prediction.reason : facts.reasonUnpredicted))
    }
    return reason
  }

  private func reset(_ exchange: Exchange, _ facts: Facts) -> Verdict {
    if exchange.holder.state == .finWait2, !exchange.holder.notes.contains(.resetBefore),
      facts.mayBeRefusedByOrphan
    {
      // The application may have closed it late, so that it was an orphan for less than a minute; or it was
      // gone, and nobody listens.
      if facts.isOver { return .reuse(.unknown) }
      return .hit(
        HitVerdict(
          held: .closing, evidence: facts.mayBeOver ? .inferred : facts.evidence, end: .killed,
          predicted: facts.prediction.answer, answer: .reset, reason: .orphanRefused))
    }
    guard let reason = facts.reasonGone else {
      return .hit(
        HitVerdict(
          held: .timeWait, evidence: .inferred, end: facts.quietEnd,
          predicted: facts.prediction.answer, answer: .reset,
          reason: facts.prediction.answer == .reset
            ? facts.prediction.reason : facts.reasonUnpredicted))
    }
    return reason
  }

  private func silent(_ exchange: Exchange, _ facts: Facts) -> Verdict {
    let isHeldForSure = exchange.proof == .stillHeld
    if isHeldForSure, facts.isHalfOpen { return .reuse(.synReceived) }
    if !isHeldForSure, let reason = facts.reasonNotHeldWhenSilent { return reason }

    let prediction = facts.prediction
    let held = facts.held ?? .timeWait
    var reason: HitReason
    var end = facts.quietEnd
    if held == .timeWait, facts.held != nil, prediction.answer == .accepted {
      // It would have replaced the holder, had it arrived.
      let isUnanswered = exchange.nextSynAt != nil || exchange.watched >= Exchange.patience
      if isHeldForSure || (isUnanswered && exchange.proof == .none && facts.isLinuxRule) {
        return .reuse(.lost)
      }
      reason = .lost
      if exchange.proof == .gone, facts.isLinux {
        // Only the first of several has met the TIME_WAIT, which went with it.
        if exchange.holder.notes.contains(.mayBeReplaced) {
          return .reuse(exchange.repetition == .ofUnanswered ? .duplicate : .gone)
        }
        reason = .acceptQueueFull
        end = .killed
      }
    } else if prediction.answer == .unanswered {
      reason = prediction.reason
      if reason == .synWithFIN { end = .killed }
    } else if facts.isRateLimited, prediction.answer != .reset {
      reason = .rateLimited
    } else {
      reason = .lost
    }
    if held != .timeWait, exchange.resetFollowed, !isHeldForSure { end = .killed }
    // Whatever would have been captured further on, an answer was not due.
    let isForbidden = reason == .rateLimited && facts.isSurelySilencedByLimit
    let answer: Answer =
      exchange.nextSynAt != nil || exchange.watched >= Exchange.patience || isForbidden
      ? .unanswered : .undetermined
    if answer == .undetermined { reason = .captureEnded }
    return .hit(
      HitVerdict(
        held: held, evidence: facts.evidence, end: end, predicted: facts.predictedWithLimit,
        answer: answer, reason: reason,
        killedLiveConnection: end == .killed && held != .timeWait && !facts.mayBeOrphan,
        restartsTimer: facts.restartsTimer))
  }
}

/// What the judge reads out of an exchange before it looks at the answer.
private struct Facts {
  let exchange: Exchange
  let prediction: Prediction
  /// The SYN's sequence number is newer than what the holder expects.
  let isAfterHolder: Bool
  /// The server is known to be Linux.
  let isLinux: Bool
  /// TIME_WAIT ignores RSTs.
  let ignoresResets: Bool
  /// Age of the holder's timer when the SYN came.
  let age: Int64
  let timeWait: Int64

  init(_ exchange: Exchange, judge: Judge, server: ServerKnowledge) {
    self.exchange = exchange
    let profile = judge.stack ?? .linux
    let syn = SynFacts(exchange)
    prediction = profile.prediction(for: syn, holder: exchange.holder)
    isAfterHolder = syn.isAfter(exchange.holder)
    isLinuxRule = profile == .linux
    isLinux = judge.stack.map { $0 == .linux } ?? server.isLinux
    ignoresResets =
      profile.ignoresResets ?? judge.rfc1337 ?? server.ignoresResets ?? false
    age = exchange.time.nanoseconds(since: exchange.holder.timerStartedAt)
    timeWait = judge.timeWait
  }

  /// A connection that was never completed: nothing of old stands in the way.
  var isHalfOpen: Bool {
    exchange.holder.state == .synReceived || exchange.holder.state == .synSent
  }

  /// The answer, if not the server, is Linux's.
  var answersLikeLinux: Bool {
    isLinuxRule && (isLinux || exchange.answerIsSocketless == true)
  }

  /// Linux's rules apply, given or for want of evidence against them.
  let isLinuxRule: Bool

  /// A RST may come from an orphan in FIN_WAIT_2, which sends one to what falls into its window.
  var mayBeRefusedByOrphan: Bool {
    exchange.holder.notes.contains(.beganUnseen) || prediction.answer == .undetermined
      || prediction.answer == .reset
  }

  /// What the holder's state is called; nil where it holds nothing that a SYN could hit.
  var held: HeldKind? {
    switch exchange.holder.state {
    case .timeWait: .timeWait
    case .established: .established
    case .finWait1, .finWait2, .closeWait, .closing, .lastAck: .closing
    case .closed, .synSent, .synReceived: nil
    }
  }

  var evidence: Evidence {
    let notes = exchange.holder.notes
    if prediction.reason == .optionsCut { return .inferred }
    if held == nil || !notes.contains(.known) || exchange.answer == .hiddenOldNumbers {
      return .inferred
    }
    // An orphan would have refused it, whatever the limit says.
    if isSilencedByLimit, prediction.answer == .undetermined, exchange.answer == .none,
      !notes.contains(.fullSocket)
    {
      return .inferred
    }
    if notes.contains(.mayBeReplaced), exchange.answer == .none, exchange.proof != .stillHeld {
      return .inferred
    }
    if !notes.isDisjoint(with: [.inferred, .ambiguous, .onlyUnanswered, .stateFromAnswer]) {
      return .inferred
    }
    // What came before the capture may have been a FIN.
    return notes.contains(.beganUnseen) && held != .timeWait ? .inferred : .tracked
  }

  /// The holder may be an orphan in FIN_WAIT_2, which is nobody's live connection: its answer says
  /// so, or (IPv6) cannot say that it is not.
  var mayBeOrphan: Bool {
    exchange.answerIsSocketless ?? (exchange.holder.state == .finWait2)
  }

  /// The prediction, given that the server may just have used up its right to answer.
  var predictedWithLimit: Answer {
    prediction.answer == .rejected && isSilencedByLimit ? .unanswered : prediction.answer
  }

  /// Linux restarts the timer for a SYN that PAWS refuses.
  var restartsTimer: Bool {
    isLinuxRule && held == .timeWait
      && (prediction.reason == .timestampOlder
        || (provesOlderTimestamp && exchange.answer == .oldNumbers))
  }

  /// Why there was an answer that was not predicted.
  var reasonUnpredicted: HitReason {
    prediction.reason == .optionsCut ? .optionsCut : .unexpected
  }

  /// A refusal would tell what the snap length took: Linux refuses a SYN whose sequence number is newer
  /// for its timestamp only.
  var provesOlderTimestamp: Bool {
    prediction.reason == .optionsCut && isLinuxRule && isAfterHolder
  }

  /// The server has answered such a segment within its rate limit.
  var isRateLimited: Bool {
    guard let since = exchange.sinceLimitedAnswer else { return false }
    return since >= 0 && since < Judge.rateLimit
  }

  /// The limit keeps the server from answering this SYN: not from refusing it by a RST, as an orphan does
  /// with what falls into its window.
  var isSilencedByLimit: Bool {
    guard isRateLimited else { return false }
    switch prediction.answer {
    case .rejected: return true
    case .undetermined: return prediction.reason == .challenge
    case .accepted, .reset, .unanswered: return false
    }
  }

  /// So it does by any reckoning of the server's ticks.
  var isSurelySilencedByLimit: Bool {
    guard isSilencedByLimit, prediction.answer == .rejected, isLinuxRule,
      let since = exchange.sinceLimitedAnswer
    else { return false }
    return since < Judge.certainRateLimit
  }

  /// The assumed life of the holder's timer is surely over: where its times are not known, the age
  /// is the least possible.
  var isOver: Bool { age > timeWait + Judge.late }
  /// It may be over.
  var mayBeOver: Bool { age >= timeWait - Judge.early }

  /// How the holder ended where neither this SYN nor a RST ended it.
  var quietEnd: HeldEnd {
    guard held == .timeWait, exchange.proof != .stillHeld else { return .survived }
    return age &+ exchange.watched > timeWait + Judge.late ? .expired : .survived
  }

  /// Why the tuple was free, where an answer proves that the SYN met no socket of old; nil where a
  /// stack that is not Linux may have accepted, or reset, out of TIME_WAIT.
  var reasonGone: Verdict? {
    let notes = exchange.holder.notes
    guard notes.contains(.known) else { return .firstUse }
    if notes.contains(.onlyUnanswered) { return unanswered }
    switch exchange.holder.state {
    case .synReceived, .synSent: return halfOpen
    case .closed: return .reuse(notes.contains(.endedByReset) ? .reset : .otherSide)
    case .finWait2 where mayBeOver && !notes.contains(.resetBefore): return .reuse(.expired)
    case .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck:
      if notes.contains(.resetBefore) { return .reuse(.reset) }
      return .reuse(notes.contains(.beganUnseen) ? .unknown : .gone)
    case .timeWait:
      if notes.contains(.resetBefore), !ignoresResets || isLinux { return .reuse(.reset) }
      if mayBeOver { return .reuse(.expired) }
      if notes.contains(.ambiguous) { return .reuse(.otherSide) }
      if isLinux { return .reuse(.gone) }
      // How old it was is not known, so neither whether it was still there.
      return notes.contains(.unknownTimes) ? .reuse(.unknown) : nil
    }
  }

  /// Why a SYN without an answer, and without later proof of a holder, is no hit; nil where the
  /// holder stood.
  var reasonNotHeldWhenSilent: Verdict? {
    let notes = exchange.holder.notes
    guard notes.contains(.known) else { return .firstUse }
    if notes.contains(.onlyUnanswered) { return unanswered }
    switch exchange.holder.state {
    case .synReceived, .synSent: return halfOpen
    case .closed: return .reuse(notes.contains(.endedByReset) ? .reset : .otherSide)
    case .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck:
      if notes.contains(.resetBefore) { return .reuse(.reset) }
      // As below.
      if isSilencedByLimit { return nil }
      if exchange.holder.state == .finWait2, mayBeOver {
        // If it was an orphan, which nothing shows.
        return .reuse(exchange.proof == .gone ? .expired : .unknown)
      }
      // Where a RST has ended it since, it stood until then.
      return exchange.proof == .gone && !exchange.resetFollowed ? .reuse(.gone) : nil
    case .timeWait:
      if notes.contains(.resetBefore), !ignoresResets { return .reuse(.reset) }
      // It has answered a moment ago: whatever its age, it is the limit that keeps it silent.
      if isSilencedByLimit { return nil }
      if isOver { return .reuse(.expired) }
      if mayBeOver { return .reuse(exchange.proof == .gone ? .expired : .unknown) }
      if notes.contains(.ambiguous) {
        return .reuse(exchange.proof == .gone ? .otherSide : .unknown)
      }
      return nil
    }
  }

  private var halfOpen: Verdict {
    .reuse(exchange.holder.notes.contains(.resetBefore) ? .reset : .synReceived)
  }

  private var unanswered: Verdict {
    .reuse(exchange.repetition == .ofUnanswered ? .duplicate : .neverOpened)
  }
}

extension ServerKnowledge {
  /// What this knowledge may grow into by the end of the captures. What is proven stays proven.
  fileprivate func future(showingLinux: Bool, obeyingResets: Bool) -> ServerKnowledge {
    var future = self
    if showingLinux {
      future.acceptedOutOfTimeWait += 1
    } else {
      future.otherISNs += 10 * (clockISNs + 1)
    }
    if obeyingResets { future.obeyedResets += 1 } else { future.survivedResets += 1 }
    return future
  }
}
