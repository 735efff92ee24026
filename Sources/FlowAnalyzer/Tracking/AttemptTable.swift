/// Attempts: connections as their openers meant them (contract, section 1).
///
/// SYNs with the same source address, destination and ISN, each at most 70 s after the one before,
/// are one attempt whatever their source ports. A finished attempt is forgotten when 70 s have
/// passed and no verdict of its SYNs is outstanding.
struct AttemptTable: ~Copyable {
  /// The longest time between two SYNs of one attempt, in nanoseconds.
  static let longestGap: Int64 = 70_000_000_000

  struct Attempt: BitwiseCopyable {
    // In an order that leaves no gaps: 48 bytes. What only attempts with several SYNs have stands
    // in `repetitions`, what the join knows in `AttemptClient`.
    fileprivate let key: Key
    /// The source port of its first SYN.
    fileprivate let sourcePort: UInt16
    let firstSynAt: Timestamp
    private var firstSynAck = Timestamp.never
    /// The capture point that saw its first SYN.
    var point: UInt32 = 0
    /// Where the tuple of its latest SYN is kept.
    var record: UInt32 = 0
    /// Verdicts not yet spoken on its SYNs.
    var openVerdicts: UInt32 = 0
    private var marks: Marks = []

    private struct Marks: OptionSet, BitwiseCopyable {
      var rawValue: UInt8
      static let isConnected = Marks(rawValue: 1)
      static let wasReset = Marks(rawValue: 1 << 1)
      static let isLogged = Marks(rawValue: 1 << 2)
      static let hasHits = Marks(rawValue: 1 << 3)
      static let isRepeated = Marks(rawValue: 1 << 4)
      static let isOver = Marks(rawValue: 1 << 5)
      static let isAmbiguous = Marks(rawValue: 1 << 6)
    }

    fileprivate init(key: Key, sourcePort: UInt16, firstSynAt: Timestamp) {
      self.key = key
      self.sourcePort = sourcePort
      self.firstSynAt = firstSynAt
    }

    /// The first SYN-ACK that acknowledges it.
    var firstSynAckAt: Timestamp? {
      get { firstSynAck.ifEver }
      set { firstSynAck = newValue ?? .never }
    }
    fileprivate(set) var isConnected: Bool {
      get { marks[.isConnected] }
      set { marks[.isConnected] = newValue }
    }
    /// A RST of the server acknowledged the last SYN.
    var wasReset: Bool {
      get { marks[.wasReset] }
      set { marks[.wasReset] = newValue }
    }
    /// The log for a forecast keeps it, or did so once: of others nothing there needs to be looked
    /// at.
    var isLogged: Bool {
      get { marks[.isLogged] }
      set { marks[.isLogged] = newValue }
    }
    /// Several connections of the client side could be its cause, as the join has found.
    var isAmbiguous: Bool {
      get { marks[.isAmbiguous] }
      set { marks[.isAmbiguous] = newValue }
    }
    /// At least one of its SYNs was a hit.
    fileprivate(set) var hasHits: Bool {
      get { marks[.hasHits] }
      set { marks[.hasHits] = newValue }
    }
    /// It has had more than one SYN.
    var isRepeated: Bool { marks[.isRepeated] }
    fileprivate var isLive: Bool { !marks[.isOver] }
    /// Nothing came of it, as of all that a flood is made of.
    fileprivate var isBarren: Bool { !isConnected && !hasHits }

    fileprivate mutating func noteRepetition() {
      marks = marks.union(.isRepeated).subtracting(.wasReset)
    }

    fileprivate mutating func end() { marks = marks.union(.isOver).subtracting(.isRepeated) }

    var destination: UInt32 { key.destination }
    var destinationPort: UInt16 { key.port }
    var isn: SequenceNumber { SequenceNumber(key.isn) }
  }

  /// A SYN of an attempt.
  struct Repetition: BitwiseCopyable {
    var time: Timestamp
    var source: UInt32
    var sourcePort: UInt16
  }

  fileprivate struct Key: BitwiseCopyable, Equatable {
    var source: UInt32
    var destination: UInt32
    var isn: UInt32
    var port: UInt16

    var hash: UInt32 {
      // Multiplied by an odd number, so that the two words do not cancel each other out.
      let addresses = UInt64(source) << 32 | UInt64(destination)
      let rest = (UInt64(isn) << 16 | UInt64(port)) &* 0x9e37_79b9_7f4a_7c15
      return UInt32(truncatingIfNeeded: mixed(addresses &+ rest))
    }
  }

