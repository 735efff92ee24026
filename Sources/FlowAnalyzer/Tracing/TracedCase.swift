/// Gathers the frames of one finding while the captures go by.
struct TracedCase {
  let finding: AnalysisReport.Finding
  /// One of each tuple of the attempt, in the order in which they came up.
  private(set) var strands: [Strand] = []
  /// One of each client that the finding names.
  private(set) var clients: [ClientStrand] = []
  /// What each hit met, and the connection that was.
  var encounters: [Encounter?]
  private(set) var holders: [FrameLog.Incarnation?]
  /// Nothing more is expected.
  private(set) var isOver = false
  private(set) var hitsSeen = 0

  private let framesPerConversation: Int
  private let isn: SequenceNumber
  private var syns = 0
  private var lastSynAt: Timestamp?
  private var lastGap: Int64 = 0
  private var connectedAt: Timestamp?
  private var framesSinceConnected = 0

  /// After the handshake so much more is shown, that one can see it go on.
  private static let aftermath: Int64 = 1_000_000_000
  private static let longestAftermath = 8

  /// The frames of one tuple behind the load balancer.
  struct Strand {
    let tuple: FourTuple
    /// A SYN of the attempt has come: nothing before it is forgotten any more.
    var isAnchored = false
    /// Others have the tuple now, and the attempt has not come back to it.
    var isLeft = false
    var log: FrameLog
    /// What came since others have it: part of the finding where the attempt comes back, whose next SYN then
    /// meets what they have left.
    var aside: FrameLog

    init(tuple: FourTuple, limit: Int) {
      self.tuple = tuple
      log = FrameLog(limit: limit)
      aside = FrameLog(limit: limit)
    }

    /// A SYN of the attempt has come.
    mutating func comeBack() {
      isAnchored = true
      guard isLeft else { return }
      isLeft = false
      for entry in aside.entries { log.append(entry) }
      aside.removeAll()
    }
  }

  init(_ finding: AnalysisReport.Finding, framesPerConversation: Int) {
    self.finding = finding
    self.framesPerConversation = framesPerConversation
    encounters = finding.hits.map { _ in nil }
    holders = finding.hits.map { _ in nil }
    isn = SequenceNumber(finding.hits.first?.isn ?? 0)
    isOver = finding.hits.isEmpty
    for hit in finding.hits { addStrand(hit.tuple) }
    if let client = finding.current.client { addClient(client) }
    for hit in finding.hits {
      if let client = hit.previous.client { addClient(client) }
    }
  }

  /// What to look out for.
  func watch(as number: Int, in list: inout WatchList) {
    for hit in finding.hits {
      list.watch(tuple: hit.tuple, for: number)
      list.watch(
        attempt: WatchList.AttemptKey(
          source: hit.tuple.source.address, destination: hit.tuple.destination, isn: isn),
        for: number)
      if isJoined {
        list.watch(
          attempt: WatchList.AttemptKey(
            source: nil, destination: hit.tuple.destination, isn: isn), for: number)
      }
    }
    for client in clients { list.watch(client: client.client, for: number) }
  }

  private mutating func addStrand(_ tuple: FourTuple) {
    guard !strands.contains(where: { $0.tuple == tuple }) else { return }
    strands.append(Strand(tuple: tuple, limit: framesPerConversation))
  }

  /// How many clients' conversations are followed.
  private static let mostClients = 8

  private mutating func addClient(_ client: AnalysisReport.Client) {
    guard let port = client.port, clients.count < Self.mostClients else { return }
    let endpoint = Endpoint(address: client.ip, port: port)
    guard !clients.contains(where: { $0.client == endpoint }) else { return }
    clients.append(ClientStrand(client: endpoint, limit: framesPerConversation))
  }
}

// MARK: - Behind the load balancer

extension TracedCase {
  /// What the tracker made of a segment.
  struct Observation {
    var entry: FrameLog.Entry
    /// The connection before the segment, where there was one.
    var former: FrameLog.Incarnation?
    /// From the opener.
    var tuple: FourTuple
  }

  /// - Returns: whether the tuple is new to the case.
  mutating func observe(_ observation: Observation) -> Bool {
    let segment = observation.entry.frame.segment
    // Where the attempt's last SYN is too long ago, this may still be one of another attempt alike.
    end(by: segment.time)
    guard !isOver else { return false }
    var isNew = false
    if segment.isOpening, isOfAttempt(segment) {
      isNew = !strands.contains { $0.tuple == observation.tuple }
      if isNew { addStrand(observation.tuple) }
      noteSyn(observation)
    }
    guard let index = strands.firstIndex(where: { $0.tuple == observation.tuple }) else {
      return isNew
    }
    append(isHitThere(observation.tuple) ? observation : ownPart(of: observation), to: index)
    return isNew
  }

  private func isHitThere(_ tuple: FourTuple) -> Bool {
    finding.hits.contains { $0.tuple == tuple }
  }

