/// What a capture point saw of the beginnings of connections, in a form that another point can be
/// compared with: each beginning under tokens that a load balancer may leave as they were.
struct OpeningSample {
  /// When something that carries a token came by, and when it was answered.
  struct Passage {
    /// From the opener.
    var tuple: FourTuple
    var forthAt: Timestamp
    var backAt: Timestamp?
    /// It came by on several tuples, and says nothing.
    var isAmbiguous = false
    var kind = Kind.syn
    /// Of a connection's first request: when that connection was opened.
    var openedAt: Timestamp?
    /// The request followed the handshake at once: it was there before the connection was opened, and is why.
    var openedForIt = false

    /// Others may make the same one as well, unlike 32 random bits.
    var isRequest: Bool { kind == .request }
  }

  /// What carries a token.
  enum Kind: UInt64 {
    case syn = 1
    /// Only the server sends it: a load balancer that answers SYNs itself has numbers of its own.
    case synAck
    case request
  }

  /// One connection under two tuples at the same point: the load balancer stands there.
  struct Translation: Hashable {
    var virtual: Endpoint
    var server: Endpoint
    var snatAddress: IPAddress
  }

  /// How many tokens are kept. Which ones is up to the tokens themselves, so that two points keep the
  /// same ones.
  static let capacity = 65_536
  /// Two passages of one connection at a point lie no further apart, in nanoseconds.
  private static let transit: Int64 = 1_000_000_000

  /// What a load balancer has ready it sends this soon behind the handshake, in nanoseconds.
  private static let atOnce: Int64 = 1_000_000

  private struct Opening {
    /// Of the SYN; nil where that was not captured.
    var isn: SequenceNumber?
    var synAt: Timestamp
    var synAckAt: Timestamp?
    /// The token of a request that has not been answered.
    var request: UInt64?
    var isFromClient = true
    var hasSpoken = false
  }

  private(set) var passages: [UInt64: Passage] = [:]
  private(set) var translations: [Translation: Int] = [:]
  private var openings: [FourTuple: Opening] = [:]
  /// Tokens with fewer zero bits at their end are not kept.
  private var leastZeroBits = 0
  private(set) var syns = 0
  private(set) var segments = 0

  /// The connections that came by, each from its opener.
  var tuples: some Sequence<FourTuple> { openings.keys }

  mutating func observe(_ segment: Segment, _ tcp: RawSpan) {
    segments += 1
    if segment.isOpening {
      observeSyn(segment)
    } else if segment.flags.contains([.syn, .ack]) {
      observeSynAck(segment)
    } else if segment.payloadLength > 0 {
      observeData(segment, tcp)
    }
  }

  private mutating func observeSyn(_ segment: Segment) {
    let isKnown = openings[segment.tuple]?.isn == segment.sequence
    guard !isKnown else { return }
    syns += 1
    guard openings.count < Self.capacity || openings[segment.tuple] != nil else { return }
    openings[segment.tuple] = Opening(isn: segment.sequence, synAt: segment.time)
    note(Self.token(.syn, UInt64(segment.sequence.value)), segment.tuple, forthAt: segment.time)
  }

  private mutating func observeSynAck(_ segment: Segment) {
    let tuple = segment.tuple.reversed
    guard let opening = openings[tuple],
      opening.isn?.advanced(by: 1) == segment.acknowledgment
    else { return }
    answer(Self.token(.syn, UInt64(segment.acknowledgment.value &- 1)), tuple, at: segment.time)
    let token = Self.token(.synAck, UInt64(segment.sequence.value))
    note(token, tuple, forthAt: opening.synAt)
    passages[token]?.kind = .synAck
    answer(token, tuple, at: segment.time)
    if opening.synAckAt == nil { openings[tuple]?.synAckAt = segment.time }
  }

