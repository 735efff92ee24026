/// What a forecast says in words: the one source of all formats for people.
package struct ForecastProse: Sendable {
  package let forecast: Forecast
  let timeWait: Seconds
  private let isPartial: Bool
  /// Why no attempt was seen, where there is none.
  private let absence: String
  /// SYNs that met an established or a closing connection, of which the model knows nothing.
  private let hitsBesidesTimeWait: Int

  /// Nil where there is no forecast.
  package init?(_ report: AnalysisReport) {
    guard let forecast = report.forecast, !forecast.rows.isEmpty else { return nil }
    self.forecast = forecast
    timeWait = report.analysis.timeWait.assumedSeconds
    isPartial = report.partial
    absence = ReportProse(report, ranking: 0).absenceOfSyns
    let syns = report.summary.syns
    hitsBesidesTimeWait = syns.established.total + syns.closing.total
  }

  var basis: Forecast.Basis { forecast.basis }
  var recorded: Forecast.Row { forecast.rows[0] }
}

// MARK: - What it rests on

extension ForecastProse {
  package var sum: StyledText {
    let partial = isPartial ? "INTERRUPTED: what was read until then. " : ""
    guard basis.attempts > 0 else {
      return "\(partial, .warning)There is nothing to replay. \(absence)"
    }
    return """
      \(partial, .warning)\(Quantity.count(basis.attempts, "attempt")) of \
      \(Quantity.duration(basis.spanSeconds)), \(sample)replayed; \
      \(Quantity.count(basis.attemptsHit)) met something that the server held, and in the replay of the \
      same world \(recorded.attemptsHit.text, .strong) do.
      """
  }

  /// How many attempts are replayed, where not all are.
  package var sampling: String? {
    guard !sample.isEmpty else { return nil }
    return "Replayed is a sample: \(Quantity.count(basis.attemptsReplayed)) of "
      + "\(Quantity.count(basis.attempts, "attempt"))."
  }

  private var sample: String {
    guard basis.attemptsReplayed < basis.attempts, basis.attemptsReplayed > 0 else { return "" }
    return "a sample of \(Quantity.count(basis.attemptsReplayed)) "
  }

  package var legend: String {
    "Numbers are medians, with the 5th and the 95th percentile of replays in parentheses. The same "
      + "captures and seed (\(basis.seed)) give the same numbers."
  }

  /// Why the forecast is less certain than its intervals say.
  package var limits: [String] { basis.attempts > 0 ? basis.limits.map(explanation) : [] }

  /// Nil where nobody has seen it choose.
  package var loadBalancer: String? {
    guard basis.attempts > 0 else { return nil }
    let balancer = forecast.loadBalancer
    let count = forecast.balancers.count
    let pool =
      "\(Quantity.count(balancer.addresses, "SNAT address", "SNAT addresses")) with "
      + Quantity.count(balancer.portsPerAddress, "port") + (balancer.addresses > 1 ? " each" : "")
    let choice =
      balancer.isInferred
      ? "The load balancer chooses ports \(balancer.choice.adverb)"
      : "Nothing tells how the load balancer chooses ports; random is assumed"
    var hold =
      balancer.hidesHold
      ? "Ports rest until their turn comes, so that it does not show for how long it keeps one back; the "
        + "shortest time that fits is assumed, \(Quantity.duration(balancer.holdSeconds))"
      : balancer.holdSeconds.nanoseconds == 0
        ? "It gives a port away again at once"
        : "It keeps a port back for about \(Quantity.duration(balancer.holdSeconds)) after a close"
    if balancer.evicts {
      hold += ", but gives it away where no other is left"
    } else if balancer.leak >= 0.01 {
      hold += ", but not in \(Int((balancer.leak * 100).rounded())) % of cases"
    }
    let ofEach = count > 1 ? "; each of \(count) load balancers has as many" : ""
    let numbers =
      balancer.numbersRise
      ? " The sequence numbers of its SYNs rise on each tuple, as those of one host do: every SYN that hit "
        + "was let in for that, and so it is in the replay."
      : ""
    return "\(choice)\(evidence), from \(pool)\(ofEach). \(hold).\(numbers)"
  }

  private var evidence: String {
    let balancer = forecast.loadBalancer
    guard balancer.isInferred else { return "" }
    let evidence = balancer.evidence
    switch balancer.choice {
    case .preserving:
      return
        " (\(Quantity.count(evidence.preservedPorts)) of "
        + "\(Quantity.count(evidence.knownClientPorts)) kept the client's)"
    case .sequential:
      return
        " (\(Quantity.count(evidence.followingNumbers)) of \(Quantity.count(evidence.choices)) "
        + "took a number close behind the last)"
    case .hash: return ""
    case .probing:
      return
        " (that is 10^\(Int(evidence.searchLikelihood.rounded())) times as likely as any free port at random)"
    case .random, .leastRecent, .mostRecent:
      return
        " (the mean rank of \(Quantity.count(evidence.reuses, "reused port")) among the free ones is "
        + "\(Int((evidence.meanRank * 100).rounded())) %; 0 % is the longest free, 100 % the last freed)"
    }
  }

