import BasicContainers

/// When legs and streams are let go, and what is counted and handed out then.
extension Joiner {
  /// Lets go of legs to which nothing can be added, as soon as enough of them wait for it. Called for every
  /// SYN of the client side, and for every other segment that adds a leg.
  mutating func endLegs(at now: Timestamp) {
    guard leaving.count - left >= 2 * Self.endedAtOnce else { return }
    let first = legs[Int(leaving[left])]
    // In a flood attempts make room for others before their time, and their legs wait for theirs.
    guard !isOver(first) || hasExpired(first, at: now) else { return }
    endOldestLegs(at: now)
    // Most of the time there are few, so that nothing much is moved.
    if left > leaving.count / 2 {
      leaving.removeSubrange(0..<left)
      left = 0
    }
  }

  /// How many legs are let go together. None of what is kept of them has been in the cache for a minute:
  /// the processor is asked for all of it before anything is done.
  private static let endedAtOnce = 16

  @inline(never)
  private mutating func endOldestLegs(at now: Timestamp) {
    for place in left..<left + Self.endedAtOnce {
      let leg = Int(leaving[place])
      if findsByEndpoint {
        legsByEndpoint.prefetch(address: legs[leg].client, port: legs[leg].clientPort)
      }
      legsByISN.prefetch(UInt64(legs[leg].isn.value))
      tupleLegs.prefetch(Int(legs[leg].record))
      legs.prefetch(Int(leaving[place + Self.endedAtOnce]))
    }
    for place in left..<left + Self.endedAtOnce {
      let leg = Int(leaving[place])
      if findsByEndpoint {
        legsByEndpoint.prefetchEntry(address: legs[leg].client, port: legs[leg].clientPort)
      }
      legsByISN.prefetchEntry(UInt64(legs[leg].isn.value))
    }
    for place in left..<left + Self.endedAtOnce {
      let number = leaving[place]
      let leg = legs[Int(number)]
      guard isOver(leg) else { continue }
      if hasExpired(leg, at: now) { release(number) } else { leaving.append(number) }
    }
    left += Self.endedAtOnce
  }

  /// Whether nothing on the server side can come of its last SYN any more.
  private mutating func hasExpired(_ leg: ClientLeg, at now: Timestamp) -> Bool {
    isFlotsam(leg) || now.nanoseconds(since: leg.lastSynAt) > Self.attemptWindow
  }

  /// Whether nothing can be added to a leg but what its last SYN may still be the cause of. Something has to
  /// happen for that, which is noted: legs that are over are found without a search.
  private mutating func isOver(_ leg: ClientLeg) -> Bool {
    leg.notes.isSuperset(of: [.isLive, .isSettled]) && leg.openAttempts == 0
      && (leg.isJoinedByHandshake || leg.notes.contains(.isGone) || !hasServerSide)
  }

  /// Whether a leg is one of a flood, whose tuple and attempt have made room for others.
  private mutating func isFlotsam(_ leg: ClientLeg) -> Bool {
    isFlooded && leg.notes.isSuperset(of: [.isLive, .isSettled, .isGone]) && leg.openAttempts == 0
      && leg.serverCount == 0 && leg.synAckAt == nil
  }

  /// Lets go of all legs, after the last packet.
  mutating func releaseAll() {
    for number in 0..<legs.endPosition where legs[number].notes.contains(.isLive) {
      end(UInt32(truncatingIfNeeded: number))
    }
  }

  /// Lets go of a leg whose tuple may still live.
  private mutating func release(_ number: UInt32) {
    let record = Int(legs[Int(number)].record)
    if tupleLegs[record].leg == number { tupleLegs.clear(record) }
    end(number)
  }

  /// Counts a leg and hands it out. Its number may be given again.
  private mutating func end(_ number: UInt32) {
    let leg = legs[Int(number)]
    counts.add(leg, gap: gap(of: leg), coveredSyns: coveredSyns(of: number))
    if listsConnections { finished.append(connection(number)) }
    if leg.serverCount > 1 { moreServers[number] = nil }
    if leg.synCount > 1 { clientSyns[number] = nil }
    streams.free(leg.stream.head)
    if findsByEndpoint {
      legsByEndpoint.remove(number, address: leg.client, port: leg.clientPort)
    }
    if hasServerSide { legsByISN.remove(number, for: UInt64(leg.isn.value)) }
    if leg.notes.contains(.isWaiting) { requests.remove(number, for: leg.request) }
    if leg.notes.contains(.isHidden) { hiddenRequests.remove(number) }
    legs[Int(number)].notes = []
    legs.remove(Int(number))
  }

  /// Whether the server side was captured while the leg's SYNs came.
  private mutating func isCovered(_ leg: ClientLeg) -> Bool {
    coverage.contains(synAt: leg.firstSynAt) && coverage.contains(synAt: leg.lastSynAt)
  }

  /// How many of a leg's SYNs came while the server side was captured.
  private mutating func coveredSyns(of number: UInt32) -> Int {
    if isCovered(legs[Int(number)]) { return Int(legs[Int(number)].synCount) }
    return (clientSyns[number] ?? []).count { coverage.contains(synAt: $0) }
  }

