import Testing

@testable import FlowAnalyzer

/// Ladders of conversations made by hand, where every row can be foreseen.
@Suite("Ladders of stories")
struct LadderStoryTests {
  private static func rows(_ ladder: Ladder) -> [String] {
    ladder.rows.map { row in
      "\(ladder.connections[row.connection].part.shortName) \(row.role.rawValue)"
    }
  }

  @Test(arguments: Story.all, [false, true])
  func `each finding of each story is traced, drawn and written`(story: Story, isIPv6: Bool) {
    let traced = TracedConversation(story.script, isIPv6: isIPv6)
    #expect(traced.traces.count == traced.report.findings.count)
    for (trace, ladder) in zip(traced.traces, traced.ladders) {
      #expect(trace.isComplete)
      #expect(ladder.comparisons.allSatisfy { $0.row != nil })
      #expect(ladder.rows.filter { $0.role == .hit }.count == trace.finding.hits.count)
      // What the same hits have met is one bar.
      let met = Set(
        trace.finding.hits.map {
          "\($0.tuple) \($0.held.state) \("\($0.held.since, default: "?")")"
        })
      #expect(ladder.spans.count == met.count)
      for span in ladder.spans {
        if let connection = span.connection {
          #expect(ladder.connections[connection].part != .current)
        }
      }
      for (hit, comparison) in zip(trace.finding.hits, ladder.comparisons) {
        guard let row = comparison.row else { continue }
        #expect(ladder.rows[row].time == hit.at)
      }
    }
  }

