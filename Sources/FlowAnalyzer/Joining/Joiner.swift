import BasicContainers

/// Joins connections of the client side with those of the server side.
///
/// It hears every segment of both sides after the side's tracker has, of which that of the client side is some
/// batches ahead (`ClientSide`). It writes what it finds where it is needed: the client of an attempt into the
/// server side's `AttemptTable`, that of a tuple's last connection beside its record (`JoinedTuple`). A connection of the client side is a
/// `ClientLeg`; it ends when nothing can be added to it, and is then counted and handed out.
///
/// Evidence, the strongest first:
/// - handshakes: the client's ISN, the server's ISN, timestamp and options of the SYN. Those of a
///   load balancer that translates addresses survive on the other side (`Joiner+Handshakes`).
/// - what the load balancer says: PROXY header, TOA, `X-Forwarded-For` (`Joiner+Streams`).
/// - what passes through it: the beginnings of requests, or at least their times (`Joiner+Requests`).
///
/// Invariants: a pair is made only where exactly one candidate fits; every leg is counted once, with
/// a partner or with the reason why it has none. Memory follows the connections alive and those of
/// the last `attemptWindow`. The number that a tuple has of a leg, or of a stream, is that of one that lives:
/// numbers are given again, so a leg that is let go takes its own away from its tuple, and what a tracker
/// forgets is heard of before any number can be given (`noteForgotten`; on the client side `ClientChange`).
///
/// When legs and streams are let go is in `Joiner+Ends`.
///
/// Functions that packets meet are `mutating` also where they change nothing, for the reason that stands in
/// `FlowTracker+Syn.swift`.
struct Joiner: ~Copyable {
  /// How long after its last SYN an attempt finds partners by its handshake, in nanoseconds.
  static let attemptWindow = AttemptTable.longestGap
  /// How long a SYN-ACK waits for its other side.
  static let answerWindow: Int64 = 5_000_000_000
  /// How long a rejection waits for its other side: Linux rejects on one tuple once in 500 ms at most, so
  /// that within less than half of that its numbers are only one's.
  static let rejectionWindow: Int64 = 200_000_000
  /// How long a SYN takes through the load balancer, at most.
  static let transit: Int64 = 50_000_000
  /// How long a request may stay in the load balancer.
  static let requestWindow: Int64 = 30_000_000_000
  /// How much earlier than its cause an effect may seem to come, where two clocks are compared.
  static let clockSlack: Int64 = 1_000_000_000

  /// How many partners of a leg are kept, and so counted.
  static let mostServers = 256

  /// Whether there is a client side to join with.
  let hasClientSide: Bool
  /// Whether there is a server side; else legs are counted, and nothing is looked for.
  let hasServerSide: Bool
  /// Whether connections are handed out one by one.
  let listsConnections: Bool
  /// Encrypts the addresses that load balancers tell; those of segments are encrypted already.
  private let anonymizer: AddressAnonymizer?

  /// The joiner's own numbers of addresses of both sides.
  var addresses = AddressTable()
  var legs = Slab<ClientLeg>()
  /// The leg of a tuple, and of an attempt, of the client side, by where its tracker keeps those.
  var tupleLegs = Column(usual: TupleLeg())
  var attemptLegs = Column(usual: ClientLeg.none)
  var legsByISN = RecentIndex(window: 2 * attemptWindow)
  var legsByTimestamp = RecentIndex(window: 1_000_000_000)
  var legsByServerISN = RecentIndex(window: answerWindow)
  var legsByEndpoint = EndpointIndex()
  /// Whether that one is kept: only from when a load balancer first tells who a client is.
  private(set) var findsByEndpoint = false
  /// Attempts of the server side whose client's SYN has not come by yet: by ISN.
  var earlySyns = RecentIndex(window: clockSlack)
  /// Attempts of the server side that got a SYN-ACK and have no client: by the server's ISN.
  var answers = RecentIndex(window: answerWindow)
  /// Attempts of either side whose SYN was rejected, and that have no partner: by the sequence number of
  /// the rejection, which is the old connection's.
  var rejectedAttempts = RecentIndex(window: rejectionWindow)
  var rejectedLegs = RecentIndex(window: rejectionWindow)
  var moreServers: [UInt32: [ServerTuple]] = [:]
  /// When the client side saw an attempt's SYNs, for those with more than one.
  var clientSyns: [UInt32: [Timestamp]] = [:]

