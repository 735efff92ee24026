extension Analyzer {
  /// Writes the frames of a finding, from both sides, as one pcapng: an interface for each side (or
  /// capture point), and with each packet a comment that says what it does.
  ///
  /// Bytes and lengths are those of the captures, unless the configuration encrypts addresses: then each
  /// is a `RedactedPacket`. Times are by one clock, that of the report's first
  /// point, so that the sides line up. What was added to them stands in the file.
  ///
  /// - Parameters:
  ///   - trace: of a finding of `analysis`.
  ///   - analysis: as `analyze` has returned it.
  ///   - write: takes the file piece by piece.
  /// - Returns: how many packets were written.
  /// - Throws: `CaptureError` where a capture cannot be read any more, and what `write` throws.
  public func extract(
    _ trace: FindingTrace, of analysis: Analysis, to write: (Span<UInt8>) throws -> Void
  ) throws -> Int {
    let places = trace.frames.map { $0.place }
    var fetcher = try FrameFetcher(Set(places), from: analysis.inputs)
    if configuration.anonymizer != nil { fetcher = fetcher.redacted(trace) }
    var capture = FindingCapture(trace, analysis.report, fetcher)
    return try capture.write(to: write)
  }
}

/// Lays out the pcapng of one finding.
struct FindingCapture {
  private let trace: FindingTrace
  private let report: AnalysisReport
  private let fetcher: FrameFetcher
  private var interfaces: [Interface] = []

  /// A place where frames of one side were captured.
  private struct Interface {
    var side: Side
    var point: String
    var linkNumber: UInt16
    var paths: [String] = []
    /// What was added to the times, in nanoseconds: the least and the most.
    var correction: ClosedRange<Int64>
  }

  init(_ trace: FindingTrace, _ report: AnalysisReport, _ fetcher: FrameFetcher) {
    self.trace = trace
    self.report = report
    self.fetcher = fetcher
    // The clients' side comes first, as in the ladder.
    for side in [Side.client, .server] {
      for frame in trace.frames where frame.side == side { note(frame) }
    }
  }

  private func index(of frame: TracedFrame, _ fetched: FrameFetcher.Frame) -> Int? {
    let point = report.captures[frame.place.capture].point
    return interfaces.firstIndex {
      $0.side == frame.side && $0.point == point && $0.linkNumber == fetched.linkNumber
    }
  }

  private mutating func note(_ frame: TracedFrame) {
    guard let fetched = fetcher.frames[frame.place] else { return }
    let correction = frame.segment.time.nanoseconds(since: fetched.time)
    let capture = report.captures[frame.place.capture]
    let index = index(of: frame, fetched) ?? interfaces.count
    if index == interfaces.count {
      interfaces.append(
        Interface(
          side: frame.side, point: capture.point, linkNumber: fetched.linkNumber,
          correction: correction...correction))
    }
    if !interfaces[index].paths.contains(capture.path) {
      interfaces[index].paths.append(capture.path)
    }
    let range = interfaces[index].correction
    interfaces[index].correction =
      min(range.lowerBound, correction)...max(range.upperBound, correction)
  }

  // MARK: - Writing

  mutating func write(to write: (Span<UInt8>) throws -> Void) throws -> Int {
    var writer = PcapngWriter(application: "snat-audit", comment: sectionComment)
    for interface in interfaces {
      writer.writeInterface(
        linkType: interface.linkNumber, name: name(of: interface),
        description: description(of: interface))
    }
    let stories = LadderBuilder.stories(of: trace, report)
    var count = 0
    for (frame, story) in zip(trace.frames, stories) {
      guard let fetched = fetcher.frames[frame.place], let interface = index(of: frame, fetched)
      else { continue }
      writer.writePacket(
        interface: interface, time: frame.segment.time, bytes: fetched.bytes,
        originalLength: fetched.originalLength, comment: comment(on: frame, story))
      count += 1
      try write(writer.take().span)
    }
    if count == 0 { try write(writer.take().span) }
    return count
  }

  private var sectionComment: String {
    var text = "Finding \(trace.finding.id), \(trace.finding.kind.rawValue)"
    if let first = trace.finding.hits.first { text += ": \(first.tuple)" }
    text +=
      ". The packets that it rests on, taken from captures of both sides of the load balancer."
    let corrected = interfaces.filter { $0.correction != 0...0 }
    if corrected.isEmpty {
      text += " Times are those of the captures."
    } else {
      let clauses = corrected.map { "\(name(of: $0)) \(shift(of: $0))" }
      text += " So that the sides line up, times were shifted: \(Quantity.list(clauses))."
    }
    if let anonymization = report.anonymization {
      text +=
        " Addresses are encrypted (\(anonymization.method), key \(anonymization.keyFingerprint)), "
        + "packets are made anew from IP and TCP headers, without payload."
    }
    let omitted = trace.frames.reduce(0) { $0 + $1.omitted.segments }
    if omitted > 0 {
      text += " \(Quantity.count(omitted, "segment")) in the middle of connections were left out."
    }
    return text
  }

  /// Both sides have one interface as a rule; where they have several, the point tells them apart.
  private func name(of interface: Interface) -> String {
    let name = "\(interface.side.plainName) side"
    let isOnly = interfaces.count { $0.side == interface.side } == 1
    return isOnly ? name : "\(name), \(interface.point), link type \(interface.linkNumber)"
  }

  private func description(of interface: Interface) -> String {
    let place =
      interface.side == .client
      ? "between clients and load balancer" : "between load balancer and server"
    let shift = interface.correction == 0...0 ? "" : "; times \(shift(of: interface))"
    return "\(place), from \(Quantity.list(interface.paths)), point \(interface.point)\(shift)"
  }

  /// What was added to the times.
  private func shift(of interface: Interface) -> String {
    let range = interface.correction
    let from = Self.seconds(range.lowerBound)
    return range.lowerBound == range.upperBound
      ? from : "\(from) to \(Self.seconds(range.upperBound)), as its clock drifts"
  }

  /// Exact, with its sign: `+0.001234567 s`.
  private static func seconds(_ nanoseconds: Int64) -> String {
    let fraction = String(nanoseconds.magnitude % 1_000_000_000)
    let zeros = String(repeating: "0", count: 9 - fraction.count)
    return
      "\(nanoseconds < 0 ? "-" : "+")\(nanoseconds.magnitude / 1_000_000_000).\(zeros)\(fraction) s"
  }

  private func comment(on frame: TracedFrame, _ story: LadderBuilder.Story) -> String {
    var text = "\(trace.connections[frame.connection].part.plainName): "
    text += story.note ?? story.role.plainName
    if let hit = story.hit, trace.finding.hits.count > 1 { text += " (hit \(hit + 1))" }
    return text + ". Frame \(frame.segment.frame) of \(report.captures[frame.place.capture].path)"
  }
}

extension TracedFrame {
  fileprivate var place: FrameFetcher.Place {
    FrameFetcher.Place(capture: Int(segment.capture), frame: segment.frame)
  }
}

extension Side {
  fileprivate var plainName: String {
    switch self {
    case .client: "client"
    case .server: "server"
    }
  }
}
