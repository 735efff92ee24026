import Glibc
import HeapModule

/// How many attempts meet a TIME_WAIT where ports are chosen at random, by formula instead of by chance.
///
/// Only first SYNs are looked at: what those that are rejected do to the tuple, and take when they are sent
/// again, is left to replays.
///
/// Each attempt takes one of the F ports that are free then, so that each of them stays with the
/// probability 1 - 1/F; of those, H are held by the server in the mean, and the attempt meets one of them
/// with the probability H/F. H is kept as a sum over the ports' histories. With a constant rate this tends to
/// the formula of the reference, section 6.3: f (1 - exp(-λ w / (N - λ (D + T_l)))).
struct ExpectedHits {
  /// - Returns: nil where the policy is not one of chance alone, or ports run out.
  static func of(_ traffic: Traffic, in world: World) -> Double? {
    let policy = world.policy
    guard policy.choice == .random, policy.leak == 0, policy.addressing == .together
    else { return nil }
    var services: [UInt16: ExpectedHits] = [:]
    var sum = 0.0
    for item in traffic.items {
      guard
        let hits = services[item.service, default: ExpectedHits(size: policy.size)].take(
          item, hold: policy.hold, timeWait: world.timeWait)
      else { return nil }
      sum += hits
    }
    return sum
  }

  private enum Change { case free, freeAndHeld, heldNoMore }

  private struct Event: Comparable {
    var time: Int64
    var change: Change
    /// `logSurvival` when the port became free.
    var logAtFree = 0.0
    /// Until when the server holds it.
    var heldUntil: Int64 = 0

    static func < (one: Event, other: Event) -> Bool { one.time < other.time }
  }

  private var freePorts: Int
  private var events = Heap<Event>()
  /// The logarithm of the probability that a port is still free that was free at the beginning.
  private var logSurvival = 0.0
  /// The sum over ports that the server holds of 1/survival, when they became free.
  private var heldSum = 0.0
  /// `logSurvival` at the last time when the sum was brought back to 1, so that nothing overflows.
  private var base = 0.0

  private init(size: Int) { freePorts = size }

  private mutating func take(_ item: Traffic.Item, hold: Int64, timeWait: Int64) -> Double? {
    while let event = events.min, event.time <= item.time {
      events.removeMin()
      apply(event)
    }
    guard freePorts > 0 else { return nil }
    let held = exp(logSurvival - base) * heldSum
    let share = min(1, max(0, held / Double(freePorts)))
    logSurvival += log1p(-min(1 / Double(freePorts), 0.999_999))
    if logSurvival - base < -100 { rebase() }
    freePorts -= 1
    let end = item.time.addingReportingOverflow(item.lifetime)
    let freeAt = end.partialValue.addingReportingOverflow(hold)
    if !end.overflow, !freeAt.overflow {
      let heldUntil = end.partialValue &+ timeWait
      let isHeld = item.leavesTimeWait && heldUntil > freeAt.partialValue
      events.insert(
        Event(
          time: freeAt.partialValue, change: isHeld ? .freeAndHeld : .free, heldUntil: heldUntil))
    }
    return share
  }

  private mutating func apply(_ event: Event) {
    switch event.change {
    case .free: freePorts += 1
    case .freeAndHeld:
      freePorts += 1
      heldSum += exp(base - logSurvival)
      events.insert(
        Event(time: event.heldUntil, change: .heldNoMore, logAtFree: logSurvival))
    case .heldNoMore: heldSum = max(0, heldSum - exp(base - event.logAtFree))
    }
  }

  private mutating func rebase() {
    heldSum *= exp(logSurvival - base)
    base = logSurvival
  }
}
