/// Clients, a load balancer and a server, one event at a time; each event is a segment.
struct Simulation: ~Copyable {
  private let scenario: Scenario
  private var random: Random
  private var hosts: ClientHosts
  private var balancer: LoadBalancer
  private var server: Server
  private var connections = ConnectionTable()
  private var queue = EventQueue()
  private var attempts = AttemptLog()
  /// Connections that are kept alive and have nothing under way.
  private var idle: [UInt32] = []
  private var idleToOpen: Int
  /// The hot connection, once it is open. It is not in the queue, as its share would be bound by its
  /// round trip: its segments come between the events of others.
  private var hot: UInt32?
  private var serverSide: CaptureWriter
  private var clientSide: ClientSideWriter?
  private var truth = Truth()
  private var now: UInt64 = 0

  init(
    _ scenario: Scenario, serverSide: consuming CaptureWriter,
    clientSide: consuming ClientSideWriter?
  ) {
    self.scenario = scenario
    random = Random(seed: scenario.seed)
    hosts = ClientHosts(
      count: scenario.clientHosts, key: random.next(),
      withoutTimestamps: scenario.withoutTimestamps)
    balancer = LoadBalancer(scenario)
    server = Server(tuples: scenario.tuples, key: random.next())
    idleToOpen = scenario.idle
    self.serverSide = serverSide
    self.clientSide = clientSide
  }

  /// Runs until the server side has all its packets; nil when a file could not be written.
  consuming func run() -> Truth? {
    if scenario.hotTuple > 0 { open(ending: .hot) }
    var nextOpening = random.interval(perSecond: scenario.rate)
    // Those that stay are opened in the first half minute, or a bit later.
    let idleRate = max(100, Double(scenario.idle) / 30)
    var nextIdleOpening = idleToOpen > 0 ? random.interval(perSecond: idleRate) : .max
    var nextRequest: UInt64 = .max
    while serverSide.packets < scenario.packets {
      let nextEvent = queue.nextTime ?? .max
      let next = min(min(nextEvent, nextOpening), min(nextIdleOpening, nextRequest))
      if let hot, random.chance(scenario.hotTuple) {
        now += (next - now) / 2
        proceed(hot)
        continue
      }
      now = next
      if now == nextEvent {
        proceed(queue.removeFirst().connection)
      } else if now == nextRequest {
        request()
        nextRequest = now + random.interval(perSecond: scenario.requestRate)
      } else if now == nextOpening {
        open(ending: ending())
        nextOpening = now + random.interval(perSecond: scenario.rate)
      } else {
        open(ending: .none)
        idleToOpen -= 1
        nextIdleOpening = idleToOpen > 0 ? now + random.interval(perSecond: idleRate) : .max
        if idleToOpen == 0 { nextRequest = now }
      }
    }
    return finish()
  }

  private consuming func finish() -> Truth? {
    truth.serverPackets = serverSide.packets
    truth.seconds = Double(now) / 1e9
    for connection in connections.connections {
      guard let since = connection.silentSince, now - since >= 1_000_000_000 else { continue }
      truth.hits.unanswered += 1
    }
    truth.hits.undetermined =
      truth.hits.total - truth.hits.accepted - truth.hits.rejected - truth.hits.unanswered
    clientSide?.drain(until: .max)
    truth.clientPackets = clientSide?.packets ?? 0
    let result = truth
    let isServerSideWritten = serverSide.finish()
    let isClientSideWritten = clientSide?.finish() ?? true
    return isServerSideWritten && isClientSideWritten ? result : nil
  }

  // MARK: Opening

  private mutating func ending() -> Connection.Ending {
    let draw = random.fraction()
    if draw < scenario.resetByClient { return .clientReset }
    if draw < scenario.resetByClient + scenario.closedByClient { return .clientFirst }
    return random.chance(0.3) ? .serverFirstInSteps : .serverFirst
  }

