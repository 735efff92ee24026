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
    #expect(facts.limitedAnswerAt == time(10.800))
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

  @Test func `a tuple that gets the place of one that was forgotten has none`() {
    var tracker = tracker(after: Scene.timeWait + "12.000 > R  1002\n")
    let place = tracker.lastRecord
    #expect(tracker.records[place].hasRareFacts)
    tracker.setOccupant(
      Party(address: 7, port: 7, method: .toa, confidence: 100), of: place)
    // New tuples, until one of them gets the place.
    for number in 1...10 as ClosedRange<UInt16> {
      var syn = Segment.none
      syn.time = time(400 + Double(number))
      syn.source.port = 5000 + number
      syn.destination.port = 80
      syn.sequence = SequenceNumber(UInt32(number))
      syn.flags = .syn
      _ = tracker.observe(syn)
      if tracker.lastRecord == place { break }
    }
    #expect(tracker.lastRecord == place)
    #expect(!tracker.records[place].hasRareFacts)
    #expect(tracker.rareFacts(of: place) == RareFacts())
    #expect(!tracker.occupant(of: place).isKnown)
  }

  @Test func `an attempt in the place of one that has ended has another client`() {
    var attempts = AttemptTable()
    func begin(_ isn: UInt32, at seconds: Double, _ attempts: inout AttemptTable) -> UInt32 {
      attempts.note(
        source: 1, destination: 2, port: 80, isn: SequenceNumber(isn), at: time(seconds), from: 4000
      )
    }
    let first = begin(1, at: 0, &attempts)
    attempts.setParty(Party(address: 7, port: 7, method: .toa, confidence: 100), of: first)
    attempts.setLeg(3, of: first)
    while attempts.count > 0 { _ = attempts.takeFinished(at: time(200)) }
    let second = begin(2, at: 201, &attempts)
    #expect(second == first)
    #expect(!attempts.party(of: second).isKnown && attempts.leg(of: second) == ClientLeg.none)
  }

  @Test func `the table agrees with a dictionary, whatever comes and goes`() {
    var random = SeededRandom(seed: 7, stream: 0, repetition: 0)
    var table = RareFactsTable()
    var facts: [Int: RareFacts] = [:]
    for step in 1...40_000 {
      // Places far apart, which may be of the same slot, too.
      let record = Int.random(in: 0..<300, using: &random) << Int.random(in: 0...6, using: &random)
      let isKnown = facts[record] != nil
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        if isKnown { table.remove(record) }
        facts[record] = nil
      default:
        let time = Timestamp(nanoseconds: Int64(step))
        table.change(record, hasEntry: isKnown) { $0.resetAt = time }
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
    column.change(7000, isNeeded: true) { $0 = 1 }
    #expect(column[7000] == 1)
    #expect(column[6999] == 9 && column[7001] == 9 && column[50_000] == 9)
    column.change(10, isNeeded: false) { $0 = 2 }
    #expect(column[10] == 2, "there is a place by now, whether needed or not")
    column.clear(7000)
    #expect(column[7000] == 9)
  }
}
