/// What helps, with the row that says how much.
extension Forecaster {
  /// A measure counts as help from here on: a tenth of the delayed attempts is left.
  private static let goodEnough = 0.1
  /// With fewer attempts than this nothing is recommended.
  static let fewestAttempts = 20

  func forecast(
    rows: [Forecast.Row], isInconclusive: Bool, links: [Forecast.LinkSpread] = [],
    balancers: [Forecast.Balancer] = []
  ) -> Forecast {
    let likeliest = model.likeliest
    let evidence = model.evidence
    let basis = basis(rows[0], isInconclusive: isInconclusive)
    return Forecast(
      isBrief: options.isBrief, basis: basis,
      loadBalancer: .init(
        choice: model.choice, isInferred: model.isInferred, addresses: model.addresses,
        portsPerAddress: model.ports, holdSeconds: Seconds(nanoseconds: likeliest.hold),
        leak: likeliest.leak, evicts: likeliest.evicts, numbersRise: world.hasMonotonicNumbers,
        evidence: .init(
          choices: evidence.choices, followingNumbers: evidence.following,
          knownClientPorts: evidence.known, preservedPorts: evidence.preserved,
          reuses: evidence.reuses, meanRank: evidence.meanRank,
          searchLikelihood: model.searchEvidence)),
      balancers: balancers, rate: entries.rate, rows: rows, lateSegments: lateSegments,
      links: links,
      recommendations: basis.grade == .inconclusive ? [] : recommendations(rows))
  }

  private func basis(_ recorded: Forecast.Row, isInconclusive: Bool) -> Forecast.Basis {
    let ofAttempts = log.arrivals.filter { $0.notes.contains(.ofAttempts) }
    let hit = log.hits
    let span = log.span
    var limits: [Forecast.Basis.Limit] = []
    if log.total > 0, span < world.timeWait {
      limits.append(.shorterThanTimeWait)
    } else if log.total > 0, span < 3 * world.timeWait {
      limits.append(.shorterThanThreeTimeWaits)
    }
    if log.total < 100 { limits.append(.fewAttempts) }
    if hit > 0, Double(hit) < 10 * weight { limits.append(.fewHits) }
    if log.total > 0, !model.isInferred { limits.append(.choiceUnknown) }
    if log.omitted > 0 { limits.append(.attemptsOmitted) }
    if isInconclusive { limits.append(.inconclusive) }
    if differs(recorded.attemptsHit.median, from: hit)
      || recordedDelayed.map({ differs(recorded.delayed.median, from: $0) }) == true
    {
      limits.append(.replayDiffers)
    }
    return Forecast.Basis(
      attempts: log.total, attemptsReplayed: replayed, attemptsOmitted: log.omitted,
      attemptsHit: hit, attemptsDelayed: recordedDelayed,
      timeWaits: ofAttempts.count { $0.notes.contains(.leavesTimeWait) } * log.total
        / max(ofAttempts.count, 1),
      spanSeconds: Seconds(nanoseconds: span), seed: seed,
      grade: isInconclusive || log.total < Self.fewestAttempts
        ? .inconclusive : limits.isEmpty ? .full : .limited,
      limits: limits)
  }

  /// Whether chance alone does not explain that so many were replayed of so many recorded ones.
  private func differs(_ replayed: Double, from recorded: Int) -> Bool {
    let recorded = Double(recorded)
    return abs(replayed - recorded)
      > max(0.3 * recorded, 4 * (max(recorded, 1) * weight).squareRoot())
  }

  private var lateSegments: Forecast.LateSegments {
    Forecast.LateSegments(
      connections: log.lateness.total,
      p50Seconds: Seconds(nanoseconds: log.lateness.percentile(0.5)),
      p99Seconds: Seconds(nanoseconds: log.lateness.percentile(0.99)),
      p999Seconds: Seconds(nanoseconds: log.lateness.percentile(0.999)),
      maximumSeconds: Seconds(nanoseconds: log.lateness.maximum))
  }

  /// Of each measure the smallest change that is good enough, or else the best one, in the order of what is
  /// left; what refuses connections instead is none.
  private func recommendations(_ rows: [Forecast.Row]) -> [Forecast.Recommendation] {
    let before = rows[0].delayed.median
    guard before > 0 else { return [] }
    var found: [Forecast.Recommendation] = []
    func consider(
      _ measure: Forecast.Recommendation.Measure, _ isOfMeasure: (Forecast.Row) -> Bool
    ) {
      let candidates = rows.indices.filter { index in
        !rows[index].isRecorded && isOfMeasure(rows[index])
          && rows[index].refused.high <= rows[0].refused.high
          // What chance alone may bring about is no help.
          && rows[index].delayed.median < rows[0].delayed.low
      }
      let enough = candidates.first { rows[$0].delayed.median <= Self.goodEnough * before }
      let best = candidates.min { rows[$0].delayed.median < rows[$1].delayed.median }
      guard let row = enough ?? best else { return }
      found.append(.init(measure: measure, value: rows[row].value, row: row))
    }
    consider(.addAddresses) { $0.group == .addresses && $0.value > Double(model.addresses) }
    consider(.addPorts) { $0.group == .ports && $0.value > Double(model.ports) }
    consider(.holdPorts) {
      $0.group == .hold && $0.value * 1_000_000_000 > Double(model.likeliest.hold)
    }
    consider(.changeChoice) { $0.group == .choice }
    consider(.closeFromClient) { $0.group == .clientCloses }
    consider(.pool) { $0.group == .pooling }
    consider(.monotonicNumbers) { $0.group == .monotonicNumbers }
    if world.stack != .linux {
      consider(.shortenTimeWait) {
        $0.group == .timeWait && $0.value * 1_000_000_000 < Double(world.timeWait)
      }
    }
    return found.sorted { one, other in
      let (left, right) = (rows[one.row].delayed.median, rows[other.row].delayed.median)
      return left != right ? left < right : one.measure.cost < other.measure.cost
    }
  }
}

extension Forecast.Recommendation.Measure {
  /// What is easier to do comes first where the effect is the same.
  fileprivate var cost: Int {
    switch self {
    case .holdPorts: 0
    case .addPorts: 1
    case .addAddresses: 2
    case .changeChoice: 3
    case .pool: 4
    case .closeFromClient: 5
    case .monotonicNumbers: 6
    case .shortenTimeWait: 7
    }
  }
}
