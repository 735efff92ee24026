extension TextReport {
  /// The first thing that somebody reads, and for many the last: one sentence, then what it means.
  mutating func writeVerdict() {
    let (headline, role) = headline
    canvas.labelled(StyledText("VERDICT", .heading), StyledText(headline, role), indent: 0, hanging: 9)
    for sentence in meaning {
      canvas.blank()
      canvas.paragraph(sentence, indent: 9)
    }
  }

  private var headline: (String, StyledText.Role) {
    if report.summary.killedConnections > 0 { return (killedHeadline, .bad) }
    if report.coverage.grade == .inconclusive {
      return ("None: these captures cannot show whether SYNs hit tuples that the server holds.", .warning)
    }
    guard attempts.hit > 0 else {
      return (
        "No SYN hit a tuple that the server still held, in "
          + Quantity.count(attempts.total, "connection attempt") + ".", .good
      )
    }
    if !harms.isEmpty { return ("\(hitClause): \(Quantity.list(harms)).", .bad) }
    if total(\.undetermined) > 0 {
      return ("\(hitClause); the captures do not show how all of them ended.", .warning)
    }
    return ("\(hitClause), and the server accepted every one of them: nobody noticed.", .warning)
  }

  private var killedHeadline: String {
    let killed = report.summary.killedConnections
    return killed == 1
      ? "A live connection was killed: a SYN for a new connection hit its tuple."
      : "\(Quantity.count(killed)) live connections were killed: SYNs for new connections hit their "
        + "tuples."
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
    if attempts.failed > 0 {
      harms.append("\(Quantity.count(attempts.failed, "attempt")) failed for good")
    }
    return harms
  }

  // MARK: - What it means

  private var meaning: [StyledText] {
    var sentences: [StyledText] = []
    if report.partial {
      sentences.append(
        "\("The run was interrupted.", .warning) All that follows is about the packets read until then.")
    }
    if report.summary.killedConnections > 0 {
      sentences.append(
        StyledText(
          "The server challenged the SYN with an ACK, the host behind the SNAT address answered that "
            + "ACK with a RST, and the RST ended the connection that was in use. Its owner saw a reset "
            + "out of nowhere."
            + (attempts.hit > 0 ? " In all, \(hitClause)." : "")))
    }
    if attempts.hit > 0 {
      if report.coverage.grade == .inconclusive {
        sentences.append(StyledText("There are signs of hits all the same: \(hitClause)."))
      }
      sentences += cost + cause
    }
    if attempts.hit == 0, report.coverage.grade != .inconclusive { sentences.append(quiet) }
    return sentences
  }

  /// What the hits cost.
  private var cost: [StyledText] {
    let delay = report.summary.addedSeconds
    var sentences: [String] = []
    if delayedAttempts > 0 {
      sentences.append(
        "\(Quantity.count(delayedAttempts)) of the \(Quantity.count(attempts.hit, "attempt")) had to "
          + "send another SYN and came up to \(Quantity.duration(delay.maximum)) late, "
          + "\(Quantity.duration(delay.total)) in all.")
    }
    if attempts.connected == attempts.hit, !harms.isEmpty {
      sentences.append("All of them connected in the end.")
    } else if attempts.failed > 0 || attempts.undetermined > 0 {
      let ends = [
        "\(Quantity.count(attempts.connected)) connected",
        "\(Quantity.count(attempts.failed)) failed",
        attempts.undetermined > 0
          ? "of \(Quantity.count(attempts.undetermined)) the end was not captured" : "",
      ]
      sentences.append("In the end " + Quantity.list(ends.filter { !$0.isEmpty }) + ".")
    }
    if harms.isEmpty, total(\.accepted) == syns.hits {
      sentences.append(
        "Every SYN was newer than what it met, so the server let go. That holds as long as sequence "
          + "numbers or timestamps only rise behind each SNAT address; with clients whose clocks differ "
          + "it becomes chance.")
    }
    return sentences.isEmpty ? [] : [StyledText(sentences.joined(separator: " "))]
  }

  /// Why it happens, as far as the captures show it.
  private var cause: [StyledText] {
    var sentences: [String] = []
    if syns.timeWait.total > 0, let hold = report.analysis.lbHold.atMostSeconds, hold < timeWait {
      sentences.append(
        "The load balancer reused a port as soon as \(Quantity.duration(hold)) after its last "
          + "connection had ended, but a server that closes first holds the tuple in TIME_WAIT for "
          + "\(Quantity.setting(timeWait)).")
    }
    if syns.established.total > 0 {
      sentences.append(
        "\(Quantity.count(syns.established.total, "SYN")) met an established connection: the load "
          + "balancer forgot it (idle timeout, table overflow, failover) while the server still keeps it.")
    }
    if syns.closing.total > 0 {
      sentences.append(
        "\(Quantity.count(syns.closing.total, "SYN")) met a connection that was closing: the load "
          + "balancer gave its port away before both sides had finished.")
    }
    return sentences.isEmpty ? [] : [StyledText(sentences.joined(separator: " "))]
  }

  /// What was seen instead of hits.
  private var quiet: StyledText {
    let reuses = syns.reuses.values.reduce(0, +)
    guard reuses > 0 else { return "No tuple was used twice." }
    return
      "\(Quantity.count(reuses, "SYN")) used a tuple again without meeting anything; the table below says why."
  }
}
