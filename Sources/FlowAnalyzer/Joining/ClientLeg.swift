/// A connection, or the attempt at one, on the client side, and its partners on the server side.
struct ClientLeg: BitwiseCopyable {
  static let none = UInt32.max

  /// Address numbers are the joiner's.
  var client: UInt32
  var clientPort: UInt16
  var virtualPort: UInt16
  var virtual: UInt32
  /// Where the client side's tracker has kept it; being ahead, it may have given the place to another by now.
  var record: UInt32
  /// The capture points that have seen its first SYN on either side.
  var point: UInt32 = 0
  var serverPoint: UInt32 = 0

  var isn: SequenceNumber
  /// TSval of the latest SYN; meaningful with `hasTimestamp`.
  var timestamp: UInt32 = 0
  var firstSynAt: Timestamp
  var lastSynAt: Timestamp
  var synCount: UInt32 = 0
  /// How many of them came by on the server side.
  var forwardedCount: UInt32 = 0
  private var synAck = Timestamp.never
  var serverISN = SequenceNumber(0)

  var method = JoinMethod.none
  /// In percent.
  var confidence: UInt8 = 0
  /// The partners found first; further ones are in `Joiner.moreServers`.
  var server = ServerTuple.none
  var serverCount: UInt32 = 0
  /// The latest attempt on the server side, valid while `openAttempts` is above zero.
  var serverAttempt = UInt32.max
  /// Attempts on the server side that still refer to this leg.
  var openAttempts: UInt32 = 0

  var notes: Notes = []
  var stream: RequestStream
  /// The request that waits for its response, valid with `Notes.isWaiting`.
  var request: UInt64 = 0
  var requestAt = Timestamp(nanoseconds: 0)

  struct Notes: OptionSet, BitwiseCopyable {
    var rawValue: UInt16
    static let hasTimestamp = Notes(rawValue: 1)
    /// Its beginning was not captured.
    static let beganUnseen = Notes(rawValue: 1 << 1)
    /// Its attempt gains no more SYNs.
    static let isSettled = Notes(rawValue: 1 << 2)
    /// Its tuple has forgotten it, or carries another connection by now.
    static let isGone = Notes(rawValue: 1 << 3)
    /// It has sent a request that nobody has answered yet.
    static let isWaiting = Notes(rawValue: 1 << 4)
    /// That request has its partner.
    static let isRequestPaired = Notes(rawValue: 1 << 5)
    static let hasSentRequest = Notes(rawValue: 1 << 6)
    /// A partner could not be told from others.
    static let isAmbiguous = Notes(rawValue: 1 << 7)
    /// The server has sent a SYN-ACK.
    static let isAnswered = Notes(rawValue: 1 << 8)
    static let isLive = Notes(rawValue: 1 << 9)
    /// Its latest request is one of `Joiner.hiddenRequests`.
    static let isHidden = Notes(rawValue: 1 << 10)
  }

  init(
    client: UInt32, _ clientPort: UInt16, virtual: UInt32, _ virtualPort: UInt16, record: UInt32,
    isn: SequenceNumber, at time: Timestamp, isSeenFromStart: Bool
  ) {
    (self.client, self.clientPort) = (client, clientPort)
    (self.virtual, self.virtualPort) = (virtual, virtualPort)
    self.record = record
    self.isn = isn
    firstSynAt = time
    lastSynAt = time
    notes = isSeenFromStart ? .isLive : [.isLive, .beganUnseen, .isSettled]
    stream = RequestStream(next: isSeenFromStart ? isn.advanced(by: 1) : isn)
  }

  var synAckAt: Timestamp? {
    get { synAck.ifEver }
    set { synAck = newValue ?? .never }
  }

  /// Sequence and acknowledgment numbers, or addresses, were taken over one for one: SYNs can be
  /// compared one by one, and nothing needs to be read from its stream.
  var isJoinedByHandshake: Bool {
    switch method {
    case .isn, .serverISN, .timestamp, .options, .sameTuple: true
    case .payload, .proxyProtocol, .toa, .forwarded, .timing, .none: false
    }
  }

  /// Neither its requests nor rejections of its SYNs could tell more about it.
  var needsNoReading: Bool { isJoinedByHandshake && (passesISN || synAckAt != nil) }

  /// Its SYNs come by on the server side with their own numbers.
  var passesISN: Bool {
    switch method {
    case .isn, .sameTuple: true
    case .serverISN, .timestamp, .options, .payload, .proxyProtocol, .toa, .forwarded, .timing,
      .none:
      false
    }
  }

  var party: Party {
    Party(address: client, port: clientPort, method: method, confidence: confidence)
  }
}

/// What the join knows of a tuple of the client side.
struct TupleLeg: BitwiseCopyable {
  /// That of its latest connection.
  var leg = ClientLeg.none
  /// Nothing but a handshake could tell more about it.
  var isJoined = false
}

/// A tuple on the server side: address numbers of the joiner and ports, from the load balancer on.
struct ServerTuple: BitwiseCopyable, Equatable {
  var source: UInt32
  var destination: UInt32
  var sourcePort: UInt16
  var destinationPort: UInt16

  static let none = ServerTuple(source: .max, destination: .max, sourcePort: 0, destinationPort: 0)
}

/// Where one direction of a connection stands between requests and responses.
struct RequestStream: BitwiseCopyable {
  /// Behind the last byte that was read.
  var next: SequenceNumber
  /// The next bytes are the beginning of a request.
  var isAwaiting = true
  /// Nothing was read yet: a PROXY header may come.
  var isFresh = true
  /// The buffer in which an incomplete beginning is put together, or `none`.
  var head = RequestStream.none

  static let none = UInt32.max
}
