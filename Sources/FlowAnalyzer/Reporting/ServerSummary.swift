/// By whose rules a report predicts: what the user said, or what the servers showed.
struct ServerSummary {
  let model: AnalysisReport.Analysis.Server

  init(_ servers: [ServerKnowledge], _ configuration: AnalyzerConfiguration) {
    let isShown = servers.contains(where: \.isLinux)
    let answers = servers.compactMap(\.ignoresResets)
    let shown: String =
      answers.isEmpty ? "unknown" : Set(answers).count > 1 ? "mixed" : answers[0] ? "on" : "off"
    let given = configuration.serverStack?.ignoresResets ?? configuration.rfc1337
    model = AnalysisReport.Analysis.Server(
      stack: (configuration.serverStack ?? .linux).rawValue,
      stackSource: configuration.serverStack != nil ? "option" : isShown ? "evidence" : "default",
      rfc1337: given.map { $0 ? "on" : "off" } ?? shown,
      rfc1337Source: configuration.serverStack?.ignoresResets != nil
        ? "stack" : given != nil ? "option" : answers.isEmpty ? "default" : "evidence")
  }
}

extension TimeWaitMeasurement {
  /// A sentence where the measured bounds contradict what is assumed, or each other.
  func contradiction(of assumed: Int64) -> String? {
    if let atLeast, let lessThan, lessThan < atLeast {
      return "one TIME_WAIT was alive after \(Self.text(atLeast)), another was gone after "
        + "\(Self.text(lessThan)): servers differ, one restarted, or a RST was not captured"
    }
    // Timers come late by a part of their length: for Linux' 60 s that is 5.2 s.
    if let atLeast, atLeast > assumed + min(Judge.late, assumed / 10) {
      return "a TIME_WAIT was still alive after \(Self.text(atLeast)): run again with "
        + "--time-wait \(atLeast / 1_000_000_000 + 1) or more"
    }
    if let lessThan, lessThan < assumed - Judge.early {
      return "a TIME_WAIT was gone after \(Self.text(lessThan)) already: the server may hold it "
        + "for less than \(Self.text(assumed)); see --time-wait"
    }
    return nil
  }

  private static func text(_ nanoseconds: Int64) -> String {
    let tenths = (nanoseconds &+ 50_000_000) / 100_000_000
    return "\(tenths / 10).\(tenths % 10) s"
  }
}
