/// What is said about one SYN.
public enum Verdict: Equatable, Sendable {
  /// The tuple had not been used before, as far as the capture goes.
  case firstUse
  /// The tuple had been used, but the SYN met nothing that stood in its way.
  case reuse(ReuseReason)
  /// The server still held the tuple.
  case hit(HitVerdict)
}

/// What the server did with a SYN (contract, section 1).
public enum Answer: String, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
  /// A SYN-ACK acknowledged it.
  case accepted
  /// An ACK with the old connection's numbers came back.
  case rejected
  case reset
  case unanswered
  /// The capture cannot tell.
  case undetermined
}

/// What the server held.
public enum HeldKind: String, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
  case established
  case closing
  case timeWait = "time-wait"
}

/// How a holder is known.
public enum Evidence: String, Sendable, CaseIterable, Codable {
  /// Its connection was followed to this state.
  case tracked
  /// Its answers, or a stack's rules, imply it.
  case inferred
}

/// What became of the holder.
public enum HeldEnd: String, Sendable, CaseIterable, Codable {
  case survived
  case replaced
  case killed
  case expired
}

/// Why a SYN that hit was answered as it was. A closed list.
public enum HitReason: String, Sendable, CaseIterable, Codable {
  /// Its sequence number lies after RCV.NXT.
  case sequenceNewer = "sequence-newer"
  /// Its timestamp is newer than TS.Recent.
  case timestampNewer = "timestamp-newer"
  /// Neither its sequence number nor its timestamp is newer.
  case sequenceNotNewer = "sequence-not-newer"
  /// Its timestamp is older than TS.Recent (PAWS).
  case timestampOlder = "timestamp-older"
  /// A live socket challenges every SYN (RFC 5961, section 4).
  case challenge
  /// An orphan in FIN_WAIT_2, no socket any more but no TIME_WAIT yet, answers what falls outside
  /// its window.
  case orphanAnswered = "orphan-answered"
  /// An orphan in FIN_WAIT_2 refuses a SYN inside its window.
  case orphanRefused = "orphan-refused"
  /// The stack refuses a SYN inside the window of its TIME_WAIT.
  case insideWindow = "inside-window"
  /// TIME_WAIT would have let it pass, but nobody listens.
  case noListener = "no-listener"
  /// The server answers such segments at most once per half second.
  case rateLimited = "rate-limited"
  /// The stack drops such SYNs without a word.
  case silentStack = "silent-stack"
  /// TIME_WAIT gave way, but the listener's queue was full.
  case acceptQueueFull = "accept-queue-full"
  /// A SYN with FIN ends a Linux TIME_WAIT and is dropped.
  case synWithFIN = "syn-with-fin"
  /// It was lost on its way, or its answer was.
  case lost
  /// The capture ended before an answer was due.
  case captureEnded = "capture-ended"
  /// The snap length took the SYN's timestamp, by which the stack may have decided.
  case optionsCut = "options-cut"
  /// The answer is not the one that the stack's rules predict.
  case unexpected
}

/// Why a SYN on a used tuple is no hit. A closed list.
public enum ReuseReason: String, Sendable, CaseIterable, Codable {
  /// The server's TIME_WAIT (or orphan) had run out.
  case expired
  /// The server should have held the tuple, but its answer proves that it did not.
  case gone
  /// A RST had ended the connection.
  case reset
  /// The peer closed first: the other side holds TIME_WAIT.
  case otherSide = "other-side"
  /// The tuple was half-open under another ISN.
  case synReceived = "syn-received"
  /// The SYN repeats one that made, or still seeks, the connection on the tuple.
  case duplicate
  /// Earlier SYNs on the tuple never led to a connection.
  case neverOpened = "never-opened"
  /// It cannot have reached the server: the holder that it would have replaced lived on.
  case lost
  /// The capture does not show what the server held.
  case unknown
}

/// A SYN that hit, and its fate.
public struct HitVerdict: Equatable, Sendable {
  public var held: HeldKind
  public var evidence: Evidence
  public var end: HeldEnd
  public var predicted: Answer
  public var answer: Answer
  public var reason: HitReason
  /// A live connection that answered with a challenge was killed by the RST which that provoked.
  public var killedLiveConnection: Bool = false
  /// It started the timer of the TIME_WAIT anew.
  public var restartsTimer: Bool = false

  /// The attempt's wait after it counts as its cost: not where it was let in, nor where it, or its
  /// answer, was lost.
  var isCharged: Bool { answer != .accepted && reason != .lost }
}

extension HitVerdict: Packed {
  func write(to writer: inout PackedWriter) {
    writer.write(held)
    writer.write(evidence)
    writer.write(end)
    writer.write(predicted)
    writer.write(answer)
    writer.write(reason)
    writer.write(killedLiveConnection)
    writer.write(restartsTimer)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    held = try reader.value()
    evidence = try reader.value()
    end = try reader.value()
    predicted = try reader.value()
    answer = try reader.value()
    reason = try reader.value()
    killedLiveConnection = try reader.flag()
    restartsTimer = try reader.flag()
  }
}
