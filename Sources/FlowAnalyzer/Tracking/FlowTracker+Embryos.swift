/// Tuples that carry no connection yet and may never carry one.
///
/// A tuple hatches when both ends have been heard in turns and a connection is open. What never does so is
/// what floods and scans are made of, and it would fill the memory: of such tuples at most `limit` are
/// kept. Beyond, each new one takes the place of the oldest, whose SYNs get their verdicts as they stand.
/// Tuples that have hatched, which are all that a SYN can hit, are never let go this way.
struct Embryos: BitwiseCopyable {
  /// Every port of eight addresses: no load balancer has as many attempts under way at once, and at half a
  /// million SYNs a second each tuple still waits a second for its answer, at thirty thousand for the first
  /// five SYNs of Linux.
  static let usualLimit = 1 << 19

  var limit = usualLimit
  fileprivate(set) var count = 0
  /// Where the search for the oldest goes on. The places of those that were let go are taken at once, so
  /// that the order of places is that of age.
  fileprivate var hand = 0
  /// The search looks at so many places: where nearly all tuples carry connections, some more are kept.
  fileprivate static let reach = 64
}

/// Tuples that never carried a connection, counted when they are forgotten and at the end.
struct UnopenedCounts: BitwiseCopyable {
  /// That a SYN came on, or several.
  var syns = 0
  /// On which nothing but a single segment of another kind was seen.
  var strays = 0
  /// Those of both that made room for others before their time.
  var letGo = 0
  /// Tuples that carried a connection.
  var opened = 0

  /// So many, and more than opened, are what people should know of, whatever they come from.
  private static let remarkable = 10_000

  var isFlood: Bool {
    letGo > 0 || (syns + strays >= Self.remarkable && syns + strays > opened)
  }

  static func + (one: UnopenedCounts, other: UnopenedCounts) -> UnopenedCounts {
    var sum = one
    sum.add(other)
    return sum
  }
}

extension UnopenedCounts: Tally, Codable {
  static var counts: [WritableKeyPath<Self, Int>] { [\.syns, \.strays, \.letGo, \.opened] }
}

extension FlowTracker {
  mutating func limitEmbryos(to limit: Int) {
    embryos.limit = limit
    // Some more than tuples: those have let go of the oldest attempts then.
    attempts.barrenLimit = limit + limit / 16
    addresses.sweep(at: 2 * limit)
  }

  /// The place of a tuple that makes room for another one; nil where there is no need.
  ///
  /// It stays in the wheel, which will find that its time has not come.
  mutating func placeOfOldestEmbryo() -> Int? {
    guard embryos.count >= embryos.limit else { return nil }
    for _ in 0..<Embryos.reach {
      embryos.hand = embryos.hand + 1 < records.endPosition ? embryos.hand + 1 : 0
      let position = embryos.hand
      guard records[position].isLive, records[position].isEmbryo else { continue }
      unopened.letGo += 1
      return position
    }
    return nil
  }

  /// The ends that most tuples lead to that never carried a connection.
  var namedUnopenedTargets: HeavyHitters<Endpoint> {
    unopenedTargets.map { Endpoint(address: addresses[$0.address], port: $0.port) }
  }

  /// Takes back the numbers of addresses that nothing kept here has any more: a flood of forged ones must
  /// not fill the memory.
  mutating func sweepAddresses() {
    if addresses.isSweepDue { sweepUnusedAddresses() }
  }

  @inline(never)
  private mutating func sweepUnusedAddresses() {
    // SYNs that wait for their verdicts keep their attempts, and those their addresses.
    var table = AddressTable()
    swap(&table, &addresses)
    table.sweep { uses in
      for position in 0..<records.endPosition where records[position].isLive {
        uses.note(records[position].key.lowAddress)
        uses.note(records[position].key.highAddress)
      }
      attempts.noteAddresses(in: &uses)
      servers.noteAddresses(in: &uses)
      knowledge.noteAddresses(in: &uses)
      for source in sources.sources { uses.note(source.address) }
      for source in arrivals?.sources ?? [] { uses.note(source) }
      for service in arrivals?.services ?? [] { uses.note(service.address) }
      for target in unopenedTargets.counts { uses.note(target.element.address) }
    }
    swap(&table, &addresses)
  }

  /// A tuple's record was made, and is an embryo.
  mutating func noteEmbryo() { embryos.count += 1 }

  /// An embryo may have hatched by its last segment.
  @inline(never)
  mutating func hatch(_ position: Int) {
    guard records[position].hasThreeRuns, records[position].hasConnection,
      records[position].current.responder.isOpen
    else { return }
    records[position].isEmbryo = false
    embryos.count -= 1
    unopened.opened += 1
  }

  /// An embryo is forgotten.
  mutating func forgetEmbryo(_ position: Int) {
    countIfUnopened(position)
    records[position].isEmbryo = false
    embryos.count -= 1
  }

  /// Counts the embryos that are left at the end.
  mutating func countUnopened() {
    for position in 0..<records.endPosition
    where records[position].isLive && records[position].isEmbryo {
      countIfUnopened(position)
    }
  }

  /// Counts a tuple that never carried a connection under what it carried instead.
  private mutating func countIfUnopened(_ position: Int) {
    let isOpen = records[position].hasConnection && records[position].current.responder.isOpen
    if records[position].hadUnansweredSyn || records[position].hasPending
      || (records[position].hasConnection && records[position].current.attempt != nil && !isOpen)
    {
      unopened.syns += 1
    } else if !records[position].hasSeveralSegments {
      unopened.strays += 1
    } else {
      return
    }
    let key = records[position].key
    let isLow = servers.originatorIsLow(key)
    unopenedTargets.note(
      Target(
        address: isLow ? key.highAddress : key.lowAddress,
        port: isLow ? key.highPort : key.lowPort))
  }
}

/// An end to which unopened tuples lead, by the number of its address.
struct Target: Hashable, BitwiseCopyable {
  var address: UInt32
  var port: UInt16
}

extension EndpointStateMachine {
  /// It got past the handshake, and was not reset there.
  fileprivate var isOpen: Bool {
    switch state {
    case .closed, .synSent, .synReceived: false
    case .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck, .timeWait: !isReset
    }
  }
}
