/// What a forecast replays: every attempt of the server side, when it came, how long its connection
/// lasted, and what it left behind at the server.
///
/// Attempts are numbered by what they are kept under elsewhere (`AttemptTable`, tuple records), and
/// found by dictionaries: in a report, of millions a few thousand are kept.
struct ArrivalLog {
  struct Arrival: BitwiseCopyable, Equatable {
    /// Of its first SYN.
    var time: Timestamp
    var isn: SequenceNumber
    /// TSval of its first SYN; meaningful with `hasTimestamp`.
    var timestampValue: UInt32
    /// What the server's TIME_WAIT compares a SYN with: RCV.NXT, and TS.Recent with `leavesTimestamp`.
    var nextExpected = SequenceNumber(0)
    var timestampRecent: UInt32 = 0
    /// From the first SYN to the one that was accepted, and from that to the close as the load balancer
    /// sees it; in units of 1024 ns.
    var acceptance: UInt32 = 0
    var duration: UInt32 = 0
    /// The client's address by its number, or `unknownClient`.
    var client = Arrival.unknownClient
    var clientPort: UInt16 = 0
    /// Of the first SYN, and of the one that was accepted.
    var port: UInt16
    var acceptedPort: UInt16 = 0
    /// Positions in `sources` and `services`.
    var source: UInt16
    var acceptedSource: UInt16 = 0
    var service: UInt16
    var notes: Notes
    /// How many attempts began before it, kept or not.
    var number: UInt32 = 0

    struct Notes: OptionSet, BitwiseCopyable {
      var rawValue: UInt8
      static let hasTimestamp = Notes(rawValue: 1)
      static let leavesTimestamp = Notes(rawValue: 1 << 1)
      /// A connection came of it.
      static let connected = Notes(rawValue: 1 << 2)
      /// That was closed while it was watched.
      static let closed = Notes(rawValue: 1 << 3)
      /// The server closed first, and held TIME_WAIT.
      static let leavesTimeWait = Notes(rawValue: 1 << 4)
      /// It met something that the server held.
      static let hit = Notes(rawValue: 1 << 5)
      /// It is one of the sample of attempts, and one of the sample of ports (see `ArrivalSample`).
      static let ofAttempts = Notes(rawValue: 1 << 6)
      static let ofPorts = Notes(rawValue: 1 << 7)
    }

    static let unknownClient = UInt32.max

    /// - Parameters:
    ///   - time: that of the SYN that was accepted.
    ///   - source: whence that came, by its position in `sources`.
    fileprivate mutating func accept(at time: Timestamp, source: UInt16, port: UInt16) {
      notes.insert(.connected)
      acceptedSource = source
      acceptedPort = port
      acceptance = UInt32(clamping: max(0, time.nanoseconds(since: self.time)) >> 10)
    }

    /// It is of these samples, and of no other.
    mutating func mark(_ samples: Notes) {
      notes.subtract([.ofAttempts, .ofPorts])
      notes.formUnion(samples)
    }

    /// In nanoseconds; of one that was not closed, to the end of time.
    var lifetime: Int64 { notes.contains(.closed) ? Int64(duration) << 10 : Self.endless }
    static let endless = Int64.max / 4
    /// A later SYN of it was let in, after one that met something.
    var wasLetInLater: Bool { acceptance > 0 && notes.isSuperset(of: [.hit, .connected]) }
    /// A number for the client's address and port.
    var clientKey: UInt64 { UInt64(client) << 16 | UInt64(clientPort) }

    /// RCV.NXT of the server that holds its TIME_WAIT, and TS.Recent; of one that never connected, what its
    /// SYN says.
    var leaves: SequenceNumber { notes.contains(.connected) ? nextExpected : isn.advanced(by: 1) }
    var leftTimestamp: UInt32? {
      guard notes.contains(.connected) else {
        return notes.contains(.hasTimestamp) ? timestampValue : nil
      }
      return notes.contains(.leavesTimestamp) ? timestampRecent : nil
    }
    /// When the SYN came that was accepted.
    var acceptedAt: Timestamp { time.advanced(byNanoseconds: Int64(acceptance) << 10) }
  }

  /// A server's address, by its number, and port.
  struct Service: Hashable {
    var address: UInt32
    var port: UInt16
  }

