/// Joins by what a translation leaves as it was in SYN and SYN-ACK.
extension Joiner {
  /// A leg that a SYN of the server side seems to come from.
  struct Candidate {
    var leg: UInt32
    var evidence: Evidence
    /// When the client side saw that SYN.
    var clientTime: Timestamp
  }

  // MARK: - The client side

  /// Takes note of a segment of the client side that its tracker has taken in.
  mutating func observeClient(
    _ segment: Segment, _ tcp: RawSpan, _ sighting: ClientSighting, _ tracker: inout FlowTracker
  ) {
    let record = Int(sighting.record)
    if segment.flags.contains(.syn) {
      if segment.isOpening {
        observeClientSyn(segment, record, Int(sighting.attempt), &tracker)
      } else if segment.flags.contains(.ack) {
        observeClientSynAck(segment, leg: tupleLegs[record].leg, &tracker)
      }
    } else if !tupleLegs[record].isJoined {
      if segment.payloadLength > 0 {
        observeClientData(segment, tcp, record, sighting.marks, &tracker)
      } else if segment.flags.isDisjoint(with: [.rst, .fin]) {
        observeClientRejection(segment, of: tupleLegs[record].leg, &tracker)
      }
      noteIfJoined(record)
    }
  }

  /// Whether a segment would change nothing, as most do. What is kept of its connection is left where it is
  /// then, out of the cache.
  @inline(__always)
  mutating func isPassedBy(_ sighting: ClientSighting) -> Bool {
    sighting.marks.isDisjoint(with: [.hasChanges, .isHandshake])
      && (sighting.marks.contains(.isCopy) || tupleLegs[Int(sighting.record)].isJoined)
  }

  private mutating func noteIfJoined(_ record: Int) {
    let leg = tupleLegs[record].leg
    guard leg != ClientLeg.none, !hasServerSide || legs[Int(leg)].needsNoReading else { return }
    tupleLegs.change(record, isNeeded: true) { $0.isJoined = true }
  }

  mutating func setLeg(_ leg: UInt32, ofTuple record: Int) {
    tupleLegs.change(record, isNeeded: true) { $0 = TupleLeg(leg: leg) }
  }

  private mutating func observeClientSyn(
    _ segment: Segment, _ record: Int, _ attempt: Int, _ tracker: inout FlowTracker
  ) {
    var leg = attemptLegs[attempt]
    let isNew = leg == ClientLeg.none
    if isNew {
      leg = addLeg(
        segment.tuple, isn: segment.sequence, at: segment.time, record: record,
        isSeenFromStart: true)
      attemptLegs.change(attempt, isNeeded: true) { $0 = leg }
      let former = tupleLegs[record].leg
      if former != ClientLeg.none { note(.isGone, of: former) }
      setLeg(leg, ofTuple: record)
    }
    let number = Int(leg)
    if !isNew {
      let first = legs[number].firstSynAt
      clientSyns[leg, default: [first]].append(segment.time)
    }
    if isNew { legs[number].point = segment.point }
    legs[number].synCount += 1
    legs[number].lastSynAt = segment.time
    endLegs(at: segment.time)
    guard hasServerSide else { return }
    coverage.noteSyn(at: segment.time, capture: segment.capture, isOfServerSide: false)
    if segment.options.hasTimestamps {
      legs[number].notes.insert(.hasTimestamp)
      legs[number].timestamp = segment.options.timestampValue
      legsByTimestamp.insert(leg, for: Self.timestampKey(segment), at: segment.time)
    }
    let key = UInt64(segment.sequence.value)
    if isNew || !legsByISN.contains(leg, for: key) {
      legsByISN.insert(leg, for: key, at: segment.time)
    }
    linkEarlySyn(of: leg, segment, &tracker)
    if isNew { linkEarlyName(of: leg, segment, &tracker) }
  }

