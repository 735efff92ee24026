/// What is replayed: recorded arrivals, in order of time, possibly changed.
struct Traffic {
  struct Item {
    var time: Int64
    /// Position in the log: the numbers that a server compares.
    var arrival: Int32
    var service: UInt16
    /// The client's, or the recorded one where that is not known; in a sample of ports its number there.
    var port: Int32
    /// Not the recorded client itself but one like it; zero for itself.
    var copy: UInt16 = 0
    var leavesTimeWait: Bool
    /// A server answers it.
    var connects: Bool
    /// From the accepted SYN to the close, in nanoseconds.
    var lifetime: Int64
  }

  private(set) var items: [Item] = []
  /// From the first arrival to the last, in nanoseconds.
  private(set) var span: Int64 = 0

  /// The recorded arrivals as they were.
  ///
  /// Those that were hit and never connected would have without the hit; how long they would have lasted
  /// is taken from others.
  ///
  /// - Parameter sample: those of the log that are taken.
  init(_ log: ArrivalLog, seed: UInt64, sample: ArrivalLog.Arrival.Notes = .ofAttempts) {
    var random = SeededRandom(seed: seed, stream: 1 << 20, repetition: 0)
    let connected = log.arrivals.indices.filter { log.arrivals[$0].notes.contains(.connected) }
    items.reserveCapacity(log.arrivals.count)
    for (position, arrival) in log.arrivals.enumerated() where arrival.notes.contains(sample) {
      var model = arrival
      var connects = arrival.notes.contains(.connected)
      if !connects, arrival.notes.contains(.hit), !connected.isEmpty {
        model = log.arrivals[connected[random.below(connected.count)]]
        connects = true
      }
      items.append(
        Item(
          time: arrival.time.nanoseconds, arrival: Int32(position), service: arrival.service,
          port: Int32(arrival.clientPort == 0 ? arrival.port : arrival.clientPort),
          leavesTimeWait: model.notes.contains(.leavesTimeWait), connects: connects,
          lifetime: connects ? model.lifetime : 0))
    }
    sort()
  }

  private mutating func sort() {
    items.sort { ($0.time, $0.arrival, $0.copy) < ($1.time, $1.arrival, $1.copy) }
    measure()
  }

  private mutating func measure() {
    span = (items.last?.time ?? 0) - (items.first?.time ?? 0)
  }

  // MARK: - Samples

  /// Every so manieth of them.
  func thinned(by scale: Double) -> Traffic {
    guard scale > 1 else { return self }
    var thinned = self
    thinned.items = (0..<Int((Double(items.count) / scale).rounded(.up)))
      .map { items[min(Int(Double($0) * scale), items.count - 1)] }
    thinned.measure()
    return thinned
  }

  /// Those of some of the ports, which are numbered anew, so that as many have one of their own.
  func thinned(toPortsOneIn scale: Int) -> Traffic {
    let sample = PortSample(oneIn: scale)
    let ports = Set(items.map(\.port).filter { sample.contains(UInt16(truncatingIfNeeded: $0)) })
      .sorted()
    let places = Dictionary(
      uniqueKeysWithValues: zip(ports, ports.indices.map { Int32($0) }))
    var thinned = self
    thinned.items = items.compactMap { item in
      guard let place = places[item.port] else { return nil }
      var item = item
      item.port = place
      return item
    }
    thinned.measure()
    return thinned
  }

  /// So many for each: others like it, which come between the one before and the one after.
  func repeated(_ count: Int, seed: UInt64) -> Traffic {
    guard count > 1 else { return self }
    var random = SeededRandom(seed: seed, stream: 1 << 22, repetition: 0)
    var repeated = self
    repeated.items.reserveCapacity(items.count * count)
    let ports = (items.map(\.port).max() ?? 0) + 1
    for position in items.indices {
      let before = items[max(position - 1, 0)].time
      let after = items[min(position + 1, items.count - 1)].time
      for number in 1..<count {
        var copy = items[position]
        copy.copy = UInt16(truncatingIfNeeded: number)
        copy.port = copy.port &+ Int32(truncatingIfNeeded: number) &* ports
        copy.time = before + Int64(random.share() * Double(after - before))
        repeated.items.append(copy)
      }
    }
    repeated.sort()
    return repeated
  }

  /// The first of them, where there are more than `count`: so many, or as many as come within a time in
  /// nanoseconds, but not more than are enough.
  func cut(to count: Int, atLeast time: Int64, enough: Int) -> Traffic {
    guard items.count > count, let start = items.first?.time else { return self }
    let end = items.firstIndex { $0.time - start >= time } ?? items.count
    var cut = self
    cut.items.removeLast(items.count - min(max(min(end, enough), count), items.count))
    cut.measure()
    return cut
  }

  // MARK: - Load balancers

  /// Each service stands for as many as there are load balancers, which have ports of their own toward it.
  ///
  /// - Parameters:
  ///   - services: how many there are.
  ///   - balancer: that of an item, from zero.
  func dealt(services: Int, _ balancer: (Item) -> Int) -> Traffic {
    var dealt = self
    for position in items.indices {
      let number = Int(items[position].service) + services * balancer(items[position])
      dealt.items[position].service = UInt16(number)
    }
    return dealt
  }

  /// What was dealt to several load balancers goes through one.
  func onOnePool(services: Int) -> Traffic {
    var merged = self
    for position in items.indices {
      merged.items[position].service = UInt16(Int(items[position].service) % services)
    }
    return merged
  }

  // MARK: - Changes

  /// So many times the recorded rate: copies of the traffic, each begun at another place of the recorded
  /// time and carried on from its start, so that bursts stay bursts.
  func scaled(by load: Double, seed: UInt64) -> Traffic {
    guard load > 1, let start = items.first?.time, span > 0 else { return self }
    var random = SeededRandom(seed: seed, stream: 1 << 21, repetition: 0)
    var scaled = self
    scaled.items.reserveCapacity(items.count + Int(Double(items.count) * min(load, 1e3)))
    var rest = load - 1
    var clients: UInt16 = 0
    while rest > 0 {
      clients &+= 1 << 8
      let shift = Int64(random.share() * Double(span))
      for item in items where rest >= 1 || random.share() < rest {
        var copy = item
        let moved = item.time - start + shift
        copy.time = start + (moved > span ? moved - span : moved)
        copy.copy &+= clients
        copy.port = copy.port &+ Int32(mixed(UInt64(clients)) & 0xffff)
        scaled.items.append(copy)
      }
      rest -= 1
    }
    scaled.sort()
    return scaled
  }

  /// Only the client's side closes first: no server keeps anything.
  func closedByClients() -> Traffic {
    var changed = self
    for position in changed.items.indices { changed.items[position].leavesTimeWait = false }
    return changed
  }

  /// So many requests of each service go over one connection, which lasts until the last of them is done.
  func pooled(requests: Int) -> Traffic {
    guard requests > 1 else { return self }
    var changed = self
    changed.items.removeAll(keepingCapacity: true)
    // The connection of each service that takes requests, and how many it has had.
    var current: [UInt16: (position: Int, count: Int)] = [:]
    for item in items {
      guard item.connects, var open = current[item.service], open.count < requests else {
        changed.items.append(item)
        if item.connects { current[item.service] = (changed.items.count - 1, 1) }
        continue
      }
      let end = item.time.addingReportingOverflow(item.lifetime).partialValue
      changed.items[open.position].lifetime = max(
        changed.items[open.position].lifetime, end - changed.items[open.position].time)
      open.count += 1
      current[item.service] = open
    }
    return changed
  }
}
