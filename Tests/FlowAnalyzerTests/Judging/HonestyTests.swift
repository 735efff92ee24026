import Testing

@testable import FlowAnalyzer

/// What a capture does not show must not be made up: times, ages, answers, connections.
@Suite("Nothing is made up")
struct HonestyTests {
  @Test func `a holder known by its answer alone has no age`() throws {
    let hearing = Hearing(
      """
      1000.0 > S 500
      1000.1 < . 5002 ack 1002 id 0
      1005.0 end
      """)
    #expect(hearing.verdicts == ["inferred time-wait rejected sequence-not-newer"])
    let held = try #require(hearing.report.findings.first?.hits.first?.held)
    #expect(held.since == nil && held.freeAt == nil && held.ageSeconds == nil)
    #expect(held.end == .survived)
    #expect(hearing.report.analysis.timeWait.measured.atLeastSeconds == nil)
    #expect(hearing.report.analysis.timeWait.warning == nil)
  }

  @Test func `such a holder is gone when TIME_WAIT since its answer is over`() {
    let script = """
      0.0 > S 500
      0.1 < . 5002 ack 1002 id 0

      """
    let accepted = Hearing(script + "100.0 > S 700\n100.1 < S. 900000 ack 701")
    #expect(accepted.verdicts.last == "reuse expired")
    let silent = Hearing(script + "100.0 > S 700\n120.0 end")
    #expect(silent.verdicts.last == "reuse expired")
    #expect(silent.report.heldAtEnd.timeWait == 0)
  }

  @Test func `a state that only an answer proves has no age either`() throws {
    let hearing = Hearing(
      Scene.established + """
        1.000 < F. 5001 ack 1001
        1.001 > .  1001 ack 5002
        200.00 > S 500                    # the client's FIN and its ACK were not captured
        200.01 < . 5002 ack 1002 id 0
        205.00 end
        """)
    #expect(hearing.verdicts == ["first use", "inferred time-wait rejected sequence-not-newer"])
    let hit = try #require(hearing.report.findings.first?.hits.first)
    #expect(hit.held.ageSeconds == nil && hit.held.freeAt == nil)
    #expect(hearing.report.analysis.timeWait.measured.atLeastSeconds == nil)
    #expect(hearing.report.summary.timeWaits.server == 1)
    #expect(hearing.report.summary.timeWaits.serverFinWait2 == 0)
  }

