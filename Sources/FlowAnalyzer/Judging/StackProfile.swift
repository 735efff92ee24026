/// The TCP of a server, as far as its answers to SYNs on held tuples are known
/// (reference `time-wait.md`, section 3).
public enum StackProfile: String, Sendable, CaseIterable, Codable {
  case linux
  case freebsd
  case macos
  case windows
  case illumos
  /// RFC 9293 with the timestamp rule of RFC 6191.
  case rfc9293

  /// TIME_WAIT as shipped, in nanoseconds. Windows' is configured more often than not.
  var timeWait: Int64 {
    switch self {
    case .linux, .freebsd, .illumos: 60_000_000_000
    case .macos: 30_000_000_000
    case .windows: 120_000_000_000
    case .rfc9293: 240_000_000_000
    }
  }

  /// What starts the timer anew. Where nothing is known, as of macOS and Windows, the RFC's rule.
  var timer: TimeWaitTimer { self == .linux ? .anyAcknowledgment : .repeatedFIN }

  /// Whether TIME_WAIT ignores RSTs (RFC 1337) whatever the configuration; nil where a switch
  /// decides.
  var ignoresResets: Bool? {
    switch self {
    case .linux: nil
    case .freebsd, .macos, .rfc9293: true
    case .windows, .illumos: false
    }
  }

  /// The answer to a SYN that finds `holder`, leaving rate limits and listeners aside.
  func prediction(for syn: SynFacts, holder: Holder) -> Prediction {
    switch holder.state {
    case .timeWait: return timeWaitPrediction(for: syn, holder: holder)
    case .finWait2: return finWait2Prediction(for: syn, holder: holder)
    case .established, .finWait1, .closeWait, .closing, .lastAck:
      return Prediction(.rejected, .challenge)
    case .closed, .synSent, .synReceived:
      return Prediction(.accepted, .sequenceNewer)
    }
  }

  /// Linux: an orphan resets what falls into its window (`tcp_timewait_state_process`), a full socket challenges
  /// it, and a capture cannot tell them apart but by an earlier answer.
  private func finWait2Prediction(for syn: SynFacts, holder: Holder) -> Prediction {
    guard self == .linux else { return Prediction(.rejected, .challenge) }
    let isOrphan = holder.notes.contains(.orphan)
    let mayBeInWindow = syn.isInWindow(of: holder) || holder.notes.contains(.unknownWindow)
    guard !syn.isRefusedByPAWS(of: holder), mayBeInWindow else {
      return Prediction(.rejected, isOrphan ? .orphanAnswered : .challenge)
    }
    if isOrphan, syn.isInWindow(of: holder) { return Prediction(.reset, .orphanRefused) }
    return Prediction(.undetermined, .challenge)
  }

  /// Whether a TIME_WAIT compares timestamps.
  private var looksAtTimestamps: Bool {
    switch self {
    case .linux, .macos, .illumos, .rfc9293: true
    case .freebsd, .windows: false
    }
  }

  private func timeWaitPrediction(for syn: SynFacts, holder: Holder) -> Prediction {
    // The snap length may have taken what decides; it may have taken the old connection's as well, so
    // that nothing says whether that had timestamps.
    if syn.lacksTimestamp, looksAtTimestamps { return Prediction(.undetermined, .optionsCut) }
    let isAfter = syn.isAfter(holder)
    let isOlder = syn.isOlder(than: holder)
    switch self {
    case .linux:
      // tcp_timewait_state_process
      if syn.isRefusedByPAWS(of: holder) { return Prediction(.rejected, .timestampOlder) }
      guard syn.endsTimeWait(of: holder) else { return Prediction(.rejected, .sequenceNotNewer) }
      if syn.hasFIN { return Prediction(.unanswered, .synWithFIN) }
      return Prediction(.accepted, isAfter ? .sequenceNewer : .timestampNewer)
    case .freebsd:
      // tcp_twcheck: timestamps are not consulted.
      return isAfter
        ? Prediction(.accepted, .sequenceNewer) : Prediction(.unanswered, .silentStack)
    case .macos:
      if isOlder, syn.payloadLength == 0 { return Prediction(.unanswered, .silentStack) }
      if !isAfter, syn.distance(from: holder) != 0 {
        return Prediction(.rejected, .sequenceNotNewer)
      }
      return syn.isInWindow(of: holder)
        ? Prediction(.rejected, .insideWindow) : Prediction(.accepted, .sequenceNewer)
    case .illumos:
      // tcp_time_wait_processing
      if isOlder { return Prediction(.rejected, .timestampOlder) }
      if !isAfter, syn.distance(from: holder) != 0 {
        return Prediction(.rejected, .sequenceNotNewer)
      }
      return syn.isInWindow(of: holder)
        ? Prediction(.reset, .insideWindow) : Prediction(.accepted, .sequenceNewer)
    case .windows:
      return Prediction(.undetermined, .unexpected)
    case .rfc9293:
      // RFC 6191, section 2
      let hadTimestamps = holder.notes.contains(.timestamps)
      if !hadTimestamps, syn.options.hasTimestamps { return Prediction(.accepted, .timestampNewer) }
      if syn.hasNewerTimestamp(than: holder) { return Prediction(.accepted, .timestampNewer) }
      return isAfter && !isOlder
        ? Prediction(.accepted, .sequenceNewer) : Prediction(.unanswered, .silentStack)
    }
  }
}

