/// Joins by requests: those that pass through the load balancer, and those whose clients it names.
extension Joiner {
  // MARK: - The client side

  mutating func noteRequest(
    _ head: RequestHead, of leg: UInt32, _ segment: Segment, _ tracker: inout FlowTracker
  ) {
    endRequest(of: leg)
    let number = Int(leg)
    legs[number].notes.formUnion([.hasSentRequest, .isWaiting])
    legs[number].notes.remove(.isRequestPaired)
    legs[number].request = head.fingerprint
    legs[number].requestAt = segment.time
    requests.insert(leg, for: head.fingerprint, at: segment.time)
    if head.isHandshake {
      // What it belongs to, if anything, will be another request.
      forgetHidden(leg)
    } else {
      legs[number].notes.insert(.isHidden)
      hiddenRequests.insert(
        HiddenRequests.Request(
          leg: leg, client: legs[number].client, time: segment.time,
          length: segment.payloadLength, isHTTP: head.isHTTP))
    }
    linkEarlyRequest(of: leg, head.fingerprint, &tracker)
  }

  private mutating func forgetHidden(_ leg: UInt32) {
    guard legs[Int(leg)].notes.contains(.isHidden) else { return }
    legs[Int(leg)].notes.remove(.isHidden)
    hiddenRequests.remove(leg)
  }

  /// The request has been answered, so that no partner can come any more.
  mutating func endRequest(of leg: UInt32) {
    let number = Int(leg)
    guard legs[number].notes.contains(.isWaiting) else { return }
    legs[number].notes.remove(.isWaiting)
    requests.remove(leg, for: legs[number].request)
  }

  /// The server side's copy came first, by the order of two clocks or of two files.
  private mutating func linkEarlyRequest(
    of leg: UInt32, _ fingerprint: UInt64, _ tracker: inout FlowTracker
  ) {
    let time = legs[Int(leg)].requestAt
    guard let number = earlyRequests.only(fingerprint, at: time, within: Self.clockSlack) else {
      return
    }
    earlyRequests.remove(number, for: fingerprint)
    guard let stream = streams.live(number), stream.isEarly, stream.request == fingerprint else {
      return
    }
    let named = tracker.occupant(of: Int(stream.record))
    let isNamed = named.method == .forwarded
    if isNamed, named.address != legs[Int(leg)].client { return }
    streams[number].isEarly = false
    join(
      number, with: leg, Evidence(method: isNamed ? .forwarded : .payload, confidence: 90),
      legs[Int(leg)].requestAt, &tracker)
  }

  // MARK: - The server side

  mutating func match(
    _ reading: Reading, _ number: UInt32, _ segment: Segment, _ tracker: inout FlowTracker
  ) {
    let time = segment.time
    if let client = reading.proxied?.source {
      name(client, of: number, .proxyProtocol, at: time, &tracker)
      return
    }
    guard let head = reading.head else { return }
    // Where handshakes pass, one that has no partner yet will find it by its handshake: its request
    // could be another's.
    if head.forwardedAddress == nil, !hasClientSide || topology.passesHandshakes { return }
    let address = head.forwardedAddress.map { addresses.identifier(of: $0) }
    switch origin(of: head, from: address, on: number, segment, &tracker) {
    case .one(let leg, let evidence):
      join(number, with: leg, evidence, time, &tracker)
    case .several(let legs):
      counts.ambiguousRequests += 1
      if let attempt = streams[number].attempt(at: time),
        tracker.attempts.leg(of: attempt) == ClientLeg.none
      {
        noteAmbiguity(of: attempt, among: legs, &tracker)
      } else {
        for leg in legs { self.legs[Int(leg)].notes.insert(.isAmbiguous) }
      }
      if let address { note(Party(head, address: address), on: number, at: time, &tracker) }
    case .nobody:
      if let address {
        note(Party(head, address: address), on: number, at: time, &tracker)
      }
      if hasClientSide {
        streams[number].isEarly = true
        streams[number].request = head.fingerprint
        earlyRequests.insert(number, for: head.fingerprint, at: time)
      }
    }
  }

