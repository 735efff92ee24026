import Testing

@testable import FlowAnalyzer

/// A Linux server, asked by two load balancers that share an address and know nothing of each other: of each SYN
/// it is known what it met and what it got. The report has to say the same.
@Suite("A random server")
struct RandomServerTests {
  /// What else there is beside SYNs, and how it is captured.
  enum Setting: CaseIterable {
    case plain
    /// Keepalives, and RSTs of who is no party to the connection.
    case disturbed
    /// Answers are captured before what they answer, half of them, and there is one load balancer.
    case reordered
    case iPv6
    /// The server is ten milliseconds away from the capture, so that segments cross.
    case distant
  }

  @Test(arguments: Setting.allCases, 1...40 as ClosedRange<UInt64>)
  func `every SYN is judged as it went`(_ setting: Setting, _ seed: UInt64) {
    var traffic = RandomTraffic(seed: seed, setting)
    traffic.run(tuples: 12)
    var audit = Audit(configuration: AnalyzerConfiguration())
    for segment in traffic.segments { _ = audit.observe(segment) }
    audit.finish()
    let report = ReportBuilder(
      configuration: AnalyzerConfiguration(), captures: [], isPartial: false
    ).report(audit.result(AnalyzerConfiguration()))
    var said: [UInt64: String] = [:]
    for hit in report.findings.flatMap(\.hits) {
      said[hit.frame] = "\(hit.held.state.rawValue) \(hit.answer.rawValue)"
    }
    #expect(traffic.truth.count > 80)
    #expect(traffic.truth.values.contains { $0 != nil })
    for (frame, truth) in traffic.truth.sorted(by: { $0.key < $1.key }) {
      #expect(said[frame] == truth, "frame \(frame):\(traffic.surroundings(of: frame))")
    }
    #expect(report.analysis.timeWait.warning == nil)
  }
}

extension RandomServerTests {
  /// Of fifty segments the capture lacks one, and nothing of it says which. What got lost is not known, but
  /// who is said to have been followed has answered so; where a SYN is missing, its answer is another's.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `what was followed is so, also where segments are missing`(_ seed: UInt64) {
    var traffic = RandomTraffic(seed: seed, .disturbed)
    traffic.run(tuples: 12)
    var random = SeededGenerator(seed: seed)
    var audit = Audit(configuration: AnalyzerConfiguration())
    var lost: [Segment] = []
    for segment in traffic.segments {
      if Int.random(in: 0..<50, using: &random) > 0 {
        _ = audit.observe(segment)
      } else {
        lost.append(segment)
      }
    }
    audit.finish()
    let report = ReportBuilder(
      configuration: AnalyzerConfiguration(), captures: [], isPartial: false
    ).report(audit.result(AnalyzerConfiguration()))
    for hit in report.findings.flatMap(\.hits) where hit.held.evidence == .tracked {
      guard hit.answer != .unanswered, hit.answer != .undetermined else { continue }
      let isSYNMissing = lost.contains {
        $0.isOpening && $0.tuple == hit.tuple
          && $0.time.nanoseconds(since: hit.at).magnitude < UInt64(Exchange.patience)
      }
      guard !isSYNMissing else { continue }
      let said = "\(hit.held.state.rawValue) \(hit.answer.rawValue)"
      #expect(
        traffic.truth[hit.frame] == said,
        "lost \(lost.map(\.frame)), frame \(hit.frame):\(traffic.surroundings(of: hit.frame))")
    }
  }
}

/// What the server of some tuples gets and sends, as it is captured beside it.
private struct RandomTraffic {
  /// For each SYN what it hit and what came of it; nil where it hit nothing.
  private(set) var truth: [UInt64: String?] = [:]
  private(set) var segments: [Segment] = []
  private var random: SeededGenerator
  private let setting: RandomServerTests.Setting
  /// Segments with what is known of SYNs, of all tuples.
  private var captured: [(segment: Segment, truth: String??)] = []

