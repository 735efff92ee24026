/// What the capture has shown about each server, by address number.
struct KnowledgeTable: ~Copyable {
  /// More than any load balancer has servers; what others show is not kept.
  static let limit = 65_536

  /// Not private, although nobody else needs it: the compiler (6.3.1) then breaks in debug builds.
  struct Entry: BitwiseCopyable {
    let server: UInt32
    var knowledge = ServerKnowledge()
  }

  private var entries = Slab<Entry>()
  private var index = HashIndex(exponent: 8)

  /// What is known of each server that showed anything, in the order in which they first did.
  var all: [ServerKnowledge] {
    var all: [ServerKnowledge] = []
    for position in 0..<entries.endPosition { all.append(entries[position].knowledge) }
    return all
  }

  /// What is known of a server; nothing where it never showed anything.
  subscript(server: UInt32) -> ServerKnowledge {
    get {
      guard let position = position(of: server) else { return ServerKnowledge() }
      return entries[position].knowledge
    }
    set {
      guard let position = position(of: server) ?? add(server) else { return }
      entries[position].knowledge = newValue
    }
  }

  /// Calls `body` with the number of each server's address, and what is known of it.
  func forEachServer(_ body: (UInt32, ServerKnowledge) -> Void) {
    for position in 0..<entries.endPosition {
      body(entries[position].server, entries[position].knowledge)
    }
  }

  func noteAddresses(in uses: inout AddressTable.Uses) {
    for position in 0..<entries.endPosition { uses.note(entries[position].server) }
  }

  private func position(of server: UInt32) -> Int? {
    index.find(Self.hash(server), matches: { entries[$0].server == server })
  }

  private mutating func add(_ server: UInt32) -> Int? {
    guard entries.endPosition < Self.limit else { return nil }
    let position = entries.insert(Entry(server: server))
    index.insert(Self.hash(server), position: position)
    return position
  }

  private static func hash(_ server: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: mixed(UInt64(server)))
  }
}

/// Counts of what a server's answers gave away about its TCP. Counts add up, so that knowledge from
/// several captures merges.
struct ServerKnowledge: BitwiseCopyable, Equatable {
  /// SYN-ACKs with ISN = old SND.NXT + 65537: only Linux does that, out of TIME_WAIT.
  var acceptedOutOfTimeWait = 0
  /// SYN-ACKs inside an assumed TIME_WAIT whose ISN lies on the tuple's 64 ns clock (Linux
  /// `secure_tcp_seq`), and those whose ISN lies elsewhere.
  var clockISNs = 0
  var otherISNs = 0
  /// TIME_WAITs that answered with the old numbers after a RST that should have ended them.
  var survivedResets = 0
  /// TIME_WAITs that a RST provably ended.
  var obeyedResets = 0

  /// The server's answers bear the marks of Linux.
  ///
  /// A foreign ISN falls on the clock line once in some 30,000 times, so a few are no proof where
  /// most are off it.
  var isLinux: Bool { acceptedOutOfTimeWait > 0 || (clockISNs > 0 && clockISNs > 9 * otherISNs) }

  /// Whether the server ignores RSTs in TIME_WAIT (RFC 1337); nil without evidence. One obeyed
  /// RST proves that it does not; survival alone may also mean that a RST was lost on its way.
  var ignoresResets: Bool? {
    if obeyedResets > 0 { return false }
    return survivedResets > 0 ? true : nil
  }
}

extension ServerKnowledge: Tally {
  static var counts: [WritableKeyPath<Self, Int>] {
    [\.acceptedOutOfTimeWait, \.clockISNs, \.otherISNs, \.survivedResets, \.obeyedResets]
  }
}