  /// How many attempts are kept. Of more, the first ones and two samples of all.
  let limit: Int
  var arrivals: [Arrival] = []
  var sample = ArrivalSample()
  /// How many attempts there were, and how many of them met something that the server held.
  var total = 0
  var hits = 0
  /// Attempts of more services or sources than can be numbered.
  var omitted = 0
  /// The most attempts within a second, as clocks count seconds.
  var busiestSecond = 0
  private var second = (end: Int64.min, attempts: 0)
  /// Seconds that others want to know of as well, see `BusiestSecond`; nil where nobody does.
  private var countedSeconds: [(end: Int64, attempts: Int)]?
  /// Addresses from which attempts came, by their numbers.
  var sources: [UInt32] = []
  var services: [Service] = []
  /// The captures that show attempts of each source.
  var sourceCaptures: [[UInt32]] = []
  private var sourcePositions: [UInt32: UInt16] = [:]
  private var servicePositions: [Service: UInt16] = [:]
  /// The last service that was looked up: most often the next one, too.
  private var lastService: (service: Service, position: UInt16)?
  /// How long attempts waited after SYNs that were not let in, in nanoseconds: after the first SYN, the
  /// second, the third and any later one.
  var waits: [[Int64]] = [[], [], []]
  static let keptWaits = 4096
  /// How late after the close the last segment of a connection came that left a TIME_WAIT.
  var lateness = LatenessHistogram()
  /// The arrival of each attempt that may still change, by the attempt's number; and that of the
  /// connection of each tuple.
  private var ofAttempt: [UInt32: UInt32] = [:]
  private var ofRecord: [UInt32: UInt32] = [:]

  init(limit: Int) { self.limit = limit }

  /// From the first arrival to the last, in nanoseconds.
  var span: Int64 {
    guard let first = arrivals.first, let last = arrivals.last else { return 0 }
    return max(0, last.time.nanoseconds(since: first.time))
  }

  /// A log of attempts toward one service from one address.
  ///
  /// - Parameter limit: how many are kept; nil keeps all.
  init(_ arrivals: [Arrival], limit: Int? = nil) {
    self.limit = limit ?? arrivals.count
    total = arrivals.count
    hits = arrivals.count { $0.notes.contains(.hit) }
    self.arrivals = arrivals
    for position in arrivals.indices {
      self.arrivals[position].notes.formUnion([.ofAttempts, .ofPorts])
      self.arrivals[position].number = UInt32(position)
      countSecond(arrivals[position].time.nanoseconds)
    }
    sources = [0]
    sourceCaptures = [[0]]
    services = [Service(address: 0, port: 80)]
    if arrivals.count > self.limit { thin() }
  }

  /// The first attempts without a gap, and where no sample is needed all of them.
  var unbroken: ArraySlice<Arrival> {
    sample.isComplete ? arrivals[...] : arrivals.prefix { $0.number < firstKept }
  }

  /// So many of the first attempts are kept, whatever comes later: what follows what shows only there.
  private var firstKept: Int { min(limit / 8, PortHistory.limit) }

  /// An attempt began.
  ///
  /// - Parameters:
  ///   - syn: its first.
  ///   - source: whence that came, and where to, by the numbers of the addresses.
  /// - Returns: whether it is kept. Nothing of others need be told.
  mutating func begin(
    _ attempt: UInt32, _ syn: Segment, source: UInt32, destination: UInt32
  ) -> Bool {
    let number = UInt32(truncatingIfNeeded: total)
    total += 1
    countSecond(syn.time.nanoseconds)
    let samples = sample.samples(ofNext: number, port: syn.source.port)
    guard !samples.isEmpty || total <= firstKept else { return false }
    let service = Service(address: destination, port: syn.destination.port)
    ofAttempt[attempt] = add(syn, from: source, to: service, number, samples)
    return true
  }

  private mutating func countSecond(_ time: Int64) {
    if time >= second.end || time < second.end - Self.second {
      if second.attempts > 0 { countedSeconds?.append(second) }
      // The last second of all time has no end.
      let (end, isBeyond) = (time / Self.second + 1).multipliedReportingOverflow(by: Self.second)
      second = (isBeyond ? .max : end, 0)
    }
    second.attempts += 1
    busiestSecond = max(busiestSecond, second.attempts)
  }