  /// The server side's SYN came first: by the order of two clocks, or of two files.
  private mutating func linkEarlySyn(
    of leg: UInt32, _ segment: Segment, _ tracker: inout FlowTracker
  ) {
    let key = UInt64(segment.sequence.value)
    let attempt: UInt32
    switch earlySyns.find(key, at: segment.time, within: Self.clockSlack) {
    case .nothing: return
    case .one(let value): attempt = value
    case .several:
      var attempts: [UInt32] = []
      earlySyns.forEach(key) { attempts.append($0) }
      for attempt in attempts where tracker.attempts.leg(of: attempt) == ClientLeg.none {
        noteAmbiguity(of: attempt, among: [leg], &tracker)
      }
      return
    }
    earlySyns.remove(attempt, for: key)
    guard tracker.attempts[attempt].isn == segment.sequence,
      tracker.attempts.leg(of: attempt) == ClientLeg.none
    else { return }
    let syn = tracker.attempts.lastSyn(of: attempt)
    let isSame =
      tracker.addresses[syn.source] == segment.source.address
      && syn.sourcePort == segment.source.port
      && tracker.addresses[tracker.attempts[attempt].destination] == segment.destination.address
    link(
      leg, to: attempt, Evidence(method: isSame ? .sameTuple : .isn, confidence: 99), &tracker)
    legs[Int(leg)].forwardedCount += UInt32(tracker.attempts.synCount(of: attempt))
    noteForth(
      leg, at: tracker.attempts[attempt].firstSynAt, point: tracker.attempts[attempt].point)
    // The answer may have come by as well: whose connection the tuple carries is known only now.
    let record = Int(tracker.attempts[attempt].record)
    if tracker.records[record].hasConnection, tracker.records[record].current.attempt == attempt {
      occupy(record, by: tracker.attempts.party(of: attempt), &tracker)
    }
  }

  /// The load balancer has named the client already, by the order of two clocks.
  private mutating func linkEarlyName(
    of leg: UInt32, _ segment: Segment, _ tracker: inout FlowTracker
  ) {
    let key = Self.nameKey(legs[Int(leg)].client, legs[Int(leg)].clientPort)
    guard let attempt = earlyNames.only(key, at: segment.time, within: Self.clockSlack),
      tracker.attempts.leg(of: attempt) == ClientLeg.none
    else { return }
    let party = tracker.attempts.party(of: attempt)
    guard party.address == legs[Int(leg)].client, party.port == legs[Int(leg)].clientPort else {
      return
    }
    earlyNames.remove(attempt, for: key)
    link(
      leg, to: attempt, Evidence(method: party.method, confidence: party.confidence), &tracker)
  }

  static func nameKey(_ address: UInt32, _ port: UInt16) -> UInt64 {
    UInt64(address) << 16 | UInt64(port)
  }

  private mutating func observeClientSynAck(
    _ segment: Segment, leg: UInt32, _ tracker: inout FlowTracker
  ) {
    guard leg != ClientLeg.none,
      segment.acknowledgment == legs[Int(leg)].isn.advanced(by: 1)
    else { return }
    if legs[Int(leg)].synAckAt == nil {
      legs[Int(leg)].synAckAt = segment.time
      if legs[Int(leg)].isJoinedByHandshake, legs[Int(leg)].openAttempts > 0,
        let sentAt = tracker.attempts[legs[Int(leg)].serverAttempt].firstSynAckAt
      {
        clocks.noteBack(legs[Int(leg)], sentAt: sentAt)
      }
    }
    legs[Int(leg)].serverISN = segment.sequence
    guard hasServerSide, legs[Int(leg)].serverCount == 0 || legs[Int(leg)].method == .serverISN
    else { return }
    let key = UInt64(segment.sequence.value)
    var found: UInt32?
    answers.forEach(key) { found = found ?? $0 }
    if let number = found, linkByAnswer(leg, number, at: segment.time, &tracker) {
      answers.remove(number, for: key)
    } else {
      legsByServerISN.insert(leg, for: key, at: segment.time)
    }
  }

  // MARK: - The server side

  /// A SYN of the client side was found on the server side.
  private mutating func noteForth(_ leg: UInt32, at time: Timestamp, point: UInt32) {
    legs[Int(leg)].serverPoint = point
    clocks.noteForth(legs[Int(leg)], at: time)
  }

  /// Has the processor fetch where a SYN that comes soon will be looked up.
  mutating func prepareLookup(ofSyn syn: borrowing Segment, on side: Side) {
    legsByISN.prefetch(UInt64(syn.sequence.value))
    guard side == .client, findsByEndpoint,
      let client = addresses.knownIdentifier(of: syn.source.address)
    else { return }
    legsByEndpoint.prefetch(address: client, port: syn.source.port)
  }

  /// The same for what is kept of a tuple of the client side.
  @inline(__always)
  mutating func prepare(_ sighting: ClientSighting) { tupleLegs.prefetch(Int(sighting.record)) }