  var streams = StreamTable()
  /// Requests of the client side by their fingerprints.
  var requests = RecentIndex(window: requestWindow)
  var hiddenRequests = HiddenRequests()
  /// Attempts of the server side whose client was named before its SYN came by: by that client.
  var earlyNames = RecentIndex(window: clockSlack)
  /// Streams of the server side with a request whose client has not come by yet.
  var earlyRequests = RecentIndex(window: clockSlack)
  /// Legs each of which could have sent the last SYN of the server side, where nothing tells which.
  var lastSynCauses: [UInt32] = []
  /// The same for attempts of the server side whose cause is not known yet.
  private var possibleCauses: [UInt32: [UInt32]] = [:]
  /// Who used streams that have carried several clients.
  var users: [UInt32: ClientList] = [:]
  /// The users of what a SYN met, for SYNs that wait for their verdict.
  private var formerUsers: [SynIdentifier: ClientList] = [:]

  var clocks = SideClocks()
  var counts = JoinCounts()
  private(set) var topology = TopologyRecord()
  /// Connections that are done, in the order in which they became so; only if they are listed.
  var finished: [JoinedConnection] = []
  // What `Joiner+Ends` keeps, and nobody else touches.
  /// Legs that were over when they came here, to be let go in that order. Their numbers may have been given
  /// again since.
  var leaving = UniqueArray<UInt32>()
  /// How many of them have been looked at, and are still in front of the others.
  var left = 0
  /// The client side has more tuples without a connection than are kept: legs go with them.
  var isFlooded = false
  var coverage = ServerCoverage()

  init(
    hasClientSide: Bool, hasServerSide: Bool, listsConnections: Bool,
    anonymizer: AddressAnonymizer? = nil
  ) {
    self.hasClientSide = hasClientSide
    self.hasServerSide = hasServerSide
    self.listsConnections = listsConnections
    self.anonymizer = anonymizer
  }

  /// The client as a TCP option of the load balancer names it, by the addresses of this run.
  mutating func clientTold(inTCPHeader tcp: RawSpan) -> Endpoint? {
    ClientAddressOption.endpoint(inTCPHeader: tcp).map { anonymizer?.encrypted($0) ?? $0 }
  }

  /// What a request says, by the addresses of this run.
  mutating func inOwnAddresses(_ reading: Reading) -> Reading {
    guard let anonymizer else { return reading }
    var reading = reading
    reading.proxied = reading.proxied.map {
      (anonymizer.encrypted($0.source), anonymizer.encrypted($0.destination))
    }
    if let address = reading.head?.forwardedAddress {
      reading.head?.forwardedAddress = anonymizer.encrypted(address)
    }
    return reading
  }

  // MARK: - Legs

  /// Takes up a connection of the client side.
  mutating func addLeg(
    _ tuple: FourTuple, isn: SequenceNumber, at time: Timestamp, record: Int, isSeenFromStart: Bool
  ) -> UInt32 {
    let client = addresses.identifier(of: tuple.source.address)
    let virtual = addresses.identifier(of: tuple.destination.address)
    let leg = ClientLeg(
      client: client, tuple.source.port, virtual: virtual, tuple.destination.port,
      record: UInt32(truncatingIfNeeded: record), isn: isn, at: time,
      isSeenFromStart: isSeenFromStart)
    let number = UInt32(truncatingIfNeeded: legs.insert(leg))
    if findsByEndpoint { legsByEndpoint.insert(number, address: client, port: tuple.source.port) }
    return number
  }

  /// Has legs found by their endpoints from now on.
  mutating func findByEndpoint() {
    guard !findsByEndpoint else { return }
    findsByEndpoint = true
    for number in 0..<legs.endPosition where legs[number].notes.contains(.isLive) {
      legsByEndpoint.insert(
        UInt32(truncatingIfNeeded: number), address: legs[number].client,
        port: legs[number].clientPort)
    }
  }

  /// Ties an attempt of the server side to a leg.
  mutating func link(
    _ leg: UInt32, to attempt: UInt32, _ evidence: Evidence, _ tracker: inout FlowTracker
  ) {
    // An index may still know a leg by what it was.
    guard legs[Int(leg)].notes.contains(.isLive) else { return }
    if tracker.attempts.leg(of: attempt) == ClientLeg.none {
      tracker.attempts.setLeg(leg, of: attempt)
      legs[Int(leg)].openAttempts += 1
      legs[Int(leg)].serverAttempt = attempt
      if tracker.attempts[attempt].isAmbiguous { settleAmbiguity(of: attempt, &tracker) }
    }
    strengthen(leg, evidence)
    tracker.attempts.setParty(party(leg, evidence), of: attempt)
    let destination = tracker.addresses[tracker.attempts[attempt].destination]
    let port = tracker.attempts[attempt].destinationPort
    tracker.attempts.forEachSyn(of: attempt) { syn in
      addServer(
        tuple(
          source: tracker.addresses[syn.source], syn.sourcePort, destination: destination, port),
        to: leg)
    }
  }

