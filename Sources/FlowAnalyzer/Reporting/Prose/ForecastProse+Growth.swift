extension ForecastProse {
  /// Where the cliff is: from which load on connections are refused or hit, and why; empty where no other load
  /// was tried.
  package var growth: [StyledText] {
    let loads = forecast.rows.filter { $0.group == .load && $0.value > 1 }
    guard !loads.isEmpty, recorded.attempts > 0 else { return [] }
    return [hits(at: loads), ports(at: loads)]
  }

  private func hits(at loads: [Forecast.Row]) -> StyledText {
    let shares = ([recorded] + loads).map(\.shareHit)
    let course = zip(["as recorded"] + loads.map(\.title), shares)
      .map { "\($0) \(Self.percent($1))" }.joined(separator: ", ")
    let said: StyledText = "Share of attempts that are hit: \(course)."
    guard let last = shares.last, last >= 0.01 else {
      return said + " Growth alone brings no hits."
    }
    if let step = shares.indices.dropFirst().first(where: {
      shares[$0] - shares[$0 - 1] >= 0.2 && shares[$0] >= 4 * shares[$0 - 1]
    }) {
      return said + " " + StyledText("The cliff is at \(loads[step - 1].title)", .bad) + ": "
        + cause
    }
    if shares[0] >= (isInTurn ? 0.01 : 0.5) {
      return said + " The recorded load is beyond the cliff: " + cause
    }
    return said + " There is no cliff, but a slope: " + cause
  }

  private var isInTurn: Bool { forecast.loadBalancer.choice.goesInTurn }

  private var cause: StyledText {
    let rest = Quantity.setting(timeWait)
    return isInTurn
      ? "a port's turn comes again before its TIME_WAIT of \(rest) is over."
      : "the more connections there are in \(rest), the more of the free ports are in TIME_WAIT."
  }

  private func ports(at loads: [Forecast.Row]) -> StyledText {
    let pool = Double(forecast.loadBalancer.addresses * forecast.loadBalancer.portsPerAddress)
    let worlds = [recorded] + loads
    let need: StyledText = """
      Toward one server \(recorded.peakPorts.medianText) of \(Quantity.count(Int(pool))) ports are in use or \
      kept back at once as recorded (rate x (lifetime + hold))
      """
    if let row = worlds.first(where: { $0.refused.median > 0 }) {
      return """
        \(need). \("They run out \(at(row))", .bad): \(row.refused.text, .bad) of \
        \(Quantity.count(row.attempts, "attempt")) are refused, and tried again.
        """
    }
    if let row = worlds.first(where: { $0.refused.high > 0 }) {
      return """
        \(need). They run out in some of the replays \(at(row)), and in others not: for how long a port is \
        kept back is not known exactly, and each replay takes another time that fits.
        """
    }
    if let row = worlds.first(where: { $0.peakPorts.median >= pool }) {
      return """
        \(need). \("They run out \(at(row))", .bad): from there on this load balancer gives away ports that \
        it should still hold.
        """
    }
    return
      "\(need), and \(loads.last?.peakPorts.medianText ?? "") \(loads.last.map(at) ?? ""): they do not run out."
  }

  private func at(_ row: Forecast.Row) -> String {
    row.group == .load ? "at \(row.title)" : "already as recorded"
  }

  private static func percent(_ share: Double) -> String {
    share > 0 && share < 0.001 ? "under 0.1 %" : "\(Quantity.decimal(share * 100)) %"
  }
}

extension Forecast.Row {
  fileprivate var shareHit: Double {
    attempts > 0 ? attemptsHit.median / Double(attempts) : 0
  }
}
