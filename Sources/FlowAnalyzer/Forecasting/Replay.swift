import HeapModule

/// The world in which traffic is replayed.
struct World {
  var policy: PortPolicy
  /// The server's TIME_WAIT, in nanoseconds.
  var timeWait: Int64
  var stack: StackProfile
  /// The server ignores RSTs in TIME_WAIT.
  var ignoresResets: Bool
  /// Every new connection of a tuple has newer numbers than the old: timestamps kept monotonic per SNAT
  /// address, or ISNs from the load balancer's own clock.
  var hasMonotonicNumbers = false
}

/// What came of one replay.
struct ReplayOutcome {
  var attempts = 0
  /// Attempts that met a TIME_WAIT at least once, and SYNs that did.
  var attemptsHit = 0
  var hits = 0
  /// Attempts of which a SYN was not let in: their users noticed.
  var delayed = 0
  /// Those that gave up.
  var failed = 0
  /// What the hits added, in nanoseconds.
  var added: Int64 = 0
  /// Attempts for which the load balancer had no port.
  var refused = 0
  /// The most ports toward one server that were in use or kept back at once.
  var peakPorts = 0
}

/// Replays traffic in a world, once.
struct Replay {
  /// After so many SYNs an attempt gives up (Linux: `tcp_syn_retries` = 6).
  private static let longestAttempt = 7
  /// The waits of an ordinary client where none were recorded (RFC 6298: 1 s, doubled each time).
  private static let ordinaryWaits: [Int64] = [1_000_000_000, 2_000_000_000, 4_000_000_000]

  /// How many attempts before and after one are taken for like it.
  private static let neighbours = 8

  private let log: ArrivalLog
  private let traffic: Traffic
  private let world: World
  private var random: SeededRandom
  /// Another hash of addresses in each replay.
  private let addressSalt: UInt64
  /// Of each service one, or one for each address.
  private var pools: [PortPool?]
  private let poolsPerService: Int
  private var retries = Heap<Retry>()
  private var outcome = ReplayOutcome()

  private struct Retry: Comparable {
    var time: Int64
    var item: Int32
    var syn: Int32
    var isHit = false
    var isDelayed = false
    /// What the load balancer keeps of the SYN before.
    var former: PortPool.Reservation?
    /// The port that it keeps, by its slot.
    var slot: Int32 = -1

    static func < (one: Retry, other: Retry) -> Bool {
      (one.time, one.item) < (other.time, other.item)
    }
  }

  static func run(
    _ traffic: Traffic, of log: ArrivalLog, in world: World, random: SeededRandom
  ) -> ReplayOutcome {
    var replay = Replay(log: log, traffic: traffic, world: world, random: random)
    return replay.run()
  }

  private init(log: ArrivalLog, traffic: Traffic, world: World, random: SeededRandom) {
    self.log = log
    self.traffic = traffic
    self.world = world
    self.random = random
    addressSalt = self.random.next()
    poolsPerService = world.policy.addressing == .together ? 1 : world.policy.addresses
    pools = Array(repeating: nil, count: log.services.count * poolsPerService)
  }

  private mutating func run() -> ReplayOutcome {
    outcome.attempts = traffic.items.count
    for position in traffic.items.indices {
      let time = traffic.items[position].time
      while let retry = retries.min, retry.time <= time { take(retries.removeMin()) }
      take(Retry(time: time, item: Int32(position), syn: 0))
    }
    while !retries.isEmpty { take(retries.removeMin()) }
    for first in stride(from: 0, to: pools.count, by: poolsPerService) {
      let peak = pools[first..<first + poolsPerService].reduce(0) { $0 + ($1?.peak ?? 0) }
      outcome.peakPorts = max(outcome.peakPorts, peak)
    }
    return outcome
  }

  /// A SYN arrives at the load balancer.
  private mutating func take(_ syn: Retry) {
    let item = traffic.items[Int(syn.item)]
    let arrival = log.arrivals[Int(item.arrival)]
    let pool = pool(of: arrival, item)
    if pools[pool] == nil { pools[pool] = PortPool(world.policy, random: &random) }
    if let former = syn.former { pools[pool]?.forget(former) }
    let request = PortRequest(
      time: syn.time, client: client(arrival, item), port: Int(item.port & .max), isn: arrival.isn)
    let kept = syn.slot >= 0 ? Int(syn.slot) : nil
    guard let slot = kept ?? pools[pool]?.take(request, random: &random) else {
      if syn.syn == 0 { outcome.refused += 1 }
      repeatSyn(syn, isCharged: false)
      return
    }
    let former = pools[pool]?[slot] ?? .init()
    if former.leftBy >= 0, syn.time < former.heldUntil {
      meet(former, syn, item, pool: pool, slot: slot)
    } else {
      connect(syn, item, pool: pool, slot: slot)
    }
  }

  /// A number for the client's address and port.
  private func client(_ arrival: ArrivalLog.Arrival, _ item: Traffic.Item) -> UInt64 {
    let port = arrival.clientPort == 0 ? arrival.port : arrival.clientPort
    let recorded = UInt64(arrival.client) << 16 | UInt64(port)
    return item.copy == 0 ? recorded : mixed(recorded ^ UInt64(item.copy) << 48)
  }