  @Test func `a clean collision, row by row`() throws {
    let ladder = try #require(TracedConversation(Story.dance).ladders.first)
    #expect(
      Self.rows(ladder).suffix(6) == [
        "new hit", "old rejection", "old kills", "new retry", "new accepted", "new connected",
      ])
    let rejection = try #require(ladder.rows.first { $0.role == .rejection })
    #expect(rejection.sequence.absolute == 5002)
    #expect(rejection.sequence.relative == 2)
    #expect(rejection.acknowledgment?.absolute == 1002)
    #expect(rejection.acknowledgment?.relative == 2)
    let comparison = ladder.comparisons[0]
    #expect(comparison.state == .timeWait)
    #expect(comparison.sequence == 500)
    #expect(comparison.nextExpected == 1002)
    #expect(comparison.sequenceDistance == -502)
    #expect(comparison.nextToSend == 5002)
    #expect(comparison.source.contains("tcp_timewait_state_process"))
    #expect(ladder.rows.last?.note == "connected, 12.0 ms after the first SYN")
  }

  /// Behind a SYN that was not answered, the next still meets the same TIME_WAIT.
  @Test func `SYNs of one attempt on one TIME_WAIT, accepted in the end, share its bar`() throws {
    let ladder = try #require(
      TracedConversation(
        Scene.timeWaitWithTimestamps + """
          11.000 > S  500 ts 299
          11.001 < .  5002 ack 1002 ts 1950 ecr 300 id 0
          11.200 > S  500 ts 299
          12.000 > S  500 ts 299
          12.001 < .  5002 ack 1002 ts 1951 ecr 300 id 0
          12.002 > R  1002
          13.000 > S  500 ts 300
          13.001 < S. clock ack 501 ts 1960 ecr 300
          13.002 > .  501 ack clock+1 ts 300 ecr 1960
          """
      ).ladders.first)
    #expect(ladder.finding.hits.count == 3)
    #expect(ladder.spans.count == 1)
    let span = try #require(ladder.spans.first)
    #expect(ladder.rows[span.rows.upperBound].role == .kills)
    #expect(span.end == .killed)
    // The acknowledgments of the close, and each SYN that PAWS refused.
    #expect(Array(span.restarts.suffix(3)) == ladder.finding.hits.map(\.at))
  }

  @Test func `what began before the capture is drawn from its answer on`() throws {
    let script =
      "0.0 > S 500\n0.1 < . 5002 ack 1002 id 0\n0.1 > R 1002\n0.2 > S 500\n"
      + "0.3 < S. 900000 ack 501\n0.4 > . 501 ack 900001"
    let ladder = try #require(TracedConversation(script).ladders.first)
    #expect(
      Self.rows(ladder) == [
        "new hit", "old rejection", "old kills", "new retry", "new accepted", "new connected",
      ])
    #expect(ladder.connections.contains { $0.part == .previous && $0.beganUnseen })
    #expect(ladder.comparisons[0].nextExpected == 1002)
    #expect(ladder.spans[0].since == nil)
  }

  @Test func `an attempt that fails ends with its last SYN`() throws {
    let script =
      Scene.timeWait + "11.0 > S 500\n12.0 > S 500\n14.0 > S 500\n30.0 > S 9000\n40.0 end"
    let traced = TracedConversation(script) { $0.serverStack = .freebsd }
    let ladder = try #require(traced.ladders.first)
    #expect(ladder.finding.outcome == .failed)
    #expect(ladder.rows.last?.time == ladder.finding.hits.last?.at)
    #expect(ladder.comparisons[0].source == "FreeBSD tcp_twcheck")
    #expect(
      ladder.rows.filter { $0.role == .hit }.allSatisfy { $0.note?.contains("no answer") == true })
  }

  @Test func `an earlier attempt with the same numbers is another story`() throws {
    // 71 s lie between the SYNs, more than any attempt waits.
    let script =
      "0.0 > S 500 port 9\n" + Scene.timeWait.shifted(by: 80)
      + "91.0 > S 500\n91.001 < . 5002 ack 1002 id 0\n91.002 > R 1002\n99.0 end"
    let ladder = try #require(TracedConversation(script).ladders.first)
    #expect(!ladder.connections.contains { $0.tuple.source.port == 9 })
  }

  @Test func `filters name each capture of a rotation with its own frames`() throws {
    var ladder = try #require(
      TracedConversation(
        Scene.timeWait + "11.0 > S 500\n11.001 < . 5002 ack 1002 id 0\n12.0 > S 500\n"
          + "12.001 < . 5002 ack 1002 id 0\n13.0 end"
      ).ladders.first)
    let hits = ladder.rows.indices.filter { ladder.rows[$0].role == .hit }
    #expect(hits.count == 2)
    // The file was changed between the two.
    for index in hits[1]..<ladder.rows.count {
      ladder.rows[index].capture = 1
      ladder.rows[index].frame -= 8
    }
    let filters = PacketFilters(ladder).all.filter { $0.title == "the SYN that hit" }
    #expect(filters.map(\.capture) == [0, 1])
    #expect(filters.map(\.expression) == ["frame.number == 7", "frame.number == 1"])
  }

  @Test func `the SYN that gets through from another port belongs to the attempt`() throws {
    let script =
      Scene.timeWait + """
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        11.002 > R  1002
        11.010 > S  500 port 4444
        11.011 < S. 77 ack 501 port 4444
        11.012 > .  501 ack 78 port 4444
        """
    let ladder = try #require(TracedConversation(script).ladders.first)
    #expect(ladder.connections.contains { $0.tuple.source.port == 4444 && $0.part == .current })
    #expect(ladder.rows.last?.role == .connected)
    #expect(
      ladder.rows.first { $0.role == .retry }?.note
        == "the same SYN again, 10.0 ms later, from port 4444")
  }
}

extension String {
  /// A script with its times so many seconds later.
  fileprivate func shifted(by seconds: Double) -> String {
    split(separator: "\n").map { line in
      let words = line.split(separator: " ", maxSplits: 1)
      guard words.count == 2, let time = Double(words[0]) else { return String(line) }
      return "\(time + seconds) \(words[1])"
    }.joined(separator: "\n") + "\n"
  }
}
