import FlowAnalyzer

/// A scale from zero to a round number, with a few steps between.
struct CountAxis {
  /// 1, 2 or 5 times a power of ten.
  let step: Double
  let steps: Int

  var end: Double { step * Double(steps) }

  /// - Parameters:
  ///   - most: what must fit.
  ///   - isWhole: halves of what is counted make no sense.
  init(upTo most: Double, isWhole: Bool, steps limit: Int = 3) {
    var step = isWhole ? 1 : 0.001
    let factors = [2, 2.5, 2]
    var index = 0
    while step * Double(limit) < most {
      step *= factors[index % factors.count]
      index += 1
    }
    self.step = step
    steps = max(1, Int((most / step).rounded(.up)))
  }

  /// Where a value stands, from 0 to 1.
  func share(_ value: Double) -> Double { value / end }

  /// What stands beside a step.
  func label(_ index: Int) -> String {
    guard index > 0 else { return "0" }
    let value = step * Double(index)
    let whole = Int(value.rounded())
    if step < 1 {
      let digits = step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3
      let scale = digits == 1 ? 10 : digits == 2 ? 100 : 1000
      let parts = Int((value * Double(scale)).rounded())
      let fraction = "\(parts % scale)"
      return "\(parts / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
    if step >= 1_000_000 { return "\(Quantity.count(whole / 1_000_000)) M" }
    if step >= 1000 { return "\(Quantity.count(whole / 1000))k" }
    return Quantity.count(whole)
  }
}

/// Round times between two instants.
struct TimeAxis {
  struct Tick {
    /// Where it stands, from 0 to 1.
    var share: Double
    var label: String
    /// One that narrow places leave out.
    var isMinor: Bool
  }

  let ticks: [Tick]

  /// Steps between ticks, in seconds; beyond, whole days.
  private static let steps: [Double] = [
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600,
    43_200, 86_400,
  ]

  /// - Parameters:
  ///   - length: in seconds, more than 0.
  ///   - count: how many ticks fit.
  init(start: Timestamp, length: Double, count: Double = 7) {
    let day = 86_400.0
    let wanted = length / count
    let step = Self.steps.first { $0 >= wanted } ?? (wanted / day).rounded(.up) * day
    let stepNanoseconds = Int64(step * 1_000_000_000)
    let first = start.nanoseconds / stepNanoseconds * stepNanoseconds
    var ticks: [Tick] = []
    for index in 0... {
      let time = Timestamp(nanoseconds: first + Int64(index) * stepNanoseconds)
      let share = Double(time.nanoseconds(since: start)) / 1_000_000_000 / length
      if share > 1 { break }
      if share < 0 { continue }
      ticks.append(
        Tick(
          share: share, label: Self.label(time, step: step), isMinor: ticks.count % 2 == 1))
    }
    self.ticks = ticks
  }

  private static func label(_ time: Timestamp, step: Double) -> String {
    let clock = time.timeOfDay
    if step < 1 { return String(clock.prefix(10)) }
    if step < 60 { return String(clock.prefix(8)) }
    if step < 86_400 { return String(clock.prefix(5)) }
    return String(time.date.dropFirst(5))
  }
}