  /// The leg whose SYN this one of the server side is, before its tracker has taken it in.
  mutating func candidate(for syn: Segment) -> Candidate? {
    var best: (leg: UInt32, rank: Int)?
    /// Legs that fit as well as the best.
    var others: [UInt32] = []
    lastSynCauses = []
    legsByISN.forEach(UInt64(syn.sequence.value)) { leg in
      guard let rank = Self.rank(of: legs[Int(leg)], for: syn) else { return }
      if let known = best, known.rank >= rank {
        if known.rank == rank { others.append(leg) }
      } else {
        best = (leg, rank)
        others = []
      }
    }
    if let best, others.isEmpty {
      let isSame = isSameTuple(syn, legs[Int(best.leg)])
      return Candidate(
        leg: best.leg,
        evidence: Evidence(
          method: isSame ? .sameTuple : .isn, confidence: [90, 95, 99, 100][best.rank]),
        clientTime: clientTime(of: best.leg, before: syn.time))
    }
    guard let best else { return candidateByTimestamp(for: syn) }
    lastSynCauses = [best.leg] + others
    return nil
  }

  /// How well a leg with the SYN's sequence number fits; nil where it cannot be.
  private static func rank(of leg: ClientLeg, for syn: Segment) -> Int? {
    let age = syn.time.nanoseconds(since: leg.lastSynAt)
    guard leg.isn == syn.sequence, age <= attemptWindow, age >= -clockSlack else {
      return nil
    }
    guard leg.notes.contains(.hasTimestamp), syn.options.hasTimestamps else { return 2 }
    if leg.timestamp == syn.options.timestampValue { return 3 }
    // An earlier SYN of the attempt, or timestamps that the load balancer replaces.
    return leg.synCount > 1 ? 1 : 0
  }

  /// The load balancer has given the SYN a number of its own but left its timestamp.
  private mutating func candidateByTimestamp(for syn: Segment) -> Candidate? {
    guard syn.options.hasTimestamps else { return nil }
    var found: UInt32?
    var others: [UInt32] = []
    legsByTimestamp.forEach(Self.timestampKey(syn)) { leg in
      let age = syn.time.nanoseconds(since: legs[Int(leg)].lastSynAt)
      guard legs[Int(leg)].timestamp == syn.options.timestampValue, age <= Self.clockSlack,
        age >= -Self.clockSlack
      else { return }
      // One that repeats its SYN is found for each.
      if found == nil { found = leg } else if found != leg { others.append(leg) }
    }
    guard let leg = found else { return nil }
    guard others.isEmpty else {
      lastSynCauses = [leg] + others
      return nil
    }
    return Candidate(
      leg: leg, evidence: Evidence(method: .timestamp, confidence: 90),
      clientTime: clientTime(of: leg, before: syn.time))
  }

  /// The SYN's timestamp with the options that pass a translation unchanged.
  private static func timestampKey(_ syn: Segment) -> UInt64 {
    UInt64(syn.options.timestampValue) << 32 | UInt64(syn.options.windowScale) << 8
      | (syn.options.permitsSelectiveAcknowledgment ? 1 : 0)
  }

  private mutating func isSameTuple(_ syn: Segment, _ leg: ClientLeg) -> Bool {
    leg.clientPort == syn.source.port && leg.virtualPort == syn.destination.port
      && addresses[leg.client] == syn.source.address
      && addresses[leg.virtual] == syn.destination.address
  }

  private mutating func clientTime(of leg: UInt32, before time: Timestamp) -> Timestamp {
    guard legs[Int(leg)].synCount > 1, let times = clientSyns[leg] else {
      return legs[Int(leg)].lastSynAt
    }
    return times.last { $0 <= time } ?? legs[Int(leg)].lastSynAt
  }

  /// The attempt of the server side that a further SYN of a leg belongs to, from whatever address.
  mutating func openAttempt(of candidate: Candidate) -> UInt32? {
    let leg = legs[Int(candidate.leg)]
    return leg.openAttempts > 0 && candidate.evidence.method == .isn ? leg.serverAttempt : nil
  }

  /// Takes note of a segment of the server side that its tracker has taken in.
  @inline(__always)
  mutating func observeServer(
    _ segment: Segment, _ tcp: RawSpan, _ candidate: Candidate?, _ tracker: inout FlowTracker
  ) {
    if let rejected = tracker.lastRejected {
      observeServerRejection(segment, of: rejected, &tracker)
    } else if let accepted = tracker.lastAcceptedUnseen {
      observeUnseenAnswer(to: accepted, &tracker)
    }
    if segment.flags.contains(.syn) {
      if segment.isOpening {
        observeServerSyn(segment, tcp, candidate, &tracker)
      } else if segment.flags.contains(.ack) {
        observeServerSynAck(segment, &tracker)
      }
    } else if segment.payloadLength > 0 || tcp.byteCount > 0 {
      // Others say nothing about their clients.
      if tracker.join(of: tracker.lastRecord) != TupleRecord.none {
        observeServerStream(segment, tcp, &tracker)
      } else if segment.payloadLength > 0 {
        beginStreamInTheMiddle(segment, tcp, &tracker)
      }
    }
  }