  private static let second: Int64 = 1_000_000_000

  /// From here on, others are to be told how many attempts came in each second.
  mutating func keepCountingSeconds() { countedSeconds = [] }

  /// Takes the seconds that were counted since the last time, the one that goes on among them.
  mutating func takeSeconds() -> [(end: Int64, attempts: Int)] {
    var seconds = countedSeconds ?? []
    if second.attempts > 0 { seconds.append(second) }
    second.attempts = 0
    countedSeconds = []
    return seconds
  }

  /// - Returns: nil of one that cannot be kept.
  private mutating func add(
    _ syn: Segment, from source: UInt32, to service: Service, _ number: UInt32,
    _ samples: Arrival.Notes
  ) -> UInt32? {
    guard let source = position(ofSource: source), let service = position(of: service)
    else {
      omitted += 1
      return nil
    }
    if sourceCaptures[Int(source)].last != syn.capture {
      noteCapture(syn.capture, of: Int(source))
    }
    if arrivals.count >= limit { thin() }
    var notes = samples
    if syn.options.hasTimestamps { notes.insert(.hasTimestamp) }
    arrivals.append(
      Arrival(
        time: syn.time, isn: syn.sequence, timestampValue: syn.options.timestampValue,
        port: syn.source.port, source: source, service: service, notes: notes, number: number))
    return UInt32(arrivals.count - 1)
  }

  /// Makes room: halves the larger sample, or both, until a quarter of the log is free.
  @inline(never)
  private mutating func thin() {
    var sizes = (ofAttempts: arrivals.count, ofPorts: arrivals.count, all: arrivals.count)
    while sizes.all > limit - max(1, limit / 4),
      sample.halve(isOfAttempts: sizes.ofAttempts >= sizes.ofPorts)
    {
      sizes = mark()
    }
    removeOthers()
  }

  /// Marks which attempts are of which sample.
  ///
  /// - Returns: how many are of each, and how many are kept.
  private mutating func mark() -> (ofAttempts: Int, ofPorts: Int, all: Int) {
    var sizes = (ofAttempts: 0, ofPorts: 0, all: 0)
    for position in arrivals.indices {
      let samples = sample.samples(of: arrivals[position].number, port: arrivals[position].port)
      arrivals[position].mark(samples)
      if samples.contains(.ofAttempts) { sizes.ofAttempts += 1 }
      if samples.contains(.ofPorts) { sizes.ofPorts += 1 }
      if isKept(arrivals[position]) { sizes.all += 1 }
    }
    return sizes
  }

  /// Makes both samples smaller.
  ///
  /// - Parameter smaller: a part of the present ones.
  /// - Returns: how many attempts are of each.
  mutating func thin(to smaller: ArrivalSample) -> (ofAttempts: Int, ofPorts: Int) {
    sample = smaller
    let sizes = mark()
    removeOthers()
    return (sizes.ofAttempts, sizes.ofPorts)
  }

  /// Whether no attempt is left out.
  var isWhole: Bool { sample.isComplete || total <= firstKept }

  /// How many attempts are kept as samples, but not for being the first.
  var sampled: Int { arrivals.count - min(total - omitted, firstKept) }

  private func isKept(_ arrival: Arrival) -> Bool {
    !arrival.notes.isDisjoint(with: [.ofAttempts, .ofPorts]) || arrival.number < firstKept
  }

  private mutating func removeOthers() {
    var places = [UInt32?](repeating: nil, count: arrivals.count)
    var count = 0
    for position in arrivals.indices where isKept(arrivals[position]) {
      places[position] = UInt32(count)
      arrivals[count] = arrivals[position]
      count += 1
    }
    arrivals.removeLast(arrivals.count - count)
    ofAttempt = ofAttempt.compactMapValues { places[Int($0)] }
    ofRecord = ofRecord.compactMapValues { places[Int($0)] }
  }

  /// The last one stands last, so that it is found at once when it comes again.
  private mutating func noteCapture(_ capture: UInt32, of source: Int) {
    if let known = sourceCaptures[source].firstIndex(of: capture) {
      sourceCaptures[source].swapAt(known, sourceCaptures[source].count - 1)
    } else {
      sourceCaptures[source].append(capture)
    }
  }

