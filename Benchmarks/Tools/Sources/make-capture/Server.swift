/// What a Linux server keeps of each tuple after its connection, and how it answers a SYN there
/// (HZ = 250, `tcp_timewait_state_process`).
struct Server {
  enum Answer {
    /// A new connection with a sequence number from the clock.
    case fresh(initialSequence: UInt32)
    /// TIME_WAIT gave way.
    case accepted(initialSequence: UInt32)
    /// An ACK with the old connection's numbers.
    case rejected(sequence: UInt32, acknowledgment: UInt32, echo: UInt32?)
    /// TIME_WAIT answers such segments once in half a second, and had done so before: so soon before that ticks of
    /// any server (up to 10 ms) have none for this one, or not.
    case rateLimited(isCertain: Bool)
  }

  /// How the last connection on a tuple ended.
  enum Remnant: UInt8 {
    case none, timeWait, peersTimeWait, reset
  }

  private struct Tuple {
    /// When TIME_WAIT ends; 0 without one.
    var deadline: UInt64 = 0
    var lastSegment: UInt64 = 0
    var lastRejection: UInt64 = 0
    var nextExpected: UInt32 = 0
    var nextToSend: UInt32 = 0
    var recentTimestamp: UInt32 = 0
    var hasTimestamps = false
    var remnant = Remnant.none
  }

  private var tuples: [Tuple]
  private let key: UInt64
  private var expiries = Queue<(tuple: UInt32, deadline: UInt64)>()
  /// Tuples in TIME_WAIT.
  private(set) var timeWaits = 0

  init(tuples count: Int, key: UInt64) {
    tuples = Array(repeating: Tuple(), count: count)
    self.key = mixed(key)
  }

  /// The answer to a SYN, and what it does to a TIME_WAIT that held the tuple.
  mutating func receiveSYN(
    _ tuple: UInt32, sequence: UInt32, timestamp: UInt32?, at now: UInt64
  ) -> Answer {
    let old = tuples[Int(tuple)]
    guard old.deadline != 0 else { return .fresh(initialSequence: clockSequence(tuple, now)) }

    var timestampAge: Int32 = 0
    if old.hasTimestamps, let timestamp {
      timestampAge = Int32(bitPattern: old.recentTimestamp &- timestamp)
    }
    let isNewer = Int32(bitPattern: old.nextExpected &- sequence) < 0 || timestampAge < 0
    if timestampAge <= 0, isNewer {
      endTimeWait(tuple)
      let initial = old.nextToSend &+ 65_537
      return .accepted(initialSequence: initial == 0 ? 1 : initial)
    }
    // A timestamp from the past (PAWS) restarts TIME_WAIT; a mere sequence number does not.
    if timestampAge > 0 { restartTimer(tuple, at: now) }
    guard old.lastRejection == 0 || now - old.lastRejection >= 500_000_000 else {
      return .rateLimited(isCertain: now - old.lastRejection < 490_000_000)
    }
    tuples[Int(tuple)].lastRejection = now
    return .rejected(
      sequence: old.nextToSend, acknowledgment: old.nextExpected,
      echo: old.hasTimestamps ? old.recentTimestamp : nil)
  }

  /// A RST at the number that TIME_WAIT expects ends it.
  mutating func receiveReset(_ tuple: UInt32, at now: UInt64) {
    endTimeWait(tuple)
    tuples[Int(tuple)].lastSegment = now
    tuples[Int(tuple)].remnant = .reset
  }

  mutating func enterTimeWait(
    _ tuple: UInt32, nextExpected: UInt32, nextToSend: UInt32, timestamp: UInt32?, at now: UInt64
  ) {
    tuples[Int(tuple)] = Tuple(
      lastSegment: now, nextExpected: nextExpected, nextToSend: nextToSend,
      recentTimestamp: timestamp ?? 0, hasTimestamps: timestamp != nil, remnant: .timeWait)
    timeWaits += 1
    restartTimer(tuple, at: now)
  }

  mutating func forget(_ tuple: UInt32, leaving remnant: Remnant, at now: UInt64) {
    tuples[Int(tuple)] = Tuple(lastSegment: now, remnant: remnant)
  }

  /// What an earlier connection left that `snat-audit` still remembers: 130 s are documented.
  func remnant(_ tuple: UInt32, at now: UInt64) -> Remnant {
    let old = tuples[Int(tuple)]
    return now - old.lastSegment < 130_000_000_000 ? old.remnant : .none
  }

  /// The running clock of the server's timestamps, with the offset of the SNAT address.
  func timestamp(_ address: UInt32, at now: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: mixed(key ^ UInt64(address)) &+ now / 1_000_000)
  }

  /// Keyed hash of the tuple plus a clock of 64 ns (`secure_tcp_seq`).
  private func clockSequence(_ tuple: UInt32, _ now: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: mixed(key &+ UInt64(tuple)) &+ now >> 6)
  }

  /// 60 s, and up to 2.048 s more: the timer wheel keeps such long times in steps of 512 jiffies.
  private mutating func restartTimer(_ tuple: UInt32, at now: UInt64) {
    let jiffy: UInt64 = 4_000_000
    let expiry = now / jiffy + 15_000
    let deadline = (((expiry >> 9) + 1) << 9) * jiffy
    tuples[Int(tuple)].deadline = deadline
    expiries.append((tuple, deadline))
  }

  private mutating func endTimeWait(_ tuple: UInt32) {
    guard tuples[Int(tuple)].deadline != 0 else { return }
    tuples[Int(tuple)].deadline = 0
    timeWaits -= 1
  }

  /// Lets TIME_WAITs run out that are due.
  mutating func expire(at now: UInt64) {
    while let next = expiries.first, next.deadline <= now {
      // Restarted or ended since.
      if tuples[Int(next.tuple)].deadline == next.deadline { endTimeWait(next.tuple) }
      expiries.removeFirst()
    }
  }
}
