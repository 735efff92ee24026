/// Attempts: connections as their openers meant them (contract, section 1).
///
/// SYNs with the same source address, destination and ISN, each at most 70 s after the one before,
/// are one attempt whatever their source ports. A finished attempt is forgotten when 70 s have
/// passed and no verdict of its SYNs is outstanding.
struct AttemptTable: ~Copyable {
  /// The longest time between two SYNs of one attempt, in nanoseconds.
  static let longestGap: Int64 = 70_000_000_000

  struct Attempt: BitwiseCopyable {
    fileprivate var key: Key
    /// The source port of its latest SYN.
    fileprivate(set) var sourcePort: UInt16
    /// The address number of that SYN's source.
    fileprivate(set) var source: UInt32
    /// The capture point that saw its first SYN.
    var point: UInt32 = 0
    /// Where the tuple of its latest SYN is kept.
    var record: UInt32 = 0
    var firstSynAt: Timestamp
    var lastSynAt: Timestamp
    /// Time between the last two SYNs, in nanoseconds; zero while there is but one.
    var lastGap: Int64 = 0
    /// The first SYN-ACK that acknowledges it.
    var firstSynAckAt: Timestamp?
    var isConnected = false
    /// A RST of the server acknowledged the last SYN.
    var wasReset = false
    /// Verdicts not yet spoken on its SYNs.
    var openVerdicts: UInt32 = 0
    /// At least one of its SYNs was a hit.
    var hasHits = false
    /// Its client, and that client's connection on the other side (or, on the client side, its own),
    /// by the numbers of the join.
    var party = Party.unknown
    var leg = ClientLeg.none
    fileprivate var isLive = true

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
      let addresses = UInt64(source) << 32 | UInt64(destination)
      return UInt32(truncatingIfNeeded: mixed(addresses ^ mixed(UInt64(isn) << 16 | UInt64(port))))
    }
  }

  private var attempts = Slab<Attempt>()
  private var index = HashIndex()
  private var expiry = ExpiryWheel(horizon: longestGap)
  private var sweepToEnd = 0
  /// When the SYNs came, in capture order, for attempts with more than one.
  private var repetitions: [UInt32: [Repetition]] = [:]
  /// Whether attempts that end are told to the join, in `ended`.
  var tellsEnds = false
  /// Attempts that have ended since the join last looked.
  var ended: [FinishedAttempt] = []
  private(set) var total = 0

  subscript(position: UInt32) -> Attempt {
    _read { yield attempts[Int(position)] }
    _modify { yield &attempts[Int(position)] }
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
      let attempt = attempts[known]
      let gap = time.nanoseconds(since: attempts[known].lastSynAt)
      if gap <= Self.longestGap {
        let first = Repetition(
          time: attempt.firstSynAt, source: attempt.source, sourcePort: attempt.sourcePort)
        repetitions[position, default: [first]].append(syn)
        attempts[known].source = source
        attempts[known].sourcePort = sourcePort
        attempts[known].lastSynAt = time
        attempts[known].lastGap = max(gap, 1)
        attempts[known].wasReset = false
        return position
      }
      // The old attempt lives on for its open verdicts, out of reach of lookups.
      index.remove(attempt.key.hash, position: known)
    }
    total += 1
    let position = attempts.insert(
      Attempt(
        key: key, sourcePort: sourcePort, source: source, firstSynAt: time, lastSynAt: time))
    index.insert(hash, position: position)
    expiry.add(position, due: time.advanced(byNanoseconds: Self.longestGap), now: time)
    return UInt32(truncatingIfNeeded: position)
  }

  /// How many SYNs an attempt has had.
  func synCount(of position: UInt32) -> Int { repetitions[position]?.count ?? 1 }

  /// The tuples and times of its SYNs, in capture order.
  func syns(of position: UInt32) -> [Repetition] {
    let attempt = attempts[Int(position)]
    return repetitions[position]
      ?? [
        Repetition(
          time: attempt.firstSynAt, source: attempt.source, sourcePort: attempt.sourcePort)
      ]
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
    for _ in 0..<4 {
      guard let position = expiry.takeDue(at: now) else { return nil }
      let upcoming = expiry.upcoming
      if let second = upcoming.second { attempts.prefetch(second) }
      if let next = upcoming.next { index.prefetch(attempts[next].key.hash) }
      if isOver(position, at: now) {
        if let finished = remove(position) { return finished }
      } else {
        expiry.add(position, due: due(position), now: now)
      }
    }
    return nil
  }

  private mutating func isOver(_ position: Int, at now: Timestamp) -> Bool {
    attempts[position].openVerdicts == 0 && now > due(position)
  }

  private mutating func due(_ position: Int) -> Timestamp {
    attempts[position].lastSynAt.advanced(
      byNanoseconds: max(Self.longestGap, 2 * attempts[position].lastGap))
  }

  /// Forgets attempts at the end of the run, up to and with one that has hits.
  mutating func takeRemaining() -> FinishedAttempt? {
    while sweepToEnd < attempts.endPosition {
      let position = sweepToEnd
      sweepToEnd += 1
      if attempts[position].isLive, let finished = remove(position) { return finished }
    }
    return nil
  }

  /// - Returns: the attempt, if it had hits.
  private mutating func remove(_ position: Int) -> FinishedAttempt? {
    let number = UInt32(truncatingIfNeeded: position)
    index.remove(attempts[position].key.hash, position: position)
    attempts[position].isLive = false
    attempts.remove(position)
    let isRepeated = attempts[position].lastGap > 0
    guard tellsEnds || attempts[position].hasHits else {
      if isRepeated { repetitions.removeValue(forKey: number) }
      return nil
    }
    let attempt = attempts[position]
    let syns = syns(of: number)
    if isRepeated { repetitions.removeValue(forKey: number) }
    let finished = FinishedAttempt(position: number, attempt: attempt, syns: syns)
    if tellsEnds { ended.append(finished) }
    return attempt.hasHits ? finished : nil
  }
}

/// An attempt with hits that has ended.
struct FinishedAttempt {
  var position: UInt32
  var attempt: AttemptTable.Attempt
  /// Its SYNs, on whatever tuple, in capture order.
  var syns: [AttemptTable.Repetition]

  var synTimes: [Timestamp] { syns.map(\.time) }
}
