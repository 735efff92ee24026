extension TextReport {
  /// What the captures leave open, and which capture would answer the question.
  mutating func writeGaps() {
    let reasons = report.coverage.reasons
    guard !reasons.isEmpty else { return }
    canvas.heading("WHAT THE CAPTURES LEAVE OPEN")
    for reason in reasons {
      let (finding, advice) = reason.explanation
      canvas.labelled("-", "\(finding) \(advice, .strong)", hanging: 2)
    }
    // There it takes no further capture to know.
    guard !reasons.contains(.clocksDiffer), !reasons.contains(.bothSides) else { return }
    guard report.captures.contains(where: { $0.packets > 0 || $0.error == nil }) else { return }
    guard
      report.coverage.grade == .inconclusive
        || attempts.hit == 0 && reasons.contains(.shorterThanTimeWait)
    else { return }
    let length = Seconds(nanoseconds: 3 * timeWait.nanoseconds)
    canvas.blank()
    canvas.paragraph(
      "To know, run this on the server, or on the load balancer's interface towards the server, for "
        + "\(Quantity.setting(length)) or longer:")
    canvas.line(
      StyledText("tcpdump -i INTERFACE -s 128 -w server.pcap 'tcp port \(portToWatch)'"), indent: 6)
  }

  /// The service, where the captures show one.
  private var portToWatch: String {
    let tuple = report.findings.first?.hits.first?.tuple ?? report.heldAtEnd.tuples.first?.tuple
    return tuple.map { "\($0.destination.port)" } ?? "PORT"
  }

  // MARK: - What was read

  mutating func writeCaptures() {
    let captures = report.captures
    canvas.heading("READ", "times are UTC")
    let listed = listedCaptures
    for index in listed { writeCapture(index) }
    if captures.count > listed.count {
      canvas.line("and \(Quantity.count(captures.count - listed.count, "further file"))", indent: 2)
    }
    guard captures.count > 1 else { return }
    let packets = captures.reduce(0) { $0 + $1.packets }
    let segments = captures.reduce(0) { $0 + $1.tcpSegments }
    let length = span.map { ", " + Quantity.duration($0) } ?? ""
    let counts = [
      Quantity.count(packets, "packet"), Quantity.count(segments, "TCP segment"),
    ]
    canvas.line(StyledText("in all \(counts.joined(separator: ", "))\(length)"), indent: 2)
  }

  /// All, or the first of many; those with something to say about them go first.
  private var listedCaptures: [Int] {
    let indices = Array(report.captures.indices)
    guard indices.count > Self.listedCaptures else { return indices }
    let remarkable = indices.filter {
      report.captures[$0].error != nil || !report.captures[$0].warnings.isEmpty
    }
    let others = indices.filter { !remarkable.contains($0) }
    return (remarkable + others).prefix(Self.listedCaptures).sorted()
  }

  private mutating func writeCapture(_ index: Int) {
    let capture = report.captures[index]
    let label = report.captures.count > 1 ? "[\(index + 1)] " : ""
    let origin = "\(side(of: capture)), point \(capture.point.printable)"
    canvas.line("\(label)\(capture.path.printable, .strong), \(origin)", indent: 2)
    var facts = [
      Quantity.count(capture.packets, "packet"), Quantity.count(capture.tcpSegments, "TCP segment"),
    ]
    if capture.duplicates > 0 {
      facts.append(Quantity.count(capture.duplicates, "duplicate") + " left out")
    }
    facts += skipped(capture)
    if capture.packets > 0 {
      canvas.paragraph(StyledText(facts.joined(separator: ", ")), indent: 4)
    }
    if let first = capture.firstPacket, let last = capture.lastPacket {
      let length = Seconds(nanoseconds: last.nanoseconds(since: first))
      let end = first.date == last.date ? "" : last.date + " "
      canvas.line(
        "\(first.date) \(first.timeOfDay) to \(end)\(last.timeOfDay), \(Quantity.duration(length))",
        indent: 4)
    }
    for warning in capture.warnings {
      canvas.paragraph("\("warning:", .warning) \(warning)", indent: 4)
    }
    if let error = capture.error {
      canvas.paragraph("\("error:", .bad) \(error.printable)", indent: 4)
    }
  }

  private func side(of capture: AnalysisReport.Capture) -> String {
    switch CaptureRole(rawValue: capture.role) {
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
  var printable: String {
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