  private var attempts = Slab<Attempt>()
  private var clients = Column(usual: AttemptClient())
  private var index = HashIndex()
  private var expiry = ExpiryWheel(horizon: longestGap)
  private var sweepToEnd = 0
  /// How many of those that nothing came of are kept.
  var barrenLimit = Int.max
  private var barrenCount = 0
  /// Where the search for the oldest of them goes on.
  private var hand = 0
  private static let reach = 64
  /// When the SYNs came, in capture order, for attempts with more than one.
  private var repetitions: [UInt32: [Repetition]] = [:]
  /// Whether attempts that end are told to the join, in `ended`.
  var tellsEnds = false
  /// Attempts that have ended since somebody last looked.
  var ended: [FinishedAttempt] = []
  private(set) var total = 0

  /// How many are kept.
  var count: Int { attempts.count }

  subscript(position: UInt32) -> Attempt {
    _read { yield attempts[Int(position)] }
    _modify { yield &attempts[Int(position)] }
  }

  /// The client of an attempt.
  @inline(__always)
  mutating func party(of attempt: UInt32) -> Party { clients[Int(attempt)].party }

  @inline(__always)
  mutating func setParty(_ party: Party, of attempt: UInt32) {
    clients.change(Int(attempt), isNeeded: party.isKnown) { $0.party = party }
  }

  /// That client's connection on the other side.
  @inline(__always)
  mutating func leg(of attempt: UInt32) -> UInt32 { clients[Int(attempt)].leg }

  @inline(__always)
  mutating func setLeg(_ leg: UInt32, of attempt: UInt32) {
    clients.change(Int(attempt), isNeeded: leg != ClientLeg.none) { $0.leg = leg }
  }

  /// Has the processor fetch where a SYN that comes soon will be looked up.
  @inline(__always)
  func prefetch(source: UInt32, destination: UInt32, port: UInt16, isn: SequenceNumber) {
    index.prefetch(
      Key(source: source, destination: destination, isn: isn.value, port: port).hash)
  }

  /// The attempt that a SYN belongs to.
  mutating func note(
    source: UInt32, destination: UInt32, port: UInt16, isn: SequenceNumber, at time: Timestamp,
    from sourcePort: UInt16, joined: UInt32? = nil
  ) -> UInt32 {
    let syn = Repetition(time: time, source: source, sourcePort: sourcePort)
    let key = Key(source: source, destination: destination, isn: isn.value, port: port)
    let hash = key.hash
    if let known = find(joined, key) ?? find(key, hash) {
      let position = UInt32(truncatingIfNeeded: known)
      if time.nanoseconds(since: lastSyn(of: position).time) <= Self.longestGap {
        let first = firstSyn(of: position)
        repetitions[position, default: [first]].append(syn)
        attempts[known].noteRepetition()
        return position
      }
      // The old attempt lives on for its open verdicts, out of reach of lookups.
      index.remove(attempts[known].key.hash, position: known)
    }
    total += 1
    let position: Int
    if barrenCount >= barrenLimit, let oldest = vacateOldest() {
      // It is in the wheel still, which will find that its time has not come.
      position = oldest
      attempts[position] = Attempt(key: key, sourcePort: sourcePort, firstSynAt: time)
    } else {
      position = attempts.insert(Attempt(key: key, sourcePort: sourcePort, firstSynAt: time))
      expiry.add(position, due: time.advanced(byNanoseconds: Self.longestGap), now: time)
    }
    barrenCount += 1
    clients.clear(position)
    index.insert(hash, position: position)
    return UInt32(truncatingIfNeeded: position)
  }

  /// Ends an attempt that nothing came of, the oldest as far as places tell; its place is free then.
  @inline(never)
  private mutating func vacateOldest() -> Int? {
    for _ in 0..<Self.reach {
      hand = hand + 1 < attempts.endPosition ? hand + 1 : 0
      guard attempts[hand].isLive, attempts[hand].isBarren, attempts[hand].openVerdicts == 0 else {
        continue
      }
      _ = end(hand)
      return hand
    }
    return nil
  }

