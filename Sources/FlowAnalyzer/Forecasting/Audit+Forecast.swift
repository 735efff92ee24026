extension Audit {
  /// From here on attempts are kept for a forecast.
  mutating func logArrivals(for options: ForecastOptions) {
    tracker.arrivals = ArrivalLog(limit: options.maximumArrivals)
  }

  /// Makes the forecast of a report, which the audit is done with: its tuples are gone afterwards.
  /// Takes the log of attempts, whose tuples are gone afterwards.
  ///
  /// - Parameters:
  ///   - addresses: what its addresses are numbered by from here on.
  ///   - clients: the same for those of clients.
  mutating func takeLog(
    _ addresses: inout AddressTable, clients: inout AddressTable
  ) -> ArrivalLog {
    var log = tracker.arrivals ?? ArrivalLog(limit: 0)
    tracker.arrivals = nil
    log.renumber(
      address: { addresses.identifier(of: tracker.addresses[$0]) },
      client: { clients.identifier(of: joiner.addresses[$0]) })
    tracker.releaseTuples()
    return log
  }
}

extension AnalysisReport {
  /// Adds what follows from a log of attempts.
  ///
  /// - Parameter addresses: what the log's addresses are numbered by.
  mutating func forecast(
    from log: ArrivalLog, _ addresses: borrowing AddressTable, _ options: ForecastOptions,
    _ configuration: AnalyzerConfiguration
  ) {
    let isInconclusive = coverage.grade == .inconclusive
    forecastAbsence =
      options.isBrief ? Self.absence(log, isInconclusive: isInconclusive) : nil
    guard forecastAbsence == nil else { return }
    var server = RecordedServer(
      timeWait: configuration.assumedTimeWait, stack: configuration.serverStack ?? .linux,
      ignoresResets: analysis.server.rfc1337 == "on")
    server.learn(from: self)
    let points = captures.map(\.point)
    let balancers =
      options.isBrief ? BalancerFinder(one: log) : BalancerFinder(log, points: points)
    let forecaster = Forecaster(
      log, server, options, seed: options.seed, balancers: balancers)
    forecast = forecaster.forecast(
      rows: forecaster.rows(workers: configuration.workers), isInconclusive: isInconclusive,
      // Switches spread by the real addresses.
      links: options.isBrief || configuration.anonymizer != nil
        ? [] : Forecast.LinkSpread.spreads(of: log, addresses: addresses),
      balancers: balancers.models(log, points: points, addresses: addresses))
  }

  /// Why a report has no forecast. A whole one is always made, and says itself how far it goes.
  private static func absence(
    _ log: ArrivalLog, isInconclusive: Bool
  ) -> Forecast.Absence? {
    if log.arrivals.isEmpty { return .noAttempts }
    if isInconclusive { return .inconclusive }
    return log.total < Forecaster.fewestAttempts ? .fewAttempts : nil
  }
}
