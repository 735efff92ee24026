extension ReportProse {
  /// The first thing that somebody reads, and for many the last: one sentence, and what it is to
  /// the reader.
  package var headline: (text: String, role: StyledText.Role) {
    if countsTwice {
      return (
        "None: these captures show the same packets under clocks that differ, and what they show "
          + "twice counts twice.", .warning
      )
    }
    if !report.captures.isEmpty, report.captures.allSatisfy({ $0.error != nil && $0.packets == 0 })
    {
      return ("None: no input could be read.", .warning)
    }
    let reasons = report.coverage.reasons
    if isWrongSide {
      return (
        "None: --client and --server seem to be swapped, so that what clients saw was judged in the "
          + "place of what the servers saw.", .warning
      )
    }
    if report.summary.killedConnections > 0, !reasons.contains(.bothSides),
      !reasons.contains(.flagsFiltered)
    {
      return (killedHeadline, .bad)
    }
    if report.coverage.grade == .inconclusive {
      return (
        "None: these captures cannot show whether SYNs hit tuples that the server holds.", .warning
      )
    }
    guard attempts.hit > 0 else {
      return (
        "No SYN hit a tuple that the server still held: "
          + Quantity.count(attempts.total, "connection attempt")
          + (span.map { " in \(Quantity.duration($0))" } ?? "") + ".",
        report.coverage.grade == .full ? .good : .strong
      )
    }
    if !harms.isEmpty { return ("\(hitClause): \(Quantity.list(harms)).", .bad) }
    if total(\.undetermined) > 0 {
      return ("\(hitClause); the captures do not show how all of them ended.", .warning)
    }
    return ("\(hitClause), and the server accepted every one of them: nobody noticed.", .warning)
  }

  /// The captures allow one; killed connections are proof whatever else is missing.
  package var hasVerdict: Bool {
    report.coverage.grade != .inconclusive || headline.role == .bad
  }

  /// Copies that nobody recognised look like hits, and like connections that a hit killed.
  private var countsTwice: Bool { report.coverage.reasons.contains(.clocksDiffer) }

  /// The server side was taken for that of the clients.
  private var isWrongSide: Bool { report.coverage.reasons.contains(.sidesSwapped) }

  private var killedHeadline: String {
    let killed = report.summary.killedConnections
    return killed == 1
      ? "A connection that the server still held open was killed: a SYN for a new one hit its tuple."
      : "\(Quantity.count(killed)) connections that the server still held open were killed: SYNs for "
        + "new ones hit their tuples."
  }

  private var hitClause: String {
    "\(Quantity.count(attempts.hit)) of \(Quantity.count(attempts.total, "connection attempt")) "
      + "(\(Quantity.percent(attempts.hit, of: attempts.total))) hit a tuple that the server still held"
  }

  /// What hits did that somebody could notice, the gravest last.
  private var harms: [String] {
    var harms: [String] = []
    let rejected = total(\.rejected)
    let reset = total(\.reset)
    let unanswered = total(\.unanswered)
    if rejected > 0 { harms.append("\(Quantity.count(rejected, "SYN was", "SYNs were")) rejected") }
    if reset > 0 { harms.append("\(Quantity.count(reset)) answered by a RST") }
    if unanswered > 0 { harms.append("\(Quantity.count(unanswered)) left unanswered") }
    if delayedAttempts > 0 {
      let delay = Quantity.duration(report.summary.addedSeconds.maximum)
      harms.append("\(Quantity.count(delayedAttempts, "attempt")) came up to \(delay) late")
    }
    if attempts.failed > 0 {
      harms.append("\(Quantity.count(attempts.failed)) failed for good")
    }
    return harms
  }

  // MARK: - What it means

  /// The paragraphs that follow the headline.
  package var meaning: [StyledText] {
    var sentences: [StyledText] = []
    if report.partial {
      sentences.append(
        "\("The run was interrupted.", .warning) All that follows is about the packets read until then."
      )
    }
    if countsTwice || isWrongSide { return sentences }
    if report.summary.killedConnections > 0 {
      sentences.append(
        StyledText(
          "The server challenged the SYN with an ACK, the host behind the SNAT address answered that "
            + "ACK with a RST, and the RST ended the old connection. The server's application saw a "
            + "reset out of nowhere; whether a client still used it, this side does not show."
            + " In all, \(hitClause): \(Quantity.list(harms))."))
    }
    if attempts.hit > 0, !report.coverage.reasons.contains(.bothSides) {
      if report.coverage.grade == .inconclusive {
        sentences.append(
          StyledText(
            "What there is points to hits: it looks as if \(hitClause)."))
      } else {
        sentences += cost + cause
      }
    }
    if attempts.hit == 0, report.coverage.grade != .inconclusive { sentences.append(quiet) }
    return sentences
  }

  /// What the hits cost.
  private var cost: [StyledText] {
    var sentences: [String] = []
    if delayedAttempts > 1 {
      sentences.append(
        "In all they waited \(Quantity.duration(report.summary.addedSeconds.total)) for another SYN "
          + "to be sent.")
    }
    if attempts.connected == attempts.hit, !harms.isEmpty {
      sentences.append("Every attempt that was hit connected in the end.")
    } else if attempts.failed > 0 || attempts.undetermined > 0 {
      var ends = ["\(Quantity.count(attempts.connected)) connected"]
      if attempts.failed > 0 { ends.append("\(Quantity.count(attempts.failed)) failed") }
      if attempts.undetermined > 0 {
        ends.append("of \(Quantity.count(attempts.undetermined)) the end was not captured")
      }
      sentences.append("Of those hit, \(Quantity.list(ends)).")
    }
    if harms.isEmpty, total(\.accepted) == syns.hits {
      sentences.append(
        "Every SYN was newer than what it met, so the server let go of it. That holds as long as "
          + "sequence numbers or timestamps only rise behind each SNAT address; with clients of "
          + "differing clocks it becomes chance.")
    }
    return sentences.isEmpty ? [] : [StyledText(sentences.joined(separator: " "))]
  }

  /// Why it happens, as far as the captures show it.
  private var cause: [StyledText] {
    var sentences: [String] = []
    if syns.timeWait.total > 0, let hold = report.analysis.lbHold.atMostSeconds, hold < timeWait {
      sentences.append(
        "The load balancer gave a port away again \(Quantity.duration(hold)) after its connection "
          + "had ended, but the server, which closed first, holds the tuple for "
          + "\(Quantity.setting(timeWait)).")
    }
    if hits(.timestampOlder) > 0 {
      sentences.append(
        "SYNs were refused for timestamps older than the last on their tuple: clients with different "
          + "clocks share a SNAT address.")
    }
    if syns.established.total > 0 {
      let met = Quantity.count(syns.established.total, "SYN")
      sentences.append(
        "\(met) met an established connection: the load balancer had forgotten it (idle timeout, full "
          + "table, failover) while the server still kept it.")
    }
    if syns.closing.total > 0 {
      sentences.append(
        "\(Quantity.count(syns.closing.total, "SYN")) met a connection that was closing: the load "
          + "balancer gave its port away before both sides had finished.")
    }
    return sentences.isEmpty ? [] : [StyledText(sentences.joined(separator: " "))]
  }

  /// What an operator can do, the likeliest first (reference `time-wait.md`, section 6.4); nothing
  /// where there is no verdict.
  package var remedies: [String] {
    guard attempts.hit > 0, report.coverage.grade != .inconclusive, !countsTwice else { return [] }
    var remedies: [String] = []
    if syns.timeWait.total > 0 {
      if report.analysis.server.rfc1337 == "on", total(\.rejected) > 0 {
        remedies.append(
          "turn net.ipv4.tcp_rfc1337 off at the server, as it makes each of these delays longer")
      }
      let hold = (timeWait.nanoseconds + Judge.late) / 1_000_000_000
      if hasPortsToHold(forSeconds: Double(hold)) {
        remedies.append("let the load balancer hold closed ports for \(hold) s")
        remedies.append("give it more SNAT addresses or ports")
      } else {
        remedies.append(
          "give the load balancer more SNAT addresses or ports, as it has too few to hold closed ones "
            + "for \(hold) s")
      }
      remedies.append("keep connections to the server open for longer")
      remedies.append("let the load balancer (or the client) close first")
    }
    if syns.closing.total > 0 {
      remedies.append(
        "let the load balancer keep half-closed connections as long as the server does")
    }
    if syns.established.total > 0 {
      remedies.append(
        "make idle connections time out at the server before they do at the load balancer")
    }
    return remedies
  }

  /// The forecast does not say that a longer hold leaves the load balancer without ports.
  private func hasPortsToHold(forSeconds hold: Double) -> Bool {
    guard let rows = report.forecast?.rows, let recorded = rows.first,
      let held = rows.first(where: { $0.group == .hold && $0.value >= hold })
    else { return true }
    return held.attemptsHit.median < recorded.attemptsHit.low
      && held.refused.high <= recorded.refused.high
  }

  /// What was seen instead of hits.
  private var quiet: StyledText {
    let reuses = syns.reuses.values.reduce(0, +)
    guard reuses > 0 else { return "No tuple was used twice." }
    return StyledText(
      "\(Quantity.count(reuses, "SYN")) reused a tuple that the server no longer held (reasons below)."
    )
  }
}