  /// An attempt's connection is open.
  ///
  /// - Parameter isn: the connection's, as the attempt may have made room for another one.
  mutating func noteConnected(_ position: UInt32, isn: SequenceNumber) {
    guard attempts[Int(position)].isn == isn else { return }
    if attempts[Int(position)].isLive, attempts[Int(position)].isBarren { barrenCount -= 1 }
    attempts[Int(position)].isConnected = true
  }

  /// A SYN of an attempt was a hit.
  mutating func noteHit(_ position: UInt32) {
    if attempts[Int(position)].isLive, attempts[Int(position)].isBarren { barrenCount -= 1 }
    attempts[Int(position)].hasHits = true
  }

  /// How many SYNs an attempt has had.
  mutating func synCount(of position: UInt32) -> Int {
    attempts[Int(position)].isRepeated ? repetitions[position]?.count ?? 1 : 1
  }

  /// Calls `body` with the tuple and time of each of its SYNs, in capture order.
  @inline(__always)
  mutating func forEachSyn(of position: UInt32, _ body: (Repetition) -> Void) {
    guard attempts[Int(position)].isRepeated, let syns = repetitions[position] else {
      body(firstSyn(of: position))
      return
    }
    for syn in syns { body(syn) }
  }

  private mutating func firstSyn(of position: UInt32) -> Repetition {
    let attempt = attempts[Int(position)]
    return Repetition(
      time: attempt.firstSynAt, source: attempt.key.source, sourcePort: attempt.sourcePort)
  }

  mutating func lastSyn(of position: UInt32) -> Repetition {
    let first = firstSyn(of: position)
    return attempts[Int(position)].isRepeated ? repetitions[position]?.last ?? first : first
  }

  /// The attempt that the join names, if it can be: it goes to the same place with the same ISN.
  private mutating func find(_ joined: UInt32?, _ key: Key) -> Int? {
    guard let joined, Int(joined) < attempts.endPosition else { return nil }
    let attempt = attempts[Int(joined)]
    return attempt.isLive && attempt.key.destination == key.destination
      && attempt.key.port == key.port && attempt.key.isn == key.isn ? Int(joined) : nil
  }

  private mutating func find(_ key: Key, _ hash: UInt32) -> Int? {
    index.find(hash) { attempts[$0].key == key }
  }

  /// Forgets attempts that can gain no further SYN, whose outcome is settled (twice the last gap)
  /// and that have no open verdict, and hands over one with hits if it meets it.
  ///
  /// Looks at a few attempts at a time, so that it may be called for every SYN.
  mutating func takeFinished(at now: Timestamp) -> FinishedAttempt? {
    defer { prepareToFinish() }
    for _ in 0..<Self.finishedAtOnce {
      guard let position = expiry.takeDue(at: now) else { return nil }
      if isOver(position, at: now) {
        if let finished = remove(position) { return finished }
      } else {
        expiry.add(position, due: due(position), now: now)
      }
    }
    return nil
  }

  /// How many attempts are looked at, at most, each time.
  private static let finishedAtOnce = 2
  /// After how many attempts that have ended `takeRemaining` pauses.
  private static let endedAtOnce = 4096

  /// Has the processor fetch what is looked at next time, and the time after that: it has not been for
  /// minutes. For the next time it is the slots in the index, for the one after that the attempts.
  private mutating func prepareToFinish() {
    var upcoming = expiry.upcoming
    for distance in 0..<2 * Self.finishedAtOnce {
      guard let position = upcoming else { return }
      if distance < Self.finishedAtOnce {
        index.prefetch(attempts[position].key.hash)
      } else {
        attempts.prefetch(position)
      }
      upcoming = expiry.upcoming(after: position)
    }
  }

  private mutating func isOver(_ position: Int, at now: Timestamp) -> Bool {
    attempts[position].openVerdicts == 0 && now > due(position)
  }

  /// When an attempt can gain no further SYN, and its outcome is settled.
  private mutating func due(_ position: Int) -> Timestamp {
    guard attempts[position].isRepeated,
      let syns = repetitions[UInt32(truncatingIfNeeded: position)], let last = syns.last
    else { return attempts[position].firstSynAt.advanced(byNanoseconds: Self.longestGap) }
    return last.time.advanced(byNanoseconds: max(Self.longestGap, 2 * syns.lastGap))
  }