  /// Several legs could be the cause of an attempt of the server side, and nothing tells which.
  mutating func noteAmbiguity(
    of attempt: UInt32, among causes: [UInt32], _ tracker: inout FlowTracker
  ) {
    tracker.attempts[attempt].isAmbiguous = true
    possibleCauses[attempt, default: []] += causes
    for leg in causes { legs[Int(leg)].notes.insert(.isAmbiguous) }
  }

  /// The cause is known now, and the other legs have none of it.
  private mutating func settleAmbiguity(of attempt: UInt32, _ tracker: inout FlowTracker) {
    tracker.attempts[attempt].isAmbiguous = false
    for leg in possibleCauses.removeValue(forKey: attempt) ?? [] {
      legs[Int(leg)].notes.remove(.isAmbiguous)
    }
  }

  /// The attempt is over, and its cause will not be known.
  mutating func forgetCauses(of attempt: UInt32) { possibleCauses[attempt] = nil }

  /// Ties a tuple of the server side to a leg.
  mutating func join(_ leg: UInt32, _ evidence: Evidence, to server: ServerTuple) {
    guard legs[Int(leg)].notes.contains(.isLive) else { return }
    strengthen(leg, evidence)
    addServer(server, to: leg)
  }

  /// What a pair rests on.
  struct Evidence {
    var method: JoinMethod
    /// In percent.
    var confidence: UInt8
  }

  mutating func party(_ leg: UInt32, _ evidence: Evidence) -> Party {
    var party = legs[Int(leg)].party
    party.method = evidence.method
    party.confidence = evidence.confidence
    return party
  }

  private mutating func strengthen(_ leg: UInt32, _ evidence: Evidence) {
    guard evidence.confidence > legs[Int(leg)].confidence else { return }
    legs[Int(leg)].method = evidence.method
    legs[Int(leg)].confidence = evidence.confidence
  }

  mutating func tuple(
    source: IPAddress, _ sourcePort: UInt16, destination: IPAddress, _ destinationPort: UInt16
  ) -> ServerTuple {
    ServerTuple(
      source: addresses.identifier(of: source), destination: addresses.identifier(of: destination),
      sourcePort: sourcePort, destinationPort: destinationPort)
  }

  /// Adds a partner to a leg, unless it has it already.
  mutating func addServer(_ server: ServerTuple, to leg: UInt32) {
    let number = Int(leg)
    if legs[number].serverCount == 0 {
      legs[number].server = server
    } else if legs[number].server == server || moreServers[leg]?.contains(server) == true {
      return
    } else if legs[number].serverCount >= Self.mostServers {
      return
    } else {
      moreServers[leg, default: []].append(server)
    }
    legs[number].serverCount += 1
    topology.note(server, leg: legs[number])
  }

  func noteFormerUsers(in uses: inout AddressTable.Uses) {
    for list in formerUsers.values { uses.note(list) }
  }

  // MARK: - What findings ask for

  private struct SynIdentifier: Hashable {
    var capture: UInt32
    var frame: UInt64
  }

  /// Remembers who used the connection that a SYN has met.
  mutating func noteFormerUsers(of stream: UInt32, for syn: Segment) {
    guard let list = users[stream] else { return }
    formerUsers[SynIdentifier(capture: syn.capture, frame: syn.frame)] = list
  }

  /// Who used the connection that a SYN has met, if several did; it is told once.
  mutating func takeFormerUsers(of exchange: Exchange) -> ClientList? {
    formerUsers.isEmpty
      ? nil
      : formerUsers.removeValue(
        forKey: SynIdentifier(capture: exchange.capture, frame: exchange.frame))
  }

  /// How an attempt of the server side went on the client side; nil where that is another
  /// connection.
  ///
  /// - Parameter client: the attempt's.
  mutating func course(of client: AttemptClient) -> ClientCourse? {
    guard client.leg != ClientLeg.none else { return nil }
    let leg = legs[Int(client.leg)]
    guard leg.isJoinedByHandshake else { return nil }
    return ClientCourse(syns: clientSyns[client.leg] ?? [leg.firstSynAt], synAckAt: leg.synAckAt)
  }
}
