extension ReportProse {
  /// What the captures leave open, and what to do about it.
  package var gaps: [(finding: String, advice: String)] {
    report.coverage.reasons.map(gap)
  }

  private func gap(_ reason: Coverage.Reason) -> (finding: String, advice: String) {
    let (finding, advice) = reason.explanation
    if let nothingLeft = reason.nothingLeft, let adviceOnSelection {
      return (nothingLeft, adviceOnSelection)
    }
    return reason == .flood ? (finding, advice + unopened) : (finding, advice)
  }

  /// Why there are no SYNs to judge, and what to do about it.
  var absenceOfSyns: String {
    if report.captures.allSatisfy({ $0.error != nil && $0.packets == 0 }) {
      return "No input could be read."
    }
    let reasons: [Coverage.Reason] = [.noPackets, .noTCP, .noSyns, .clientSideOnly]
    guard let reason = reasons.first(where: report.coverage.reasons.contains) else {
      return "No attempt was seen."
    }
    let (finding, advice) = gap(reason)
    return "\(finding) \(advice)"
  }

  /// Why these captures have no finding, as somebody is told who asks for one.
  package var absenceOfFindings: String {
    guard report.coverage.grade == .inconclusive else {
      return
        "no SYN in these captures hit a held tuple, so there is no finding; 'analyze' says what they "
        + "show."
    }
    let reasons = gaps.map { "\($0.finding) \($0.advice)" }.joined(separator: " ")
    return
      "these captures cannot show whether SYNs hit held tuples, so there is no finding. \(reasons)"
  }

  /// Only packets of the clients' side are left of captures of both.
  var isServerSideKeptOut: Bool {
    report.coverage.reasons.contains(.clientSideOnly) && adviceOnSelection != nil
      && report.captures.contains { $0.role != CaptureRole.client.rawValue && $0.packets > 0 }
  }

  /// Where packets were kept out, why nothing may be left: nil where none were.
  private var adviceOnSelection: String? {
    func count(_ reason: DecodeError) -> UInt64 {
      report.captures.reduce(0) { $0 + ($1.skipped[reason.rawValue] ?? 0) }
    }
    let (filtered, early) = (count(.filtered), count(.outsideTime))
    guard filtered + early > 0 else { return nil }
    var sentences: [String] = []
    if filtered > 0 {
      sentences.append(
        "The filter of this run kept \(Quantity.count(filtered, "packet")) out: it must let whole "
          + "connections pass, behind VLAN tags with 'vlan and ...', in tunnels the tunnel itself.")
    }
    if early > 0 {
      sentences.append(
        "\(Quantity.count(early, "packet")) lay outside of the time that was asked for.")
    }
    return sentences.joined(separator: " ")
  }

  /// How many tuples never carried a connection, where they lead to, and what that does to the counts.
  private var unopened: String {
    let tuples = report.summary.unopenedTuples
    guard tuples.syns + tuples.strays > 0 else { return "" }
    var parts: [String] = []
    if tuples.syns > 0 { parts.append("\(Quantity.count(tuples.syns, "tuple")) had SYNs only") }
    if tuples.strays > 0 {
      parts.append("\(Quantity.count(tuples.strays, "tuple")) a single segment of another kind")
    }
    let target = tuples.target.map { ", most of them to \($0)" } ?? ""
    let early =
      tuples.forgottenEarly > 0
      ? " \(Quantity.count(tuples.forgottenEarly)) of them were forgotten early to bound the memory: "
        + "hits are exact all the same, but SYNs that were repeated later count as first uses."
      : ""
    return " \(Quantity.list(parts))\(target).\(early)"
  }

  /// The capture that would answer the question: what to do, and the command; nil where it takes no
  /// further capture.
  package var nextCapture: (instruction: String, command: String)? {
    let reasons = report.coverage.reasons
    // Those at hand have it all.
    let allThere: [Coverage.Reason] = [.clocksDiffer, .bothSides, .sidesSwapped]
    guard !reasons.contains(where: allThere.contains) else { return nil }
    // It is not the capture that lacks them.
    guard adviceOnSelection == nil || !reasons.contains(where: { $0.nothingLeft != nil }) else {
      return nil
    }
    guard report.captures.contains(where: { $0.packets > 0 || $0.error == nil }) else { return nil }
    guard
      report.coverage.grade == .inconclusive
        || attempts.hit == 0 && reasons.contains(.shorterThanTimeWait)
    else { return nil }
    let length = "\(Quantity.setting(Seconds(nanoseconds: 3 * timeWait.nanoseconds))) or longer"
    if report.captures.contains(where: { $0.role == CaptureRole.both.rawValue }) {
      return (
        "To know, run this on the load balancer again, for \(length):",
        "tcpdump -i any -s 256 -w lb.pcap '\(portsToWatch)'"
      )
    }
    let remark =
      reasons.contains(.clientSideOnly) && !report.servicePorts.isEmpty
      ? " (the port is that which clients ask for; the servers' may be another)" : ""
    return (
      "To know, run this on the server, or on the load balancer's interface towards the server, for "
        + "\(length)\(remark):",
      "tcpdump -i INTERFACE -s 256 -w server.pcap '\(portsToWatch)'"
    )
  }

