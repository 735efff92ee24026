/// What a forecast replays: every attempt of the server side, when it came, how long its connection
/// lasted, and what it left behind at the server.
///
/// Attempts are numbered by what they are kept under elsewhere (`AttemptTable`, tuple records), in
/// columns beside those tables, so that an analysis without a log pays nothing for it.
struct ArrivalLog {
  struct Arrival: BitwiseCopyable {
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
    fileprivate(set) var acceptance: UInt32 = 0
    fileprivate(set) var duration: UInt32 = 0
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

    /// In nanoseconds; of one that was not closed, to the end of time.
    var lifetime: Int64 { notes.contains(.closed) ? Int64(duration) << 10 : Self.endless }
    static let endless = Int64.max / 4
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

  /// How many attempts are kept: the first ones.
  let limit: Int
  private(set) var arrivals: [Arrival] = []
  /// Attempts beyond the limit, or of more services or sources than can be numbered.
  private(set) var omitted = 0
  /// Addresses from which attempts came, by their numbers.
  private(set) var sources: [UInt32] = []
  private(set) var services: [Service] = []
  /// The captures that show attempts of each source.
  private(set) var sourceCaptures: [[UInt32]] = []
  private var sourcePositions: [UInt32: UInt16] = [:]
  private var servicePositions: [Service: UInt16] = [:]
  /// The last service that was looked up: most often the next one, too.
  private var lastService: (service: Service, position: UInt16)?
  /// How long attempts waited after SYNs that were not let in, in nanoseconds: after the first SYN, the
  /// second, the third and any later one.
  private(set) var waits: [[Int64]] = [[], [], []]
  private static let keptWaits = 4096
  /// How late after the close the last segment of a connection came that left a TIME_WAIT.
  private(set) var lateness = LatenessHistogram()
  /// The arrival of each attempt that may still change, by the attempt's number; and that of the
  /// connection of each tuple.
  private var ofAttempt: [UInt32] = []
  private var ofRecord: [UInt32] = []

  private static let none = UInt32.max

  /// A log that is full before it spans so many nanoseconds is of no use.
  private let leastSpan: Int64
  /// It is, and keeps nothing more.
  private(set) var isUseless = false

  init(limit: Int, leastSpan: Int64 = 0) {
    self.limit = limit
    self.leastSpan = leastSpan
  }

  /// From the first arrival to the last, in nanoseconds.
  var span: Int64 {
    guard let first = arrivals.first, let last = arrivals.last else { return 0 }
    return max(0, last.time.nanoseconds(since: first.time))
  }

  /// A log of attempts toward one service from one address.
  init(_ arrivals: [Arrival]) {
    limit = arrivals.count
    leastSpan = 0
    self.arrivals = arrivals
    sources = [0]
    sourceCaptures = [[0]]
    services = [Service(address: 0, port: 80)]
  }

  /// An attempt began.
  mutating func begin(_ attempt: UInt32, _ exchange: Exchange) {
    guard arrivals.count < limit, let position = add(exchange) else {
      omitted += 1
      isUseless = span < leastSpan
      Self.set(&ofAttempt, Int(attempt), Self.none)
      return
    }
    Self.set(&ofAttempt, Int(attempt), position)
  }

  private mutating func add(_ exchange: Exchange) -> UInt32? {
    let service = Service(address: exchange.destination, port: exchange.destinationPort)
    guard let source = position(ofSource: exchange.source), let service = position(of: service)
    else { return nil }
    if sourceCaptures[Int(source)].last != exchange.capture {
      noteCapture(exchange.capture, of: Int(source))
    }
    arrivals.append(
      Arrival(
        time: exchange.time, isn: exchange.sequence,
        timestampValue: exchange.options.timestampValue,
        port: exchange.sourcePort, source: source, service: service,
        notes: exchange.options.hasTimestamps ? .hasTimestamp : []))
    return UInt32(arrivals.count - 1)
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
  mutating func connect(
    _ attempt: UInt32, record: Int, at time: Timestamp, source: (address: UInt32, port: UInt16)
  ) {
    let position = Self.get(ofAttempt, Int(attempt))
    Self.set(&ofRecord, record, position)
    guard position != Self.none, let number = self.position(ofSource: source.address)
    else { return }
    arrivals[Int(position)].accept(at: time, source: number, port: source.port)
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

  /// An attempt hit.
  mutating func hit(_ attempt: UInt32) {
    let arrival = Self.get(ofAttempt, Int(attempt))
    if arrival != Self.none { arrivals[Int(arrival)].notes.insert(.hit) }
  }

  /// A tuple's connection is over, or will be followed no further.
  mutating func end(
    record: Int, _ connection: Connection, closedAt: Timestamp?, client: Party
  ) {
    let position = Self.get(ofRecord, record)
    guard position != Self.none else { return }
    ofRecord[record] = Self.none
    let server = connection.responder
    var arrival = arrivals[Int(position)]
    arrival.nextExpected = server.nextExpected
    arrival.timestampRecent = server.timestampRecent
    if server.hasTimestampRecent { arrival.notes.insert(.leavesTimestamp) }
    if server.state == .timeWait {
      arrival.notes.insert(.leavesTimeWait)
      let late = connection.lateOriginatorSegmentAt?.nanoseconds(since: server.heldSince) ?? 0
      lateness.add(max(0, late))
    }
    if client.isKnown {
      arrival.client = client.address
      arrival.clientPort = client.port
    }
    if let closedAt {
      arrival.notes.insert(.closed)
      arrival.duration = UInt32(
        clamping: max(0, closedAt.nanoseconds(since: connection.startedAt)) >> 10)
    }
    arrivals[Int(position)] = arrival
  }

  // MARK: - Tables

  private mutating func position(ofSource address: UInt32) -> UInt16? {
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

  private mutating func position(of service: Service) -> UInt16? {
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

  private static func get(_ column: [UInt32], _ position: Int) -> UInt32 {
    position < column.count ? column[position] : none
  }

  /// What is to be none and was never noted needs no place: a log that is full grows no further.
  private static func set(_ column: inout [UInt32], _ position: Int, _ value: UInt32) {
    if position >= column.count {
      guard value != none else { return }
      while column.count <= position { column.append(none) }
    }
    column[position] = value
  }
}