/// An answer that a stack's rules predict, and the rule.
struct Prediction: Equatable {
  var answer: Answer
  var reason: HitReason

  init(_ answer: Answer, _ reason: HitReason) {
    self.answer = answer
    self.reason = reason
  }
}

/// What a stack looks at in a SYN.
struct SynFacts {
  var sequence: SequenceNumber
  var options: TCPOptions
  var hasFIN = false
  var payloadLength: UInt32 = 0

  init(
    sequence: SequenceNumber, options: TCPOptions, hasFIN: Bool = false, payloadLength: UInt32 = 0
  ) {
    self.sequence = sequence
    self.options = options
    self.hasFIN = hasFIN
    self.payloadLength = payloadLength
  }

  init(_ exchange: Exchange) {
    self.init(
      sequence: exchange.sequence, options: exchange.options, hasFIN: exchange.hasFIN,
      payloadLength: exchange.payloadLength)
  }

  /// It may have had a timestamp, but none was captured.
  var lacksTimestamp: Bool { options.isTruncated && !options.hasTimestamps }

  /// d = SEG.SEQ - RCV.NXT.
  func distance(from holder: Holder) -> Int32 { sequence.distance(from: holder.nextExpected) }

  /// d in 1 … 2^31; Linux `after()` counts 2^31 itself.
  func isAfter(_ holder: Holder) -> Bool { sequence.follows(holder.nextExpected) }

  func isInWindow(of holder: Holder) -> Bool {
    sequence.value &- holder.nextExpected.value < max(holder.receiveWindow, 1)
  }

  /// PAWS would refuse it (RFC 7323, section 5); a TS.Recent of zero is no evidence. Two timestamps half the
  /// range apart are each older than the other.
  func isOlder(than holder: Holder) -> Bool {
    guard let step = timestampStep(from: holder) else { return false }
    return holder.timestampRecent != 0 && step < 0
  }

  /// Linux `tcp_paws_check`, which takes a timestamp half the range away for newer.
  func isRefusedByPAWS(of holder: Holder) -> Bool {
    isOlder(than: holder) && timestampStep(from: holder) != .min
  }

  /// A TIME_WAIT of Linux goes when the SYN comes, whatever becomes of the SYN (Linux
  /// `tcp_timewait_state_process`, `TCP_TW_SYN`).
  func endsTimeWait(of holder: Holder) -> Bool {
    if isRefusedByPAWS(of: holder) { return false }
    return isAfter(holder) || hasNewerTimestamp(than: holder)
      || timestampStep(from: holder) == .min
  }

  func hasNewerTimestamp(than holder: Holder) -> Bool {
    (timestampStep(from: holder) ?? 0) > 0
  }

  /// TSval - TS.Recent, where the old connection negotiated timestamps and the SYN has one.
  func timestampStep(from holder: Holder) -> Int32? {
    guard holder.notes.contains(.timestamps), options.hasTimestamps else { return nil }
    return Int32(bitPattern: options.timestampValue &- holder.timestampRecent)
  }
}