  /// The services, where the captures show them.
  private var portsToWatch: String {
    let ports = report.servicePorts
    guard !ports.isEmpty else { return "tcp port PORT" }
    return ports.map { "tcp port \($0)" }.joined(separator: " or ")
  }

  // MARK: - What was read

  /// What was asked for of the captures, and what is not as they have it: a sentence each.
  package var conditions: [String] {
    var sentences: [String] = []
    if let filter = report.selection?.filter {
      let name = report.anonymization == nil ? "the filter '\(filter.printable)'" : "a filter"
      sentences.append(
        "Only packets that \(name) lets pass. It looks at outermost headers, not behind VLAN tags or "
          + "into tunnels, unless it says so.")
    }
    let bounds = [
      report.selection?.since.map { "from \(Self.instant($0)) on" },
      report.selection?.until.map { "before \(Self.instant($0))" },
    ].compactMap(\.self)
    if !bounds.isEmpty { sentences.append("Only packets \(bounds.joined(separator: " and ")).") }
    if let anonymization = report.anonymization {
      sentences.append(
        "Addresses are encrypted (\(anonymization.method), key \(anonymization.keyFingerprint)); numbers "
          + "stand in the place of names of files and points.")
    }
    return sentences + differencesOfClocks
  }

  private static func instant(_ time: Timestamp) -> String { "\(time.date) \(time.timeOfDay) UTC" }

  /// How many captures are written out.
  private static var mostCaptures: Int { 10 }

  /// All, or the first of many; those with something to say about them go first.
  package var listedCaptures: [Int] {
    let indices = Array(report.captures.indices)
    guard indices.count > Self.mostCaptures else { return indices }
    let remarkable = indices.filter {
      report.captures[$0].error != nil || !report.captures[$0].warnings.isEmpty
    }
    let others = indices.filter { !remarkable.contains($0) }
    return (remarkable + others).prefix(Self.mostCaptures).sorted()
  }

  /// What was read of a capture.
  package func facts(_ capture: AnalysisReport.Capture) -> [String] {
    var facts = [
      Quantity.count(capture.packets, "packet"), Quantity.count(capture.tcpSegments, "TCP segment"),
    ]
    if capture.duplicates > 0 {
      facts.append(Quantity.count(capture.duplicates, "duplicate") + " left out")
    }
    return facts + skipped(capture)
  }

  /// From its first packet to its last; nil where it has none.
  package func period(of capture: AnalysisReport.Capture) -> String? {
    guard let first = capture.firstPacket, let last = capture.lastPacket else { return nil }
    return Self.period(from: first, to: last)
  }

  /// From the first packet that the verdict is about to the last; nil where there is none.
  package var period: String? {
    guard let firstPacket, let lastPacket else { return nil }
    return Self.period(from: firstPacket, to: lastPacket)
  }

  private static func period(from first: Timestamp, to last: Timestamp) -> String {
    let length = Seconds(nanoseconds: last.nanoseconds(since: first))
    let end = first.date == last.date ? "" : last.date + " "
    return
      "\(first.date) \(first.timeOfDay) to \(end)\(last.timeOfDay), \(Quantity.duration(length))"
  }

  /// All captures in numbers.
  package var sumOfCaptures: String {
    let captures = report.captures
    let packets = captures.reduce(0) { $0 + $1.packets }
    let segments = captures.reduce(0) { $0 + $1.tcpSegments }
    let length = span.map { ", " + Quantity.duration($0) } ?? ""
    let counts = [
      Quantity.count(packets, "packet"), Quantity.count(segments, "TCP segment"),
    ]
    return "in all \(counts.joined(separator: ", "))\(length)"
  }

  package func side(of capture: AnalysisReport.Capture) -> String {
    if capture.error != nil, capture.packets == 0 { return "not read" }
    return switch CaptureRole(rawValue: capture.role) {
    case .client: "client side"
    case .both: "both sides"
    case .server, nil: "server side"
    }
  }

  /// Packets without a segment, in groups that mean something to people.
  private func skipped(_ capture: AnalysisReport.Capture) -> [String] {
    var groups: [(name: String, count: UInt64)] = []
    for reason in DecodeError.allCases {
      guard let count = capture.skipped[reason.rawValue] else { continue }
      if let index = groups.firstIndex(where: { $0.name == reason.plainName }) {
        groups[index].count += count
      } else {
        groups.append((reason.plainName, count))
      }
    }
    return groups.map { "\(Quantity.count($0.count)) \($0.name)" }
  }
}

extension String {
  /// Without control characters, which a file's name could use to rewrite the terminal.
  package var printable: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator: "?"
          default: scalar
          }
        }))
  }
}
