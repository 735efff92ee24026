/// What is known of few tuples. It stands beside their records, so that all others need no place
/// for it.
struct RareFacts: BitwiseCopyable, Equatable {
  /// When the server gave the last answer that counts against its rate limit for invalid segments, by the time at which
  /// what it answers came by.
  var limitedAnswerAt = Timestamp.never
  /// Whether it came from no socket; nil where that is not known (`Segment.isSocketless`).
  var limitedAnswerIsSocketless: Bool?
  /// When the responder of the tuple's connection got the last RST that it would obey.
  var resetAt = Timestamp.never
  /// When a SYN ended the responder's TIME_WAIT, and no connection came of it, by the verdict on it.
  var killedAt = Timestamp.never
  /// The last segment from its originator that was captured after both ends were done: proof that a
  /// translating LB still knew the connection then.
  var lateSegmentAt = Timestamp.never
  /// Segments of the old connection that came after the last SYN and will be acknowledged: as many
  /// of the server's next ACKs answer them and not the SYN.
  var oldSegmentsAwaitingAnswer: UInt8 = 0
  /// The last of them is answered within the server's rate limit.
  var isOldSegmentLimited = false
  /// The last of them is new to the server: what answers it acknowledges more than before.
  var isOldSegmentNew = false

  fileprivate mutating func add(_ effects: Connection.Effects, at time: Timestamp) {
    if effects.contains(.reset) { resetAt = time }
    if effects.contains(.lateSegment) { lateSegmentAt = time }
  }
}

/// The rare facts of tuples, by where their records are kept.
struct RareFactsTable: ~Copyable {
  /// Not private, although nobody else needs it: the compiler (6.3.1) then breaks in debug builds.
  struct Entry: BitwiseCopyable {
    var record: UInt32
    var facts = RareFacts()
  }

  private var entries = Slab<Entry>()
  private var index = HashIndex(exponent: 8)

  /// What is known of a tuple that has an entry.
  func known(of record: Int) -> RareFacts {
    guard let place = place(of: record) else { return RareFacts() }
    return entries[place].facts
  }

  /// Changes what is known of a tuple.
  ///
  /// - Parameter hasEntry: whether it has an entry already; it has one afterwards.
  @inline(__always)
  mutating func change(_ record: Int, hasEntry: Bool, _ body: (inout RareFacts) -> Void) {
    body(&entries[hasEntry ? place(of: record) ?? add(record) : add(record)].facts)
  }

  /// Forgets what is known of a tuple that has an entry.
  mutating func remove(_ record: Int) {
    guard let place = place(of: record) else { return }
    index.remove(Self.hash(record), position: place)
    entries.remove(place)
  }

  private mutating func add(_ record: Int) -> Int {
    let place = entries.insert(Entry(record: UInt32(truncatingIfNeeded: record)))
    index.insert(Self.hash(record), position: place)
    return place
  }

  private func place(of record: Int) -> Int? {
    index.find(Self.hash(record), matches: { entries[$0].record == record })
  }

  private static func hash(_ record: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: mixed(UInt64(record)))
  }
}

/// The mark `hasRareFacts` of a record and its entry in the table go together: they are changed
/// here only.
///
/// Who only reads is `mutating` for the reason that stands in `FlowTracker+Syn.swift`.
extension FlowTracker {
  /// What is known of a tuple; nothing of most.
  @inline(__always)
  mutating func rareFacts(of position: Int) -> RareFacts {
    records[position].hasRareFacts ? rareFacts.known(of: position) : RareFacts()
  }

  /// Changes what is known of a tuple.
  @inline(__always)
  mutating func noteRareFacts(of position: Int, _ body: (inout RareFacts) -> Void) {
    rareFacts.change(position, hasEntry: records[position].hasRareFacts, body)
    records[position].hasRareFacts = true
  }

  /// The server has answered within its rate limit for invalid segments.
  ///
  /// - Parameter cause: when what it answers came by, as far as that is known. The server has answered at once, so that the
  ///   next segment is as far behind it there as it is here, where the answer itself comes by a round trip late.
  @inline(never)
  mutating func noteLimitedAnswer(
    _ segment: Segment, toWhatCameAt cause: Timestamp? = nil, of position: Int
  ) {
    let isSocketless = isSocketless(segment)
    noteRareFacts(of: position) {
      $0.limitedAnswerAt = cause ?? segment.time
      $0.limitedAnswerIsSocketless = isSocketless
    }
  }

  /// The last segment was such an answer of a live socket, as keepalives draw them: worth an entry only where
  /// more follows within the limit.
  @inline(never)
  mutating func settleLimitedAnswer(_ position: Int, at time: Timestamp) {
    records[position].lastWasLimitedAnswer = false
    let answeredAt = records[position].lastSegmentAt
    guard time.nanoseconds(since: answeredAt) < Judge.rateLimit else { return }
    noteRareFacts(of: position) {
      $0.limitedAnswerAt = answeredAt
      $0.limitedAnswerIsSocketless = false
    }
  }

  /// A limit begins anew with a socket: with the one that a handshake makes (Linux
  /// `tcp_create_openreq_child`), and with that of a TIME_WAIT (`tcp_time_wait`) but where an orphan in
  /// FIN_WAIT_2 becomes one.
  @inline(never)
  mutating func endLimit(of position: Int, _ before: TCPState, _ after: TCPState) {
    noteRareFacts(of: position) {
      let isSameSocket = before == .finWait2 && $0.limitedAnswerIsSocketless != false
      guard before == .synReceived || (after == .timeWait && !isSameSocket) else { return }
      $0.limitedAnswerAt = .never
      $0.limitedAnswerIsSocketless = nil
    }
  }

  /// Keeps what a segment has brought about of these facts.
  @inline(never)
  mutating func note(_ effects: Connection.Effects, of position: Int, at time: Timestamp) {
    noteRareFacts(of: position) { $0.add(effects, at: time) }
  }

  /// The tuple carries another connection, or the place is another tuple's.
  @inline(__always)
  mutating func forgetRareFacts(of position: Int) {
    if records[position].hasRareFacts { removeRareFacts(of: position) }
  }

  @inline(never)
  private mutating func removeRareFacts(of position: Int) {
    rareFacts.remove(position)
    records[position].hasRareFacts = false
  }
}
