import BasicContainers

/// Follows every TCP connection of a capture, tuple by tuple.
///
/// Segments go in, in capture order; out come `Exchange`s, one for every SYN, as soon as enough
/// has followed to judge it. The tracker itself judges nothing.
///
/// Invariants: no allocation per segment once the tables have grown to the number of live tuples;
/// what comes out depends on the segments alone, never on when the sweep passes by.
struct FlowTracker: ~Copyable {
  /// At most so many unjudged SYNs on one tuple; then the oldest is judged by what is known.
  static let longestChain = 16
  /// How many segments ahead their tuples are looked up, so that memory has answered by then.
  static let lookAhead = 16
  /// An acknowledgment comes back to the capture point within so long, in nanoseconds.
  static let roundTrip: Int64 = 50_000_000

  let retention: Retention
  let timer: TimeWaitTimer
  var addresses = AddressTable()
  var attempts = AttemptTable()
  var knowledge = KnowledgeTable()
  var servers = KnownServers()
  /// SYNs ready for judgement, in the order in which they became so: where their exchanges are kept in
  /// `pending`, so that those are not copied. `releaseFinished` gives the places back.
  var finished = UniqueArray<UInt32>()
  private(set) var counts = TrackingCounts()
  /// Whether what happens over time, and from which addresses, is of interest: on the servers' side.
  var recordsTimeline = true
  var timeline = TimelineRecorder()
  var sources = SourceTable()
  /// What a forecast replays; nil where none is asked for.
  var arrivals: ArrivalLog?

  /// Tuples that carry no connection yet, and what those came to that never did.
  var embryos = Embryos()
  var unopened = UnopenedCounts()
  var unopenedTargets = HeavyHitters<Target>()

  var records = Slab<TupleRecord>()
  /// Changed by the functions beside `RareFacts` and `JoinedTuple` only.
  var rareFacts = RareFactsTable()
  var joins = Column(usual: JoinedTuple())
  private var index = HashIndex()
  private var duplicates: DuplicateFilter
  /// Whether the ends that SYNs are sent to are learned from those that come by here; else they are told.
  var learnsServers = true
  /// SYNs that await their verdict, in chains that hang on the records.
  var pending = Slab<PendingSyn>()
  /// Answers to SYNs that may come by behind them.
  var earlyAnswers = EarlyAnswers()
  /// Where the last segment's tuple is kept.
  private(set) var lastRecord = 0
  /// The attempt of the last SYN.
  var lastAttempt: UInt32 = 0
  /// The attempt whose SYN the last segment has answered with the old connection's numbers.
  var lastRejected: UInt32?
  /// The attempt whose SYN the last segment has shown to be accepted, by an answer that was not captured.
  var lastAcceptedUnseen: UInt32?
  /// The attempt whose SYN the last segment is, where its SYN-ACK had been captured before it.
  var lastAnsweredEarly: UInt32?
  /// What the join has found out about the next SYN: the attempt that it belongs to, whatever address
  /// it comes from, and when the client side saw it.
  var joinedAttempt: UInt32?
  var joinedClientTime: Timestamp?
  /// What the join had noted about the tuples that the last segment had forgotten.
  var forgottenJoins: [UInt32] = []
  /// Where those tuples were kept, if somebody wants to know that.
  var forgotten: [UInt32] = []
  var tellsForgotten = false
  private var expiry: ExpiryWheel
  /// When the first segment came.
  var began: Timestamp?
  /// So long after the beginning, the SYN of a first SYN-ACK has come by too, in nanoseconds.
  private static let handshakeTime: Int64 = 1_000_000_000
  /// The time of the latest segment. Not the highest: one frame with a wrong clock must not age all.
  private(set) var now = Timestamp(nanoseconds: .min)
  /// The earlier of the last two segments' times, by which tuples are forgotten.
  private(set) var settled = Timestamp(nanoseconds: .min)

  struct PendingSyn: BitwiseCopyable {
    var exchange: Exchange
    var next: UInt32 = TupleRecord.none
  }