  /// From the capture point to the load balancers and back, in nanoseconds.
  private static let roundTrip: Int64 = 1_000_000
  /// From the capture point to the server.
  private var way: Int64 { setting == .distant ? 10_000_000 : 0 }
  private static let second: Int64 = 1_000_000_000
  private static let end: Int64 = 240 * second

  init(seed: UInt64, _ setting: RandomServerTests.Setting) {
    random = SeededGenerator(seed: seed)
    self.setting = setting
  }

  mutating func run(tuples: UInt16) {
    for number in 0..<tuples { run(port: 2000 + number) }
    captured.sort { $0.segment.time < $1.segment.time }
    for (number, one) in captured.enumerated() {
      var segment = one.segment
      segment.frame = UInt64(number + 1)
      segment.digest = UInt64(number + 1)
      segments.append(segment)
      if let truth = one.truth { self.truth[segment.frame] = truth }
    }
  }

  /// What was captured on a frame's tuple around it, for who looks into a failure.
  func surroundings(of frame: UInt64) -> String {
    guard let centre = segments.first(where: { $0.frame == frame }) else { return "" }
    let own = segments.filter {
      ($0.tuple == centre.tuple || $0.tuple.reversed == centre.tuple)
        && $0.time.nanoseconds(since: centre.time).magnitude < UInt64(12 * Self.second)
    }
    return own.reduce(into: "") { text, segment in
      let direction = segment.tuple == centre.tuple ? ">" : "<"
      let time = Double(segment.time.nanoseconds) / 1e9
      text +=
        "\n\(segment.frame) \(time) \(direction) \(segment.flags.rawValue) \(segment.sequence.value)"
        + "(\(segment.payloadLength)) ack \(segment.acknowledgment.value) id \(segment.ipIdentification)"
        + " ts \(segment.options.hasTimestamps ? segment.options.timestampValue : 0)"
    }
  }

  // MARK: - One tuple

  /// A connection, or the attempt of one, of a load balancer.
  private struct Caller {
    var isn: UInt32
    var timestampBase: UInt32?
    var next: UInt32
    var expected: UInt32 = 0
    var echo: UInt32 = 0
    var isConnected = false
    var isOver = false
    var attempts = 0
    var close = Close.none

    func packet(
      _ flags: TCPFlags, _ sequence: UInt32, length: UInt32 = 0, at time: Int64
    ) -> LinuxServer.Packet {
      LinuxServer.Packet(
        flags: flags, sequence: sequence,
        acknowledgment: flags.contains(.ack) ? expected : 0, length: length,
        timestamps: flags.contains(.rst)
          ? nil : timestampBase.map { ($0 &+ UInt32(time / 1_000_000), echo) },
        id: 1)
    }
  }

  private enum Close: CaseIterable {
    case serverFirst, clientFirst, none, onlyClient, onlyServer, serverAborts, clientAborts
  }

  private enum Step {
    case syn
    case hear(LinuxServer.Packet)
    case request, response, clientFIN, serverFIN
    case keepalive, strayRST
  }

  private mutating func run(port: UInt16) {
    var server = LinuxServer(seed: random.next())
    var callers: [Caller] = []
    var agenda: [(time: Int64, caller: Int, step: Step)] = []
    var time = Int64.random(in: 0...Self.second, using: &random)
    // The last connection is over, or left alone, when the next begins.
    while time < Self.end - 20 * Self.second {
      if setting == .disturbed, !callers.isEmpty {
        let step = Bool.random(using: &random) ? Step.keepalive : .strayRST
        agenda.append(
          (time - .random(in: 0...Self.second, using: &random), callers.count - 1, step))
      }
      callers.append(caller())
      agenda.append((time, callers.count - 1, .syn))
      if setting != .reordered, Int.random(in: 0..<4, using: &random) == 0 {
        // The other load balancer gives the port away at the same moment: before the answer, before what
        // answers that, or after all.
        callers.append(caller())
        let gap = Int64(1000) << Int.random(in: 0...15, using: &random)
        agenda.append((time + gap, callers.count - 1, .syn))
      }
      // Around the end of TIME_WAIT nobody knows what a silent SYN has met.
      time += Self.second * (.random(in: 0..<3, using: &random) < 2 ? 1 : 70)
      time += .random(in: 0...20 * Self.second, using: &random)
    }
    while !agenda.isEmpty {
      let first = agenda.indices.min { agenda[$0].time < agenda[$1].time } ?? 0
      let (now, number, step) = agenda.remove(at: first)
      guard !callers[number].isOver else { continue }
      take(step, of: &callers[number], &server, at: now, port: port) { later, step in
        agenda.append((now + later, number, step))
      }
    }
  }