  /// Whether the end of the run has left some to be forgotten.
  var hasRemaining: Bool { sweepToEnd < attempts.endPosition }

  /// Forgets attempts at the end of the run, up to and with one that has hits; nil where there is none any
  /// more, or where so many have ended that they are to be taken note of first.
  mutating func takeRemaining() -> FinishedAttempt? {
    while hasRemaining, ended.count < Self.endedAtOnce {
      let position = sweepToEnd
      sweepToEnd += 1
      if attempts[position].isLive, let finished = remove(position) { return finished }
    }
    return nil
  }

  /// Notes the addresses of all attempts that are kept.
  func noteAddresses(in uses: inout AddressTable.Uses) {
    for position in 0..<attempts.endPosition where attempts[position].isLive {
      uses.note(attempts[position].key.source)
      uses.note(attempts[position].key.destination)
    }
    for syns in repetitions.values { for syn in syns { uses.note(syn.source) } }
    for end in ended {
      uses.note(end.attempt.key.destination)
      end.forEachSyn { uses.note($0.source) }
    }
  }

  /// Notes the clients of all attempts that are kept, by the joiner's numbers.
  func noteClients(in uses: inout AddressTable.Uses) {
    for position in 0..<attempts.endPosition where attempts[position].isLive {
      uses.note(clients[position].party)
    }
    for end in ended { uses.note(end.client.party) }
  }

  /// Gives back the memory of attempts, all of which have ended; what was counted stays.
  mutating func release() {
    attempts = Slab()
    clients = Column(usual: AttemptClient())
    index = HashIndex()
    expiry = ExpiryWheel(horizon: Self.longestGap)
    repetitions = [:]
  }

  /// - Returns: the attempt, if it had hits.
  private mutating func remove(_ position: Int) -> FinishedAttempt? {
    attempts.remove(position)
    return end(position)
  }

  /// Ends an attempt, whose place is still its own.
  ///
  /// - Returns: the attempt, if it had hits.
  private mutating func end(_ position: Int) -> FinishedAttempt? {
    if attempts[position].isBarren { barrenCount -= 1 }
    let number = UInt32(truncatingIfNeeded: position)
    index.remove(attempts[position].key.hash, position: position)
    let isRepeated = attempts[position].isRepeated
    attempts[position].end()
    let syns = isRepeated ? repetitions.removeValue(forKey: number) : nil
    guard tellsEnds || attempts[position].hasHits else { return nil }
    let attempt = attempts[position]
    let finished = FinishedAttempt(
      position: number, attempt: attempt, client: clients[position],
      firstSyn: firstSyn(of: number), repeatedSyns: syns ?? [])
    if tellsEnds { ended.append(finished) }
    return attempt.hasHits ? finished : nil
  }
}

/// What the join knows of an attempt, by its own numbers.
struct AttemptClient: BitwiseCopyable {
  var party = Party.unknown
  /// That client's connection on the other side.
  var leg = ClientLeg.none
}

/// An attempt with hits that has ended.
struct FinishedAttempt {
  var position: UInt32
  var attempt: AttemptTable.Attempt
  var client: AttemptClient
  fileprivate var firstSyn: AttemptTable.Repetition
  /// All of them, where there are several: most attempts take no array for theirs.
  fileprivate var repeatedSyns: [AttemptTable.Repetition]

  /// Its SYNs, on whatever tuple, in capture order.
  var syns: [AttemptTable.Repetition] { repeatedSyns.isEmpty ? [firstSyn] : repeatedSyns }

  fileprivate func forEachSyn(_ body: (AttemptTable.Repetition) -> Void) {
    if repeatedSyns.isEmpty { body(firstSyn) } else { repeatedSyns.forEach(body) }
  }

  var synTimes: [Timestamp] { syns.map(\.time) }
  /// Time between the last two SYNs, in nanoseconds; zero where there is but one.
  var lastGap: Int64 { syns.lastGap }
}

extension [AttemptTable.Repetition] {
  fileprivate var lastGap: Int64 {
    count < 2 ? 0 : Swift.max(self[count - 1].time.nanoseconds(since: self[count - 2].time), 1)
  }
}