  /// Forgets all tuples at once, when everything has been told of them.
  mutating func releaseTuples() {
    records = Slab()
    rareFacts = RareFactsTable()
    joins = Column(usual: JoinedTuple())
    index = HashIndex()
    pending = Slab()
  }

  /// - Parameters:
  ///   - timeWait: the TIME_WAIT assumed for the server, in nanoseconds.
  ///   - timer: what starts it anew.
  ///   - isJudged: whether it is of interest what SYNs meet; else tuples are forgotten sooner.
  init(
    timeWait: Int64, timer: TimeWaitTimer = .anyAcknowledgment, isJudged: Bool = true,
    duplicates: consuming DuplicateFilter = DuplicateFilter()
  ) {
    self.duplicates = duplicates
    retention = Retention(timeWait: timeWait, isJudged: isJudged)
    expiry = ExpiryWheel(horizon: retention.horizon)
    self.timer = TimeWaitTimer(restart: timer.restart, certain: timeWait - Judge.early)
  }

  /// Has the processor fetch where a segment that comes soon will be looked up.
  @inline(__always)
  mutating func prepareLookup(at position: Int, in batch: borrowing SegmentBatch) {
    index.prefetch(batch[position].segment.flowHash)
    duplicates.prefetch(batch[position].segment.digest)
    if batch[position].segment.isOpening { prepareLookup(ofSynAt: position, in: batch) }
  }

  /// The same for what a SYN needs besides. Out of line, so that it does not slow down what is common.
  @inline(never)
  mutating func prepareLookup(ofSynAt position: Int, in batch: borrowing SegmentBatch) {
    let isn = batch[position].segment.sequence
    let (opener, server) = (
      batch[position].segment.source, batch[position].segment.destination
    )
    guard let source = addresses.knownIdentifier(of: opener.address),
      let destination = addresses.knownIdentifier(of: server.address)
    else { return }
    attempts.prefetch(source: source, destination: destination, port: server.port, isn: isn)
    sources.prefetch(address: source, port: opener.port)
  }

  /// Has the processor fetch what is kept of the tuple of a segment that comes next.
  @inline(__always)
  mutating func prepare(at position: Int, in batch: borrowing SegmentBatch) {
    guard let record = index.guess(batch[position].segment.flowHash) else { return }
    records.prefetch(record)
    joins.prefetch(record)
  }

  /// Takes in the next segment.
  ///
  /// A function of its own: what goes through segments one after the other needs the registers, too.
  ///
  /// - Returns: false where it is a copy of one already seen at the same point.
  @inline(never)
  mutating func observe(_ segment: Segment) -> Bool {
    if records.endPosition == 0 {
      if began == nil { began = segment.time }
      now = segment.time
    }
    settled = min(now, segment.time)
    now = segment.time
    lastRejected = nil
    lastAcceptedUnseen = nil
    lastAnsweredEarly = nil
    let source = addresses.identifier(of: segment.source.address)
    let destination = addresses.identifier(of: segment.destination.address)
    let (key, senderIsLow) = TupleKey.of(
      source: source, segment.source.port, destination: destination, segment.destination.port)

    let position = record(for: key, hash: segment.flowHash, at: segment.time)
    lastRecord = position
    switch records[position].pass(segment, senderIsLow: senderIsLow, &duplicates) {
    case .copy: return false
    case .inOrder: counts.plainSegments &+= 1
    case .ofConnection:
      if !segment.flags.contains(.fin) { counts.plainSegments &+= 1 }
      feed(segment, position, senderIsLow)
      records[position].lastSegmentAt = segment.time
      if records[position].isEmbryo { hatch(position) }
    case .other:
      observeAtLength(segment, source: source, destination: destination, position, senderIsLow)
    }
    return true
  }