  private mutating func caller() -> Caller {
    let isn = UInt32.random(in: .min ... .max, using: &random)
    var caller = Caller(isn: isn, next: isn)
    if Bool.random(using: &random) {
      caller.timestampBase = .random(in: .min ... .max, using: &random)
    }
    caller.close = Close.allCases.randomElement(using: &random) ?? .none
    return caller
  }

  private mutating func take(
    _ step: Step, of caller: inout Caller, _ server: inout LinuxServer, at now: Int64,
    port: UInt16, then: (Int64, Step) -> Void
  ) {
    switch step {
    case .syn:
      guard !caller.isConnected else { return }
      caller.attempts += 1
      deliver(caller.packet(.syn, caller.isn, at: now), to: &server, at: now, port, then: then)
      if caller.attempts < 3 { then(Self.second << (caller.attempts - 1), .syn) }
    case .hear(let answer):
      guard let (flags, sequence) = hear(answer, &caller, then: then) else { return }
      deliver(caller.packet(flags, sequence, at: now), to: &server, at: now, port, then: then)
    case .request:
      let request = caller.packet([.ack, .psh], caller.next, length: 10, at: now)
      caller.next &+= 10
      deliver(request, to: &server, at: now, port, then: then)
      then(3_000_000, .response)
    case .response where caller.close == .serverAborts:
      guard let packet = server.abort(at: now + way) else { return }
      capture(packet, isFromServer: true, at: now + 2 * way, port)
      then(2 * way + Self.roundTrip, .hear(packet))
    case .response where caller.close == .clientAborts:
      caller.isOver = true
      let packet = caller.packet([.rst, .ack], caller.next, at: now)
      deliver(packet, to: &server, at: now, port, then: then)
    case .response:
      let isLast = caller.close == .serverFirst || caller.close == .onlyServer
      say(20, fin: isLast, &server, port, at: now, then: then)
      if caller.close == .clientFirst || caller.close == .onlyClient {
        then(3_000_000, .clientFIN)
      }
    case .clientFIN:
      let fin = caller.packet([.fin, .ack], caller.next, at: now)
      caller.next &+= 1
      deliver(fin, to: &server, at: now, port, then: then)
      if caller.close == .clientFirst { then(2_000_000, .serverFIN) }
    case .keepalive:
      guard caller.isConnected, server.held(at: now + way) != .synReceived else { return }
      let keepalive = caller.packet(.ack, caller.next &- 1, at: now)
      deliver(keepalive, to: &server, at: now, port, then: then)
    case .strayRST:
      guard caller.isConnected else { return }
      let ahead = UInt32.random(in: 1...1000, using: &random)
      deliver(
        caller.packet(.rst, caller.next &+ ahead, at: now), to: &server, at: now, port, then: then)
    case .serverFIN:
      say(0, fin: true, &server, port, at: now, then: then)
    }
  }

