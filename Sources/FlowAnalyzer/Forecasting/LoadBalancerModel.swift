/// The load balancer as the capture shows it: what a forecast takes for granted unless it is asked to
/// change it.
struct LoadBalancerModel {
  /// What was found, or `random` where nothing tells.
  let choice: PortChoice
  let isInferred: Bool
  let evidence: PortEvidence
  /// Of each of the load balancers, where there are several: they are taken to be alike.
  let addresses: Int
  let ports: Int
  let hold: HoldEstimate?
  let addressing: PortPolicy.Addressing
  /// The share of attempts that were let in with a later SYN, on the port of the first.
  let samePort: Double
  /// How much likelier the recorded choices are by nf_nat's search than at random: the decimal logarithm.
  let searchEvidence: Double

  /// The ranges that load balancers come with (reference, section 6.1).
  private static let knownRanges: [ClosedRange<Int>] = [
    1024...65_535, 1025...65_535, 5000...65_535, 32_768...60_999, 1024...64_999, 49_152...65_535,
  ]

  /// - Parameters:
  ///   - balancers: how many load balancers the log shows.
  ///   - choices: how many choices of ports are looked at.
  init(_ log: ArrivalLog, balancers: Int = 1, choices: Int = PortHistory.limit) {
    // Where ports repeat among the first choices, these tell it all.
    let first = PortHistory(first: choices, of: log)
    let history =
      Self.isSeenWhole(first) ? first : PortHistory(throughout: log, limit: choices)
    samePort = Self.samePort(log)
    let evidence = PortEvidence(log, throughout: history)
    self.evidence = evidence
    let all = max(1, Set(history.ports.map(\.source)).count)
    addresses = max(1, (all + balancers / 2) / balancers)
    ports = Self.rangeLength(history, addresses: all)
    // Each address has ports of its own, as far as the recorded choices are concerned.
    let isSplit = all > 1 && (evidence.keepsAddresses || addresses == 1)
    addressing =
      addresses == 1 || !isSplit ? .together : balancers > 1 ? .byClient : .asRecorded
    let size = isSplit ? ports : all * ports
    let looked = Self.isSeenWhole(history) ? history.ports.count / (isSplit ? all : 1) : 0
    var atRandom = HoldEstimate(
      history, size: history.oneIn == 1 ? size : max(looked, size / history.oneIn),
      isSplit: isSplit)
    if evidence.hidesHold { atRandom?.forgetOrder() }
    guard let atRandom, evidence.choice.map({ $0 == .random || $0 == .preserving }) ?? true else {
      (choice, isInferred) = (evidence.choice ?? .random, evidence.choice != nil)
      (hold, searchEvidence) = (atRandom, 0)
      return
    }
    // A search goes from port to port, and shows only where none is left out.
    var best: (choice: PortChoice, hold: HoldEstimate)?
    for choice in evidence.known > 0 ? [PortChoice.probing, .preserving] : [.probing] {
      guard
        let hold = PortSearch.estimate(
          first, ports: ports, addresses: isSplit ? 1 : all,
          isPreserving: choice == .preserving)
      else { continue }
      if hold.best.logLikelihood > best?.hold.best.logLikelihood ?? -.infinity {
        best = (choice, hold)
      }
    }
    let rival = HoldEstimate(first, size: size, isSplit: isSplit) ?? atRandom
    let gain = (best?.hold.best.logLikelihood ?? -.infinity) - rival.best.logLikelihood
    searchEvidence = gain / 2.302_585
    if let best, searchEvidence >= Self.enoughEvidence {
      (choice, isInferred, hold) = (best.choice, true, best.hold)
    } else {
      (choice, isInferred, hold) = (evidence.choice ?? .random, evidence.choice != nil, atRandom)
    }
  }

  /// From here on the search is taken for granted: a hundred times as likely as choice at random.
  private static let enoughEvidence = 2.0

  /// How many ports of each address are used in turn.
  ///
  /// What was seen is all there is where the ports repeat often enough; else the range reaches beyond by the
  /// usual gap between the ports seen, or is one of those that load balancers come with, where that fits.
  private static func rangeLength(_ history: PortHistory, addresses: Int) -> Int {
    let used = Set(history.ports.map(\.port)).sorted().map(Int.init)
    guard let first = used.first, let last = used.last else { return 1 }
    let perAddress = max(1, history.ports.count * history.oneIn / addresses)
    let isSeenWhole = isSeenWhole(history)
    if isSeenWhole, history.oneIn == 1 { return perAddress }
    let gap = max(1, (last - first) / max(1, used.count - 1))
    let reach = (first - 2 * gap)...(last + 2 * gap)
    let fitting = knownRanges.filter { range in
      range.lowerBound <= first && range.upperBound >= last
        && reach.contains(range.lowerBound) && reach.contains(range.upperBound)
    }
    let range =
      fitting.map(\.count).min() ?? min(65_535, last - first + 1 + 2 * (gap - 1))
    // Of a sample that repeats, their number is known but for chance: three standard deviations.
    let doubt = 3 * Double(perAddress) / Double(history.ports.count).squareRoot()
    return isSeenWhole && abs(Double(range - perAddress)) > doubt ? perAddress : range
  }

  /// Zero where most ports were other ones, and the same one came by chance, or where too few tell.
  private static func samePort(_ log: ArrivalLog) -> Double {
    var (same, moved) = (0, 0)
    for arrival in log.arrivals where arrival.wasLetInLater {
      if arrival.acceptedPort == arrival.port, arrival.acceptedSource == arrival.source {
        same += 1
      } else {
        moved += 1
      }
    }
    guard same + moved >= 20, same * 10 >= (same + moved) * 8 else { return 0 }
    return Double(same) / Double(same + moved)
  }

  /// Its ports repeat so often that hardly any was never seen.
  private static func isSeenWhole(_ history: PortHistory) -> Bool {
    history.choices.count >= 3 * history.ports.count
  }

  /// How addresses are chosen where there are more than one now: nf_nat chooses by the client.
  var moreAddresses: PortPolicy.Addressing {
    addressing == .asRecorded || choice == .probing || choice == .preserving ? .byClient : .together
  }

  /// The policy as it was, with a hold that is as likely as the evidence makes it.
  func policy(_ random: inout SeededRandom) -> PortPolicy {
    let candidate = hold?.draw(&random)
    return policy(candidate)
  }

  /// The likeliest one.
  var likeliest: PortPolicy { policy(hold?.best) }

  private func policy(_ candidate: HoldEstimate.Candidate?) -> PortPolicy {
    PortPolicy(
      choice: choice, addresses: addresses, ports: ports, hold: candidate?.hold ?? 0,
      leak: candidate?.leak ?? 0, evicts: candidate?.evicts ?? false, samePort: samePort,
      addressing: addressing)
  }
}
