import Testing

@testable import FlowAnalyzer

/// What must not change a verdict: where numbers begin, which address sorts first, the address
/// family (reference, section 8, case 61), copies, strangers in between.
@Suite("What verdicts do not depend on")
struct InvarianceTests {
  @Test(arguments: Story.all) func `each story is told as expected`(story: Story) {
    #expect(Hearing(story.script).verdicts == story.verdicts)
  }

  /// The counts of the report are the verdicts, each once.
  @Test(arguments: Story.all) func `the report counts what the verdicts say`(story: Story) {
    let hearing = Hearing(story.script)
    let syns = hearing.report.summary.syns
    let verdicts = hearing.verdicts
    #expect(syns.total == verdicts.count)
    #expect(syns.firstUses == verdicts.count { $0 == "first use" })
    #expect(syns.hits == hearing.hits.count)
    for (reason, count) in syns.reuses {
      #expect(count == verdicts.count { $0 == "reuse \(reason)" })
    }
    #expect(syns.total == syns.firstUses + syns.hits + syns.reuses.values.reduce(0, +))
    for (kind, answers) in [
      (HeldKind.timeWait, syns.timeWait), (.established, syns.established),
      (.closing, syns.closing),
    ] {
      #expect(answers.total == hearing.hits.count { $0.held == kind })
      #expect(
        answers.rejected == hearing.hits.count { $0.held == kind && $0.answer == .rejected })
      #expect(
        answers.accepted == hearing.hits.count { $0.held == kind && $0.answer == .accepted })
    }
    #expect(hearing.report.summary.attempts.hit == hearing.report.findings.count)
    #expect(hearing.report.findings.flatMap(\.hits).count == syns.hits)
  }

  // Case 61
  @Test(arguments: Story.all) func `the address family`(story: Story) {
    guard !story.needsIdentification else { return }
    #expect(Hearing(story.script, isIPv6: true).verdicts == story.verdicts)
  }

  // Case 61: without an identification, an orphan's answer counts as a challenge.
  @Test func `without an identification the kind of closing socket stays open`() {
    let hearing = Hearing(
      Scene.finWait2 + "9.0 > S 500\n9.1 < . 5002 ack 1001", isIPv6: true)
    #expect(hearing.verdicts == ["first use", "closing rejected challenge"])
  }

  @Test(arguments: Story.all, 0..<8)
  func `where the numbers begin`(story: Story, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let shift = Conversation.Shift(
      client: generator.next(upperBound: .max), server: generator.next(upperBound: .max),
      clientClock: generator.next(upperBound: .max), serverClock: generator.next(upperBound: .max))
    let conversation = Conversation(story.script).shifted(by: shift)
    #expect(Hearing(conversation).verdicts == story.verdicts, "seed \(seed): \(shift)")
  }

  /// RCV.NXT, SND.NXT and TS.Recent at and around zero and half the circle. The one ISN that is not
  /// relative, one in place of zero, has a test of its own.
  @Test(
    arguments: Story.all, [0, 1, 2, 0x8000_0000, 0x8000_0001, 0xffff_ffff, 0xffff_fffe] as [UInt32])
  func `where the numbers wrap`(story: Story, value: UInt32) {
    let shift = Conversation.Shift(
      client: value &- 1002, server: value &- 5002, clientClock: (value | 1) &- 300,
      serverClock: value &- 951)
    let conversation = Conversation(story.script).shifted(by: shift)
    #expect(Hearing(conversation).verdicts == story.verdicts)
  }

  @Test(arguments: Story.all) func `which end sorts first`(story: Story) {
    #expect(Hearing(Conversation(story.script).withServerFirst).verdicts == story.verdicts)
    let six = Conversation(story.script, isIPv6: true)
    #expect(Hearing(six.withServerFirst).verdicts == Hearing(six).verdicts)
  }

  @Test(arguments: Story.all, [1, 100_000, 1_000_000] as [Int64])
  func `a mirror port`(story: Story, nanoseconds: Int64) {
    let conversation = Conversation(story.script).mirrored(after: nanoseconds)
    // The copy of a packet whose answer comes at the same time stands behind that answer.
    #expect(Hearing(conversation).verdicts == story.verdicts)
    #expect(DuplicateTests.copies(in: conversation) * 2 == conversation.segments.count)
  }

  @Test(arguments: Story.all) func `strangers in between`(story: Story) {
    #expect(Hearing(Conversation(story.script).amongOthers).verdicts == story.verdicts)
  }

  @Test(arguments: Story.all) func `a shift of all times`(story: Story) {
    var conversation = Conversation(story.script)
    for index in conversation.segments.indices {
      let time = conversation.segments[index].time
      conversation.segments[index].time = time.advanced(byNanoseconds: 1_732_312_800_123_456_789)
    }
    #expect(Hearing(conversation).verdicts == story.verdicts)
  }
}

extension SeededGenerator {
  fileprivate mutating func next(upperBound: UInt32) -> UInt32 {
    UInt32.random(in: 0..<upperBound, using: &self)
  }
}
