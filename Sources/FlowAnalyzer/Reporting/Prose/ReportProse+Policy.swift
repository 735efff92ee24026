// What a policy says, in words.

extension PolicyVerdict {
  /// In one sentence, behind the word for its outcome.
  package var headline: String {
    let broken = rules.count { $0.outcome == .failed }
    switch outcome {
    case .passed:
      return rules.count == 1
        ? "The one rule is kept." : "All \(Quantity.count(rules.count, "rule")) are kept."
    case .failed:
      return "\(Quantity.count(broken)) of \(Quantity.count(rules.count, "rule")) "
        + "\(broken == 1 ? "is" : "are") broken."
    case .inconclusive:
      if rules.isEmpty { return "There is no rule to keep." }
      let incomparable = rules.count { $0.actual == nil }
      guard incomparable > 0, coverage.outcome == .passed else {
        return "The captures do not allow a verdict."
      }
      let which =
        rules.count == 1
        ? "The one rule"
        : "\(Quantity.count(incomparable)) of \(Quantity.count(rules.count, "rule"))"
      return "\(which) cannot be compared with this baseline."
    }
  }

  /// Nobody named a policy.
  package var isStandard: Bool { policy == Policy.standard.origin }

  /// Where the rules come from.
  package var origin: String {
    guard isStandard else { return policy.printable }
    return baseline == nil
      ? "default: no SYN that hits is refused, and no connection killed; choose others with "
        + "--policy FILE"
      : "default: nothing may get worse than in the baseline, except that refused SYNs may rise by 10 %"
  }

  package var coverageText: String {
    let asked =
      required == .inconclusive ? "none asked for" : "at least \(required.rawValue) asked for"
    return "\(coverage.actual.rawValue), \(asked)"
  }

  private var required: Coverage.Grade { coverage.required }
}

extension PolicyVerdict.Outcome {
  package var role: StyledText.Role {
    switch self {
    case .passed: .good
    case .failed: .bad
    case .inconclusive: .warning
    }
  }
}

extension PolicyVerdict.Rule {
  /// `56, at most 0: over by 56`; with the baseline's figure where there is one.
  package var sentence: String {
    guard let actual else {
      return "at most \(text(limit)), but this baseline does not tell which findings are new"
    }
    let before = baseline.map { ", was \(text($0))" } ?? ""
    let over = excess.map { ": over by \(differenceText($0))" } ?? ""
    return "\(text(actual))\(unit(of: actual))\(before), at most \(text(limit))\(over)"
  }

  /// Counts that were made shares to compare captures of different lengths.
  private var isRate: Bool {
    if case .share = limit { measure != .hitShare } else { false }
  }

  private func unit(of amount: Amount) -> String {
    switch amount {
    case .share: isRate ? " per 100 attempts" : " of the attempts"
    case .count, .duration: ""
    }
  }

  private func text(_ amount: Amount) -> String {
    switch amount {
    case .count(let count): Quantity.count(count)
    case .share(let share):
      isRate ? Quantity.decimal(share.value * 100) : Quantity.percent(share.value)
    case .duration(let duration): Quantity.duration(duration)
    }
  }

  private func differenceText(_ amount: Amount) -> String {
    if case .share(let share) = amount, !isRate {
      "\(Quantity.decimal(share.value * 100)) points"
    } else {
      text(amount)
    }
  }
}

extension PolicyVerdict.Comparison {
  /// What was compared, and how the findings went; said of the baseline.
  package var sentence: String {
    guard sameCaptures else {
      return "of other captures, so that rates are compared and no findings"
    }
    guard let newFindings else {
      return "of the same captures, but it does not list all of its findings"
    }
    let gone = goneFindings.map { ", \(Quantity.count($0.total)) gone" } ?? ""
    return "of the same captures; \(Quantity.count(newFindings.total, "finding")) new\(gone)"
  }
}

// MARK: - Where to look

extension ReportProse {
  /// `10.10.1.1:4032 > 192.168.1.1:80, frame 1333 of server.pcap at 13:37:34.332649`.
  ///
  /// - Parameter time: as it is to be shown; in UTC unless given.
  package func place(_ pointer: PolicyVerdict.Pointer, at time: String? = nil) -> String {
    let path =
      report.captures.indices.contains(pointer.capture)
      ? " of \(report.captures[pointer.capture].path.printable)" : ""
    return "\(pointer.tuple), frame \(pointer.frame)\(path) at \(time ?? clock(pointer.at))"
  }

  /// The commands that explain the worst of what broke a policy, each once: what a page has room for.
  package func explainCommands(of check: PolicyVerdict) -> [String] {
    var commands: [String] = []
    for pointer in check.rules.flatMap(\.findings) where commands.count < 10 {
      let command = explainCommand(pointer.id)
      if !commands.contains(command) { commands.append(command) }
    }
    return commands
  }

  /// The command that explains a finding, ready for a shell.
  package func explainCommand(_ id: FindingIdentifier) -> String {
    "snat-audit explain \(id) \(captureArguments)"
  }

  /// The captures, and what was said about them and the server, as they stood on the command line.
  package var captureArguments: String {
    let captures = report.captures
    // The names of captures are told to nobody then.
    var words = report.anonymization == nil ? [] : ["--anonymize", "KEYFILE", "CAPTURES"]
    for role in [CaptureRole.both, .client, .server] where report.anonymization == nil {
      let paths = captures.filter { $0.role == role.rawValue }.map(\.path)
      guard !paths.isEmpty else { continue }
      if role != .both { words.append("--\(role.rawValue)") }
      // What came through a pipe is gone; hundreds of files are a directory for the reader.
      words +=
        paths.count > Self.mostPaths || paths.contains("-") ? ["CAPTURE"] : paths.map(\.shellWord)
    }
    if report.analysis.timeWait.source != "default" {
      words += ["--time-wait", "\(report.analysis.timeWait.assumedSeconds.value)".trimmingZero]
    }
    if report.analysis.server.stackSource == "option" {
      words += ["--server-stack", report.analysis.server.stack]
    }
    if report.analysis.server.rfc1337Source == "option" {
      words += ["--rfc1337", report.analysis.server.rfc1337]
    }
    return (words + selectionArguments).joined(separator: " ")
  }

  private var selectionArguments: [String] {
    guard let selection = report.selection else { return [] }
    var words: [String] = []
    if let filter = selection.filter {
      words += ["--filter", report.anonymization == nil ? filter.shellWord : "EXPRESSION"]
    }
    if let since = selection.since { words += ["--since", "\(since)"] }
    if let until = selection.until { words += ["--until", "\(until)"] }
    return words
  }

  private static var mostPaths: Int { 8 }
}

extension String {
  /// `60` for `60.0`.
  fileprivate var trimmingZero: String { hasSuffix(".0") ? String(dropLast(2)) : self }
}