  private mutating func open(ending: Connection.Ending) {
    let host = random.below(hosts.count)
    let port = hosts.takePort(host)
    let sequence = hosts.initialSequence(host, port: port, at: now)
    let mean = scenario.exchanges
    let number = connections.insert(
      Connection(
        ending: ending, hasTimestamps: hosts.hasTimestamps(host), clientPort: port,
        exchanges: UInt16(mean == 0 ? 0 : 1 + random.below(2 * mean - 1)),
        clientIdentification: UInt16(truncatingIfNeeded: random.next()),
        serverIdentification: UInt16(truncatingIfNeeded: random.next()),
        host: UInt32(host), clientInitialSequence: sequence, clientNext: sequence &+ 1))
    sendSYN(number)
  }

  private mutating func sendSYN(_ number: UInt32) {
    if connections[number].silentSince != nil {
      connections[number].silentSince = nil
      truth.hits.unanswered += 1
    }
    connections[number].syns += 1
    guard let tuple = tuple(for: number) else {
      truth.notForwarded += 1
      emit(number, toServer: [.syn], isForwarded: false)
      waitForAnswer(number)
      return
    }
    truth.syns += 1
    emit(number, toServer: [.syn])
    server.expire(at: now)
    let connection = connections[number]
    switch server.receiveSYN(
      tuple, sequence: connection.clientInitialSequence,
      timestamp: connection.hasTimestamps ? connection.clientTimestamp : nil, at: now)
    {
    case .fresh(let sequence):
      countReuse(of: tuple)
      connections[number].serverNext = sequence
      connections[number].isHitAccepted = false
      answer(number, .synAck)
    case .accepted(let sequence):
      countHit(number)
      connections[number].serverNext = sequence
      connections[number].isHitAccepted = true
      answer(number, .synAck)
    case .rejected(let sequence, let acknowledgment, let echo):
      countHit(number)
      connections[number].serverNext = sequence
      connections[number].clientNext = acknowledgment
      if let echo { connections[number].clientTimestamp = echo }
      connections[number].hasTimestamps = echo != nil
      answer(number, .oldAck)
    case .rateLimited(let isCertain):
      countHit(number)
      if isCertain {
        truth.hits.unanswered += 1
      } else {
        connections[number].silentSince = now
      }
      waitForAnswer(number)
    }
  }

  private mutating func tuple(for number: UInt32) -> UInt32? {
    if let tuple = connections[number].tuple { return tuple }
    guard let tuple = balancer.take(at: now, &random) else { return nil }
    connections[number].tuple = tuple
    let address = tuple / UInt32(scenario.ports)
    if attempts.add(address, connections[number].clientInitialSequence, at: now) {
      truth.attempts += 1
    }
    return tuple
  }

  private mutating func waitForAnswer(_ number: UInt32) {
    let timeout = connections[number].retransmissionTimeout
    schedule(number, connections[number].syns < 7 ? .syn : .givesUp, after: timeout)
  }

  private mutating func countHit(_ number: UInt32) {
    truth.hits.total += 1
    if !connections[number].isHit { truth.attemptsHit += 1 }
    connections[number].isHit = true
  }

  private mutating func countReuse(of tuple: UInt32) {
    switch server.remnant(tuple, at: now) {
    case .timeWait: truth.reuses.expired += 1
    case .peersTimeWait: truth.reuses.otherSide += 1
    case .reset: truth.reuses.reset += 1
    case .none: break
    }
  }

  // MARK: Going on