  private enum Origin {
    case one(UInt32, Evidence)
    /// Each of these could have sent it.
    case several([UInt32])
    case nobody
  }

  /// The leg that a request of the server side comes from: the one that waits for the answer to it.
  private mutating func origin(
    of head: RequestHead, from address: UInt32?, on number: UInt32, _ segment: Segment,
    _ tracker: inout FlowTracker
  ) -> Origin {
    let time = segment.time
    var oldest: UInt32?
    var count = 0
    var clients = 0
    func fits(_ leg: UInt32) -> Bool {
      Self.isWaiting(legs[Int(leg)], at: time)
        && (address == nil || legs[Int(leg)].client == address)
        && (head.forwardedPort == nil || head.forwardedPort == legs[Int(leg)].clientPort)
    }
    requests.forEach(head.fingerprint) { leg in
      guard fits(leg) else { return }
      count += 1
      if let other = oldest {
        if legs[Int(other)].client != legs[Int(leg)].client { clients += 1 }
        if legs[Int(leg)].requestAt < legs[Int(other)].requestAt { oldest = leg }
      } else {
        clients = 1
        oldest = leg
      }
    }
    guard let leg = oldest else {
      // Where it is to be told by time, what is no request yet tells too little.
      return head.isHandshake
        ? .nobody
        : originByTiming(
          from: address, on: number, segment, isHTTP: head.isHTTP, &tracker)
    }
    if address != nil {
      // Requests of one client that are alike: the first to come is the first to be passed on.
      let confidence: UInt8 = count == 1 ? 98 : UInt8(max(30, 90 / count))
      return .one(leg, Evidence(method: .forwarded, confidence: confidence))
    }
    if count == 1 { return .one(leg, Evidence(method: .payload, confidence: 95)) }
    guard clients > 1 else {
      return .one(leg, Evidence(method: .payload, confidence: UInt8(max(30, 90 / count))))
    }
    var waiting: [UInt32] = []
    requests.forEach(head.fingerprint) { leg in if fits(leg) { waiting.append(leg) } }
    return .several(waiting)
  }

  /// Whose request it is where nothing in it passes through the load balancer: by its time and length.
  private mutating func originByTiming(
    from address: UInt32?, on number: UInt32, _ segment: Segment, isHTTP: Bool,
    _ tracker: inout FlowTracker
  ) -> Origin {
    let stream = streams[number]
    // The first request on a connection is what made the load balancer open it.
    let opened =
      stream.userCount == 0
      ? stream.attempt(at: segment.time).map { tracker.attempts[$0].firstSynAt } : nil
    if let address {
      let request = hiddenRequests.only(
        of: address, at: segment.time, opened: opened, isHTTP: isHTTP)
      return request.map { .one($0.leg, Evidence(method: .forwarded, confidence: 90)) } ?? .nobody
    }
    switch hiddenRequests.origin(
      at: segment.time, opened: opened, length: segment.payloadLength, isHTTP: isHTTP)
    {
    case .nobody: return .nobody
    case .several(let requests): return .several(requests.map(\.leg))
    case .one(let request, let confidence):
      hiddenRequests.learn(request, length: segment.payloadLength)
      return .one(request.leg, Evidence(method: .timing, confidence: confidence))
    }
  }

  private static func isWaiting(_ leg: ClientLeg, at time: Timestamp) -> Bool {
    let age = time.nanoseconds(since: leg.requestAt)
    return leg.notes.contains(.isWaiting) && !leg.isJoinedByHandshake
      && !leg.notes.contains(.isRequestPaired)
      && age <= requestWindow && age >= -clockSlack
  }

  // MARK: - Pairs

  /// Pairs a connection of the server side with a leg.
  private mutating func join(
    _ number: UInt32, with leg: UInt32, _ evidence: Evidence, _ time: Timestamp,
    _ tracker: inout FlowTracker
  ) {
    legs[Int(leg)].notes.insert(.isRequestPaired)
    forgetHidden(leg)
    if let attempt = streams[number].attempt(at: time),
      tracker.attempts.leg(of: attempt) == ClientLeg.none
    {
      link(leg, to: attempt, evidence, &tracker)
    } else {
      join(leg, evidence, to: serverTuple(of: number, &tracker))
    }
    note(party(leg, evidence), on: number, at: time, &tracker, leg: leg)
  }

