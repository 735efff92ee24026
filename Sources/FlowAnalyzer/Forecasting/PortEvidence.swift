/// What the recorded choices say about how the load balancer chooses ports.
struct PortEvidence {
  /// Choices after the first of each source address.
  var choices = 0
  /// Of those, how many took one of the next sixteen numbers after the one before.
  var following = 0
  /// Choices of clients whose own port is known, and how many took that very port.
  var known = 0
  var preserved = 0
  /// Clients that came again with the same address and port, and how many of them got the same port.
  var returning = 0
  var returnedTo = 0
  /// Clients that came again with the same address, and how many of them got the same SNAT address.
  var returningAddresses = 0
  var keptAddresses = 0
  /// Choices of a port that had been free before, among at least `leastFree` such ports.
  var reuses = 0
  /// The mean place of the chosen port in the order in which those ports became free: 0 is the one that has
  /// been free for longest, 1 the one that became free last, 0.5 no order at all.
  var meanRank = 0.5

  static let leastFree = 4
  /// Of some of the ports, throughout: choices after the first of each address, and how many took one of the
  /// next two of these ports.
  private var choicesThroughout = 0
  private var followingThroughout = 0

  /// Up to here the mean rank says that ports are chosen in the order in which they became free.
  static let inOrder = 0.15

  /// Ports rest until their turn comes, so that nothing shows how long they are kept back.
  var hidesHold: Bool {
    (choice?.goesInTurn ?? false) && reuses >= 20 && meanRank < Self.inOrder
  }

  /// The policy that fits, if any does better than chance would.
  var choice: PortChoice? {
    if known >= 20, preserved * 10 >= known * 9 { return .preserving }
    // The order in which ports become free looks like that, too, until each has been used once.
    if choices >= 20, following * 10 >= choices * 8,
      choicesThroughout < 20 || followingThroughout * 10 >= choicesThroughout * 8
    {
      return .sequential
    }
    if returning >= 20, returnedTo * 10 >= returning * 9 { return .hash }
    guard reuses >= 20 else { return nil }
    // The mean of ranks that are drawn at random has a standard deviation of 0.29 / sqrt(n).
    if meanRank < Self.inOrder { return .leastRecent }
    if meanRank > 0.85 { return .mostRecent }
    return .random
  }

  /// Each client always gets the same SNAT address.
  var keepsAddresses: Bool {
    returningAddresses >= 20 && keptAddresses * 20 >= returningAddresses * 19
  }

  /// - Parameters:
  ///   - history: the choices of some of the ports, from the beginning to the end.
  init(_ log: ArrivalLog, throughout history: PortHistory) {
    observeNumbers(log)
    if history.oneIn > 1 { observeSteps(history) }
    observeOrder(history)
  }

  private mutating func observeSteps(_ history: PortHistory) {
    // The place of each port among those of its address.
    let sorted = history.ports.indices.sorted { one, other in
      let (one, other) = (history.ports[one], history.ports[other])
      return (one.source, one.port) < (other.source, other.port)
    }
    var places = [Int](repeating: 0, count: history.ports.count)
    for (place, port) in sorted.enumerated() { places[port] = place }
    var last: [UInt16: Int] = [:]
    for choice in history.choices {
      let source = history.ports[Int(choice.port)].source
      let place = places[Int(choice.port)]
      if let before = last[source] {
        choicesThroughout += 1
        // At its end a range begins anew.
        if (1...2).contains(place - before) || before - place > history.ports.count / 4 {
          followingThroughout += 1
        }
      }
      last[source] = place
    }
  }

  private mutating func observeNumbers(_ log: ArrivalLog) {
    var last: [UInt16: UInt16] = [:]
    var ofClient: [UInt64: UInt32] = [:]
    var ofAddress: [UInt32: UInt16] = [:]
    for arrival in log.unbroken.prefix(PortHistory.limit) {
      if let before = last[arrival.source] {
        choices += 1
        let step = arrival.port &- before
        // At its end a range begins anew.
        if (1...16).contains(step) || arrival.port < before && before - arrival.port > 64 {
          following += 1
        }
      }
      last[arrival.source] = arrival.port
      guard arrival.clientPort != 0 else { continue }
      known += 1
      if arrival.clientPort == arrival.port { preserved += 1 }
      let client = arrival.clientKey
      let place = UInt32(arrival.source) << 16 | UInt32(arrival.port)
      if let former = ofClient[client] {
        returning += 1
        if former == place { returnedTo += 1 }
      }
      ofClient[client] = place
      if let former = ofAddress[arrival.client] {
        returningAddresses += 1
        if former == arrival.source { keptAddresses += 1 }
      }
      ofAddress[arrival.client] = arrival.source
    }
  }

  private mutating func observeOrder(_ history: PortHistory) {
    // Ports that are free, in the order in which they became so: none is, as long as hardly any was ever
    // chosen that soon.
    let hold = Self.shortestWait(history)
    var free = FreeOrder(capacity: history.choices.count)
    var closing = history.choices.enumerated().map { (end: $1.end, choice: $0) }
      .sorted { ($0.end, $0.choice) < ($1.end, $1.choice) }[...]
    var current = [Int](repeating: -1, count: history.ports.count)
    var sum = 0.0
    for (number, choice) in history.choices.enumerated() {
      while let next = closing.first, next.end &+ hold <= choice.time {
        closing.removeFirst()
        let port = Int(history.choices[next.choice].port)
        // Only if it has not been given to another since.
        if current[port] == next.choice { free.append(port) }
      }
      let port = Int(choice.port)
      if let rank = free.remove(port), free.count + 1 >= Self.leastFree {
        reuses += 1
        sum += Double(rank) / Double(free.count)
      }
      current[port] = number
    }
    if reuses > 0 { meanRank = sum / Double(reuses) }
  }
}

extension PortEvidence {
  /// How long after the end of its connection a port is used again, at least, but for one in fifty.
  private static func shortestWait(_ history: PortHistory) -> Int64 {
    var ends = [Int64?](repeating: nil, count: history.ports.count)
    var waits: [Int64] = []
    for choice in history.choices {
      if let end = ends[Int(choice.port)], end <= choice.time { waits.append(choice.time - end) }
      ends[Int(choice.port)] = choice.end
    }
    waits.sort()
    return waits.isEmpty ? 0 : waits[waits.count / 50]
  }
}

/// Numbers in the order in which they were appended, with the rank of each: a Fenwick tree over places.
private struct FreeOrder {
  private var counts: [Int32]
  private var places: [Int: Int] = [:]
  private var end = 0
  private(set) var count = 0

  init(capacity: Int) { counts = Array(repeating: 0, count: capacity + 1) }

  mutating func append(_ number: Int) {
    guard end < counts.count - 1, places[number] == nil else { return }
    end += 1
    places[number] = end
    count += 1
    add(1, at: end)
  }

  /// - Returns: how many came before it; nil if it is not there.
  mutating func remove(_ number: Int) -> Int? {
    guard let place = places.removeValue(forKey: number) else { return nil }
    let rank = sum(through: place) - 1
    count -= 1
    add(-1, at: place)
    return rank
  }

  private mutating func add(_ value: Int32, at place: Int) {
    var place = place
    while place < counts.count {
      counts[place] += value
      place += place & -place
    }
  }

  private func sum(through place: Int) -> Int {
    var (place, sum) = (place, 0)
    while place > 0 {
      sum += Int(counts[place])
      place -= place & -place
    }
    return sum
  }
}
