import Testing

@testable import FlowAnalyzer

/// What is added to a clock that has drifted, by the bounds of one stretch of ten seconds.
@Suite("A clock is watched")
struct ClockWatchTests {
  private static let millisecond: Int64 = 1_000_000

  private func time(_ seconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: seconds * 1_000_000_000)
  }

  /// What is to be added after a stretch with these ways, in milliseconds.
  private func shift(forth: Int64, back: Int64) -> Int64 {
    var watch = ClockWatch()
    watch.noteForth(forth * Self.millisecond, at: time(0))
    watch.noteBack(back * Self.millisecond, at: time(1))
    watch.noteForth(1000 * Self.millisecond, at: time(10))
    return watch.takeShift() / Self.millisecond
  }

  @Test(arguments: [
    // Zero lies between the bounds: nothing says that the clocks differ.
    (forth: 3, back: -1, shift: 0), (forth: 1, back: -3, shift: 0),
    // It does not: what goes forth arrives before it has left, or what comes back leaves after it has arrived.
    (forth: -2, back: -4, shift: -3), (forth: 4, back: 2, shift: 3),
    // A clock that runs away has turned the bounds round, and has passed zero on its way.
    (forth: -1, back: 3, shift: 0), (forth: -3, back: 1, shift: 0),
  ])
  func `it is set where the bounds leave out that it is right`(
    forth: Int64, back: Int64, shift: Int64
  ) {
    #expect(self.shift(forth: forth, back: back) == shift)
  }

  @Test func `what came before it was set says nothing about it any more`() {
    var watch = ClockWatch()
    watch.noteForth(10 * Self.millisecond, at: time(0))
    watch.noteBack(8 * Self.millisecond, at: time(1))
    // The next stretch begins with times that are not corrected yet.
    watch.noteBack(8 * Self.millisecond, at: time(10))
    #expect(watch.takeShift() == 9 * Self.millisecond)
    watch.noteForth(1 * Self.millisecond, at: time(11))
    watch.noteBack(-1 * Self.millisecond, at: time(12))
    watch.noteForth(1 * Self.millisecond, at: time(30))
    #expect(watch.takeShift() == 0)
  }
}
