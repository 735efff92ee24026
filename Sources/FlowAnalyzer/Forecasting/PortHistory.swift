/// The recorded choices of SNAT ports, as far as they are told by what was captured: each with what
/// ports there were to choose from.
///
/// Looks at the first `limit` arrivals of the busiest service, which is enough to tell policies apart.
struct PortHistory {
  static let limit = 20_000

  struct Choice {
    var time: Int64
    /// By number: positions in `ports`.
    var port: Int32
    /// When the connection of this choice ended at the load balancer; that of a rejected SYN at once.
    var end: Int64
    /// It followed a choice that hit, and is only known because it was the last of its attempt.
    var isRepeated: Bool
  }

  /// In order of time.
  private(set) var choices: [Choice] = []
  /// Every source address and port that was used, by number.
  private(set) var ports: [(source: UInt16, port: UInt16)] = []

  init(_ log: ArrivalLog) {
    guard let service = Self.busiestService(log) else { return }
    var numbers: [UInt32: Int32] = [:]
    for arrival in log.arrivals where arrival.service == service {
      guard choices.count < Self.limit else { break }
      let isConnected = arrival.notes.contains(.connected)
      let isMoved =
        isConnected
        && (arrival.acceptedPort != arrival.port || arrival.acceptedSource != arrival.source)
      let acceptedAt = arrival.acceptedAt.nanoseconds
      let closedAt = acceptedAt &+ arrival.lifetime
      add(
        arrival.source, arrival.port, at: arrival.time.nanoseconds,
        until: isConnected && !isMoved ? closedAt : arrival.time.nanoseconds, &numbers)
      if isMoved {
        add(
          arrival.acceptedSource, arrival.acceptedPort, at: acceptedAt, until: closedAt, &numbers,
          isRepeated: true)
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
    _ source: UInt16, _ port: UInt16, at time: Int64, until end: Int64,
    _ numbers: inout [UInt32: Int32], isRepeated: Bool = false
  ) {
    let key = UInt32(source) << 16 | UInt32(port)
    let number = numbers[key] ?? Int32(ports.count)
    if number == ports.count {
      numbers[key] = number
      ports.append((source, port))
    }
    choices.append(Choice(time: time, port: number, end: end, isRepeated: isRepeated))
  }
}