  /// An attempt got a connection on a tuple.
  ///
  /// - Parameters:
  ///   - time: that of the SYN that was accepted.
  ///   - source: whence that came.
  /// - Returns: whether it is among those that are kept.
  mutating func connect(
    _ attempt: UInt32, record: Int, at time: Timestamp, source: (address: UInt32, port: UInt16)
  ) -> Bool {
    let position = ofAttempt[attempt]
    ofRecord[UInt32(record)] = position
    guard let position else { return false }
    if let number = self.position(ofSource: source.address) {
      arrivals[Int(position)].accept(at: time, source: number, port: source.port)
    }
    return true
  }

  /// An attempt sent another SYN after one that hit and was not let in.
  ///
  /// - Parameters:
  ///   - wait: between the two, in nanoseconds.
  ///   - number: which of the attempt's SYNs the first of the two is, from zero.
  mutating func noteWait(_ wait: Int64, afterSyn number: Int) {
    let place = min(number, waits.count - 1)
    if waits[place].count < Self.keptWaits { waits[place].append(wait) }
  }

  /// An attempt hit, for the first time.
  ///
  /// - Parameter isLogged: whether it was kept when it began.
  mutating func hit(_ attempt: UInt32, isLogged: Bool) {
    hits += 1
    guard isLogged, let position = ofAttempt[attempt] else { return }
    arrivals[Int(position)].notes.insert(.hit)
  }

  /// A tuple's connection is over, or will be followed no further.
  ///
  /// - Parameter lateAt: when the last segment for the server came after both ends were done.
  mutating func end(
    record: Int, _ server: EndpointStateMachine, startedAt: Timestamp, lateAt: Timestamp?,
    closedAt: Timestamp?, client: Party
  ) {
    guard let position = ofRecord.removeValue(forKey: UInt32(record)) else { return }
    var arrival = arrivals[Int(position)]
    arrival.nextExpected = server.nextExpected
    arrival.timestampRecent = server.timestampRecent
    if server.hasTimestampRecent { arrival.notes.insert(.leavesTimestamp) }
    if server.state == .timeWait {
      arrival.notes.insert(.leavesTimeWait)
      let late = lateAt?.nanoseconds(since: server.heldSince) ?? 0
      lateness.add(max(0, late))
    }
    if client.isKnown {
      arrival.client = client.address
      arrival.clientPort = client.port
    }
    if let closedAt {
      arrival.notes.insert(.closed)
      arrival.duration = UInt32(
        clamping: max(0, closedAt.nanoseconds(since: startedAt)) >> 10)
    }
    arrivals[Int(position)] = arrival
  }

  // MARK: - Tables

  mutating func position(ofSource address: UInt32) -> UInt16? {
    // Load balancers have few addresses, and to look at them all takes less time than to hash one.
    if sources.count <= Self.few {
      if let known = sources.firstIndex(of: address) { return UInt16(known) }
    } else if let known = sourcePositions[address] {
      return known
    }
    return addSource(address)
  }

  private static let few = 16

  @inline(never)
  private mutating func addSource(_ address: UInt32) -> UInt16? {
    guard sources.count < Int(UInt16.max) else { return nil }
    sourcePositions[address] = UInt16(sources.count)
    sources.append(address)
    sourceCaptures.append([])
    return UInt16(sources.count - 1)
  }

  mutating func position(of service: Service) -> UInt16? {
    if let lastService, lastService.service == service { return lastService.position }
    guard let position = servicePositions[service] ?? add(service) else { return nil }
    lastService = (service, position)
    return position
  }

  private mutating func add(_ service: Service) -> UInt16? {
    guard services.count < Int(UInt16.max) else { return nil }
    services.append(service)
    servicePositions[service] = UInt16(services.count - 1)
    return UInt16(services.count - 1)
  }

  /// The same with every service so many times: one for each load balancer that has ports of its own
  /// toward it.
  func withServices(times count: Int) -> ArrivalLog {
    guard count > 1 else { return self }
    var log = self
    log.services = Array(repeating: services, count: count).flatMap(\.self)
    return log
  }
}
