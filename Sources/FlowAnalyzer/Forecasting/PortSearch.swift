import Glibc

/// How nf_nat looks for a port (`nf_nat_l4proto_unique_tuple` in Linux, net/netfilter/nf_nat_core.c).
///
/// From a port at random upward to the first that is free, so that a port behind many that are in use is
/// chosen more often than others. After 128 ports it starts again elsewhere, for half as many, and so on.
/// From Linux 6.5 on, among the last 32 of each round a port whose connection is over counts as free, too,
/// if the newcomer's sequence number lies beyond those of the connection that left it: a pool of 32 ports
/// or fewer has no other. When a client repeats a SYN that was not let in, the port of the first try is
/// forgotten.
enum PortSearch {
  static let longestRound = 128
  static let shortestRound = 8
  private static let evicting = 32

  /// In a round of `length` ports, from which on those may be taken whose connection is over.
  static func firstEvicting(of length: Int) -> Int { max(0, length - evicting) }

  /// How well the recorded choices fit, for each hold, by maximum likelihood.
  ///
  /// - Parameters:
  ///   - ports: how many each address has.
  ///   - isPreserving: the client's own port is chosen where it is free.
  static func estimate(
    _ history: PortHistory, ports: Int, addresses: Int, isPreserving: Bool
  ) -> HoldEstimate? {
    guard !history.choices.isEmpty else { return nil }
    var observer = Observer(
      history, ports: ports, addresses: addresses, isPreserving: isPreserving)
    return HoldEstimate(
      [true, false].flatMap { evicts in
        HoldEstimate.holds.map { observer.judge(hold: $0, evicts: evicts) }
      })
  }
}

/// Follows the recorded choices and says how likely each was.
private struct Observer {
  private let history: PortHistory
  private let ports: Int
  private let addresses: Int
  private let isPreserving: Bool
  /// The lowest port, and the highest.
  private let range: ClosedRange<UInt16>
  /// Of each port, the one right below it on the same address; -1 where that was never used.
  private let below: [Int]
  private let roundLength: Int
  private var uses: [Use] = []
  private var hold: Int64 = 0
  private var evicts = false

  private struct Use {
    var end = Int64.min / 2
    var forgottenAt = Int64.max
    var leaves = SequenceNumber(0)
    var client: UInt64 = 0
  }

  init(_ history: PortHistory, ports: Int, addresses: Int, isPreserving: Bool) {
    self.history = history
    self.ports = ports
    self.addresses = addresses
    self.isPreserving = isPreserving
    let numbers = history.ports.map(\.port)
    let range = (numbers.min() ?? 0)...(numbers.max() ?? 0)
    self.range = range
    below = history.ports.map { place in
      let port = place.port == range.lowerBound ? range.upperBound : place.port - 1
      return history.number(of: port, at: place.source) ?? -1
    }
    roundLength = min(ports, PortSearch.longestRound)
  }

  mutating func judge(
    hold: Int64, evicts: Bool
  ) -> HoldEstimate.Candidate {
    self.hold = hold
    self.evicts = evicts
    uses = Array(repeating: Use(), count: history.ports.count)
    var logLikelihood = 0.0
    for choice in history.choices {
      let chance =
        (1 - PortChoice.otherwise) * chance(of: choice) + PortChoice.otherwise / Double(ports)
      logLikelihood += log(chance / Double(addresses))
      uses[Int(choice.port)] = Use(
        end: choice.end, forgottenAt: choice.forgottenAt, leaves: choice.leaves,
        client: choice.client)
    }
    return HoldEstimate.Candidate(
      hold: hold, evicts: evicts, logLikelihood: logLikelihood)
  }

  private func chance(of choice: PortHistory.Choice) -> Double {
    let chosen = history.ports[Int(choice.port)]
    if isPreserving, choice.clientPort != 0, range.contains(choice.clientPort) {
      let own = history.number(of: choice.clientPort, at: chosen.source)
      if own.map({ isFree($0, at: choice.time) || isTakenOver($0, by: choice) }) ?? true {
        return chosen.port == choice.clientPort ? 1 : 0
      }
    }
    return Double(starts(leadingTo: choice)) / Double(ports)
  }

  /// From how many ports a first round leads to the chosen one.
  private func starts(leadingTo choice: PortHistory.Choice) -> Int {
    let target = Int(choice.port)
    let isFree = isFree(target, at: choice.time)
    guard isFree || isEvictable(target, for: choice) else { return 0 }
    // The ports right below that are not free; and of those, the ones that cannot be evicted either.
    var (busy, firm) = (0, 0)
    var place = below[target]
    while busy < roundLength - 1, place >= 0, !self.isFree(place, at: choice.time) {
      if firm == busy, !isEvictable(place, for: choice) { firm += 1 }
      busy += 1
      place = below[place]
    }
    guard evicts else { return busy + 1 }
    let first = PortSearch.firstEvicting(of: roundLength)
    let early = isFree ? min(busy + 1, first) : 0
    return early + max(0, min(busy, first + firm) - first + 1)
  }

  /// A client that uses its own port again opens its old connection anew.
  private func isTakenOver(_ port: Int, by choice: PortHistory.Choice) -> Bool {
    uses[port].client == choice.client && uses[port].end <= choice.time
  }

  private func isFree(_ port: Int, at time: Int64) -> Bool {
    time - uses[port].end >= hold || time >= uses[port].forgottenAt
  }

  private func isEvictable(_ port: Int, for choice: PortHistory.Choice) -> Bool {
    evicts && uses[port].end <= choice.time
      && choice.isn.advanced(by: 1).follows(uses[port].leaves)
  }
}