  private mutating func observeServerSyn(
    _ segment: Segment, _ tcp: RawSpan, _ candidate: Candidate?, _ tracker: inout FlowTracker
  ) {
    let attempt = tracker.lastAttempt
    let known = tracker.attempts.leg(of: attempt)
    let former = tracker.join(of: tracker.lastRecord)
    if former != TupleRecord.none { noteFormerUsers(of: former, for: segment) }
    if let candidate, known == ClientLeg.none {
      link(candidate.leg, to: attempt, candidate.evidence, &tracker)
      legs[Int(candidate.leg)].forwardedCount += UInt32(tracker.attempts.synCount(of: attempt))
      noteForth(candidate.leg, at: segment.time, point: segment.point)
    } else if known != ClientLeg.none {
      addServer(
        tuple(
          source: segment.source.address, segment.source.port,
          destination: segment.destination.address, segment.destination.port), to: known)
      legs[Int(known)].forwardedCount += 1
    } else if let client = clientTold(inTCPHeader: tcp) {
      nameClient(client, of: attempt, .toa, at: segment.time, &tracker)
    } else if hasClientSide {
      if !lastSynCauses.isEmpty { noteAmbiguity(of: attempt, among: lastSynCauses, &tracker) }
      let key = UInt64(segment.sequence.value)
      if !earlySyns.contains(attempt, for: key) {
        earlySyns.insert(attempt, for: key, at: segment.time)
      }
    }
    if tracker.lastAnsweredEarly == attempt { observeAnsweredEarly(attempt, &tracker) }
  }

  /// A SYN of the server side has come by behind its SYN-ACK: the tuple has its client only now.
  private mutating func observeAnsweredEarly(_ attempt: UInt32, _ tracker: inout FlowTracker) {
    let record = tracker.lastRecord
    let leg = tracker.attempts.leg(of: attempt)
    if leg != ClientLeg.none, legs[Int(leg)].isJoinedByHandshake {
      legs[Int(leg)].notes.insert(.isAnswered)
      occupy(record, by: tracker.attempts.party(of: attempt), &tracker)
    } else {
      _ = beginStream(of: tracker.records[record].current, record, attempt, &tracker)
    }
  }

  // MARK: - Rejections

  /// A rejection carries the numbers of the old connection. Where the load balancer gives each SYN a
  /// number of its own, the server's is all that passes through.
  private mutating func observeClientRejection(
    _ segment: Segment, of leg: UInt32, _ tracker: inout FlowTracker
  ) {
    guard leg != ClientLeg.none, legs[Int(leg)].synAckAt == nil, !legs[Int(leg)].passesISN,
      segment.destination.port == legs[Int(leg)].clientPort,
      segment.acknowledgment != legs[Int(leg)].isn.advanced(by: 1)
    else { return }
    let key = UInt64(segment.sequence.value)
    if let attempt = rejectedAttempts.only(key, at: segment.time, within: Self.rejectionWindow) {
      rejectedAttempts.remove(attempt, for: key)
      linkByRejection(leg, attempt, &tracker)
    } else {
      rejectedLegs.insert(leg, for: key, at: segment.time)
    }
  }

  private mutating func observeServerRejection(
    _ segment: Segment, of attempt: UInt32, _ tracker: inout FlowTracker
  ) {
    guard hasClientSide, tracker.attempts.leg(of: attempt) == ClientLeg.none else { return }
    let key = UInt64(segment.sequence.value)
    if let leg = rejectedLegs.only(key, at: segment.time, within: Self.rejectionWindow) {
      rejectedLegs.remove(leg, for: key)
      linkByRejection(leg, attempt, &tracker)
    } else {
      rejectedAttempts.insert(attempt, for: key, at: segment.time)
    }
  }

  private mutating func linkByRejection(
    _ leg: UInt32, _ attempt: UInt32, _ tracker: inout FlowTracker
  ) {
    guard tracker.attempts.leg(of: attempt) == ClientLeg.none else { return }
    link(leg, to: attempt, Evidence(method: .serverISN, confidence: 95), &tracker)
    legs[Int(leg)].forwardedCount += UInt32(tracker.attempts.synCount(of: attempt))
  }

