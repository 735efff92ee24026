/// Logs of parts of the traffic, put together to one of the whole.
extension ArrivalLog {
  /// Each log must have all attempts between its addresses, and go by the same numbers of addresses as the
  /// others (`renumber`).
  ///
  /// Both samples become those of the log that has the smallest, and then smaller still until all fit. Ties
  /// of time go by the order of the logs.
  ///
  /// - Parameters:
  ///   - limit: how many attempts are kept.
  ///   - busiestSecond: the most attempts of all logs within a second.
  init(merging logs: [ArrivalLog], limit: Int, busiestSecond: Int) {
    self.init(limit: limit)
    self.busiestSecond = busiestSecond
    for log in logs {
      total += log.total
      hits += log.hits
      omitted += log.omitted
      lateness.add(log.lateness)
      for place in waits.indices {
        waits[place] += log.waits[place].prefix(Self.keptWaits - waits[place].count)
      }
    }
    sample = ArrivalSample(commonTo: logs.map(\.sample))
    var kept = Self.gathered(logs, sample)
    while kept.count > limit, sample.halve(isOfAttempts: Self.isOfAttemptsLarger(kept)) {
      kept = Self.gathered(logs, sample)
    }
    kept.sort { ($0.arrival.time, $0.log) < ($1.arrival.time, $1.log) }
    let wholeUpTo = Self.endOfWhole(logs)
    for (place, one) in kept.enumerated() {
      var arrival = one.arrival
      // Up to there none is missing, so that the place says how many came before.
      let isWhole = wholeUpTo.map { arrival.time <= $0 } ?? true
      arrival.number = isWhole ? UInt32(place) : .max
      adopt(arrival, of: logs[one.log])
    }
  }

  private struct Kept {
    var arrival: Arrival
    var log: Int
  }

  /// What the logs have of a sample, and of the first attempts, without order.
  private static func gathered(_ logs: [ArrivalLog], _ sample: ArrivalSample) -> [Kept] {
    let wholeUpTo = endOfWhole(logs)
    var kept: [Kept] = []
    for (number, log) in logs.enumerated() {
      for var arrival in log.arrivals {
        let samples = sample.samples(of: arrival.number, port: arrival.port)
        arrival.mark(samples)
        let isFirst = wholeUpTo.map { arrival.time <= $0 } ?? true
        if isFirst || !samples.isEmpty { kept.append(Kept(arrival: arrival, log: number)) }
      }
    }
    return kept
  }

  private static func isOfAttemptsLarger(_ kept: [Kept]) -> Bool {
    let ofAttempts = kept.count { $0.arrival.notes.contains(.ofAttempts) }
    let ofPorts = kept.count { $0.arrival.notes.contains(.ofPorts) }
    return ofAttempts >= ofPorts
  }

  /// Until when no log leaves an attempt out; nil where none does at all.
  private static func endOfWhole(_ logs: [ArrivalLog]) -> Timestamp? {
    logs.compactMap { log in
      log.isWhole ? nil : log.unbroken.last?.time ?? .never
    }.min()
  }

  /// Appends an arrival of another log.
  private mutating func adopt(_ arrival: Arrival, of log: ArrivalLog) {
    var arrival = arrival
    guard let source = position(ofSource: log.sources[Int(arrival.source)]),
      let service = position(of: log.services[Int(arrival.service)])
    else {
      omitted += 1
      return
    }
    for capture in log.sourceCaptures[Int(arrival.source)]
    where !sourceCaptures[Int(source)].contains(capture) {
      sourceCaptures[Int(source)].append(capture)
    }
    if arrival.notes.contains(.connected),
      let accepted = position(ofSource: log.sources[Int(arrival.acceptedSource)])
    {
      arrival.acceptedSource = accepted
    }
    arrival.source = source
    arrival.service = service
    arrivals.append(arrival)
  }

  /// Puts other numbers of addresses in the place of all.
  ///
  /// - Parameters:
  ///   - address: of an address of the server side.
  ///   - client: of a client's address.
  mutating func renumber(address: (UInt32) -> UInt32, client: (UInt32) -> UInt32) {
    for index in sources.indices { sources[index] = address(sources[index]) }
    for index in services.indices { services[index].address = address(services[index].address) }
    for index in arrivals.indices where arrivals[index].client != Arrival.unknownClient {
      arrivals[index].client = client(arrivals[index].client)
    }
  }
}

extension ArrivalSample {
  /// The largest that is part of each of some.
  init(commonTo samples: [ArrivalSample]) {
    attemptHalvings = samples.map(\.attemptHalvings).max() ?? 0
    portHalvings = samples.map(\.portHalvings).max() ?? 0
  }
}
