import Testing

@testable import FlowAnalyzer

@Suite("What evidence a policy's verdict takes")
struct PolicyEvidenceTests {
  private func outcome(
    _ grade: Coverage.Grade, _ reasons: [Coverage.Reason] = [], required: Coverage.Grade,
    hits: Int = 0, killed: Int = 0
  ) -> PolicyVerdict.Outcome {
    var report = AnalysisReport.sample
    report.summary.syns.timeWait.rejected = hits
    report.summary.syns.timeWait.total = hits
    report.summary.killedConnections = killed
    report.coverage = Coverage(grade: grade, reasons: reasons)
    var policy = Policy.standard
    policy.coverage = required
    return policy.verdict(on: report).outcome
  }

  @Test(arguments: [
    (Coverage.Grade.full, Coverage.Grade.full, PolicyVerdict.Outcome.passed),
    (.full, .limited, .passed), (.full, .inconclusive, .passed),
    (.limited, .full, .inconclusive), (.limited, .limited, .passed),
    (.limited, .inconclusive, .passed), (.inconclusive, .full, .inconclusive),
    (.inconclusive, .limited, .inconclusive), (.inconclusive, .inconclusive, .passed),
  ])
  func `without a hit the grade decides`(
    actual: Coverage.Grade, required: Coverage.Grade, expected: PolicyVerdict.Outcome
  ) {
    #expect(outcome(actual, required: required) == expected)
  }

  @Test(arguments: Coverage.Grade.allCases, Coverage.Grade.allCases)
  func `a proven hit breaks a policy whatever the grade`(
    actual: Coverage.Grade, required: Coverage.Grade
  ) {
    #expect(outcome(actual, required: required, hits: 1) == .failed)
  }

  @Test(arguments: [Coverage.Reason.clocksDiffer, .bothSides, .sidesSwapped, .flagsFiltered])
  func
    `where packets count twice, are missing or of the wrong side, hits prove nothing and their absence neither`(
      reason: Coverage.Reason
    )
  {
    for required in Coverage.Grade.allCases {
      #expect(outcome(.inconclusive, [reason], required: required, hits: 3) == .inconclusive)
      #expect(outcome(.inconclusive, [reason], required: required, killed: 3) == .inconclusive)
      #expect(outcome(.inconclusive, [reason], required: required) == .inconclusive)
    }
  }

  @Test func `without answers only a killed connection is proof`() {
    #expect(outcome(.inconclusive, [.noAnswers], required: .limited, hits: 3) == .inconclusive)
    #expect(outcome(.inconclusive, [.noAnswers], required: .limited, killed: 1) == .failed)
  }

  @Test(arguments: Coverage.Grade.allCases)
  func `the client side alone allows no verdict, whatever is asked for`(required: Coverage.Grade) {
    #expect(outcome(.inconclusive, [.clientSideOnly], required: required) == .inconclusive)
  }

  @Test func `what was read in part is not taken for all`() {
    var report = AnalysisReport.sample
    report.partial = true
    #expect(Policy.standard.verdict(on: report).outcome == .inconclusive)
    report.hit(.timeWait, .rejected)
    #expect(Policy.standard.verdict(on: report).outcome == .failed)
  }

  // MARK: - Properties

  /// A fixed sequence, so that a failure comes again.
  private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 33
    }
  }

  @Test(arguments: 0..<200)
  func `a stricter policy never passes where a looser one does not`(seed: Int) {
    var dice = Dice(state: UInt64(seed))
    var report = PolicyRuleTests.busy
    report.coverage = Coverage(
      grade: Coverage.Grade.allCases.randomElement(using: &dice) ?? .full,
      reasons: Coverage.Reason.allCases.filter { _ in Int.random(in: 0..<20, using: &dice) == 0 })
    var loose = Policy(origin: "loose")
    var strict = Policy(origin: "strict")
    for (measure, amount, _) in PolicyRuleTests.figures where Bool.random(using: &dice) {
      let (low, high) = Self.two(around: amount, &dice)
      loose.maximum.append(.init(measure, high))
      strict.maximum.append(.init(measure, low))
    }
    loose.coverage = Coverage.Grade.allCases.randomElement(using: &dice) ?? .limited
    strict.coverage = Bool.random(using: &dice) ? .full : loose.coverage
    // What only one of them asks for makes it stricter too.
    strict.maximum.append(.init(.failedAttempts, .count(Int.random(in: 0..<20, using: &dice))))
    let looser = loose.verdict(on: report).outcome
    let stricter = strict.verdict(on: report).outcome
    if looser != .passed { #expect(stricter != .passed, "seed \(seed)") }
    if looser == .failed { #expect(stricter == .failed, "seed \(seed)") }
  }

  /// Two amounts near one, in order.
  private static func two(around amount: Amount, _ dice: inout Dice) -> (Amount, Amount) {
    let parts = [
      Int.random(in: 0..<2000, using: &dice), Int.random(in: 0..<2000, using: &dice),
    ].sorted()
    func scaled(_ part: Int) -> Amount {
      switch amount {
      case .count(let count): .count(count * part / 1000)
      case .share(let share):
        .share(Share(partsPerBillion: Int(share.value * 1_000_000) * part))
      case .duration(let time):
        .duration(Seconds(nanoseconds: time.nanoseconds * Int64(part) / 1000))
      }
    }
    return (scaled(parts[0]), scaled(parts[1]))
  }
}
