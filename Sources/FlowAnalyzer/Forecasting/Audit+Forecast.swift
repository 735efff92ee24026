extension Audit {
  /// From here on attempts are kept for a forecast.
  mutating func logArrivals(for options: ForecastOptions) {
    tracker.arrivals = ArrivalLog(limit: options.maximumArrivals)
  }

  /// Makes the forecast of a report, which the audit is done with: its tuples are gone afterwards.
  mutating func forecast(
    _ options: ForecastOptions, _ configuration: AnalyzerConfiguration,
    into report: inout AnalysisReport
  ) {
    let log = tracker.arrivals ?? ArrivalLog(limit: 0)
    tracker.releaseTuples()
    report.forecast(from: log, tracker.addresses, options, configuration)
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
    let server = RecordedServer(
      timeWait: configuration.assumedTimeWait, stack: configuration.serverStack ?? .linux,
      ignoresResets: analysis.server.rfc1337 == "on")
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