  /// Takes in a segment that may change more than its connection's numbers.
  @inline(never)
  private mutating func observeAtLength(
    _ segment: Segment, source: UInt32, destination: UInt32, _ position: Int, _ senderIsLow: Bool
  ) {
    if segment.flags.isDisjoint(with: [.syn, .fin, .rst]) { counts.plainSegments += 1 }
    if records[position].lastWasLimitedAnswer { settleLimitedAnswer(position, at: segment.time) }
    defer { records[position].lastSegmentAt = segment.time }
    if segment.isOpening {
      counts.syns += 1
      observeSyn(segment, source: source, destination: destination, position, senderIsLow)
    } else if records[position].hasPending {
      observeWhilePending(segment, position, senderIsLow)
    } else {
      observeQuietly(segment, position, senderIsLow)
    }
    if records[position].isEmbryo { hatch(position) }
  }

  /// An end is known to be a server: a SYN was sent to it somewhere else.
  mutating func noteServer(_ end: Endpoint) {
    servers.note(address: addresses.identifier(of: end.address), port: end.port)
  }

  /// Hands out all that is still open, as it stands at the end of the captures.
  ///
  /// - Parameter end: the time of the last packet of any kind.
  mutating func finish(at end: Timestamp? = nil) {
    if let end, end > now { now = end }
    timeline.extend(to: now)
    for position in 0..<records.endPosition where records[position].isLive {
      finishPending(position)
      enterIntoTimeline(position)
    }
    countUnopened()
  }

  // MARK: - Connections without an open SYN

  private mutating func observeQuietly(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    if segment.flags.contains([.syn, .ack]) {
      observeStraySynAck(segment, position, senderIsLow)
      return
    }
    if segment.isRefusal { noteEarlyRefusal(segment, position, senderIsLow) }
    if !records[position].hasConnection {
      guard !segment.flags.contains(.rst) else { return }
      beginInTheMiddle(segment, position, senderIsLow)
    }
    if segment.flags.contains(.rst), records[position].hasRareFacts {
      endOrphan(by: segment, position, senderIsLow)
    }
    feed(segment, position, senderIsLow)
  }

  /// The first segment of a connection whose beginning was not captured.
  @inline(never)
  private mutating func beginInTheMiddle(
    _ segment: Segment, _ position: Int, _ senderIsLow: Bool
  ) {
    let key = records[position].key
    let isOriginator = servers.originatorIsLow(key) == senderIsLow
    counts.beganUnseen += 1
    records[position].connection = Connection(
      middle: segment, senderIsOriginator: isOriginator,
      originatorIsLow: isOriginator == senderIsLow)
  }

  /// A SYN-ACK without an open SYN: a repetition, or the answer to a SYN that was not captured.
  mutating func observeStraySynAck(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    if let connection = records[position].connection,
      connection.originatorIsLow != senderIsLow
        ? connection.endpoint(isLow: senderIsLow).initialSequence == segment.sequence
        // An opener does not answer: whatever that is, it meets what the other end holds.
        : !connection.beganUnseen
    {
      if connection.originatorIsLow != senderIsLow, connection.wasOutrun(segment) {
        adoptOutrun(segment, position)
      } else {
        feed(segment, position, senderIsLow)
      }
      return
    }
    let isn = segment.acknowledgment.retreated(by: 1)
    let former = records[position].connection
    replaceUnseen(segment, position, senderIsLow)
    records[position].connection = Connection(
      synSequence: isn, synOptions: nil, synAck: segment, startedAt: segment.time,
      originatorIsLow: !senderIsLow)
    if let former, former.originatorIsLow != senderIsLow,
      former.originator.initialSequence == isn
    {
      // The server had forgotten its first SYN-ACK; the opener means the same connection.
      records[position].connection?.attempt = former.attempt
    }
  }

  /// Counts a SYN that was not captured, but for those that may have come before the capture.
  mutating func count(_ step: Int, unseenSynAnsweredAt time: Timestamp) {
    guard let began, time.nanoseconds(since: began) > Self.handshakeTime else { return }
    counts.unseenSyns += step
  }

