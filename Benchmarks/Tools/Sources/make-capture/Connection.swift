/// One connection, from its opener's first SYN to the last segment of its close.
struct Connection {
  /// The segment that comes next.
  enum Phase: UInt8 {
    case syn, givesUp
    /// The answers of the server to it, and the opener's to those.
    case synAck, oldAck, resetOfOldAck, ack
    case request, response, responseAck
    /// The client sends without end, and the server acknowledges each segment.
    case upload, ackOfUpload
    /// The server closes first, and keeps TIME_WAIT.
    case serverFin, ackOfServerFin, clientFin, ackOfClientFin
    /// The client closes first, and keeps it there.
    case firstClientFin, serverFinAck, ackOfServerFinAck
    /// The client breaks off: nobody does.
    case clientReset
  }

  enum Ending: UInt8 {
    case serverFirst, serverFirstInSteps, clientFirst, clientReset
    /// Kept alive, for a request now and then.
    case none
    /// Kept alive, and busy all the time.
    case hot
  }

  var phase = Phase.syn
  var ending: Ending
  var syns: UInt8 = 0
  var hasTimestamps: Bool
  var isHit = false
  var isHitAccepted = false
  var clientPort: UInt16
  var exchanges: UInt16
  var clientIdentification: UInt16
  var serverIdentification: UInt16
  var host: UInt32
  /// nil while the load balancer has no port for it.
  var tuple: UInt32?
  var clientInitialSequence: UInt32
  /// The next sequence numbers of both, or those of a TIME_WAIT's answer.
  var clientNext: UInt32
  var serverNext: UInt32 = 0
  /// The last timestamp that each has from the other.
  var clientTimestamp: UInt32 = 0
  var serverTimestamp: UInt32 = 0
  /// When the server last kept silent about a SYN that is not yet repeated, and might have answered it.
  var silentSince: UInt64?

  /// How long its opener waits for an answer to its last SYN (`tcp_syn_linear_timeouts`).
  var retransmissionTimeout: UInt64 {
    let milliseconds: [7 of UInt64] = [1_010, 1_030, 1_020, 1_020, 1_030, 2_010, 4_040]
    return milliseconds[Int(min(syns, 7)) - 1] * 1_000_000
  }
}

/// Connections under way, found by a number that is free again when one is over.
struct ConnectionTable {
  private(set) var connections: [Connection] = []
  private var free: [UInt32] = []

  var count: Int { connections.count - free.count }

  subscript(number: UInt32) -> Connection {
    get { connections[Int(number)] }
    _modify { yield &connections[Int(number)] }
  }

  mutating func insert(_ connection: Connection) -> UInt32 {
    if let number = free.popLast() {
      connections[Int(number)] = connection
      return number
    }
    connections.append(connection)
    return UInt32(connections.count - 1)
  }

  mutating func remove(_ number: UInt32) {
    connections[Int(number)].silentSince = nil
    free.append(number)
  }
}
