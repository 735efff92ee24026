@testable import FlowAnalyzer

/// One tuple of a Linux server: what it holds on it, and what it answers (reference, sections 1 to 3).
///
/// It knows what no capture tells, and shares nothing with the tracker: each rule is written down once more, as
/// the kernel function named beside it has it.
struct LinuxServer {
  enum Socket { case none, synReceived, established, closeWait, lastAck, finWait2, timeWait }

  /// A segment without addresses. `id` is the IPv4 identification.
  struct Packet {
    var flags: TCPFlags
    var sequence: UInt32
    var acknowledgment: UInt32 = 0
    var length: UInt32 = 0
    var timestamps: (value: UInt32, echo: UInt32)?
    var id: UInt16 = 0
  }

  static let windowScale: UInt8 = 7
  static let window: UInt16 = 501
  /// net.ipv4.tcp_invalid_ratelimit, in nanoseconds.
  private static let limit: Int64 = 500_000_000

  private(set) var socket = Socket.none
  /// RCV.NXT and SND.NXT.
  private var expected: UInt32 = 0
  private(set) var next: UInt32 = 0
  private var opening: UInt32 = 0
  private var recent: UInt32 = 0
  private var hasTimestamps = false
  private var goesAt = Int64.max
  private var answeredAt: Int64?
  /// When TS.Recent was taken.
  private var recentAt: Int64 = 0
  /// Its application has closed for good: in FIN_WAIT_2 a mini-socket stands for it.
  private var isOrphan = false
  private var identification: UInt16
  private let clockBase: UInt32
  private let timestampBase: UInt32
  private var random: SeededGenerator

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    identification = .random(in: 1...30_000, using: &random)
    clockBase = .random(in: .min ... .max, using: &random)
    timestampBase = .random(in: .min ... .max, using: &random)
  }

  /// What a SYN finds that comes now.
  mutating func held(at time: Int64) -> Socket {
    if time >= goesAt { free() }
    return socket
  }

  mutating func receive(_ packet: Packet, at time: Int64) -> Packet? {
    switch held(at: time) {
    case .none where packet.flags.contains(.ack) && !packet.flags.contains(.rst):
      // `tcp_v4_send_reset`
      return Packet(flags: .rst, sequence: packet.acknowledgment)
    case .none: return listen(packet, at: time)
    case .timeWait: return receiveInTimeWait(packet, at: time)
    case .finWait2 where isOrphan: return receiveInFinWait2(packet, at: time)
    case .finWait2: return receiveOpen(packet, at: time)
    case .synReceived: return receiveHalfOpen(packet, at: time)
    case .established, .closeWait, .lastAck: return receiveOpen(packet, at: time)
    }
  }

  // MARK: - What the application does

  /// - Parameter isOrphaned: by its FIN it closes for good, and does not only stop to send.
  mutating func send(
    _ length: UInt32, fin: Bool = false, isOrphaned: Bool = true, at time: Int64
  ) -> Packet? {
    guard socket == .established || socket == .closeWait else { return nil }
    defer { next &+= length &+ (fin ? 1 : 0) }
    if fin { socket = socket == .closeWait ? .lastAck : .finWait2 }
    isOrphan = isOrphaned
    if socket == .finWait2, isOrphan {
      // The application has closed, and the client acknowledges at once: an orphan for 60 s (tcp_fin_timeout).
      answeredAt = nil
      startTimer(at: time)
    }
    var packet = segment(fin ? [.fin, .ack, .psh] : [.ack, .psh], at: time)
    packet.length = length
    return packet
  }

  /// The application gives up (`tcp_send_active_reset`).
  mutating func abort(at time: Int64) -> Packet? {
    guard held(at: time) == .established || socket == .closeWait else { return nil }
    defer { free() }
    return segment([.rst, .ack], at: time)
  }

  // MARK: - What the kernel does

  private mutating func free() {
    socket = .none
    goesAt = .max
    answeredAt = nil
  }

  /// Timers come late by up to a granule of the wheel.
  private mutating func startTimer(at time: Int64) {
    goesAt = time + 60_000_000_000 + .random(in: 0...1_500_000_000, using: &random)
  }

  /// `tcp_conn_request`
  private mutating func listen(
    _ packet: Packet, isn: UInt32? = nil, at time: Int64
  ) -> Packet? {
    guard packet.flags.contains(.syn), !packet.flags.contains(.rst) else { return nil }
    free()
    socket = .synReceived
    opening = packet.sequence
    expected = packet.sequence &+ 1
    next = isn ?? clockBase &+ UInt32(truncatingIfNeeded: time / 64)
    hasTimestamps = packet.timestamps != nil
    recent = packet.timestamps?.value ?? 0
    recentAt = time
    isOrphan = false
    defer { next &+= 1 }
    var answer = segment([.syn, .ack], at: time)
    answer.id = 0
    return answer
  }

  /// `tcp_check_req`
  private mutating func receiveHalfOpen(_ packet: Packet, at time: Int64) -> Packet? {
    if packet.flags.contains(.rst) {
      if packet.sequence == expected { free() }
      return nil
    }
    if packet.flags.contains(.syn) {
      return limited(ack(isSocketless: true, at: time), to: packet, at: time)
    }
    guard packet.acknowledgment == next else { return nil }
    socket = .established
    answeredAt = nil
    return receiveOpen(packet, at: time)
  }

  /// `tcp_validate_incoming`, `tcp_rcv_state_process`
  private mutating func receiveOpen(_ packet: Packet, at time: Int64) -> Packet? {
    let isInWindow =
      packet.sequence &- expected < UInt32(Self.window) << UInt32(Self.windowScale)
    if packet.flags.contains(.rst) {
      // `tcp_reset_check`
      let isBehindFIN =
        (socket == .closeWait || socket == .lastAck) && packet.sequence == expected &- 1
      if packet.sequence == expected || isBehindFIN {
        free()
        return nil
      }
      return isInWindow ? limited(ack(at: time), to: packet, at: time) : nil
    }
    if packet.flags.contains(.syn) { return limited(ack(at: time), to: packet, at: time) }
    guard packet.sequence == expected else {
      return limited(ack(at: time), to: packet, at: time)
    }
    if let value = packet.timestamps?.value {
      recent = value
      recentAt = time
    }
    if socket == .lastAck, packet.acknowledgment == next {
      free()
      return nil
    }
    let isFIN = packet.flags.contains(.fin)
    guard packet.length > 0 || isFIN else { return nil }
    expected &+= packet.length &+ (isFIN ? 1 : 0)
    if isFIN, socket == .established { socket = .closeWait }
    if isFIN, socket == .finWait2 {
      // `tcp_time_wait`
      socket = .timeWait
      answeredAt = nil
      startTimer(at: time)
    }
    return ack(at: time)
  }

  /// `tcp_timewait_state_process`, tw_substate FIN_WAIT_2: a mini-socket.
  private mutating func receiveInFinWait2(_ packet: Packet, at time: Int64) -> Packet? {
    let distance = packet.sequence &- expected
    let isInWindow = distance < UInt32(Self.window) << UInt32(Self.windowScale)
    if isRefusedByPAWS(packet, at: time) || !isInWindow {
      return limited(ack(isSocketless: true, at: time), to: packet, at: time)
    }
    if packet.flags.contains(.rst) {
      free()
      return nil
    }
    if packet.flags.contains(.syn) {
      free()
      return Packet(
        flags: [.rst, .ack], sequence: 0, acknowledgment: packet.sequence &+ 1)
    }
    guard packet.flags.contains(.fin), packet.sequence == expected else { return nil }
    expected &+= packet.length &+ 1
    if let value = packet.timestamps?.value {
      recent = value
      recentAt = time
    }
    socket = .timeWait
    startTimer(at: time)
    return ack(isSocketless: true, at: time)
  }

  /// `tcp_timewait_state_process`
  private mutating func receiveInTimeWait(_ packet: Packet, at time: Int64) -> Packet? {
    let isOlder = isRefusedByPAWS(packet, at: time)
    if packet.sequence == expected, !isOlder,
      packet.flags.contains(.rst) || (packet.length == 0 && packet.flags == .ack)
    {
      if packet.flags.contains(.rst) {
        free()
        return nil
      }
      startTimer(at: time)
      if let value = packet.timestamps?.value {
        recent = value
        recentAt = time
      }
      return nil
    }
    if packet.flags.contains(.rst) { return nil }
    let isSYN = packet.flags.contains(.syn) && !packet.flags.contains(.ack)
    if isSYN, !isOlder, isAfter(packet.sequence, expected) || isNewer(packet) {
      let isn = next &+ 65_537
      return listen(packet, isn: isn == 0 ? 1 : isn, at: time)
    }
    if isOlder || packet.flags.contains(.ack) { startTimer(at: time) }
    return limited(ack(isSocketless: true, at: time), to: packet, at: time)
  }

  /// `tcp_paws_reject`, in whole seconds of the server's clock.
  private func isRefusedByPAWS(_ packet: Packet, at time: Int64) -> Bool {
    guard hasTimestamps, recent != 0, let value = packet.timestamps?.value,
      Int32(bitPattern: recent &- value) > 0
    else { return false }
    let second: Int64 = 1_000_000_000
    return !packet.flags.contains(.rst) || time / second < recentAt / second + 60
  }

  private func isNewer(_ packet: Packet) -> Bool {
    guard hasTimestamps, let value = packet.timestamps?.value else { return false }
    return Int32(bitPattern: recent &- value) < 0
  }

  /// `after()`
  private func isAfter(_ one: UInt32, _ other: UInt32) -> Bool {
    Int32(bitPattern: other &- one) < 0
  }

  /// `tcp_oow_rate_limited`
  private mutating func limited(
    _ answer: Packet, to packet: Packet, at time: Int64
  ) -> Packet? {
    let isData = packet.length > 0 || packet.flags.contains(.fin)
    if isData, !packet.flags.contains(.syn) { return answer }
    if let last = answeredAt, time - last < Self.limit { return nil }
    answeredAt = time
    return answer
  }

  private mutating func ack(isSocketless: Bool = false, at time: Int64) -> Packet {
    var packet = segment(.ack, at: time)
    if isSocketless { packet.id = 0 }
    return packet
  }

  private mutating func segment(_ flags: TCPFlags, at time: Int64) -> Packet {
    identification = identification % 60_000 + 1
    let now = timestampBase &+ UInt32(truncatingIfNeeded: time / 1_000_000)
    return Packet(
      flags: flags, sequence: next, acknowledgment: expected,
      timestamps: hasTimestamps ? (now, recent) : nil, id: identification)
  }
}