  /// Gives a segment to the connection that the tuple carries.
  mutating func feed(_ segment: Segment, _ position: Int, _ senderIsLow: Bool) {
    if records[position].mayBeTurned { orient(position) }
    guard
      let change = records[position].feed(segment, senderIsLow: senderIsLow, timer: timer)
    else { return }
    if !change.effects.isDisjoint(with: .rare) {
      note(change.effects, of: position, at: segment.time)
      if change.effects.contains(.limitedAnswer) {
        noteLimitedAnswer(segment, toWhatCameAt: records[position].lastSegmentAt, of: position)
      }
      if change.effects.contains(.sentPastReset) { noteLife(position, at: segment.time) }
    }
    counts.noteTimeWaits(before: change.before.holders, after: change.after.holders)
    guard change.after.state != change.before.state else { return }
    if records[position].hasRareFacts {
      endLimit(of: position, change.before.state, change.after.state)
    }
    if change.before.state == .synReceived, change.after.state != .closed {
      noteConnected(position, at: segment.time)
    }
    counts.noteFinWait2(before: change.before, after: change.after)
  }

  /// The server still sends on a connection to which a RST has gone. What was under way when that came says
  /// nothing; later the RST has not arrived, or has found a number that was not expected any more. A TIME_WAIT speaks
  /// only when spoken to.
  private mutating func noteLife(_ position: Int, at time: Timestamp) {
    let facts = rareFacts(of: position)
    guard facts.resetAt != .never, time.nanoseconds(since: facts.resetAt) > Self.shortestTimeout
    else { return }
    let isLow = !records[position].current.originatorIsLow
    if records[position].current.responder.state == .timeWait {
      guard facts.lateSegmentAt > facts.resetAt else { return }
    }
    if hasSurvivedReset(position, isLow: isLow) {
      let key = records[position].key
      knowledge[isLow ? key.lowAddress : key.highAddress].survivedResets += 1
    }
    amend(position, isLow: isLow) { $0.proveAlive() }
    if records[position].hasPending { setProof(.stillHeld, upTo: TupleRecord.none, position) }
  }

  /// After so long a server repeats by itself what was not acknowledged (Linux TCP_RTO_MIN), in nanoseconds: what is
  /// captured sooner behind a RST may have been under way.
  private static let shortestTimeout: Int64 = 200_000_000

  /// Applies evidence to one end of a connection, and keeps the counts in step.
  mutating func amend(
    _ position: Int, isLow: Bool, _ change: (inout EndpointStateMachine) -> Void
  ) {
    guard let before = records[position].connection else { return }
    records[position].connection?.amend(isLow: isLow, change)
    guard let after = records[position].connection else { return }
    counts.noteTimeWaits(before: before.enteredTimeWait, after: after.enteredTimeWait)
    counts.noteFinWait2(
      before: (before.responder.state, before.enteredTimeWait),
      after: (after.responder.state, after.enteredTimeWait))
  }

  /// Turns a connection round that began unseen, once a SYN has shown who serves whom.
  private mutating func orient(_ position: Int) {
    if servers.originatorIsLow(records[position].key) != records[position].current.originatorIsLow {
      records[position].connection?.swapRoles()
    }
  }

  /// The opener acknowledged the SYN-ACK, so its attempt is connected. An attempt older than the
  /// longest gap may be forgotten by now, and its place taken.
  mutating func noteConnected(_ position: Int, at time: Timestamp) {
    guard let attempt = records[position].current.attempt,
      time.nanoseconds(since: records[position].current.startedAt) <= AttemptTable.longestGap
    else { return }
    attempts.noteConnected(attempt, isn: records[position].current.originator.initialSequence)
  }

  // MARK: - Records

  @inline(__always)
  private mutating func record(for key: TupleKey, hash: UInt32, at time: Timestamp) -> Int {
    guard let known = index.find(hash, matches: { records[$0].key == key }) else {
      return newRecord(for: key, hash: hash, at: time)
    }
    // Nothing is forgotten sooner; what is looked up most was heard of just now.
    if time.nanoseconds(since: records[known].lastSegmentAt) > retention.shortest,
      isForgettable(known, at: time)
    {
      renewRecord(known, at: time)
    }
    return known
  }

