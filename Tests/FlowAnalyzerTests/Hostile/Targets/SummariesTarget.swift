@testable import FlowAnalyzer

/// Parts of a summary, as another machine might send them.
///
/// What is read is written again as what says the same, and adds up with itself.
enum SummariesTarget {
  /// The kinds of parts, by the first byte of an input.
  private static let parts: [@Sendable (PackedReader) throws -> Void] = [
    { reader in
      var list = try again(FindingList(from: reader))
      var twice = list
      twice.add(list, numbers: [:])
      list.shiftCaptures(by: .max)
      list.forEachParty { _ in }
      try require(twice.count <= max(twice.limit, 0), "more is listed than shall be")
    },
    { reader in
      var held = try again(HeldTuples(from: reader))
      held.add(held)
      _ = held.listed
    },
    { reader in
      let log = try again(ArrivalLog(from: reader))
      _ = ArrivalLog(merging: [log, log], limit: 64, busiestSecond: log.busiestSecond)
    },
    { try addsUp(SourceList(from: $0)) { $0.add($1) } },
    { try addsUp(TimelineRecorder(from: $0)) { $0.add($1) } },
    { try addsUp(NumberedAddresses(from: $0)) { _ = $0.add($1) } },
    { try addsUp(TopologyRecord(from: $0)) { $0.add($1, numbers: [:]) } },
    { try addsUp(AuditCounts(from: $0)) { $0.add($1) } },
    { reader in
      let delays = try again(DelayStatistics(from: reader))
      _ = delays.model(ofAll: 1000)
    },
    { try addsUp(JoinCounts(from: $0)) { $0.add($1) } },
    { try addsUp(HeavyHitters<Endpoint>(from: $0)) { $0.add($1) } },
  ]

  static func check(_ input: [UInt8]) throws {
    guard let kind = input.first else { return }
    let text = String(
      decoding: input.dropFirst().map { PackedWriter.alphabet[Int($0 & 63)] }, as: UTF8.self)
    do {
      try parts[Int(kind) % parts.count](PackedReader(text))
    } catch is DecodingError {
      // It says what is wrong with it.
    }
  }

  /// Of a summary, in the order of `parts`.
  static func seeds(_ summary: PartialSummary) -> [[UInt8]] {
    let found = summary.found
    var parts: [any Packed] = [found.findings, found.held]
    parts += [summary.arrivals?.logs.last ?? ArrivalLog(limit: 0), found.sources, found.timeline]
    parts += [found.addresses, found.join.topology, found.counts, found.delays]
    parts += [found.join.counts, found.unopenedTargets]
    return parts.enumerated().map { kind, part in
      let values = part.text.utf8.map { character in
        UInt8(PackedWriter.alphabet.firstIndex(of: character) ?? 0)
      }
      return [UInt8(kind)] + values
    }
  }

  private static func addsUp<Part: Packed>(
    _ part: Part, _ add: (inout Part, Part) -> Void
  ) throws {
    var sum = try again(part)
    add(&sum, part)
  }

  /// What is left when it was written down and read.
  private static func again<Part: Packed>(_ part: Part) throws -> Part {
    var reader = PackedReader(part.text)
    let again = try Part(from: &reader)
    try reader.finish()
    try require(again.text == part.text, "a part of a summary comes back as another")
    return again
  }
}

extension Packed {
  fileprivate init(from reader: PackedReader) throws(DecodingError) {
    var reader = reader
    try self.init(from: &reader)
    try reader.finish()
  }

  var text: String {
    var writer = PackedWriter()
    write(to: &writer)
    return writer.text
  }
}
