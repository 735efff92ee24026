@testable import FlowAnalyzer

/// A second, slow and simple opinion: the table of section 3.2 of the reference, applied to
/// captures without loss on which a Linux server closes first.
///
/// It shares nothing with the tracker: per tuple it knows the last numbers sent each way, and takes
/// a tuple for held once both FINs are acknowledged and the server's came first.
struct TimeWaitOracle {
  struct Tally: Equatable {
    var accepted = 0
    var rejected = 0
    var unanswered = 0
    /// SYNs whose answer is not the one that the table gives.
    var surprises: [String] = []
  }

  private struct Tuple {
    /// SND.NXT and RCV.NXT of the server.
    var serverEnd: UInt32 = 0
    var clientEnd: UInt32 = 0
    var timestamp: UInt32?
    var serverClosedFirst: Bool?
    var serverFINAcknowledged = false
    /// Behind the client's FIN.
    var clientFINEnd: UInt32?
    var isReset = false
    var lastAnswer: Int64?
    var pending: Pending?

    var isInTimeWait: Bool {
      serverClosedFirst == true && serverFINAcknowledged && clientFINEnd == clientEnd && !isReset
    }
  }

  private struct Pending {
    var time: Int64
    var sequence: UInt32
    var expected: Answer
  }

  let ignoresResets: Bool
  private var tuples: [FourTuple: Tuple] = [:]
  private(set) var tally = Tally()

  init(ignoresResets: Bool) { self.ignoresResets = ignoresResets }

  mutating func hear(_ segment: Segment) {
    let isFromServer = segment.source.port == 80
    let key = isFromServer ? segment.tuple.reversed : segment.tuple
    var tuple = tuples[key] ?? Tuple()
    if isFromServer { answer(segment, &tuple) } else { ask(segment, &tuple) }
    tuples[key] = tuple
  }

  /// Counts what is still without an answer.
  mutating func finish() {
    for tuple in tuples.values { if let pending = tuple.pending { settle(pending, .unanswered) } }
  }

  private mutating func ask(_ segment: Segment, _ tuple: inout Tuple) {
    if segment.flags == .syn {
      if let pending = tuple.pending { settle(pending, .unanswered) }
      tuple.pending =
        tuple.isInTimeWait
        ? Pending(
          time: segment.time.nanoseconds, sequence: segment.sequence.value,
          expected: expected(segment, tuple)) : nil
      if !tuple.isInTimeWait { tuple = Tuple() }
      return
    }
    if segment.flags.contains(.rst) {
      if segment.sequence.value == tuple.clientEnd, !ignoresResets { tuple.isReset = true }
      return
    }
    if segment.flags.contains(.fin) {
      tuple.clientFINEnd = segment.sequenceEnd.value
      if tuple.serverClosedFirst == nil { tuple.serverClosedFirst = false }
    }
    if segment.flags.contains(.ack), segment.acknowledgment.value == tuple.serverEnd,
      tuple.serverClosedFirst == true
    {
      tuple.serverFINAcknowledged = true
    }
  }

  private func expected(_ segment: Segment, _ tuple: Tuple) -> Answer {
    let distance = segment.sequence.value &- tuple.clientEnd
    let isAhead = distance >= 1 && distance <= 0x8000_0000
    var rejects = !isAhead
    if let recent = tuple.timestamp, segment.options.hasTimestamps {
      let step = segment.options.timestampValue &- recent
      if step >= 0x8000_0000 { rejects = true } else if step > 0 { rejects = false }
    }
    guard rejects else { return .accepted }
    if let last = tuple.lastAnswer, segment.time.nanoseconds - last < 500_000_000 {
      return .unanswered
    }
    return .rejected
  }

  private mutating func answer(_ segment: Segment, _ tuple: inout Tuple) {
    if segment.flags == [.syn, .ack] {
      if let pending = tuple.pending {
        let step = segment.sequence.value &- tuple.serverEnd
        settle(pending, step == 65_537 ? .accepted : .undetermined)
      }
      tuple = Tuple()
    } else if let pending = tuple.pending, segment.flags == .ack,
      segment.acknowledgment.value == tuple.clientEnd
    {
      settle(pending, .rejected)
      tuple.pending = nil
      tuple.lastAnswer = segment.time.nanoseconds
      return
    }
    if segment.flags.contains(.fin), tuple.serverClosedFirst == nil {
      tuple.serverClosedFirst = true
    }
    tuple.serverEnd = segment.sequenceEnd.value
    tuple.clientEnd = segment.acknowledgment.value
    if segment.options.hasTimestamps { tuple.timestamp = segment.options.timestampEchoReply }
  }

  private mutating func settle(_ pending: Pending, _ answer: Answer) {
    switch answer {
    case .accepted: tally.accepted += 1
    case .rejected: tally.rejected += 1
    case .unanswered: tally.unanswered += 1
    case .reset, .undetermined: break
    }
    if answer != pending.expected {
      tally.surprises.append(
        "SYN \(pending.sequence) at \(pending.time): \(answer), not \(pending.expected)")
    }
  }
}
