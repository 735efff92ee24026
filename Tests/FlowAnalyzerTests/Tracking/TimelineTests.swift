import Testing

@testable import FlowAnalyzer

/// How things went over time: each story once, bin by bin, and what must hold whatever happens.
@Suite("Timeline")
struct TimelineTests {
  private func timeline(_ script: String) throws -> AnalysisReport.Timeline {
    try #require(Hearing(script).report.timeline)
  }

  @Test func `a TIME_WAIT is held from the last FIN to the end of its time`() throws {
    let timeline = try timeline(Scene.timeWait + "70.0 end")
    #expect(timeline.stepSeconds.value == 0.1)
    #expect(timeline.start.nanoseconds == 0)
    #expect(timeline.newConnections.enumerated().filter { $0.element > 0 }.map(\.offset) == [0])
    // Entered at 1.001 s, gone at 61.001 s.
    #expect(
      timeline.timeWaitHeld.enumerated().filter { $0.element == 1 }.map(\.offset) == Array(10..<610)
    )
    #expect(
      timeline.snatPortsInUse.enumerated().filter { $0.element == 1 }.map(\.offset) == Array(0..<10)
    )
    #expect(timeline.hits.count == 701)
  }

  @Test func `a TIME_WAIT that a SYN replaces is held until that SYN`() throws {
    let timeline = try timeline(Story.acceptance + "\n20.0 end")
    #expect(timeline.timeWaitHeld[109] == 1)
    #expect(timeline.timeWaitHeld[110...].allSatisfy { $0 == 0 })
    #expect(timeline.hits[110] == 1)
    #expect(timeline.newConnections[110] == 1)
    #expect(timeline.snatPortsInUse[110...].allSatisfy { $0 == 1 })
  }

  @Test func `a TIME_WAIT that a RST ends is held until then`() throws {
    let timeline = try timeline(
      Scene.timeWait + """
        11.000 > S  500
        11.001 < .  5002 ack 1002 id 0
        11.002 > R  1002
        13.010 > S  500
        13.011 < S. clock ack 501
        30.000 end
        """)
    #expect(timeline.timeWaitHeld[109] == 1)
    #expect(timeline.timeWaitHeld[110...].allSatisfy { $0 == 0 })
  }

  @Test func `a TIME_WAIT that ignores RSTs is held on`() throws {
    let timeline = try timeline(RFC1337Tests.loop)
    #expect(timeline.timeWaitHeld[11...].allSatisfy { $0 == 1 })
    #expect(timeline.hits.reduce(0, +) == 4)
  }

  @Test func `a refusal for an old timestamp starts the time anew`() throws {
    let timeline = try timeline(
      Scene.timeWaitWithTimestamps
        + "11.0 > S 9000 ts 299\n11.1 < . 5002 ack 1002 ts 1950 ecr 300 id 0\n90.0 end")
    #expect(timeline.timeWaitHeld[709] == 1)
    #expect(timeline.timeWaitHeld[711] == 0)
  }

  // MARK: - What must hold of every report

  @Test(arguments: RealCaptureTests.scenarios)
  func `sums and last values are those of the summary`(scenario: String) throws {
    let report = RealCaptureTests.report(scenario)
    let timeline = try #require(report.timeline)
    #expect(timeline.newConnections.reduce(0, +) == report.summary.attempts.total)
    #expect(timeline.hits.reduce(0, +) == report.summary.syns.hits)
    #expect(timeline.timeWaitHeld.last == report.heldAtEnd.timeWait)
    #expect(timeline.timeWaitHeld.allSatisfy { $0 >= 0 })
    #expect(timeline.snatPortsInUse.allSatisfy { $0 >= 0 })
    let lengths = [
      timeline.newConnections.count, timeline.timeWaitHeld.count, timeline.snatPortsInUse.count,
      timeline.hits.count,
    ]
    #expect(Set(lengths).count == 1 && lengths[0] <= 1000)
    #expect(
      report.sources.reduce(0) { $0 + $1.connections } == report.summary.attempts.total)
    #expect(report.sources.reduce(0) { $0 + $1.hits } == report.summary.syns.hits)
    #expect(report.sources.allSatisfy { $0.ports <= Int($0.lastPort - $0.firstPort) + 1 })
  }

  // MARK: - Bins

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `the order in which things become known changes nothing`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let reach =
      Int64.random(in: 1...40, using: &random) * 1_000_000_000_000
      >> Int64.random(in: 0...20, using: &random)
    let events = (0..<300).map { _ in
      (
        from: Int64.random(in: -reach...reach, using: &random),
        length: Int64.random(in: 0...reach, using: &random)
      )
    }
    let end = Timestamp(nanoseconds: reach)
    func record(_ events: [(from: Int64, length: Int64)]) -> TimelineRecorder {
      var recorder = TimelineRecorder()
      for event in events {
        let from = Timestamp(nanoseconds: event.from)
        recorder.noteOpened(at: from)
        if event.length % 3 == 0 { recorder.noteHit(at: from) }
        recorder.note(.held, from: from, to: from.advanced(byNanoseconds: event.length), now: end)
      }
      recorder.extend(to: end)
      return recorder
    }
    let (one, other) = (record(events), record(events.shuffled(using: &random)))
    #expect(one.bins.count <= TimelineRecorder.capacity)
    #expect(one.bins.reduce(0) { $0 + $1.opened } == 300)
    // Steps are multiples of each other, so that whatever was coarsened fits a finer start too.
    #expect(one.step == other.step && one.start == other.start)
    #expect(one.bins.map(\.opened) == other.bins.map(\.opened))
    #expect(one.bins.map(\.hits) == other.bins.map(\.hits))
    #expect(one.values(of: .held) == other.values(of: .held))
    // And the gauge is what it should be, at the end of each bin.
    for (index, value) in one.values(of: .held).enumerated() {
      let time = one.start + Int64(index + 1) * one.step
      let expected = events.count {
        $0.from < time && $0.from + $0.length >= time
          || $0.from < time && $0.from + $0.length > reach
      }
      #expect(value == expected)
    }
  }

  @Test func `no clock is too wrong for it`() {
    var recorder = TimelineRecorder()
    for time in [0, .min, .max, -1, 1, Int64.max - 1] {
      recorder.noteOpened(at: Timestamp(nanoseconds: time))
      recorder.note(
        .held, from: Timestamp(nanoseconds: time), to: Timestamp(nanoseconds: .max),
        now: Timestamp(nanoseconds: .max))
    }
    #expect(recorder.bins.count <= TimelineRecorder.capacity)
    #expect(recorder.bins.reduce(0) { $0 + $1.opened } == 6)
  }
}

@Suite("Source addresses")
struct SourceTableTests {
  @Test func `ports are counted once each, whatever their order`() throws {
    var table = SourceTable()
    for port: UInt16 in [4003, 65_535, 4003, 0, 64, 4002] {
      table.noteOpened(address: 7, port: port, at: Timestamp(nanoseconds: 0))
    }
    table.noteOpened(address: 8, port: 1, at: Timestamp(nanoseconds: 0))
    table.noteHit(address: 7)
    table.noteHit(address: 9)
    let source = try #require(table.sources.first)
    #expect(source.connections == 6 && source.ports == 5 && source.hits == 1)
    #expect(source.firstPort == 0 && source.lastPort == 65_535)
    #expect(table.sources.count == 2)
  }

  @Test func `more addresses than there is room for are counted`() {
    var table = SourceTable()
    for address in 0..<2000 as Range<UInt32> {
      table.noteOpened(address: address, port: 1, at: Timestamp(nanoseconds: 0))
    }
    #expect(table.sources.count == SourceTable.capacity)
    #expect(table.others == 2000 - SourceTable.capacity)
  }
}