  private mutating func proceed(_ number: UInt32) {
    let roundTrip = hosts.roundTrip(Int(connections[number].host))
    switch connections[number].phase {
    case .syn:
      sendSYN(number)
    case .givesUp:
      if connections[number].silentSince != nil { truth.hits.unanswered += 1 }
      end(number)
    case .synAck:
      emit(number, toClient: [.syn, .ack])
      if connections[number].isHitAccepted { truth.hits.accepted += 1 }
      schedule(number, .ack, after: roundTrip)
    case .oldAck:
      emit(number, toClient: [.ack])
      truth.hits.rejected += 1
      schedule(number, .resetOfOldAck, after: roundTrip)
    case .resetOfOldAck:
      resetOfOldAck(number)
    case .ack:
      emit(number, toServer: [.ack])
      truth.mostLive = max(truth.mostLive, connections.count + server.timeWaits)
      goOn(number)
    case .request:
      emit(number, toServer: [.psh, .ack], payload: UInt16(200 + random.below(700)))
      schedule(number, .response, after: random.duration(200_000, 5_000_000))
    case .response:
      emit(number, toClient: [.psh, .ack], payload: UInt16(300 + random.below(1_100)))
      schedule(number, .responseAck, after: roundTrip)
    case .responseAck:
      emit(number, toServer: [.ack])
      goOn(number)
    case .upload:
      emit(number, toServer: [.ack], payload: 1_400)
      schedule(number, .ackOfUpload, after: 0)
    case .ackOfUpload:
      emit(number, toClient: [.ack])
      schedule(number, .upload, after: 0)
    default:
      proceedWithClose(number, roundTrip)
    }
  }

  /// The client knows nothing of that connection; its RST, if it comes through, ends the TIME_WAIT.
  /// Its first SYN follows after two jiffies, a later one when its timer runs out.
  private mutating func resetOfOldAck(_ number: UInt32) {
    let isForwarded = !random.chance(scenario.lostResets)
    emit(number, toServer: [.rst], isForwarded: isForwarded)
    if isForwarded, let tuple = connections[number].tuple { server.receiveReset(tuple, at: now) }
    let host = Int(connections[number].host)
    connections[number].hasTimestamps = hosts.hasTimestamps(host)
    connections[number].clientNext = connections[number].clientInitialSequence &+ 1
    if connections[number].syns == 1 {
      schedule(number, .syn, after: random.duration(4_000_000, 12_000_000))
    } else {
      waitForAnswer(number)
    }
  }

  private mutating func goOn(_ number: UInt32) {
    switch connections[number].ending {
    case .none: return idle.append(number)
    case .hot:
      hot = number
      return schedule(number, .upload, after: 0)
    default: break
    }
    if connections[number].exchanges > 0 {
      connections[number].exchanges -= 1
      schedule(number, .request, after: random.duration(50_000, 30_000_000))
      return
    }
    let first: Connection.Phase =
      switch connections[number].ending {
      case .serverFirst, .serverFirstInSteps, .none, .hot: .serverFin
      case .clientFirst: .firstClientFin
      case .clientReset: .clientReset
      }
    schedule(number, first, after: random.duration(30_000, 2_000_000))
  }

  /// A request on any connection that is kept alive.
  private mutating func request() {
    guard !idle.isEmpty else { return }
    idle.swapAt(random.below(idle.count), idle.count - 1)
    connections[idle[idle.count - 1]].phase = .request
    proceed(idle.removeLast())
  }

  // MARK: Closing

  private mutating func proceedWithClose(_ number: UInt32, _ roundTrip: UInt64) {
    guard let tuple = connections[number].tuple else { return }
    switch connections[number].phase {
    case .serverFin:
      emit(number, toClient: [.fin, .ack])
      let isInSteps = connections[number].ending == .serverFirstInSteps
      schedule(number, isInSteps ? .ackOfServerFin : .clientFin, after: roundTrip)
    case .ackOfServerFin:
      emit(number, toServer: [.ack])
      schedule(number, .clientFin, after: random.duration(100_000, 20_000_000))
    case .clientFin:
      emit(number, toServer: [.fin, .ack])
      let connection = connections[number]
      server.expire(at: now)
      server.enterTimeWait(
        tuple, nextExpected: connection.clientNext, nextToSend: connection.serverNext,
        timestamp: connection.hasTimestamps ? connection.clientTimestamp : nil, at: now)
      truth.serverTimeWaits += 1
      answer(number, .ackOfClientFin)
    case .ackOfClientFin:
      emit(number, toClient: [.ack])
      end(number)
    case .firstClientFin:
      emit(number, toServer: [.fin, .ack])
      answer(number, .serverFinAck)
    case .serverFinAck:
      emit(number, toClient: [.fin, .ack])
      truth.clientTimeWaits += 1
      schedule(number, .ackOfServerFinAck, after: roundTrip)
    case .ackOfServerFinAck:
      emit(number, toServer: [.ack])
      server.forget(tuple, leaving: .peersTimeWait, at: now)
      end(number)
    case .clientReset:
      emit(number, toServer: [.rst, .ack])
      server.forget(tuple, leaving: .reset, at: now)
      end(number)
    default:
      preconditionFailure("not a phase of the close")
    }
  }