  /// Where the attempt has met nothing, what the tuple carried before is no part of the finding; it is
  /// known only if another finding asked for it.
  private func ownPart(of observation: Observation) -> Observation {
    var own = observation
    if own.former?.openerBase != isn {
      own.former = nil
      own.entry.frame.before = nil
    }
    if own.entry.incarnation.openerBase != isn {
      own.entry.incarnation = FrameLog.Incarnation(openerBase: isn)
      own.entry.frame.after = nil
    } else if own.entry.frame.segment.isOpening, own.former == nil {
      own.entry.frame.after = nil
    }
    return own
  }

  private func isOfAttempt(_ segment: Segment) -> Bool {
    segment.sequence == isn
      && finding.hits.contains {
        $0.tuple.destination == segment.destination
          && ($0.tuple.source.address == segment.source.address || mayGoOnElsewhere(segment))
      }
  }

  /// The client's SYN was found on both sides, which proves an attempt from whatever SNAT address.
  private var isJoined: Bool { finding.current.client != nil && finding.current.method.keepsISN }

  /// The join has counted more SYNs of the attempt than have come by.
  private func mayGoOnElsewhere(_ segment: Segment) -> Bool {
    guard isJoined, syns < finding.syns, let lastSynAt else { return false }
    return segment.time.nanoseconds(since: lastSynAt) <= AttemptTable.longestGap
  }

  private mutating func noteSyn(_ observation: Observation) {
    let segment = observation.entry.frame.segment
    if let last = lastSynAt {
      lastGap = segment.time.nanoseconds(since: last)
      // An earlier attempt with the same numbers, which has nothing to do with this.
      if lastGap > AttemptTable.longestGap, hitsSeen == 0 { forgetAttempt() }
    }
    lastSynAt = segment.time
    syns += 1
    if let index = strands.firstIndex(where: { $0.tuple == observation.tuple }) {
      strands[index].comeBack()
    }
    let hit = finding.hits.firstIndex {
      $0.capture == Int(segment.capture) && $0.frame == segment.frame
    }
    if let hit {
      hitsSeen += 1
      holders[hit] = observation.former
      // The handshake was that of the connection which this SYN made long ago, and met again.
      if connectedAt != nil { noteConnected(at: segment.time) }
    }
  }

  private mutating func forgetAttempt() {
    syns = 0
    lastGap = 0
    strands = strands.filter { isHitThere($0.tuple) }
    for index in strands.indices {
      strands[index].isAnchored = false
      strands[index].isLeft = false
      strands[index].aside.removeAll()
    }
  }

  private mutating func append(_ observation: Observation, to index: Int) {
    let entry = observation.entry
    // A RST makes none: it refuses the SYN of another attempt.
    let isNewConnection =
      entry.incarnation != observation.former && !entry.frame.segment.isOpening
      && !entry.frame.segment.flags.contains(.rst)
    if isNewConnection, !strands[index].isAnchored {
      strands[index].log.removeAll(beforeSYN: entry.incarnation.openerBase)
    }
    if strands[index].isAnchored, isTakeover(observation) { strands[index].isLeft = true }
    guard !strands[index].isLeft else {
      strands[index].aside.append(entry)
      return
    }
    strands[index].log.append(entry)
    guard strands[index].isAnchored else { return }
    if connectedAt != nil {
      framesSinceConnected += 1
    } else if entry.incarnation.openerBase == isn, entry.frame.isFromOpener,
      !entry.frame.segment.isOpening, entry.frame.before?.state == .synReceived,
      entry.frame.after?.state == .established
    {
      noteConnected(at: entry.frame.segment.time)
    }
  }

  private mutating func noteConnected(at time: Timestamp) {
    connectedAt = time
    framesSinceConnected = 0
  }

  /// Another attempt comes to the tuple, and no hit of this one is still to come there.
  private func isTakeover(_ observation: Observation) -> Bool {
    let segment = observation.entry.frame.segment
    return segment.isOpening && segment.sequence != isn
      && !finding.hits.contains { $0.tuple == observation.tuple && $0.at > segment.time }
  }

  /// Notes how late it is.
  mutating func end(by time: Timestamp) {
    guard hitsSeen > 0, let lastSynAt, !isOver else { return }
    if let connectedAt {
      isOver =
        hitsSeen == finding.hits.count
        && (framesSinceConnected >= Self.longestAftermath
          || time.nanoseconds(since: connectedAt) > Self.aftermath)
    }
    let silence = time.nanoseconds(since: lastSynAt)
    let isComplete = hitsSeen == finding.hits.count && syns >= finding.syns
    if silence > AttemptTable.longestGap
      || (isComplete && finding.outcome != .connected
        && silence > max(2 * lastGap, AttemptFinding.shortestSilence))
    {
      isOver = true
    }
  }
}

// MARK: - In front of it

extension TracedCase {
  /// - Parameter segment: one that a client of this finding sends or receives.
  mutating func observeClient(_ segment: Segment) {
    end(by: segment.time)
    guard !isOver else { return }
    for index in clients.indices
    where clients[index].client == segment.source || clients[index].client == segment.destination {
      clients[index].observe(segment)
    }
  }
}
