import Testing

@testable import FlowAnalyzer

/// Whatever the clock does, everything comes out of the wheel once, late by little.
@Suite struct ExpiryWheelTests {
  private static let horizon: Int64 = 130_000_000_000

  private func time(_ seconds: Double) -> Timestamp {
    Timestamp(nanoseconds: Int64(seconds * 1e9))
  }

  private func take(_ wheel: inout ExpiryWheel, at seconds: Double) -> Set<Int> {
    var taken: Set<Int> = []
    while let position = wheel.takeDue(at: time(seconds)) { taken.insert(position) }
    return taken
  }

  @Test func `what is due comes out, not early, and late by a slot at most`() {
    var wheel = ExpiryWheel(horizon: Self.horizon)
    for position in 0..<130 {
      wheel.add(position, due: time(1000 + Double(position)), now: time(1000))
    }
    var taken: Set<Int> = []
    for second in 1000..<1140 {
      for position in take(&wheel, at: Double(second)) {
        #expect(position <= second - 1000)
        taken.insert(position)
      }
      #expect(taken.isSuperset(of: 0..<max(0, min(130, second - 1000 - 5))), "second \(second)")
    }
    #expect(taken.count == 130)
  }

  @Test func `a place can be used again once it is out`() {
    var wheel = ExpiryWheel(horizon: Self.horizon)
    wheel.add(7, due: time(10), now: time(0))
    #expect(take(&wheel, at: 20) == [7])
    wheel.add(7, due: time(60), now: time(20))
    #expect(take(&wheel, at: 50).isEmpty)
    #expect(take(&wheel, at: 70) == [7])
  }

  @Test(arguments: [1e5, -1e5]) func `a clock that jumps keeps nothing in for good`(jump: Double) {
    var wheel = ExpiryWheel(horizon: Self.horizon)
    for position in 0..<50 {
      wheel.add(position, due: time(2e6 + Double(position)), now: time(2e6))
    }
    wheel.add(50, due: time(2e6 + jump + 1), now: time(2e6 + jump))
    var taken: Set<Int> = []
    for second in stride(from: 0.0, to: 600, by: 1) {
      taken.formUnion(take(&wheel, at: 2e6 + jump + second))
    }
    #expect(taken.count == 51)
  }

  @Test func `nothing comes out of an empty wheel`() {
    var wheel = ExpiryWheel(horizon: 1)
    #expect(wheel.takeDue(at: .never) == nil)
    #expect(wheel.takeDue(at: Timestamp(nanoseconds: .max)) == nil)
    #expect(wheel.upcoming == nil)
  }
}