  private mutating func end(_ number: UInt32) {
    if let tuple = connections[number].tuple { balancer.release(tuple, at: now) }
    connections.remove(number)
  }

  // MARK: Segments and time

  private mutating func schedule(
    _ number: UInt32, _ phase: Connection.Phase, after delay: UInt64
  ) {
    connections[number].phase = phase
    if number != hot { queue.add(number, at: now + delay) }
  }

  /// The server's kernel needs some microseconds.
  private mutating func answer(_ number: UInt32, _ phase: Connection.Phase) {
    schedule(number, phase, after: random.duration(15_000, 60_000))
  }

  private mutating func emit(
    _ number: UInt32, toServer flags: Segment.Flags, payload: UInt16 = 0, isForwarded: Bool = true
  ) {
    var segment = segment(of: connections[number], flags, payload)
    segment.isToServer = true
    let host = Int(connections[number].host)
    if flags == [.syn] {
      segment.sequence = connections[number].clientInitialSequence
      segment.window = 64_240
    } else {
      segment.sequence = connections[number].clientNext
      segment.acknowledgment = connections[number].serverNext
    }
    if flags == [.rst] {
      segment.hasTimestamps = false
      segment.acknowledgment = 0
      segment.window = 0
    } else {
      segment.timestamp = hosts.timestamp(host, at: now)
      segment.echo = flags == [.syn] ? 0 : connections[number].serverTimestamp
      connections[number].clientTimestamp = segment.timestamp
      segment.identification = connections[number].clientIdentification
      connections[number].clientIdentification &+= 1
    }
    if flags != [.syn] { connections[number].clientNext &+= length(flags, payload) }
    write(segment, isForwarded: isForwarded)
  }

  private mutating func emit(
    _ number: UInt32, toClient flags: Segment.Flags, payload: UInt16 = 0
  ) {
    var segment = segment(of: connections[number], flags, payload)
    let address = (connections[number].tuple ?? 0) / UInt32(scenario.ports)
    segment.sequence = connections[number].serverNext
    segment.acknowledgment = connections[number].clientNext
    segment.timestamp = server.timestamp(address, at: now)
    segment.echo = connections[number].clientTimestamp
    if connections[number].phase == .oldAck {
      // From the kernel's control socket, which numbers nothing; RFC 791 allows 0 with DF.
      segment.identification = 0
    } else {
      connections[number].serverTimestamp = segment.timestamp
      segment.identification = connections[number].serverIdentification
      connections[number].serverIdentification &+= 1
    }
    if flags.contains(.syn) { segment.window = 65_160 }
    connections[number].serverNext &+= length(flags, payload)
    write(segment, isForwarded: true)
  }

  private func segment(
    of connection: Connection, _ flags: Segment.Flags, _ payload: UInt16
  ) -> Segment {
    let tuple = connection.tuple ?? 0
    let ports = UInt32(scenario.ports)
    return Segment(
      time: now, isToServer: false, flags: flags, sequence: 0, acknowledgment: 0,
      hasTimestamps: connection.hasTimestamps, payloadLength: payload,
      client: Segment.Endpoint(
        address: Topology.clientAddress(Int(connection.host)), port: connection.clientPort),
      snat: Segment.Endpoint(
        address: Topology.snatAddress(tuple / ports),
        port: Topology.firstPort + UInt16(tuple % ports)))
  }

  private func length(_ flags: Segment.Flags, _ payload: UInt16) -> UInt32 {
    UInt32(payload) + (flags.contains(.syn) ? 1 : 0) + (flags.contains(.fin) ? 1 : 0)
  }

  private mutating func write(_ segment: Segment, isForwarded: Bool) {
    if isForwarded { serverSide.append(segment) }
    clientSide?.append(segment)
  }
}
