/// One connection, or attempt at one, as the two sides show it together: a line of `connections`.
public struct JoinedConnection: Sendable {
  /// As the client side shows it; nil where only the server side saw it.
  public var client: FourTuple?
  /// The client as the load balancer names it, where its connection was not captured. A port of zero
  /// is one that is not known.
  public var named: Endpoint?
  /// Its partners on the server side, in the order in which they were found.
  public var servers: [FourTuple]
  public var method: JoinMethod
  /// In percent.
  public var confidence: UInt8
  /// Why it has no partner; nil if it has one.
  public var gap: JoinGap?
  /// The first SYN; nil where the beginning was not captured.
  public var start: Timestamp?
  public var syns: Int
}

/// An attempt as the client side saw it.
struct ClientCourse {
  /// When its SYNs came by.
  var syns: [Timestamp]
  var synAckAt: Timestamp?
}

/// What the join counts: every leg and every attempt of the server side once.
struct JoinCounts: Equatable {
  /// SYNs of the client side that could have been seen on the server side, and those that were not.
  var clientSyns = 0
  var notForwardedSyns = 0
  /// What the client side alone shows of trouble.
  var repeatedSyns = 0
  var slowConnections = 0
  var unanswered = 0
  var clientConnections = 0
  var pairedClients = 0
  var serverConnections = 0
  var pairedServers = 0
  /// Attempts of which no SYN came by on the server side.
  var neverForwarded = 0
  /// Requests of the server side that several connections of clients could have sent.
  var ambiguousRequests = 0
  /// SYNs of the client side that repeat another's ISN toward another destination within moments.
  var translatedSyns = 0
  /// Paired connections that the server answered, and those of them whose answer the client side saw.
  private var answered = 0
  private var answeredThere = 0
  var gaps: CaseCounts<JoinGap> = [:]
  var methods: CaseCounts<JoinMethod> = [:]

  /// Counts a connection of the client side.
  ///
  /// - Parameter coveredSyns: how many of its SYNs came while the server side was captured.
  mutating func add(_ leg: ClientLeg, gap: JoinGap?, coveredSyns: Int) {
    clientConnections += 1
    if leg.serverCount > 0, leg.notes.contains(.isAnswered) {
      answered += 1
      if leg.synAckAt != nil { answeredThere += 1 }
    }
    methods.add(of: leg.serverCount > 0 ? leg.method : .none)
    if let gap { gaps.add(of: gap) } else { pairedClients += 1 }
    clientSyns += Int(leg.synCount)
    repeatedSyns += max(0, Int(leg.synCount) - 1)
    if let answer = leg.synAckAt {
      if answer.nanoseconds(since: leg.firstSynAt) >= Self.slow { slowConnections += 1 }
    } else if !leg.notes.contains(.beganUnseen) {
      unanswered += 1
    }
    if gap == .notForwarded { neverForwarded += 1 }
    if leg.serverCount > 0, leg.isJoinedByHandshake {
      notForwardedSyns += max(0, coveredSyns - Int(leg.forwardedCount))
    } else if leg.serverCount == 0, leg.synAckAt == nil, gap != .ambiguous {
      notForwardedSyns += coveredSyns
    }
  }

  /// Answers take a way that does not lead by the client side's capture point.
  var answersBypass: Bool { answered > 0 && answeredThere * 10 < answered }

  /// Adds what another load balancer has shown.
  mutating func add(_ other: JoinCounts) {
    for count in Self.counts { self[keyPath: count] += other[keyPath: count] }
    gaps.add(other.gaps)
    methods.add(other.methods)
  }

  /// A SYN that goes unheard is repeated after 1 s at the earliest; in nanoseconds.
  private static let slow: Int64 = 900_000_000

  mutating func noteServer(isPaired: Bool) {
    serverConnections += 1
    if isPaired { pairedServers += 1 }
  }
}

extension JoinCounts: Tally, Codable {
  static var counts: [WritableKeyPath<Self, Int>] {
    [
      \.clientSyns, \.notForwardedSyns, \.repeatedSyns, \.slowConnections, \.unanswered,
      \.clientConnections, \.pairedClients, \.serverConnections, \.pairedServers, \.neverForwarded,
      \.ambiguousRequests, \.translatedSyns, \.answered, \.answeredThere,
    ]
  }

  func write(to writer: inout PackedWriter) {
    for count in Self.counts { writer.write(count: self[keyPath: count]) }
    writer.write(counts: gaps)
    writer.write(counts: methods)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    for count in Self.counts { self[keyPath: count] = try reader.count() }
    gaps = try reader.counts()
    methods = try reader.counts()
  }
}