  @Test(arguments: ["> .  1002 ack 5002", "> F. 1001 ack 5002"])
  func `an old segment completes no handshake`(late: String) {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  2000
        11.001 < S. 70539 ack 2001
        11.002 \(late)                    # of the connection before
        12.000 > S  3000000
        12.001 < .  70540 ack 2001 id 9
        15.000 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "time-wait accepted sequence-newer", "reuse syn-received",
      ])
    #expect(hearing.report.summary.timeWaits.server == 1)
    #expect(hearing.report.summary.attempts.connected == 0)
  }

  @Test func `one frame with a wrong clock ages nobody else`() {
    let strayed = Hearing(
      Scene.timeWait + """
        3600.0 > S 1 port 9
        11.000 > S  900
        11.001 < .  5002 ack 1002 id 0
        11.002 > R  1002
        11.010 > S  900
        11.011 < S. 90000 ack 901
        11.012 > .  901 ack 90001
        12.000 end
        """)
    #expect(
      strayed.verdicts == [
        "first use", "first use", "time-wait rejected sequence-not-newer", "reuse reset",
      ])
    #expect(strayed.report.findings.map(\.outcome) == [.connected])
  }

  @Test func `a keepalive of the holder answers no SYN`() {
    let hearing = Hearing(
      Scene.established + """
        400.0 > S 500
        400.1 < . 5001 ack 1001 id 7
        400.2 > S 500                     # within the rate limit
        405.0 < . 5000 ack 1001 id 8
        410.0 end
        """)
    #expect(
      hearing.verdicts == [
        "first use", "established rejected challenge", "established unanswered rate-limited",
      ])
  }

  @Test func `not even where it comes within the second in which an answer would`() {
    let hearing = Hearing(
      Scene.established + """
        400.0 > S 500
        400.3 < . 5000 ack 1001 id 8
        410.0 end
        """)
    #expect(hearing.verdicts == ["first use", "established unanswered lost"])
  }

  /// Who is in SYN_SENT resets whatever comes of the old connection, not only a challenge.
  @Test func `a RST to the holder's data tells of no challenge`() {
    let hearing = Hearing(
      Scene.established + """
        11.000 > S  500
        11.010 < P. 5001(10) ack 1001
        11.011 > R  1001
        14.000 end
        """)
    #expect(hearing.verdicts == ["first use", "established unanswered lost"])
  }

  @Test func `the ACK of a FIN under way answers no SYN`() {
    let hearing = Hearing(
      Scene.established + """
        1.0000 < F. 5001 ack 1001
        1.0010 > F. 1001 ack 5002
        1.0011 > S  2000
        1.0012 < .  5002 ack 1002
        2.1000 > S  2000
        2.1010 < S. 70539 ack 2001
        2.1020 > .  2001 ack 70540
        """)
    #expect(
      hearing.verdicts == ["first use", "reuse lost", "time-wait accepted sequence-newer"])
    #expect(hearing.report.findings.map(\.addedSeconds.nanoseconds) == [0])
  }

  @Test func `a SYN with data that the server takes at once is accepted`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.000 > S  2000(100)
        11.001 < S. 70539 ack 2101
        11.002 > .  2101 ack 70540
        """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
    #expect(hearing.report.findings.map(\.outcome) == [.connected])
  }

  @Test func `a RST outside the window is no orphan's`() {
    let hearing = Hearing(
      Scene.established + """
        1.000 < F. 5001 ack 1001
        1.001 > .  1001 ack 5002
        9.000 > S  500
        9.100 < R. 0 ack 501
        """)
    #expect(hearing.verdicts == ["first use", "reuse gone"])
  }

  @Test func `a server that repeats its SYN-ACK is still half-open`() {
    let hearing = Hearing(
      Scene.established + """
        1.001 < S. 5000 ack 1001
        3.001 < S. 5000 ack 1001
        4.000 > S  90000
        4.001 < .  5001 ack 1001 id 0
        4.002 > R  1001
        9.000 end
        """)
    #expect(hearing.verdicts == ["first use", "reuse syn-received"])
    #expect(hearing.report.summary.killedConnections == 0)
  }

  @Test func `a TIME_WAIT that accepts after a RST has ignored it`() {
    let hearing = Hearing(
      Scene.timeWait + """
        5.000 > R  1002
        9.000 > S  2000
        9.001 < S. 70539 ack 2001
        """)
    #expect(hearing.verdicts == ["first use", "time-wait accepted sequence-newer"])
    #expect(hearing.report.analysis.server.rfc1337 == "on")
  }

  @Test func `SYNs that TIME_WAIT would have let in and nobody answered were lost`() {
    let hearing = Hearing(
      Scene.timeWait + """
        11.0 > S 2000
        12.0 > S 2000
        14.0 > S 2000
        18.0 > S 2000
        30.0 end
        """)
    #expect(
      hearing.verdicts == ["first use", "reuse lost", "reuse lost", "reuse lost", "reuse lost"])
  }

  @Test func `a SYN that PAWS refuses moves the end of TIME_WAIT`() throws {
    let hearing = Hearing(
      Scene.timeWaitWithTimestamps + """
        11.000 > S  2000 ts 299
        11.001 < .  5002 ack 1002 ts 960 ecr 300 id 0
        20.000 end
        """)
    let held = try #require(hearing.report.findings.first?.hits.first?.held)
    #expect(held.ageSeconds?.value == 9.999)
    #expect(held.freeAt?.nanoseconds == 71_000_000_000)
  }

  @Test func `a capture filtered by flags allows no verdict`() {
    let hearing = Hearing(
      """
      0.000 > S  1000
      0.001 < S. 5000 ack 1001
      5.000 > S  2000
      5.001 < S. 9000 ack 2001
      """)
    #expect(hearing.report.coverage.grade == .inconclusive)
    #expect(hearing.report.coverage.reasons.contains(.flagsFiltered))
    let whole = Hearing(Scene.timeWait)
    #expect(!whole.report.coverage.reasons.contains(.flagsFiltered))
  }

  @Test func `a capture of both sides of a translation allows no verdict`() {
    let server = Conversation(Scene.timeWait)
    var both = server
    both.segments = []
    for segment in server.segments {
      var outside = segment
      let virtual = Endpoint(address: IPAddress(v4: 0xac14_0101), port: 80)
      if outside.source.port == 80 {
        outside.source = virtual
      } else {
        outside.destination = virtual
      }
      outside.digest += 1000
      both.segments.append(outside)
      var inside = segment
      inside.time = segment.time.advanced(byNanoseconds: 20_000)
      both.segments.append(inside)
    }
    #expect(Hearing(both).report.coverage.reasons.contains(.bothSides))
    #expect(!Hearing(server).report.coverage.reasons.contains(.bothSides))
  }

  @Test func `openers that happen to use one number are no translation`() {
    let script = (1...11).map { number in
      """
      \(number).000 > S  \(number)000 ts 100 port \(4000 + number)
      \(number).001 > S  \(number)000 ts 200 port \(4000 + number) to 2
      \(number).002 < S. 5000 ack \(number)001 ts 5 ecr 100 port \(4000 + number)

      """
    }.joined()
    #expect(!Hearing(script).report.coverage.reasons.contains(.bothSides))
    let same = Hearing(script.replacing("ts 200", with: "ts 100"))
    #expect(same.report.coverage.reasons.contains(.bothSides))
  }

  @Test func `stray segments do not fill the memory`() {
    var tracker = FlowTracker(timeWait: 60_000_000_000)
    let stray = Conversation("0 > . 1000 ack 5000").segments[0]
    for number in 0..<60_000 {
      var segment = stray
      segment.time = Timestamp(nanoseconds: Int64(number) * 10_000_000)
      segment.source.port = UInt16(truncatingIfNeeded: number)
      segment.source.address = IPAddress(v4: 0x0a00_0000 + UInt32(number >> 16))
      segment.digest = UInt64(number)
      _ = tracker.observe(segment)
    }
    // 130 s at 100 segments a second, and what the sweep has not reached yet.
    #expect(tracker.records.count < 30_000)
  }
}
