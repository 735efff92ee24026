import ArgumentParser
import FlowAnalyzer

/// Which packets of the captures count.
struct SelectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Analyse only packets that match, as if tcpdump had written no others.",
      discussion: """
        An expression of pcap-filter, as tcpdump takes it. It looks at the outermost headers, as they \
        were captured: 'tcp port 80' matches nothing behind a VLAN tag ('vlan and tcp port 80', or both: \
        'tcp port 80 or (vlan and tcp port 80)') and nothing inside of a tunnel. Names of hosts are \
        looked up. Packets that are kept out are counted as filtered.
        """,
      valueName: "expression"))
  var filter: String?

  @Option(
    help: ArgumentHelp(
      "Analyse only packets from this time on.",
      discussion: """
        Times: 2026-11-24T13:37:30.5Z, or with an offset such as +09:00; without one it is UTC, as in \
        reports. 13:37:30 on the day of the first packet. 1795527450.5, seconds since 1970. +90s (ms, s, \
        m, h) after the first packet. What servers already held at that time is visible only in their \
        answers, so start two minutes earlier. Times are by the clock of reports, that of the first point.
        """,
      valueName: "time"),
    transform: time)
  var since: TimeBound?

  @Option(
    help: ArgumentHelp("Analyse only packets before this time.", valueName: "time"),
    transform: time)
  var until: TimeBound?

  private static func time(_ text: String) throws -> TimeBound {
    guard let time = TimeBound(text) else {
      throw ValidationError(
        "a time is 2026-11-24T13:37:30Z, 13:37:30, seconds since 1970, or +90s after the first packet"
      )
    }
    return time
  }

  func validate() throws {
    do {
      try selection.requireFilter()
    } catch {
      throw ValidationError("--filter: libpcap does not take '\(filter ?? "")': \(error)")
    }
    guard !isEmpty else {
      throw ValidationError("--until: this is not after --since, so that no packet would be left.")
    }
  }

  /// Whether it leaves nothing whatever the captures are.
  private var isEmpty: Bool {
    switch (since, until) {
    case (.instant(let since)?, .instant(let until)?): since >= until
    case (.afterStart(let since)?, .afterStart(let until)?): since >= until
    default: false
    }
  }

  var selection: PacketSelection {
    PacketSelection(filter: filter, since: since, until: until)
  }

  func apply(to configuration: inout AnalyzerConfiguration) { configuration.selection = selection }
}
