import Glibc
import HeapModule

/// How long the load balancer keeps a port back after its connection, by maximum likelihood.
///
/// The model: a port is chosen among those that have been free for the hold or longer, and each of those
/// is as likely; but a share of choices, the leak, takes one that is still held. Where no port is free, one
/// that is held must be taken.
struct HoldEstimate {
  struct Candidate {
    /// In nanoseconds.
    var hold: Int64
    /// Of the choices with free and with held ports to choose from: how many, and how many of them took
    /// one that was held.
    var choices: Int
    var leaks: Int
    /// Choices of a held port where no other was free.
    var evictions: Int
    var logLikelihood: Double
    /// Among all candidates, by likelihood; they sum up to one.
    var weight = 0.0
  }

  private(set) var candidates: [Candidate]
  let best: Candidate

  /// From no hold at all to the longest of the known devices (reference, section 2), in milliseconds.
  private static let holds: [Int64] = [
    0, 10, 30, 100, 200, 300, 500, 700, 900, 950, 1000, 1050, 1100, 1200, 1500, 2000, 3000, 5000,
    7000,
    10_000, 15_000, 16_000, 20_000, 30_000, 40_000, 60_000, 65_000, 120_000, 240_000,
  ]

  /// - Parameter size: how many ports there are in all.
  init?(_ history: PortHistory, size: Int) {
    guard !history.choices.isEmpty else { return nil }
    candidates = Self.holds.map { Self.judge(history, size: size, hold: $0 * 1_000_000) }
    guard let best = candidates.max(by: { $0.logLikelihood < $1.logLikelihood }) else { return nil }
    self.best = best
    var sum = 0.0
    for index in candidates.indices {
      candidates[index].weight = exp(candidates[index].logLikelihood - best.logLikelihood)
      sum += candidates[index].weight
    }
    for index in candidates.indices { candidates[index].weight /= sum }
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

  private static func judge(_ history: PortHistory, size: Int, hold: Int64) -> Candidate {
    // The end of each port's last connection; before the first, long ago.
    var ends = [Int64](repeating: .min / 2, count: history.ports.count)
    // Ports whose connections end, and whose holds end, at a time that lies ahead.
    var inUse = Heap<Due>()
    var held = Heap<Due>()
    var (usedCount, heldCount) = (0, 0)
    var result = Candidate(hold: hold, choices: 0, leaks: 0, evictions: 0, logLikelihood: 0)

    for choice in history.choices {
      while let due = inUse.min, due.time <= choice.time {
        inUse.removeMin()
        guard ends[Int(due.port)] == due.end else { continue }
        usedCount -= 1
        heldCount += 1
        held.insert(Due(time: due.end &+ hold, port: due.port, end: due.end))
      }
      while let due = held.min, due.time <= choice.time {
        held.removeMin()
        if ends[Int(due.port)] == due.end { heldCount -= 1 }
      }
      let port = Int(choice.port)
      let free = size - usedCount - heldCount
      if ends[port] > choice.time {
        // It was in use, as far as is known: nothing can be learnt.
        usedCount -= 1
      } else if choice.time - ends[port] >= hold {
        if heldCount > 0 { result.choices += 1 }
        result.logLikelihood -= log(Double(max(free, 1)))
      } else {
        result.logLikelihood -= log(Double(heldCount))
        if free > 0 {
          result.choices += 1
          result.leaks += 1
        } else {
          result.evictions += 1
        }
        heldCount -= 1
      }
      ends[port] = choice.end
      usedCount += 1
      inUse.insert(Due(time: choice.end, port: choice.port, end: choice.end))
    }
    let leak = Self.leak(result)
    result.logLikelihood +=
      Double(result.leaks) * log(leak) + Double(result.choices - result.leaks) * log(1 - leak)
    return result
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

  static func leak(_ candidate: Candidate) -> Double {
    (Double(candidate.leaks) + 0.5) / (Double(candidate.choices) + 1)
  }
}