  /// Why a leg has no partner; nil if it has one.
  private mutating func gap(of leg: ClientLeg) -> JoinGap? {
    if leg.serverCount > 0 { return nil }
    if leg.notes.contains(.isAmbiguous) { return .ambiguous }
    if !isCovered(leg) { return .notCovered }
    if leg.notes.contains(.beganUnseen) {
      return leg.notes.contains(.hasSentRequest) ? .noMatch : .noRequest
    }
    if leg.synAckAt == nil { return .notForwarded }
    return leg.notes.contains(.hasSentRequest) ? .noMatch : .noRequest
  }

  private mutating func connection(_ number: UInt32) -> JoinedConnection {
    let leg = legs[Int(number)]
    var servers: [FourTuple] = []
    if leg.serverCount > 0 {
      servers.append(fourTuple(leg.server))
      for server in moreServers[number] ?? [] { servers.append(fourTuple(server)) }
    }
    return JoinedConnection(
      client: FourTuple(
        source: Endpoint(address: addresses[leg.client], port: leg.clientPort),
        destination: Endpoint(address: addresses[leg.virtual], port: leg.virtualPort)),
      servers: servers, method: leg.method, confidence: leg.confidence, gap: gap(of: leg),
      start: leg.notes.contains(.beganUnseen) ? nil : leg.firstSynAt, syns: Int(leg.synCount))
  }

  func fourTuple(_ tuple: ServerTuple) -> FourTuple {
    FourTuple(
      source: Endpoint(address: addresses[tuple.source], port: tuple.sourcePort),
      destination: Endpoint(address: addresses[tuple.destination], port: tuple.destinationPort))
  }

  // MARK: - What the trackers have finished

  /// Takes note of the tuples that the server side has just forgotten.
  @inline(__always)
  mutating func noteForgotten(ofServerSide tracker: inout FlowTracker) {
    if !tracker.forgottenJoins.isEmpty { endForgottenStreams(&tracker) }
  }

  @inline(never)
  private mutating func endForgottenStreams(_ tracker: inout FlowTracker) {
    for stream in tracker.forgottenJoins {
      if !users.isEmpty { users[stream] = nil }
      streams.remove(stream)
    }
    tracker.forgottenJoins.removeAll(keepingCapacity: true)
  }

  /// Takes note of attempts of the server side that have ended.
  mutating func collectEnds(ofServerSide tracker: inout FlowTracker) {
    guard !tracker.attempts.ended.isEmpty else { return }
    for end in tracker.attempts.ended {
      let leg = end.client.leg
      if leg != ClientLeg.none {
        legs[Int(leg)].openAttempts -= 1
        if isOver(legs[Int(leg)]) { leaving.append(leg) }
        counts.noteServer(isPaired: true)
      } else {
        counts.noteServer(isPaired: false)
        if end.attempt.isAmbiguous { forgetCauses(of: end.position) }
        if listsConnections { finished.append(unpaired(end, &tracker)) }
      }
    }
    tracker.attempts.ended.removeAll(keepingCapacity: true)
  }

  private mutating func unpaired(
    _ end: FinishedAttempt, _ tracker: inout FlowTracker
  ) -> JoinedConnection {
    var servers: [FourTuple] = []
    let destination = Endpoint(
      address: tracker.addresses[end.attempt.destination], port: end.attempt.destinationPort)
    for syn in end.syns {
      let tuple = FourTuple(
        source: Endpoint(address: tracker.addresses[syn.source], port: syn.sourcePort),
        destination: destination)
      if !servers.contains(tuple) { servers.append(tuple) }
    }
    return JoinedConnection(
      client: nil, named: endpoint(of: end.client.party), servers: servers,
      method: end.client.party.method, confidence: end.client.party.confidence,
      gap: end.client.party.isKnown
        ? nil : end.attempt.isAmbiguous ? .ambiguous : .noMatch,
      start: end.attempt.firstSynAt,
      syns: end.syns.count)
  }

  /// A client as reports name it; nil where nothing is known.
  func endpoint(of party: Party) -> Endpoint? {
    party.isKnown ? Endpoint(address: addresses[party.address], port: party.port) : nil
  }

  /// Takes note of what has ended on the client side.
  mutating func note(_ change: ClientChange) {
    let place = Int(change.number)
    switch change.kind {
    case .tupleForgotten:
      let leg = tupleLegs[place].leg
      tupleLegs.clear(place)
      if leg != ClientLeg.none { note(.isGone, of: leg) }
    case .attemptEnded:
      let leg = attemptLegs[place]
      attemptLegs.clear(place)
      if leg != ClientLeg.none { note(.isSettled, of: leg) }
    case .isFlooded: isFlooded = true
    }
  }

  /// Notes what the tracker has told of a leg. A flood's legs go at once: waiting they would be as many
  /// again.
  mutating func note(_ note: ClientLeg.Notes, of leg: UInt32) {
    legs[Int(leg)].notes.insert(note)
    if isFlotsam(legs[Int(leg)]) {
      release(leg)
    } else if isOver(legs[Int(leg)]) {
      leaving.append(leg)
    }
  }
}