  /// The load balancers that the captures show; empty where it is one.
  package var balancers: TextTable {
    var table = TextTable(.left, .right, .left)
    for balancer in forecast.balancers {
      let addresses = balancer.addresses.map { "\($0)" }
      let more = addresses.count - 8
      table.row(
        StyledText(balancer.points.map(\.printable).joined(separator: ", ")),
        StyledText(Quantity.count(balancer.attempts, "attempt")),
        StyledText(
          addresses.prefix(8).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")))
    }
    return table
  }

  private func explanation(_ limit: Forecast.Basis.Limit) -> String {
    let span = Quantity.duration(basis.spanSeconds)
    let long =
      "Capture three TIME_WAITs or more, \(Quantity.duration(timeWait * 3)), for numbers to "
      + "plan with."
    return switch limit {
    case .shorterThanTimeWait:
      "The captures are too short: \(span) are less than one TIME_WAIT (\(Quantity.setting(timeWait))), "
        + "and a longer run holds, and meets, many more tuples. What helps most is a hint; the numbers "
        + "hold for a run as short as this one. \(long)"
    case .shorterThanThreeTimeWaits:
      "The captures are short: \(span) are less than three TIME_WAITs, and in a longer run more tuples "
        + "would be held, and met. \(long)"
    case .fewAttempts:
      "Only \(Quantity.count(basis.attempts, "attempt")) to replay: "
        + (basis.grade == .inconclusive
          ? "that is too little to recommend anything." : "capture for longer.")
    case .fewHits:
      "There are too few hits (\(Quantity.count(basis.attemptsHit))) to tell which measure is best: the "
        + "order is a matter of chance."
    case .choiceUnknown: "Nothing tells how the load balancer chooses ports: random is assumed."
    case .attemptsOmitted:
      "\(Quantity.count(basis.attemptsOmitted, "attempt")) are of more servers or SNAT addresses than can "
        + "be told apart, and left out."
    case .inconclusive: "The captures themselves allow no verdict, and so no recommendation."
    case .replayDiffers:
      "\(caveat): something is at work that this model does not know. Take differences between worlds as a "
        + "hint only."
    }
  }
}

// MARK: - What helps

extension ForecastProse {
  /// That the replay differs, and by how much.
  private var caveat: String {
    "The replay of the recorded world does not give what was recorded (\(difference))"
  }

  /// How the replay of the recorded world and that itself compare.
  private var difference: String {
    func pair(_ recorded: Int, _ replayed: Forecast.Interval, _ what: String) -> String {
      "\(replayed.medianText) for \(Quantity.count(recorded)) attempts \(what)"
    }
    let hit = pair(basis.attemptsHit, recorded.attemptsHit, "hit")
    guard let delayed = basis.attemptsDelayed else { return hit }
    return "\(hit), \(pair(delayed, recorded.delayed, "delayed"))"
  }

  /// What there is to say where the replay of the recorded world delays nobody.
  private var nobodyDelayed: StyledText {
    if hitsBesidesTimeWait > 0 {
      let hits = Quantity.count(hitsBesidesTimeWait, "hit was", "hits were")
      let place =
        forecast.isBrief
        ? "'What helps' above is about them." : "'analyze' says what helps against them."
      return StyledText(
        "The replay delays nobody, but it knows TIME_WAIT alone, and \(hits) on established or closing "
          + "connections. \(place)", .warning)
    }
    if let delayed = basis.attemptsDelayed, delayed > 0 {
      return StyledText(
        "The replay delays nobody, but the captures show "
          + "\(Quantity.count(delayed, "attempt")) that had to wait: it does not know why, and so not "
          + "what helps.", .warning)
    }
    return "In the replay, users notice nothing: there is nothing to mend at this load."
  }

  /// The recommendation, the best measure first.
  package var advice: [StyledText] {
    let before = recorded.delayed
    return forecast.recommendations.map { advice in
      let row = forecast.rows[advice.row]
      return """
        \(sentence(advice), .strong): \(before.text) delayed attempts become \
        \(row.delayed.text, .good). \(advice.measure.price(row, forecast.loadBalancer))
        """
    }
  }

  /// What to do.
  private func sentence(_ advice: Forecast.Recommendation) -> String {
    advice.measure.sentence(forecast.rows[advice.row])
  }

  /// What stands above the recommendation, or in its place.
  package var remark: StyledText? {
    if basis.grade == .inconclusive {
      return StyledText("These captures are not enough to forecast from.", .warning)
    }
    if recorded.delayed.median == 0 { return nobodyDelayed }
    let differs = basis.limits.contains(.replayDiffers)
    if forecast.recommendations.isEmpty {
      let nothing: StyledText = "None of these changes leaves fewer attempts delayed."
      return differs ? nothing + " " + StyledText("\(caveat).", .warning) : nothing
    }
    if differs {
      return StyledText(
        "A hint, not a forecast: \(caveat.prefix(1).lowercased() + caveat.dropFirst()).", .warning)
    }
    if basis.limits.contains(.shorterThanTimeWait) {
      return StyledText(
        "A hint, not a forecast: the captures are too short (\(Quantity.duration(basis.spanSeconds)), "
          + "TIME_WAIT is \(Quantity.setting(timeWait))).", .warning)
    }
    if basis.limits.contains(.fewHits) {
      return StyledText(
        "A hint, not a forecast: there are too few hits (\(Quantity.count(basis.attemptsHit))).",
        .warning)
    }
    return nil
  }

  /// The brief forecast in a line: the best measure.
  package var bestMeasure: StyledText {
    guard let first = forecast.recommendations.first else { return remark ?? "" }
    let row = forecast.rows[first.row]
    let measure = sentence(first)
    let best: StyledText =
      "\(measure.prefix(1).uppercased() + measure.dropFirst(), .strong): of \(recorded.delayed.text) "
      + "delayed attempts \(row.delayed.text, .good) stay."
    guard let remark else { return best }
    return remark + " " + best
  }
}

// MARK: - Worlds

extension ForecastProse {
  package var remarkOnWorlds: String {
    "Each row has replays of its own, so that rows of the same world differ by chance."
  }

  /// How much room there is for intervals.
  package enum Detail: CaseIterable {
    case intervals, intervalsOfHits, medians
  }

  private static func header(_ title: String, _ detail: Detail) -> [StyledText] {
    [
      StyledText(title), detail == .medians ? "hit" : "attempts hit", "delayed", "added", "refused",
      "ports",
    ]
  }

  /// Every world; groups have a title.
  package func worlds(_ detail: Detail = .intervals) -> TextTable {
    var table = TextTable(.left, .right, .right, .right, .right, .right)
    table.rows.append(Self.header("", detail))
    var group: Forecast.Row.Group?
    for row in forecast.rows {
      if row.group != group, row.group != .recorded {
        table.row(StyledText(row.group.title, .heading))
        if row.group == .preset {
          table.rows.append(cells("  this one, as recorded *", recorded, detail))
        }
      }
      group = row.group
      let title =
        (row.group == .recorded ? "" : "  ") + row.title + (row.isRecorded ? " *" : "")
      table.rows.append(cells(title, row, detail))
    }
    return table
  }

  /// The worlds of one group, or of all in the words of `sentence`.
  package func worlds(
    of group: Forecast.Row.Group?, _ detail: Detail = .intervals
  ) -> TextTable {
    var table = TextTable(.left, .right, .right, .right, .right, .right)
    table.header = Self.header(group?.title ?? "world", detail)
    if group == .preset {
      table.rows.append(cells("this one, as recorded", recorded, detail))
    }
    for row in forecast.rows where group == nil || row.group == group {
      let title =
        group == nil ? row.sentence : row.title + (row.isRecorded ? " (as recorded)" : "")
      table.rows.append(cells(title, row, detail))
    }
    return table
  }

  private func cells(_ title: String, _ row: Forecast.Row, _ detail: Detail) -> [StyledText] {
    let delayed = detail == .intervals ? row.delayed.textOrDash : row.delayed.medianOrDash
    let refused = detail == .intervals ? row.refused.textOrDash : row.refused.medianOrDash
    return [
      StyledText(title),
      StyledText(detail == .medians ? row.attemptsHit.medianText : row.attemptsHit.text),
      StyledText(delayed, row.delayed.median > 0 ? .bad : .good),
      StyledText(row.addedText),
      StyledText(refused, row.refused.median > 0 ? .bad : .dim),
      StyledText(row.peakPorts.medianText),
    ]
  }
}

// MARK: - The price of a longer hold

extension ForecastProse {
  /// What each hold asks of the load balancer.
  package var prices: TextTable {
    var table = TextTable(.left, .right, .right, .right, .right)
    table.header = ["held for", "entries at once", "in the long run", "ports", "refused"]
    let held = forecast.rows.filter { $0.group == .hold }
    for row in [recorded] + held {
      guard let entries = row.entries else { continue }
      let hold = row.group == .hold ? row.title : "as recorded"
      table.row(
        StyledText(hold), StyledText(Quantity.count(entries.peak)),
        StyledText(
          forecast.rate.newPerSecond > 0 ? Quantity.count(Int(entries.expected.rounded())) : "-"),
        StyledText(row.peakPorts.medianText),
        StyledText(row.refused.textOrDash, row.refused.median > 0 ? .bad : .dim))
    }
    return table
  }

  package var priceRemarks: [StyledText] {
    let rate = forecast.rate
    let pool = forecast.loadBalancer.addresses * forecast.loadBalancer.portsPerAddress
    let perSecond =
      rate.newPerSecond > 0
      ? "\(Quantity.decimal(rate.newPerSecond)) new connections a second, " : ""
    var remarks: [StyledText] = [
      """
      Entries are the connections that are open or still kept: at once at most, and in the long run by \
      rate x (lifetime + hold), for \(perSecond)\(Quantity.count(rate.peakPerSecond)) in the \
      busiest, which last \(Quantity.duration(rate.meanLifetimeSeconds)) in the mean.
      """
    ]
    let held = forecast.rows.filter { $0.group == .hold }
    let ports = "The pool has \(Quantity.count(pool, "port")) toward one server"
    if let exhausting = held.first(where: { $0.refused.median > 0 }) {
      remarks.append(
        """
        \(ports) and is exhausted from a hold of \(exhausting.title) on: \
        \(exhausting.refused.text, .bad) attempts would be refused.
        """)
    } else if let exhausting = held.first(where: { $0.peakPorts.median >= Double(pool) }) {
      remarks.append(
        """
        \(ports) and is exhausted from a hold of \(exhausting.title) on: then \
        this load balancer gives away ports that it should still hold, and a longer hold helps no more.
        """)
    } else if let longest = held.last {
      remarks.append("\(ports), enough for a hold of \(longest.title) in a run like this.")
    }
    remarks.append(
      """
      Where a template that changes the hold moves a service from L4 to L7 processing, all of these go \
      there: \(perSecond)\(Quantity.count(rate.peakPerSecond)) in the busiest, and as many entries as \
      the table has for the hold.
      """)
    return remarks
  }
}

// MARK: - Risks

extension ForecastProse {
  package var lateSegments: String? {
    let late = forecast.lateSegments
    guard late.connections > 0 else { return nil }
    guard late.maximumSeconds.nanoseconds > 0 else {
      return
        "Of \(Quantity.count(late.connections, "connection")) that left a TIME_WAIT, none had a segment "
        + "after its close: nothing was seen that a shorter one would have let through."
    }
    return
      "Of \(Quantity.count(late.connections, "connection")) that left a TIME_WAIT, half had no segment "
      + "later than \(Quantity.duration(late.p50Seconds)) after the close, 99 % none later than "
      + "\(Quantity.duration(late.p99Seconds)), 99.9 % none later than "
      + "\(Quantity.duration(late.p999Seconds)); the latest came after "
      + "\(Quantity.duration(late.maximumSeconds)). What comes later than TIME_WAIT lasts meets a new "
      + "connection or nobody."
  }

  /// The share of connections on the busiest link of a group, by SNAT addresses.
  package var links: TextTable {
    let addresses = Set(forecast.links.map(\.addresses)).sorted()
    var table = TextTable(.left, .right, .right)
    table.columns += addresses.map { _ in .right }
    table.header =
      ["policy", "links", "even"]
      + addresses.map { StyledText(Quantity.count($0, "address", "addresses")) }
    for policy in LinkPolicy.allCases {
      for count in Set(forecast.links.map(\.links)).sorted() {
        let spreads = forecast.links.filter { $0.policy == policy && $0.links == count }
          .sorted { $0.addresses < $1.addresses }
        guard !spreads.isEmpty else { continue }
        table.rows.append(
          [
            StyledText(policy.rawValue), StyledText("\(count)"),
            StyledText(Quantity.percent(1, of: count)),
          ]
            + spreads.map { spread in
              StyledText(
                Quantity.percent(
                  spread.connections.max() ?? 0, of: spread.connections.reduce(0, +)))
            })
      }
    }
    return table
  }
}

extension Seconds {
  fileprivate static func * (seconds: Seconds, factor: Int64) -> Seconds {
    let (product, overflow) = seconds.nanoseconds.multipliedReportingOverflow(by: factor)
    return Seconds(nanoseconds: overflow ? .max : product)
  }
}
