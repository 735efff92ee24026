/// The recorded choices of SNAT ports, as far as they are told by what was captured: each with what
/// ports there were to choose from.
///
/// Looks at some of the choices toward the busiest service, which is enough to tell policies apart.
struct PortHistory {
  static let limit = 20_000

  struct Choice {
    var time: Int64
    /// By number: positions in `ports`.
    var port: Int32
    /// When the connection of this choice ended at the load balancer; that of a rejected SYN at once.
    var end: Int64
    /// When the client of a SYN that was not let in tried again, and was let in.
    var forgottenAt = Int64.max
    var isn: SequenceNumber
    /// The sequence number behind the last that the connection's client sent.
    var leaves: SequenceNumber
    /// The client's address and port by number, as `ArrivalLog.Arrival.clientKey` has them, and its port; zero
    /// where it is not known.
    var client: UInt64
    var clientPort: UInt16
  }

  /// In order of time.
  private(set) var choices: [Choice] = []
  /// Every source address and port that was used, by number.
  private(set) var ports: [(source: UInt16, port: UInt16)] = []
  private var numbers: [UInt32: Int32] = [:]
  /// Which ports are looked at: all of them, or one in so many.
  let oneIn: Int
  private let sample: PortSample

  /// The first choices, without a gap.
  ///
  /// - Parameter limit: how many, at most.
  init(first limit: Int, of log: ArrivalLog) {
    (oneIn, sample) = (1, PortSample(oneIn: 1))
    add(log.unbroken, limit: limit, Self.busiestService(log))
  }

  /// The choices of some of the ports, from the beginning to the end.
  ///
  /// - Parameter limit: how many choices, about.
  init(throughout log: ArrivalLog, limit: Int) {
    let service = Self.busiestService(log)
    let count = log.arrivals.count { $0.service == service && $0.notes.contains(.ofPorts) }
    oneIn = max(1, (count + limit - 1) / max(limit, 1)) << log.sample.portHalvings
    sample = PortSample(oneIn: oneIn)
    add(log.arrivals[...], limit: .max, service)
  }

  private mutating func add(
    _ arrivals: ArraySlice<ArrivalLog.Arrival>, limit: Int, _ service: UInt16?
  ) {
    for arrival in arrivals where arrival.service == service {
      guard choices.count < limit else { break }
      let isConnected = arrival.notes.contains(.connected)
      let isMoved =
        isConnected
        && (arrival.acceptedPort != arrival.port || arrival.acceptedSource != arrival.source)
      let acceptedAt = arrival.acceptedAt.nanoseconds
      let closedAt = acceptedAt &+ arrival.lifetime
      let isLetIn = isConnected && !isMoved
      add(
        arrival, on: (arrival.source, arrival.port), at: arrival.time.nanoseconds,
        until: isLetIn ? closedAt : arrival.time.nanoseconds, isLetIn: isLetIn)
      if isMoved {
        add(
          arrival, on: (arrival.acceptedSource, arrival.acceptedPort), at: acceptedAt,
          until: closedAt, isLetIn: true)
      }
    }
    choices.sort { ($0.time, $0.port) < ($1.time, $1.port) }
  }

  private static func busiestService(_ log: ArrivalLog) -> UInt16? {
    var counts = [Int](repeating: 0, count: log.services.count)
    for arrival in log.arrivals { counts[Int(arrival.service)] += 1 }
    return counts.indices.max { (counts[$0], $1) < (counts[$1], $0) }.map(UInt16.init)
  }

  private mutating func add(
    _ arrival: ArrivalLog.Arrival, on port: (source: UInt16, port: UInt16), at time: Int64,
    until end: Int64, isLetIn: Bool
  ) {
    guard sample.contains(port.port) else { return }
    let number = number(of: port.port, at: port.source) ?? ports.count
    if number == ports.count {
      numbers[Self.key(port.source, port.port)] = Int32(number)
      ports.append(port)
    }
    let isTriedAgain = !isLetIn && arrival.notes.contains(.connected)
    choices.append(
      Choice(
        time: time, port: Int32(number), end: end,
        forgottenAt: isTriedAgain ? arrival.acceptedAt.nanoseconds : .max, isn: arrival.isn,
        leaves: isLetIn ? arrival.nextExpected : arrival.isn.advanced(by: 1),
        client: arrival.clientKey,
        clientPort: arrival.clientPort))
  }

  /// - Returns: nil for a port that was never used.
  func number(of port: UInt16, at source: UInt16) -> Int? {
    numbers[Self.key(source, port)].map { Int($0) }
  }

  private static func key(_ source: UInt16, _ port: UInt16) -> UInt32 {
    UInt32(source) << 16 | UInt32(port)
  }
}