  /// Pairs a connection with the client that the load balancer names.
  mutating func name(
    _ client: Endpoint, of number: UInt32, _ method: JoinMethod, at time: Timestamp,
    _ tracker: inout FlowTracker
  ) {
    let evidence = Evidence(method: method, confidence: 100)
    let record = Int(streams[number].record)
    if let leg = leg(of: client, at: time) {
      join(number, with: leg, evidence, time, &tracker)
    } else {
      let address = addresses.identifier(of: client.address)
      note(
        Party(address: address, port: client.port, method: method, confidence: 100), on: number,
        at: time, &tracker)
      if hasClientSide, let attempt = streams[number].attempt(at: time) {
        earlyNames.insert(attempt, for: Self.nameKey(address, client.port), at: time)
      }
    }
    // One connection for one client: there is nothing more to learn.
    endStream(number, record, &tracker)
  }

  /// The client of an attempt that has no stream yet.
  mutating func nameClient(
    _ client: Endpoint, of attempt: UInt32, _ method: JoinMethod, at time: Timestamp,
    _ tracker: inout FlowTracker
  ) {
    let evidence = Evidence(method: method, confidence: 100)
    if let leg = leg(of: client, at: time) {
      link(leg, to: attempt, evidence, &tracker)
    } else {
      let address = addresses.identifier(of: client.address)
      tracker.attempts.setParty(
        Party(
          address: address, port: client.port, method: method, confidence: 100), of: attempt)
      if hasClientSide {
        earlyNames.insert(attempt, for: Self.nameKey(address, client.port), at: time)
      }
    }
  }

  /// The latest connection of a client that can be the cause of something at `time`.
  private mutating func leg(of client: Endpoint, at time: Timestamp) -> UInt32? {
    findByEndpoint()
    let address = addresses.identifier(of: client.address)
    var latest: UInt32?
    legsByEndpoint.forEach(address: address, port: client.port) { leg in
      guard legs[Int(leg)].firstSynAt.nanoseconds(since: time) <= Self.clockSlack else { return }
      if let other = latest, legs[Int(other)].firstSynAt >= legs[Int(leg)].firstSynAt { return }
      latest = leg
    }
    return latest
  }

  /// Notes who uses a connection of the server side.
  private mutating func note(
    _ party: Party, on number: UInt32, at time: Timestamp, _ tracker: inout FlowTracker,
    leg: UInt32 = ClientLeg.none
  ) {
    let stream = streams[number]
    let former = tracker.occupant(of: Int(stream.record))
    let isSame =
      former.isSameClient(as: party)
      || (former.address == party.address && former.port == 0 && former.isKnown)
    if stream.userCount == 0 || !isSame {
      streams[number].userCount += 1
      if stream.userCount == 1 { users[number] = ClientList(former) }
      users[number]?.add(party)
    }
    tracker.setOccupant(party, of: Int(stream.record))
    if let attempt = stream.attempt(at: time), !tracker.attempts.party(of: attempt).isKnown {
      tracker.attempts.setParty(party, of: attempt)
    }
  }

  private mutating func serverTuple(
    of number: UInt32, _ tracker: inout FlowTracker
  ) -> ServerTuple {
    let record = Int(streams[number].record)
    let key = tracker.records[record].key
    let low = Endpoint(address: tracker.addresses[key.lowAddress], port: key.lowPort)
    let high = Endpoint(address: tracker.addresses[key.highAddress], port: key.highPort)
    let isLow = tracker.records[record].connection?.originatorIsLow ?? true
    let (source, destination) = isLow ? (low, high) : (high, low)
    return tuple(
      source: source.address, source.port, destination: destination.address, destination.port)
  }
}

extension Party {
  /// The client as a request names it.
  fileprivate init(_ head: RequestHead, address: UInt32) {
    self.init(address: address, port: head.forwardedPort ?? 0, method: .forwarded, confidence: 95)
  }
}
