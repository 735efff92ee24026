extension ReportProse {
  /// What the captures prove about the server and the load balancer, beside what was assumed.
  package var measurements: TextTable {
    var table = TextTable(.left, .left)
    table.row("TIME_WAIT length", timeWaitLine)
    table.row("server", serverLine)
    table.row("load balancer", loadBalancerLine)
    table.row("TIME_WAITs", StyledText(timeWaits))
    table.row("held at the end", StyledText(heldAtEnd))
    return table
  }

  private var timeWaitLine: StyledText {
    let timeWait = report.analysis.timeWait
    let measured = timeWait.measured
    let assumed = Quantity.setting(timeWait.assumedSeconds)
    var line: StyledText = "taken to last \(assumed) (\(Self.origin(timeWait.source)))"
    switch (measured.atLeastSeconds, measured.lessThanSeconds) {
    case (nil, nil): line += "; no SYN came at a time that could tell"
    case (let alive?, nil): line += "; one was alive at \(Quantity.duration(alive))"
    case (nil, let gone?): line += "; one was gone at \(Quantity.duration(gone))"
    case (let alive?, let gone?):
      line += "; one was alive at \(Quantity.duration(alive))"
      line += ", one gone at \(Quantity.duration(gone))"
    }
    if let warning = timeWait.warning { line += "; \("warning:", .warning) \(warning)" }
    return line
  }

  private var serverLine: StyledText {
    let server = report.analysis.server
    let stack = StackProfile(rawValue: server.stack)?.plainName ?? server.stack
    let source = Self.origin(server.rfc1337Source)
    let resets =
      switch server.rfc1337 {
      case "on": "a RST does not end its TIME_WAIT (rfc1337 on, \(source))"
      case "off": "a RST ends its TIME_WAIT (rfc1337 off, \(source))"
      case "mixed": "servers differ in whether a RST ends TIME_WAIT (rfc1337)"
      default: "whether a RST ends its TIME_WAIT (rfc1337) did not show"
      }
    return "\(stack) (\(Self.origin(server.stackSource))); \(resets)"
  }

  private var loadBalancerLine: StyledText {
    let hold = report.analysis.lbHold
    var facts: [String] = []
    if let given = hold.atMostSeconds {
      facts.append(
        "gave a port away again \(Quantity.duration(given)) after its connection had ended")
    }
    if let kept = hold.atLeastSeconds {
      facts.append("kept one for at least \(Quantity.duration(kept))")
    }
    for named in hold.named {
      let stated =
        "\(named.balancer.rawValue) holds them for \(Quantity.setting(named.holdSeconds))"
      facts.append(named.isContradicted ? stated + ", which this one did not" : stated)
    }
    return StyledText(
      facts.isEmpty
        ? "gave no port away again after an orderly close" : facts.joined(separator: "; "))
  }

  private var timeWaits: String {
    let counts = report.summary.timeWaits
    var parts = [
      "\(Quantity.count(counts.server)) entered at the server",
      "\(Quantity.count(counts.peer)) at its peer", "\(Quantity.count(counts.both)) at both",
    ]
    if counts.serverFinWait2 > 0 {
      parts.append("\(Quantity.count(counts.serverFinWait2)) left in FIN_WAIT_2 at the server")
    }
    return parts.joined(separator: ", ")
  }

  private var heldAtEnd: String {
    let held = report.heldAtEnd
    return "\(Quantity.count(held.timeWait)) in TIME_WAIT, \(Quantity.count(held.established)) "
      + "established, \(Quantity.count(held.closing)) closing"
  }

  private static func origin(_ source: String) -> String {
    switch source {
    case "option": "as given"
    case "stack": "as that stack does"
    case "evidence", "measured": "from its answers"
    case "config": "as configured"
    default: "default"
    }
  }
}

extension StackProfile {
  /// As its makers write it.
  package var plainName: String {
    switch self {
    case .linux: "Linux"
    case .freebsd: "FreeBSD"
    case .macos: "macOS"
    case .windows: "Windows"
    case .illumos: "illumos"
    case .rfc9293: "RFC 9293"
    }
  }
}
