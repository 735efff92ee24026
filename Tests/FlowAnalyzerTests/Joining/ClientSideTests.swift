import Testing

@testable import FlowAnalyzer

/// The clients' tracker takes in a whole batch before the join hears of its first segment. By then it may
/// have forgotten tuples and attempts, and given their places to others.
@Suite("The clients' side, ahead of the join") struct ClientSideTests {
  private static let sizes = [2, 61, SegmentBatch.standardCapacity]

  @Test(arguments: RealJoinTests.l4 + ["l7-http", "l7-proxyv2"], [Embryos.usualLimit, 3])
  func `real captures give the same connections in batches of any size`(
    scenario: String, embryos: Int
  ) {
    let inputs = [
      CaptureInput(path: Translations.file(scenario, "server.pcap"), role: .server),
      CaptureInput(path: Translations.file(scenario, "client-any.pcap"), role: .client),
    ]
    let one = joined(embryos: embryos, size: 1, Self.reading(inputs))
    #expect(one.count > 50)
    for size in Self.sizes {
      #expect(joined(embryos: embryos, size: size, Self.reading(inputs)) == one)
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `made-up segments give the same connections in batches of any size`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let input = (0..<60_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let one = joined(embryos: 4, size: 1, Self.making(input))
    #expect(one.count > 100)
    for size in Self.sizes {
      #expect(joined(embryos: 4, size: size, Self.making(input)) == one)
    }
  }

  /// What the join makes of batches: all connections, and how many SYNs were copies or translations.
  private func joined(
    embryos: Int, size: Int, _ fill: (inout SegmentBatch) -> Bool
  ) -> [String] {
    var configuration = AnalyzerConfiguration()
    configuration.embryoLimit = embryos
    var audit = Audit(
      configuration: configuration, hasClientSide: true, listsConnections: true)
    var batch = SegmentBatch(capacity: size)
    var duplicates: [UInt64] = []
    var lines: [String] = []
    while fill(&batch) {
      audit.clients?.side.observe(&batch)
      audit.observe(batch, duplicates: &duplicates)
      lines += audit.takeConnections().map { "\($0)" }
      batch.removeAll()
    }
    audit.finish()
    lines += audit.takeConnections().map { "\($0)" }
    let copies = (audit.clients?.side.duplicates ?? []).reduce(0, +)
    return lines + ["\(copies) copies, \(duplicates), \(audit.joiner.counts)"]
  }

  private static func reading(_ inputs: [CaptureInput]) -> (inout SegmentBatch) -> Bool {
    let reading = Reading(inputs)
    return { reading.fill(&$0) }
  }

  /// A source that a closure may keep.
  private final class Reading {
    private var source: SegmentSource
    private var read = SegmentBatch()
    private var taken = 0

    init(_ inputs: [CaptureInput]) {
      let survey = Survey(of: inputs)
      source = SegmentSource(
        inputs: survey.inputs, corrections: survey.corrections, endpoints: survey.endpoints,
        selection: survey.selection)
    }

    /// In the order of batches of the usual size, which what stands late in a file hangs on.
    func fill(_ batch: inout SegmentBatch) -> Bool {
      while !batch.isFull {
        if taken == read.count {
          guard !source.isFinished else { break }
          read.removeAll()
          taken = 0
          source.fill(&read)
          continue
        }
        batch.append(taken, of: read)
        taken += 1
      }
      return batch.count > 0
    }
  }

  private static func making(_ input: [UInt8]) -> (inout SegmentBatch) -> Bool {
    var maker = SegmentMaker(input, hasPayload: true)
    return { batch in
      while !batch.isFull, let made = maker.next() {
        // SAFETY: bytes have no padding between them.
        unsafe batch.append(made.segment, made.side, of: made.tcp.span.bytes)
      }
      return batch.count > 0
    }
  }
}