  private mutating func observeData(_ segment: Segment, _ tcp: RawSpan) {
    guard tcp.byteCount > TCPHeader.minimumLength else { return }
    let start = min(Int(tcp.uint8(at: 12) >> 4) * 4, tcp.byteCount)
    if var opening = openings[segment.tuple.reversed] {
      // The response.
      if let request = opening.request {
        answer(request, segment.tuple.reversed, at: segment.time)
      }
      opening.request = nil
      opening.isFromClient = true
      opening.hasSpoken = true
      openings[segment.tuple.reversed] = opening
      return
    }
    let isKnown = openings[segment.tuple] != nil
    let opening = openings[segment.tuple] ?? Opening(synAt: segment.time)
    guard opening.isFromClient else { return }
    guard let head = request(tcp, start, segment.tuple),
      head.isHTTP || (isKnown && !opening.hasSpoken)
    else { return }
    if !isKnown, openings.count >= Self.capacity { return }
    let token = Self.token(.request, head.fingerprint)
    openings[segment.tuple] = Opening(
      isn: opening.isn, synAt: opening.synAt, request: token, isFromClient: false,
      hasSpoken: true)
    note(token, segment.tuple, forthAt: segment.time)
    passages[token]?.kind = .request
    guard opening.isn != nil, !opening.hasSpoken else { return }
    passages[token]?.openedAt = opening.synAt
    passages[token]?.openedForIt =
      opening.synAckAt.map { segment.time.nanoseconds(since: $0) <= Self.atOnce } ?? false
  }

  /// The request that begins here, behind what names the client.
  private mutating func request(_ tcp: RawSpan, _ start: Int, _ tuple: FourTuple) -> RequestHead? {
    var start = start
    switch ProxyHeader.parse(tcp.extracting(start..<tcp.byteCount)) {
    case .found(_, _, let length): start += length
    case .anonymous(let length): start += length
    case .notThere, .incomplete, .malformed: break
    }
    guard start < tcp.byteCount,
      // What came in pieces is no token: their beginnings are alike.
      case .found(let head) = RequestHead.parse(
        tcp.extracting(start..<tcp.byteCount), isComplete: false, wantsForwarded: false)
    else { return nil }
    return head
  }

  // MARK: - Tokens

  private static func token(_ kind: Kind, _ value: UInt64) -> UInt64 {
    mixed(value &+ kind.rawValue &* 0x9e37_79b9_7f4a_7c15)
  }

  private mutating func note(_ token: UInt64, _ tuple: FourTuple, forthAt time: Timestamp) {
    guard token.trailingZeroBitCount >= leastZeroBits else { return }
    guard let former = passages[token] else {
      passages[token] = Passage(tuple: tuple, forthAt: time)
      if passages.count > Self.capacity { thinOut() }
      return
    }
    guard former.tuple != tuple else { return }
    passages[token]?.isAmbiguous = true
    guard time.nanoseconds(since: former.forthAt).magnitude <= UInt64(Self.transit),
      former.tuple.destination != tuple.destination
        || former.tuple.source.address != tuple.source.address,
      translations.count < Self.capacity
    else { return }
    let isForth = former.forthAt <= time
    let (client, server) = isForth ? (former.tuple, tuple) : (tuple, former.tuple)
    let translation = Translation(
      virtual: client.destination, server: server.destination,
      snatAddress: server.source.address)
    translations[translation, default: 0] += 1
    // The next to come under this token is another connection's client side.
    passages[token]?.tuple = tuple
    passages[token]?.forthAt = Timestamp(nanoseconds: .min / 2)
  }

  private mutating func answer(_ token: UInt64, _ tuple: FourTuple, at time: Timestamp) {
    guard let passage = passages[token], passage.tuple == tuple, passage.backAt == nil else {
      return
    }
    passages[token]?.backAt = time
  }

  private mutating func thinOut() {
    while passages.count > Self.capacity / 2 {
      leastZeroBits += 1
      let least = leastZeroBits
      passages = passages.filter { $0.key.trailingZeroBitCount >= least }
    }
  }

  /// Calls `body` with each passage that this point shares with `other`.
  func forEachShared(with other: OpeningSample, _ body: (Passage, Passage) -> Void) {
    for (token, passage) in passages where !passage.isAmbiguous {
      if let there = other.passages[token], !there.isAmbiguous { body(passage, there) }
    }
  }
}
