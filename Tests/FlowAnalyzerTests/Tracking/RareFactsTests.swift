import Testing

@testable import FlowAnalyzer

/// What stands beside the records of tuples is of the right tuple, and of no other.
@Suite("Beside the records")
struct RareFactsTests {
  private func tracker(after script: String) -> FlowTracker {
    var tracker = FlowTracker(timeWait: 60_000_000_000)
    for segment in Conversation(script).segments { _ = tracker.observe(segment) }
    return tracker
  }

  private func time(_ seconds: Double) -> Timestamp {
    Timestamp(nanoseconds: Int64((seconds * 1e9).rounded()))
  }

  @Test func `an ordinary close leaves none`() {
    var tracker = tracker(after: Scene.timeWait)
    #expect(!tracker.records[tracker.lastRecord].hasRareFacts)
    #expect(tracker.rareFacts(of: tracker.lastRecord) == RareFacts())
  }

  @Test func `an answer, a late segment and a RST are kept to the nanosecond`() {
    var tracker = tracker(
      after: Scene.timeWait + """
        10.800 > .  1001 ack 5002         # a keepalive of the old connection
        10.801 < .  5002 ack 1002 id 0
        12.000123 > R  1002
        """)
    let facts = tracker.rareFacts(of: tracker.lastRecord)
    #expect(facts.limitedAnswerAt == time(10.801))
    #expect(facts.lateSegmentAt == time(12.000123))
    #expect(facts.resetAt == time(12.000123))
  }

  @Test func `the next connection of the tuple begins without them`() {
    var tracker = tracker(
      after: Scene.timeWait + """
        10.800 > .  1001 ack 5002
        10.801 < .  5002 ack 1002 id 0
        12.000 > R  1002
        20.000 > S  9000000
        20.001 < S. 7000000 ack 9000001
        """)
    #expect(tracker.rareFacts(of: tracker.lastRecord) == RareFacts())
    #expect(!tracker.records[tracker.lastRecord].hasRareFacts)
  }

  @Test func `a tuple that was forgotten and comes again has none`() {
    var tracker = tracker(
      after: Scene.timeWait + """
        12.000 > R  1002
        400.0  > S  500
        """)
    #expect(tracker.rareFacts(of: tracker.lastRecord) == RareFacts())
  }

  @Test func `the table agrees with a dictionary, whatever comes and goes`() {
    var random = SeededRandom(seed: 7, stream: 0, repetition: 0)
    var table = RareFactsTable()
    var facts: [Int: RareFacts] = [:]
    for step in 1...40_000 {
      // Places far apart, which may be of the same slot, too.
      let record = Int.random(in: 0..<300, using: &random) << Int.random(in: 0...6, using: &random)
      let isKnown = facts[record] != nil
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        if isKnown { table.remove(record) }
        facts[record] = nil
      case 1:
        #expect(!table.change(record, isKnown) { $0 = RareFacts() })
        facts[record] = nil
      default:
        let time = Timestamp(nanoseconds: Int64(step))
        #expect(table.change(record, isKnown) { $0.resetAt = time })
        facts[record, default: RareFacts()].resetAt = time
      }
    }
    #expect(facts.count > 100)
    for record in 0..<300 << 6 where table.known(of: record) != facts[record] ?? RareFacts() {
      Issue.record("record \(record)")
    }
  }

  @Test func `a column takes nothing for what is as usual, and keeps what is not`() {
    var column = Column<UInt32>(usual: 9)
    column.change(50_000, isNeeded: false) { $0 = 9 }
    #expect(column[50_000] == 9)
    column.change(7000) { $0 = 1 }
    #expect(column[7000] == 1)
    #expect(column[6999] == 9 && column[7001] == 9 && column[50_000] == 9)
    column.change(10, isNeeded: false) { $0 = 2 }
    #expect(column[10] == 2, "there is a place by now, whether needed or not")
    column.clear(7000)
    #expect(column[7000] == 9)
  }
}