  @inline(never)
  private mutating func renewRecord(_ position: Int, at time: Timestamp) {
    forget(position)
    renew(position, for: records[position].key, at: time)
    noteEmbryo()
  }

  @inline(never)
  private mutating func newRecord(for key: TupleKey, hash: UInt32, at time: Timestamp) -> Int {
    let position: Int
    if let oldest = placeOfOldestEmbryo() {
      remove(oldest)
      position = oldest
    } else {
      position = records.take(orAdd: TupleRecord(key: key, at: time))
      expiry.add(position, due: time.advanced(byNanoseconds: retention.horizon), now: settled)
    }
    renew(position, for: key, at: time)
    index.insert(hash, position: position)
    noteEmbryo()
    // The table grows here and nowhere else, so that this keeps pace.
    for _ in 0..<Self.forgottenAtOnce {
      guard let due = expiry.takeDue(at: settled) else { break }
      forgetIfOver(due)
    }
    prepareForgetting()
    return position
  }

  /// Makes the record at a place that of a tuple of which nothing is known.
  @inline(__always)
  private mutating func renew(_ position: Int, for key: TupleKey, at time: Timestamp) {
    forgetRareFacts(of: position)
    joins.clear(position)
    records[position].renew(key: key, at: time)
  }

  /// How many records at most are forgotten for each new one.
  private static let forgottenAtOnce = 2

  /// Has the processor fetch what the next calls will forget: neither records that have been quiet for
  /// minutes nor their slots in the index are in the cache. For the call after the next it is the records,
  /// for the next the slots, which their records tell.
  private mutating func prepareForgetting() {
    var upcoming = expiry.upcoming
    for distance in 0..<2 * Self.forgottenAtOnce {
      guard let position = upcoming else { return }
      if distance < Self.forgottenAtOnce {
        index.prefetch(hash(of: records[position].key))
      } else {
        records.prefetch(position)
      }
      upcoming = expiry.upcoming(after: position)
    }
  }

  /// Not kept in the record, for its size.
  /// Where a tuple is kept, if it is.
  mutating func place(of key: TupleKey) -> Int? {
    index.find(hash(of: key), matches: { records[$0].key == key })
  }

  private mutating func hash(of key: TupleKey) -> UInt32 {
    Segment.flowHash(
      Endpoint(address: addresses[key.lowAddress], port: key.lowPort),
      Endpoint(address: addresses[key.highAddress], port: key.highPort))
  }

  private mutating func forget(_ position: Int) {
    finishPending(position)
    enterIntoTimeline(position)
    let join = join(of: position)
    if join != TupleRecord.none, join != ServerStream.unopened { forgottenJoins.append(join) }
    if tellsForgotten { forgotten.append(UInt32(truncatingIfNeeded: position)) }
    if records[position].isEmbryo { forgetEmbryo(position) }
  }

  @inline(__always)
  func isForgettable(_ position: Int, at time: Timestamp) -> Bool {
    // Times more than 292 years apart, as in hostile captures, have no difference that fits.
    time > records[position].lastSegmentAt
      && time.nanoseconds(since: records[position].lastSegmentAt)
        > retention.limit(records[position].retention)
  }

  /// Forgets a record that has left the wheel, or has it looked at again later.
  private mutating func forgetIfOver(_ position: Int) {
    guard isForgettable(position, at: settled) else {
      let rest = min(retention.limit(records[position].retention), retention.horizon)
      let due = records[position].lastSegmentAt.advanced(byNanoseconds: rest)
      expiry.add(position, due: due, now: settled)
      return
    }
    remove(position)
    records[position].isLive = false
    records.remove(position)
  }

  /// Forgets a tuple, whose place may be taken by another one then.
  private mutating func remove(_ position: Int) {
    forget(position)
    index.remove(hash(of: records[position].key), position: position)
  }
}