  private mutating func observeServerSynAck(_ segment: Segment, _ tracker: inout FlowTracker) {
    let record = tracker.lastRecord
    guard tracker.records[record].hasConnection,
      tracker.records[record].current.responder.initialSequence == segment.sequence
    else { return }
    let connection = tracker.records[record].current
    guard let attempt = connection.attempt else {
      occupyUnseen(record, answered: segment, &tracker)
      return
    }
    guard segment.time.nanoseconds(since: connection.startedAt) <= AttemptTable.longestGap else {
      return
    }
    let leg = tracker.attempts.leg(of: attempt)
    let isFirst = tracker.attempts[attempt].firstSynAckAt == segment.time
    if leg != ClientLeg.none { legs[Int(leg)].notes.insert(.isAnswered) }
    if leg != ClientLeg.none, legs[Int(leg)].isJoinedByHandshake {
      if isFirst { clocks.noteBack(legs[Int(leg)], sentAt: segment.time) }
      occupy(record, by: tracker.attempts.party(of: attempt), &tracker)
    } else if beginStream(of: connection, record, attempt, &tracker), hasClientSide {
      linkAnswer(segment, &tracker)
    }
  }

  /// The server has answered, but by a way that does not lead by any capture point, or a lossy one.
  private mutating func observeUnseenAnswer(to attempt: UInt32, _ tracker: inout FlowTracker) {
    let leg = tracker.attempts.leg(of: attempt)
    guard leg != ClientLeg.none, legs[Int(leg)].isJoinedByHandshake else { return }
    legs[Int(leg)].notes.insert(.isAnswered)
    occupy(tracker.lastRecord, by: tracker.attempts.party(of: attempt), &tracker)
  }

  /// A SYN-ACK whose SYN was not captured here: what it acknowledges is the client's number. Whoever had
  /// the tuple before has it no more.
  private mutating func occupyUnseen(
    _ record: Int, answered synAck: Segment, _ tracker: inout FlowTracker
  ) {
    let isn = synAck.acknowledgment.retreated(by: 1)
    var found: [UInt32] = []
    legsByISN.forEach(UInt64(isn.value)) { leg in
      guard legs[Int(leg)].isn == isn,
        synAck.time.nanoseconds(since: legs[Int(leg)].lastSynAt).magnitude
          <= UInt64(Self.answerWindow)
      else { return }
      found.append(leg)
    }
    guard let leg = found.first, found.count == 1 else {
      for leg in found { legs[Int(leg)].notes.insert(.isAmbiguous) }
      occupy(record, by: .unknown, &tracker)
      return
    }
    let evidence = Evidence(method: .isn, confidence: 90)
    join(
      leg, evidence,
      to: tuple(
        source: synAck.destination.address, synAck.destination.port,
        destination: synAck.source.address, synAck.source.port))
    occupy(record, by: party(leg, evidence), &tracker)
  }

  /// Puts a client whose connection will not be read into a tuple.
  private mutating func occupy(_ record: Int, by party: Party, _ tracker: inout FlowTracker) {
    let former = tracker.join(of: record)
    if former != TupleRecord.none { endStream(former, record, &tracker) }
    tracker.setOccupant(party, of: record)
  }

  private mutating func linkAnswer(_ synAck: Segment, _ tracker: inout FlowTracker) {
    let number = tracker.join(of: tracker.lastRecord)
    let key = UInt64(synAck.sequence.value)
    var found: UInt32?
    legsByServerISN.forEach(key) { leg in
      if legs[Int(leg)].serverISN == synAck.sequence {
        found = leg
      }
    }
    if let leg = found, linkByAnswer(leg, number, at: synAck.time, &tracker) { return }
    answers.insert(number, for: key, at: synAck.time)
  }

  /// Ties a stream of the server side to the leg whose SYN-ACK is the same.
  private mutating func linkByAnswer(
    _ leg: UInt32, _ number: UInt32, at time: Timestamp, _ tracker: inout FlowTracker
  ) -> Bool {
    guard let stream = streams.live(number), stream.serverISN == legs[Int(leg)].serverISN,
      let attempt = stream.attempt(at: time),
      tracker.attempts.leg(of: attempt) == ClientLeg.none,
      // It cannot have begun before its cause.
      tracker.attempts[attempt].firstSynAt.nanoseconds(since: legs[Int(leg)].firstSynAt)
        >= -Self.clockSlack
    else { return false }
    link(leg, to: attempt, Evidence(method: .serverISN, confidence: 98), &tracker)
    legs[Int(leg)].forwardedCount += UInt32(tracker.attempts.synCount(of: attempt))
    occupy(Int(stream.record), by: tracker.attempts.party(of: attempt), &tracker)
    return true
  }
}
