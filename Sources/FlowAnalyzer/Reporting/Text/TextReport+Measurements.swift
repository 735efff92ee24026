extension TextReport {
  /// What the captures prove about the server and the load balancer, beside what was assumed.
  mutating func writeMeasurements() {
    canvas.heading("SERVER AND LOAD BALANCER")
    var table = TextTable(.left, .left)
    table.row("TIME_WAIT", timeWaitLine)
    table.row("server", serverLine)
    table.row("load balancer", loadBalancerLine)
    canvas.table(table)
  }

  private var timeWaitLine: StyledText {
    let timeWait = report.analysis.timeWait
    let measured = timeWait.measured
    var line: StyledText =
      "assumed \(Quantity.setting(timeWait.assumedSeconds)) (\(Self.origin(timeWait.source)))"
    switch (measured.atLeastSeconds, measured.lessThanSeconds) {
    case (nil, nil): line += "; not measured: no SYN came at a time that could tell"
    case (let alive?, nil): line += "; one was alive at \(Quantity.duration(alive)), none seen to end"
    case (nil, let gone?): line += "; one was gone at \(Quantity.duration(gone))"
    case (let alive?, let gone?):
      line += "; one was alive at \(Quantity.duration(alive)), one gone at \(Quantity.duration(gone))"
    }
    if let warning = timeWait.warning { line += "; \("warning:", .warning) \(warning)" }
    return line
  }

  private var serverLine: StyledText {
    let server = report.analysis.server
    let stack = StackProfile(rawValue: server.stack)?.plainName ?? server.stack
    let resets =
      switch server.rfc1337 {
      case "on": "a RST does not end its TIME_WAIT (rfc1337 on, \(Self.origin(server.rfc1337Source)))"
      case "off": "a RST ends its TIME_WAIT (rfc1337 off, \(Self.origin(server.rfc1337Source)))"
      case "mixed": "servers differ in whether a RST ends TIME_WAIT (rfc1337)"
      default: "whether a RST ends its TIME_WAIT (rfc1337) did not show"
      }
    return "\(stack) (\(Self.origin(server.stackSource))); \(resets)"
  }

  private var loadBalancerLine: StyledText {
    let hold = report.analysis.lbHold
    switch (hold.atLeastSeconds, hold.atMostSeconds) {
    case (nil, nil): return "gave no port away again after a connection had ended"
    case (let kept?, nil): return "kept a port for at least \(Quantity.duration(kept)) after its end"
    case (nil, let given?):
      return "gave a port away again \(Quantity.duration(given)) after its connection had ended"
    case (let kept?, let given?):
      return
        "gave a port away again \(Quantity.duration(given)) after its connection had ended, and kept another for at least \(Quantity.duration(kept))"
    }
  }

  private static func origin(_ source: String) -> String {
    switch source {
    case "option": "as you said"
    case "evidence", "measured": "its answers show it"
    case "config": "configured"
    default: "by default"
    }
  }
}

extension StackProfile {
  /// As its makers write it.
  var plainName: String {
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