  private func addressKey(of arrival: ArrivalLog.Arrival, _ item: Traffic.Item) -> UInt64 {
    let copy = UInt64(item.copy) << 48
    return arrival.client == ArrivalLog.Arrival.unknownClient
      ? copy ^ UInt64(item.arrival) << 32 : copy | UInt64(arrival.client)
  }

  private func pool(of arrival: ArrivalLog.Arrival, _ item: Traffic.Item) -> Int {
    let address =
      switch world.policy.addressing {
      case .together: 0
      case .asRecorded: Int(arrival.source) % poolsPerService
      case .byClient:
        // The same for each SYN of an attempt also where nobody knows the client.
        Int(truncatingIfNeeded: mixed(addressSalt ^ addressKey(of: arrival, item)) >> 1)
          % poolsPerService
      }
    return Int(item.service) * poolsPerService + address
  }

  private mutating func meet(
    _ former: PortPool.Slot, _ syn: Retry, _ item: Traffic.Item, pool: Int, slot: Int
  ) {
    outcome.hits += 1
    if !syn.isHit { outcome.attemptsHit += 1 }
    var syn = syn
    syn.isHit = true
    let answer = answer(to: log.arrivals[Int(item.arrival)], at: syn.time, former: former)
    if answer == .accepted {
      connect(syn, item, pool: pool, slot: slot)
      return
    }
    if !syn.isDelayed { outcome.delayed += 1 }
    syn.isDelayed = true
    // Its peer answers the old numbers with a RST, which ends the TIME_WAIT; silence ends nothing.
    if answer == .rejected, !world.ignoresResets { pools[pool]?[slot].leftBy = -1 }
    let keepsPort = world.policy.samePort > 0 && random.share() < world.policy.samePort
    if keepsPort, syn.syn + 1 < Self.longestAttempt {
      syn.slot = Int32(slot)
    } else {
      syn.slot = -1
      syn.former = pools[pool]?.give(
        slot, at: syn.time, leaves: log.arrivals[Int(item.arrival)].isn.advanced(by: 1))
    }
    repeatSyn(syn, isCharged: true)
  }

  private mutating func connect(_ syn: Retry, _ item: Traffic.Item, pool: Int, slot: Int) {
    let fate = fate(of: syn.item)
    let end = syn.time.addingReportingOverflow(fate.lifetime)
    let closedAt = end.overflow ? .max : end.partialValue
    pools[pool]?[slot].leftBy = fate.leavesTimeWait ? item.arrival : -1
    let heldUntil = closedAt.addingReportingOverflow(world.timeWait)
    pools[pool]?[slot].heldUntil = heldUntil.overflow ? .max : heldUntil.partialValue
    pools[pool]?.give(slot, at: closedAt, leaves: log.arrivals[Int(item.arrival)].leaves)
  }

  /// How a connection lasts and ends: as one of those did that came at about the same time to the same service.
  ///
  /// How many of them end in a TIME_WAIT of the server differs from day to day; a replay that took each one's
  /// own fate would leave nothing to chance but the ports.
  private mutating func fate(of position: Int32) -> Traffic.Item {
    let item = traffic.items[Int(position)]
    let other = Int(position) + random.below(2 * Self.neighbours + 1) - Self.neighbours
    guard traffic.items.indices.contains(other) else { return item }
    let neighbour = traffic.items[other]
    return neighbour.connects && neighbour.service == item.service ? neighbour : item
  }

  private mutating func repeatSyn(_ syn: Retry, isCharged: Bool) {
    guard syn.syn + 1 < Self.longestAttempt else {
      outcome.failed += 1
      return
    }
    let place = min(Int(syn.syn), log.waits.count - 1)
    let recorded = log.waits[place]
    let wait =
      recorded.isEmpty || !isCharged
      ? Self.ordinaryWaits[place] : recorded[random.below(recorded.count)]
    if isCharged { outcome.added += wait }
    var next = syn
    next.time += wait
    next.syn += 1
    retries.insert(next)
  }

  /// What the server answers, by its stack's rule.
  private func answer(
    to new: ArrivalLog.Arrival, at time: Int64, former slot: PortPool.Slot
  ) -> Answer {
    if world.hasMonotonicNumbers { return .accepted }
    let old = log.arrivals[Int(slot.leftBy)]
    var holder = Holder.unknown
    holder.state = .timeWait
    holder.notes = old.leftTimestamp == nil ? .known : [.known, .timestamps]
    holder.nextExpected = old.leaves
    holder.timestampRecent = old.leftTimestamp ?? 0
    var options = TCPOptions()
    if new.notes.contains(.hasTimestamp) {
      options.hasTimestamps = true
      // A SYN sent again has the time of then; ticks of a millisecond are the rule.
      let late = (time - new.time.nanoseconds) / 1_000_000
      options.timestampValue = new.timestampValue &+ UInt32(truncatingIfNeeded: max(late, 0))
    }
    let syn = SynFacts(sequence: new.isn, options: options)
    return world.stack.prediction(for: syn, holder: holder).answer
  }
}
