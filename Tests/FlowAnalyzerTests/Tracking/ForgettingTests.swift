import Testing

@testable import FlowAnalyzer

/// What is forgotten, and what must not be.
@Suite("Forgetting")
struct ForgettingTests {
  /// Times of hostile captures may lie further apart than 64 bits of nanoseconds tell: 292 years.
  @Test(arguments: [1, -1] as [Int64])
  func `a tuple is not forgotten while its SYN is taken in, whatever the clock does`(
    sign: Int64
  ) {
    var random = SeededRandom(seed: 3, stream: 0, repetition: 0)
    var tracker = FlowTracker(timeWait: 60_000_000_000)
    for number in 0..<2000 as Range<UInt16> {
      var syn = Segment.none
      let centuries = Int64.random(in: -9...9, using: &random) * 1_000_000_000_000_000_000
      syn.time = Timestamp(nanoseconds: sign * centuries + Int64(number) * 1_000_000)
      syn.source.port = number
      syn.destination.port = 80
      syn.sequence = SequenceNumber(UInt32(number))
      syn.flags = .syn
      syn.digest = UInt64(number)
      _ = tracker.observe(syn)
      #expect(tracker.records[tracker.lastRecord].isLive, "SYN \(number)")
    }
    tracker.finish()
    #expect(tracker.finishedCount == 2000)
  }

  /// What came on the tuple an hour before keeps nothing of it any longer.
  @Test func `a tuple begins anew when it has been forgotten`() {
    let hearing = Hearing(
      Scene.lastAck + """
        4000.000 > S  500
        4200.000 > S  600
        4205.000 end
        """)
    #expect(hearing.verdicts == ["first use", "first use", "first use"])
  }
}
