import Testing

@testable import FlowAnalyzer

@Suite("Ladders")
struct LadderTests {
  /// One line for each row: `old > opens` from the left to the right, `new < hit` the other way; `|` in
  /// front for the clients' side.
  private static func story(_ ladder: Ladder) -> [String] {
    ladder.rows.map { row in
      let part = ladder.connections[row.connection].part.shortName
      let side = row.gap == .client ? "| " : ""
      return "\(side)\(part) \(row.isTowardsServer ? ">" : "<") \(row.role.rawValue)"
    }
  }

  /// The finding of a fixture with this first hit.
  private func ladder(_ traced: Traced, _ tuple: String, frame: UInt64) throws -> Ladder {
    let trace = try #require(
      traced.traces.first {
        $0.finding.hits[0].frame == frame && $0.finding.hits[0].tuple.source.description == tuple
      })
    return Ladder(trace, of: traced.report)
  }

  private func first(
    _ traced: Traced, where isWanted: (AnalysisReport.Finding) -> Bool
  ) throws -> Ladder {
    let trace = try #require(traced.traces.first { isWanted($0.finding) })
    return Ladder(trace, of: traced.report)
  }

  @Test func `a SYN that is let in takes the place of the TIME_WAIT`() throws {
    let traced = try Traced("l7-proxyv2", "server.pcap")
    let ladder = try first(traced) { $0.hits.count == 1 && $0.hits[0].answer == .accepted }
    let story = Self.story(ladder)
    let beginning = [
      "old > opens", "old < answers", "old > establishes", "old > omitted", "old < closes",
      "old > enters-time-wait", "old < continues", "new > hit", "new < accepted", "new > connected",
    ]
    #expect(story.prefix(beginning.count).elementsEqual(beginning), "\(story)")
    let span = try #require(ladder.spans.first)
    #expect(ladder.spans.count == 1)
    #expect(ladder.rows[span.rows.lowerBound].role == .entersTimeWait)
    #expect(ladder.rows[span.rows.upperBound].role == .accepted)
    #expect(span.since == ladder.rows[span.rows.lowerBound].time)
    #expect(span.end == .replaced)
    #expect(!ladder.hasClientSide)
  }

  @Test func `a rejection carries the old numbers, and its RST ends the TIME_WAIT`() throws {
    let traced = try Traced("l4-collide", "server.pcap")
    let ladder = try first(traced) {
      $0.hits.count == 1 && $0.hits[0].answer == .rejected && $0.hits[0].held.end == .killed
        && $0.hits[0].held.evidence == .tracked
    }
    let rows = ladder.rows
    let hit = try #require(rows.firstIndex { $0.role == .hit })
    #expect(rows[hit + 1].role == .rejection)
    #expect(rows[hit + 2].role == .kills)
    // The last that the server had sent before, and the number that its peer would go on with.
    #expect(ladder.connections[rows[hit + 1].connection].part == .previous)
    let last = try #require(rows[..<hit].last { !$0.isTowardsServer })
    #expect(rows[hit + 1].sequence.relative == last.sequence.relative)
    #expect(rows[hit + 2].sequence.relative == rows[hit + 1].acknowledgment?.relative)
    #expect(rows[hit].sequence.relative == 0)
    let span = try #require(ladder.spans.first)
    #expect(rows[span.rows.upperBound].role == .kills)
    #expect(rows.last { $0.role == .retry } != nil)
    #expect(rows.contains { $0.role == .connected })
  }

  @Test func `what a rule compared is the difference of the numbers shown`() throws {
    for source in TraceTests.sources {
      let traced = try source.traced()
      for index in traced.traces.indices {
        for comparison in traced.ladder(index).comparisons {
          if let expected = comparison.nextExpected, let distance = comparison.sequenceDistance {
            #expect(Int32(bitPattern: comparison.sequence &- expected) == distance)
          }
          if let value = comparison.timestampValue, let recent = comparison.timestampRecent,
            let distance = comparison.timestampDistance
          {
            #expect(Int32(bitPattern: value &- recent) == distance)
          }
          #expect(comparison.rule.hasSuffix("."))
          #expect(!comparison.source.isEmpty)
        }
      }
    }
  }

  @Test(arguments: TraceTests.sources)
  func `a ladder is whole: rows in order, one for each hit, bars within`(
    source: TraceTests.Source
  ) throws {
    let traced = try source.traced()
    for index in traced.traces.indices {
      let ladder = traced.ladder(index)
      let id = ladder.finding.id
      for (earlier, later) in zip(ladder.rows, ladder.rows.dropFirst()) {
        #expect(earlier.time <= later.time, "\(id)")
      }
      let hits = ladder.rows.filter { $0.role == .hit }.compactMap(\.hit)
      #expect(hits == Array(ladder.finding.hits.indices), "\(id)")
      for (hit, comparison) in zip(ladder.finding.hits, ladder.comparisons) {
        let row = try #require(comparison.row)
        #expect(ladder.rows[row].frame == hit.frame, "\(id)")
      }
      for span in ladder.spans {
        #expect(ladder.rows.indices.contains(span.rows.lowerBound), "\(id)")
        #expect(ladder.rows.indices.contains(span.rows.upperBound), "\(id)")
        // The SYN that met it lies on it.
        let row = try #require(ladder.comparisons[span.hit].row)
        #expect(span.rows.contains(row), "\(id)")
      }
      // Every frame is drawn or counted.
      let drawn = ladder.rows.reduce(0) { $0 + $1.segments }
      let traced = traced.traces[index].frames.reduce(0) { $0 + 1 + $1.omitted.segments }
      #expect(drawn == traced, "\(id)")
    }
  }

  /// What was answered, and what became of it, shows in the rows.
  @Test(arguments: TraceTests.sources)
  func `answers in the rows are those of the report`(source: TraceTests.Source) throws {
    let traced = try source.traced()
    for index in traced.traces.indices {
      let ladder = traced.ladder(index)
      for (number, hit) in ladder.finding.hits.enumerated() {
        let roles = ladder.rows.filter { $0.hit == number && $0.gap == .server }.map(\.role)
        let id = ladder.finding.id
        switch hit.answer {
        case .accepted: #expect(roles.contains(.accepted), "\(id) \(roles)")
        case .rejected:
          #expect(roles.contains(.rejection) || roles.contains(.kills), "\(id) \(roles)")
        case .reset: #expect(roles.contains(.refusal), "\(id) \(roles)")
        case .unanswered, .undetermined:
          #expect(roles.allSatisfy { $0 == .hit || $0 == .reset }, "\(id) \(roles)")
        }
        if hit.answer == .rejected, hit.held.end == .killed {
          #expect(roles.contains(.kills), "\(id) \(roles)")
        }
        if hit.held.end == .survived { #expect(!roles.contains(.kills), "\(id) \(roles)") }
      }
      let isConnected = ladder.rows.contains { $0.role == .connected && $0.gap == .server }
      #expect(isConnected == (ladder.finding.outcome == .connected), "\(ladder.finding.id)")
    }
  }

  @Test func `a TIME_WAIT that ignores RSTs is one bar for all hits that it outlives`() throws {
    let traced = try Traced("l4-rfc1337", "server.pcap")
    let ladder = try first(traced) { finding in
      finding.hits.count > 2 && finding.hits[0].tuple == finding.hits[1].tuple
        && finding.hits.dropLast().allSatisfy { $0.held.end == .survived }
    }
    let hits = ladder.finding.hits
    let same = hits.filter { $0.tuple == hits[0].tuple }
    #expect(ladder.spans.count == Set(hits.map(\.tuple)).count)
    #expect(ladder.spans[0].rows.upperBound == ladder.rows.count - 1)
    #expect(ladder.spans[0].freeAt == same.last?.held.freeAt)
    // PAWS refuses each, and each starts the timer anew.
    #expect(Array(ladder.spans[0].restarts.suffix(same.count)) == same.map(\.at))
    // Nobody claims of a RST that it ended what later SYNs still met.
    #expect(!ladder.rows.contains { $0.role == .kills })
  }

  @Test func `both sides stand side by side, with the virtual address in between`() throws {
    let ladder = try Traced("l4-collide", "lb-any.pcap").worst
    #expect(ladder.hasClientSide)
    #expect(ladder.loadBalancer.endpoints.first == "172.20.1.1:80")
    let current = ladder.connections.filter { $0.part == .current }
    #expect(Set(current.map(\.openerISN)).count == 1)
    #expect(current.first { $0.side == .client }?.client == ladder.finding.current.client)
    let hit = try #require(ladder.rows.firstIndex { $0.role == .hit })
    #expect(ladder.rows[hit - 1].gap == .client)
    #expect(ladder.rows[hit - 1].flags == .syn)
  }

  @Test func `a killed connection is told apart from a TIME_WAIT that ended`() throws {
    let ladder = try Traced("half-open", "server.pcap").worst
    let kills = ladder.rows.filter { $0.role == .kills }
    #expect(kills.count == 6)
    #expect(kills.allSatisfy { $0.note?.contains("kills the live one") == true })
    #expect(ladder.spans.allSatisfy { $0.state == .established })
  }
}
