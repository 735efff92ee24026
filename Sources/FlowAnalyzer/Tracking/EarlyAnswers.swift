import BasicContainers

/// Answers that were captured before the SYNs that they answer: the two directions of a tuple come in by
/// different queues of a network interface, or from two capture points, and not always in the order in which
/// they went by.
///
/// A few places, the later answer in that of the earlier one: the SYN follows at once or not at all.
struct EarlyAnswers: ~Copyable {
  /// By so much a SYN may come after its answer: a SYN that is sent again takes ten times as long.
  static let reach: Int64 = FlowTracker.roundTrip
  private static let placeCount = 1024

  /// What each answer would make of a SYN; with its options in place of the SYN's. Empty until there is one.
  private var exchanges: [Exchange] = []

  var isEmpty: Bool { exchanges.isEmpty }

  mutating func note(_ exchange: Exchange) {
    if exchanges.isEmpty {
      exchanges = Array(repeating: Self.nothing, count: Self.placeCount)
    }
    exchanges[Self.place(of: exchange)] = exchange
  }

  /// The answer to a SYN, once.
  mutating func take(for syn: Exchange) -> Exchange? {
    let place = Self.place(of: syn)
    let early = exchanges[place]
    guard early.answer != .none, early.sequence == syn.sequence, early.source == syn.source,
      early.sourcePort == syn.sourcePort, early.destination == syn.destination,
      early.destinationPort == syn.destinationPort,
      syn.time.nanoseconds(since: early.time).magnitude <= UInt64(Self.reach)
    else { return nil }
    exchanges[place].answer = .none
    return early
  }

  private static func place(of exchange: Exchange) -> Int {
    let ends =
      UInt64(exchange.source) << 32 | UInt64(exchange.sourcePort) << 16
      | UInt64(exchange.destinationPort)
    let hash = mixed(ends ^ UInt64(exchange.destination) << 40 ^ UInt64(exchange.sequence.value))
    return Int(truncatingIfNeeded: hash) & (placeCount - 1)
  }

  private static let nothing = Exchange(
    source: 0, destination: 0, sourcePort: 0, destinationPort: 0, attempt: 0,
    time: Timestamp(nanoseconds: 0), sequence: SequenceNumber(0), options: TCPOptions(), frame: 0,
    capture: 0, hasFIN: false, payloadLength: 0, holder: .unknown)
}

extension FlowTracker {
  /// A SYN-ACK came whose SYN has not come by, and is about to make the tuple's next connection.
  ///
  /// - Returns: whether the SYN was accepted out of TIME_WAIT.
  @inline(never)
  mutating func noteEarlySynAck(
    _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) -> Bool {
    let exchange = early(.synAck, segment, position, senderIsLow)
    let place = pending.take(orAdd: PendingSyn(exchange: exchange))
    pending[place].exchange = exchange
    let outOfTimeWait = conclude(
      from: UInt32(truncatingIfNeeded: place), acceptedWith: segment.sequence, at: segment.time,
      position, senderIsLow)
    earlyAnswers.note(pending[place].exchange)
    pending.remove(place)
    return outOfTimeWait
  }

  /// A RST came that refuses a SYN which has not come by.
  @inline(never)
  mutating func noteEarlyRefusal(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    earlyAnswers.note(early(.reset, segment, position, senderIsLow))
  }

  /// What a SYN has met that has not come by, before its answer changes it.
  private mutating func early(
    _ answer: Exchange.Answer, _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) -> Exchange {
    let key = records[position].key
    var exchange = Exchange(
      source: senderIsLow ? key.highAddress : key.lowAddress,
      destination: senderIsLow ? key.lowAddress : key.highAddress,
      sourcePort: segment.destination.port, destinationPort: segment.source.port, attempt: 0,
      time: segment.time, sequence: segment.acknowledgment.retreated(by: 1),
      options: segment.options, frame: segment.frame, capture: segment.capture, hasFIN: false,
      payloadLength: 0, holder: holder(position, receiverIsLow: senderIsLow))
    exchange.previous = occupant(of: position)
    exchange.sinceLimitedAnswer = sinceLimitedAnswer(at: segment.time, position)
    exchange.answer = answer
    exchange.answeredAt = segment.time
    return exchange
  }

  /// A SYN comes by behind its answer: it has met what the answer found.
  ///
  /// - Returns: false where it is not so, and nothing was done.
  mutating func observeAnsweredEarly(
    _ exchange: Exchange, _ position: Int, _ senderIsLow: Bool
  ) -> Bool {
    guard !earlyAnswers.isEmpty, let early = earlyAnswers.take(for: exchange) else { return false }
    var exchange = exchange
    exchange.holder = early.holder
    exchange.repetition = early.repetition
    exchange.previous = early.previous
    exchange.sinceLimitedAnswer = early.sinceLimitedAnswer
    exchange.answer = early.answer
    exchange.answeredAt = max(early.answeredAt, exchange.time)
    exchange.acceptedOutOfTimeWait = early.acceptedOutOfTimeWait
    if early.answer == .reset {
      attempts[exchange.attempt].wasReset = true
      if early.holder.state != .timeWait {
        amend(position, isLow: !senderIsLow) { $0.proveGone(byReset: true, at: early.time) }
      }
    } else {
      adopt(exchange, answeredWith: early.options, position, senderIsLow)
    }
    let place = pending.take(orAdd: PendingSyn(exchange: exchange))
    pending[place].exchange = exchange
    finished.append(UInt32(truncatingIfNeeded: place))
    return true
  }

  /// A SYN-ACK comes by behind the ACK that answers it.
  @inline(never)
  mutating func adoptOutrun(_ synAck: Segment, _ position: Int) {
    records[position].adoptSynAck(synAck.options)
    guard let attempt = records[position].current.attempt, attempts[attempt].firstSynAckAt == nil
    else { return }
    attempts[attempt].firstSynAckAt = synAck.time
  }

  /// The SYN of the connection that a tuple carries has come by, behind the SYN-ACK.
  private mutating func adopt(
    _ exchange: Exchange, answeredWith options: TCPOptions, _ position: Int, _ senderIsLow: Bool
  ) {
    guard let connection = records[position].connection, connection.originatorIsLow == senderIsLow,
      connection.originator.initialSequence == exchange.sequence
    else { return }
    records[position].adoptSYN(
      options: exchange.options, answeredWith: options, attempt: exchange.attempt)
    count(-1, unseenSynAnsweredAt: connection.startedAt)
    lastAnsweredEarly = exchange.attempt
    if attempts[exchange.attempt].firstSynAckAt == nil {
      attempts[exchange.attempt].firstSynAckAt = exchange.answeredAt
    }
    logArrival(of: exchange.attempt, position)
    if connection.responder.state != .synReceived { noteConnected(position, at: exchange.time) }
  }
}
