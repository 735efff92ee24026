import Glibc
import HeapModule

/// How long the load balancer keeps a port back after its connection, by maximum likelihood.
///
/// The model of `init`: a port is chosen among those that have been free for the hold or longer, and each of
/// those is as likely; but a share of choices, the leak, takes one that is still held. Where no port is
/// free, one that is held must be taken. `PortSearch` has a model of its own.
struct HoldEstimate {
  struct Candidate {
    /// In nanoseconds.
    var hold: Int64
    /// The share of the choices with free and with held ports to choose from that took one that was held.
    var leak = 0.0
    /// Held ports are given away where no other is free.
    var evicts = false
    var logLikelihood = 0.0
    /// Among all candidates, by likelihood; they sum up to one.
    var weight = 0.0
  }

  private(set) var candidates: [Candidate]
  let best: Candidate

  /// From no hold at all to the longest of the known devices (reference, section 2), in milliseconds.
  static let holds: [Int64] = [
    0, 10, 30, 100, 200, 300, 500, 700, 900, 950, 1000, 1050, 1100, 1200, 1500, 2000, 3000, 5000,
    7000,
    10_000, 15_000, 16_000, 20_000, 30_000, 40_000, 60_000, 65_000, 120_000, 240_000,
  ].map { $0 * 1_000_000 }

  /// - Parameters:
  ///   - size: how many ports there are to choose from, of those that the history looks at.
  ///   - isSplit: that many of each address, which is chosen before.
  init?(_ history: PortHistory, size: Int, isSplit: Bool) {
    guard !history.choices.isEmpty else { return nil }
    self.init(
      Self.holds.map { Self.judge(history, size: size, isSplit: isSplit, hold: $0) })
  }

  init?(_ found: [Candidate]) {
    candidates = found
    guard let best = candidates.max(by: { $0.logLikelihood < $1.logLikelihood }) else { return nil }
    self.best = best
    var sum = 0.0
    for index in candidates.indices {
      candidates[index].weight = exp(candidates[index].logLikelihood - best.logLikelihood)
      sum += candidates[index].weight
    }
    for index in candidates.indices { candidates[index].weight /= sum }
  }

  /// Ports are taken in turn, and rest until then: all holds that none of them contradicts are as likely, and
  /// the shortest is the best guess.
  mutating func forgetOrder() {
    let possible = candidates.filter { $0.leak == 0 && !$0.evicts }
    guard let shortest = possible.first else { return }
    self = HoldEstimate(
      possible.map { candidate in
        var candidate = candidate
        candidate.logLikelihood = 0
        candidate.weight = 1 / Double(possible.count)
        return candidate
      }, best: shortest)
  }

  private init(_ candidates: [Candidate], best: Candidate) {
    (self.candidates, self.best) = (candidates, best)
  }

  /// One of the candidates, each as often as it is likely.
  func draw(_ random: inout SeededRandom) -> Candidate {
    var rest = random.share()
    for candidate in candidates {
      rest -= candidate.weight
      if rest < 0 { return candidate }
    }
    return best
  }

  private static func judge(
    _ history: PortHistory, size: Int, isSplit: Bool, hold: Int64
  ) -> Candidate {
    let pools = history.ports.map { isSplit ? Int($0.source) : 0 }
    // The end of each port's last connection; before the first, long ago.
    var ends = [Int64](repeating: .min / 2, count: history.ports.count)
    // Ports whose connections end, and whose holds end, at a time that lies ahead.
    var inUse = Heap<Due>()
    var held = Heap<Due>()
    var counts = [(used: Int, held: Int)](
      repeating: (0, 0), count: (pools.max() ?? 0) + 1)
    var logLikelihood = 0.0
    // Choices with free and with held ports to choose from; those that took a held one; and those that had to.
    var (choices, leaks, evictions) = (0, 0, 0)

    for choice in history.choices {
      while let due = inUse.min, due.time <= choice.time {
        inUse.removeMin()
        guard ends[Int(due.port)] == due.end else { continue }
        counts[pools[Int(due.port)]].used -= 1
        counts[pools[Int(due.port)]].held += 1
        held.insert(Due(time: due.end &+ hold, port: due.port, end: due.end))
      }
      while let due = held.min, due.time <= choice.time {
        held.removeMin()
        if ends[Int(due.port)] == due.end { counts[pools[Int(due.port)]].held -= 1 }
      }
      let port = Int(choice.port)
      let pool = pools[port]
      let free = size - counts[pool].used - counts[pool].held
      if ends[port] > choice.time {
        // It was in use, as far as is known: nothing can be learnt.
        counts[pool].used -= 1
      } else if choice.time - ends[port] >= hold {
        if counts[pool].held > 0 { choices += 1 }
        logLikelihood -= log(Double(max(free, 1)))
      } else {
        logLikelihood -= log(Double(counts[pool].held))
        if free > 0 {
          choices += 1
          leaks += 1
        } else {
          evictions += 1
        }
        counts[pool].held -= 1
      }
      ends[port] = choice.end
      counts[pool].used += 1
      inUse.insert(Due(time: choice.end, port: choice.port, end: choice.end))
    }
    let leak = (Double(leaks) + 0.5) / (Double(choices) + 1)
    logLikelihood += Double(leaks) * log(leak) + Double(choices - leaks) * log(1 - leak)
    return Candidate(
      hold: hold, leak: leaks == 0 ? 0 : leak, evicts: evictions > 0,
      logLikelihood: logLikelihood)
  }

  private struct Due: Comparable {
    var time: Int64
    var port: Int32
    /// The end of the connection that this is about.
    var end: Int64

    static func < (one: Due, other: Due) -> Bool {
      (one.time, one.port) < (other.time, other.port)
    }
  }
}