  /// What a load balancer does with a segment that it gets.
  ///
  /// - Returns: what it sends at once, by flags and sequence number.
  private func hear(
    _ answer: LinuxServer.Packet, _ caller: inout Caller, then: (Int64, Step) -> Void
  ) -> (TCPFlags, UInt32)? {
    if answer.flags.contains(.rst) {
      caller.isOver = true
      return nil
    }
    if !caller.isConnected {
      guard answer.flags.contains(.syn), answer.acknowledgment == caller.isn &+ 1 else {
        // RFC 9293, section 3.10.7.3.
        return (.rst, answer.acknowledgment)
      }
      caller.isConnected = true
      caller.next = caller.isn &+ 1
      caller.expected = answer.sequence &+ 1
      caller.echo = answer.timestamps?.value ?? 0
      if answer.timestamps == nil { caller.timestampBase = nil }
      then(1_000_000, .request)
      return (.ack, caller.next)
    }
    guard answer.sequence == caller.expected else { return nil }
    let isFIN = answer.flags.contains(.fin)
    guard answer.length > 0 || isFIN else { return nil }
    caller.expected &+= answer.length &+ (isFIN ? 1 : 0)
    caller.echo = answer.timestamps?.value ?? 0
    if isFIN, caller.close == .serverFirst { then(1_000_000, .clientFIN) }
    return (.ack, caller.next)
  }

  private mutating func say(
    _ length: UInt32, fin: Bool, _ server: inout LinuxServer, _ port: UInt16, at time: Int64,
    then: (Int64, Step) -> Void
  ) {
    let isOrphaned = Bool.random(using: &random)
    guard
      let packet = server.send(length, fin: fin, isOrphaned: isOrphaned, at: time + way)
    else { return }
    capture(packet, isFromServer: true, at: time + 2 * way, port)
    then(2 * way + Self.roundTrip, .hear(packet))
  }

  private mutating func deliver(
    _ packet: LinuxServer.Packet, to server: inout LinuxServer, at time: Int64, _ port: UInt16,
    then: (Int64, Step) -> Void
  ) {
    let held = server.held(at: time + way)
    let answer = server.receive(packet, at: time + way)
    var truth: String??
    if packet.flags == .syn { truth = .some(Self.truth(held, answer)) }
    capture(packet, isFromServer: false, at: time, port, truth)
    guard let answer else { return }
    let isEarly = setting == .reordered && Bool.random(using: &random)
    capture(answer, isFromServer: true, at: isEarly ? time - 5_000 : time + 2 * way + 10_000, port)
    then(2 * way + Self.roundTrip, .hear(answer))
  }

  private static func truth(_ held: LinuxServer.Socket, _ answer: LinuxServer.Packet?) -> String? {
    let name: String
    switch held {
    case .none, .synReceived: return nil
    case .established: name = "established"
    case .closeWait, .lastAck, .finWait2: name = "closing"
    case .timeWait: name = "time-wait"
    }
    guard let answer else { return "\(name) unanswered" }
    if answer.flags.contains(.rst) { return "\(name) reset" }
    return "\(name) \(answer.flags.contains(.syn) ? "accepted" : "rejected")"
  }

  private mutating func capture(
    _ packet: LinuxServer.Packet, isFromServer: Bool, at time: Int64, _ port: UInt16,
    _ truth: String?? = nil
  ) {
    let isIPv6 = setting == .iPv6
    let client = Endpoint(
      address: isIPv6 ? IPAddress(v6High: 0xfd10 << 48, low: 1) : IPAddress(v4: 0x0a0a_0101),
      port: port)
    let server = Endpoint(
      address: isIPv6 ? IPAddress(v6High: 0xfd68 << 48, low: 1) : IPAddress(v4: 0xc0a8_0101),
      port: 80)
    var options = TCPOptions()
    if let (value, echo) = packet.timestamps {
      options.hasTimestamps = true
      options.timestampValue = value
      options.timestampEchoReply = echo
    }
    if packet.flags.contains(.syn) { options.windowScale = LinuxServer.windowScale }
    captured.append(
      (
        Segment(
          time: Timestamp(nanoseconds: time), source: isFromServer ? server : client,
          destination: isFromServer ? client : server,
          sequence: SequenceNumber(packet.sequence),
          acknowledgment: SequenceNumber(packet.acknowledgment), flags: packet.flags,
          window: LinuxServer.window, payloadLength: packet.length, options: options,
          ipIdentification: isIPv6 ? 0 : packet.id, dontFragment: !isIPv6, digest: 0, frame: 0,
          capture: 0,
          point: 0), truth
      ))
  }
}
