import Testing

@testable import FlowAnalyzer

@Suite("What is kept of findings")
struct FindingListTests {
  /// 100,000 findings, and a quarter more while they are gathered, have their share of 64 MB.
  @Test func `a finding with one hit takes less than 200 bytes`() {
    #expect(
      MemoryLayout<FindingList.Entry>.stride + MemoryLayout<FindingList.Place>.stride <= 200)
  }

  // MARK: - The worst of those that are not listed

  /// Added in some order and in some parts, a list keeps the earliest and the worst of the others.
  @Test(arguments: [0, 1, 7, 100, 1_000], [1, 2, 5])
  func `whatever the order and the parts, the worst are kept`(limit: Int, parts: Int) {
    var random = SeededGenerator(seed: UInt64(limit + parts))
    let all = (0..<3_000).map { Self.sample($0, &random) }
    var lists = (0..<parts).map { _ in FindingList(limit: limit) }
    for (finding, hits) in all.shuffled(using: &random) {
      lists[Int.random(in: 0..<parts, using: &random)].add(finding, hits)
    }
    for index in lists.indices { lists[index].sort() }
    var sum = lists[0]
    for list in lists.dropFirst() { sum.add(list, numbers: [:]) }

    #expect(
      (0..<sum.count).map { sum[$0].firstHit.time }
        == all.prefix(limit).map { $0.1[0].time })
    let rest = all.dropFirst(limit).map { WorstFindings.Item($0.0, $0.1) }
      .sorted { $0.rank.precedes($1.rank) }
    #expect(
      Array(sum.worstOmitted.settled.prefix(WorstFindings.kept))
        == Array(rest.prefix(WorstFindings.kept)))
    // A rule names three of its kind, and there may be few of that among the worst.
    for answer in Answer.allCases {
      let ofKind = { (item: WorstFindings.Item) in item.hits[0].verdict.answer == answer }
      #expect(
        Array(sum.worstOmitted.settled.filter(ofKind).prefix(3))
          == Array(rest.filter(ofKind).prefix(3)))
    }
    let delay = { (item: WorstFindings.Item) in item.finding.added }
    #expect(sum.worstOmitted.settled.map(delay).max() == rest.map(delay).max())
    #expect(sum.worstOmitted.settled.count < WorstFindings.kept + 60)
  }

  /// Each a second after the one before; late ones are refused more rarely, so that kinds differ.
  private static func sample(
    _ second: Int, _ random: inout SeededGenerator
  ) -> (AttemptFinding, [Hit]) {
    var exchange = Exchange(
      source: 1, destination: 2, sourcePort: 3, destinationPort: 4, attempt: 0,
      time: Timestamp(nanoseconds: Int64(second) * 1_000_000_000), sequence: SequenceNumber(7),
      options: TCPOptions(), frame: UInt64(second), capture: 0, hasFIN: false, payloadLength: 0,
      holder: .unknown)
    exchange.answer = .oldNumbers
    let kill = Int.random(in: 0..<3, using: &random) == 0
    let answer: Answer =
      kill ? .rejected : Int.random(in: 0..<100, using: &random) == 0 ? .reset : .accepted
    let tuple = FourTuple(
      source: Endpoint(address: IPAddress(v4: 1), port: 1),
      destination: Endpoint(address: IPAddress(v4: 2), port: 80))
    let verdict = HitVerdict(
      held: .established, evidence: .tracked, end: .killed, predicted: .rejected, answer: answer,
      reason: .challenge, killedLiveConnection: kill)
    let finding = AttemptFinding(
      setup: nil, outcome: .connected, synCount: 2,
      added: answer == .accepted ? 0 : Int64.random(in: 0..<1_000_000_000, using: &random),
      client: .unknown)
    return (finding, [Hit(exchange, tuple, verdict, formerUsers: nil)])
  }
}
