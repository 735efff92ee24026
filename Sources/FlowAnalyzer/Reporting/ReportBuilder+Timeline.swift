/// What the report says of how things went over time and over addresses.
extension ReportBuilder {
  static let listedSources = 256

  func timeline(
    _ recorder: TimelineRecorder, _ servers: ServerSummary
  ) -> AnalysisReport.Timeline? {
    guard !recorder.bins.isEmpty else { return nil }
    var held = recorder.values(of: .held)
    if servers.model.rfc1337 == "on" {
      let pastReset = recorder.values(of: .heldPastReset)
      for index in held.indices { held[index] += pastReset[index] }
    }
    return AnalysisReport.Timeline(
      start: Timestamp(nanoseconds: recorder.start),
      stepSeconds: Seconds(nanoseconds: recorder.step), newConnections: recorder.bins.map(\.opened),
      timeWaitHeld: held, hits: recorder.bins.map(\.hits),
      snatPortsInUse: recorder.values(of: .open))
  }

  /// The busiest first.
  func sources(_ list: SourceList) -> [AnalysisReport.SourceAddress] {
    var models: [AnalysisReport.SourceAddress] = []
    for source in list.sources {
      models.append(
        AnalysisReport.SourceAddress(
          ip: source.address, connections: source.connections,
          hits: source.hits, ports: source.ports, firstPort: source.firstPort,
          lastPort: source.lastPort))
    }
    models.sort { one, other in
      one.connections != other.connections
        ? one.connections > other.connections : one.ip < other.ip
    }
    return models
  }
}
