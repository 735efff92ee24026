/// What is known of few tuples. It stands beside their records, so that all others need no place
/// for it.
struct RareFacts: BitwiseCopyable, Equatable {
  /// The last answer that counts against the server's rate limit for invalid segments.
  var limitedAnswerAt = Timestamp.never
  /// When the responder of the tuple's connection got the last RST that it would obey.
  var resetAt = Timestamp.never
  /// The last segment from its originator that was captured after both ends were done: proof that a
  /// translating LB still knew the connection then.
  var lateSegmentAt = Timestamp.never
  /// Segments of the old connection that came after the last SYN and will be acknowledged: as many
  /// of the server's next ACKs answer them and not the SYN.
  var oldSegmentsAwaitingAnswer: UInt8 = 0

  fileprivate mutating func add(_ effects: Connection.Effects, at time: Timestamp) {
    if effects.contains(.limitedAnswer) { limitedAnswerAt = time }
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
