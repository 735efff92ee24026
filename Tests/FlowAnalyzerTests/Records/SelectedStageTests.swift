import Fixtures
import Foundation
import Testing

@testable import FlowAnalyzer

/// What is asked for of captures, and by whose names, is the same in stages: the filter where frames are, the time
/// where the clock of all is known, addresses where they come in.
@Suite("Selection and encryption in stages")
struct SelectedStageTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func analyzer(
    _ selection: PacketSelection = PacketSelection(), key: [UInt8]? = nil
  ) throws -> Analyzer {
    var configuration = AnalyzerConfiguration()
    configuration.forecast = .brief
    configuration.selection = selection
    configuration.anonymizer = try key.map { try AddressAnonymizer(key: $0) }
    return Analyzer(configuration: configuration)
  }

  /// - Returns: the report, which is that of one process.
  @discardableResult
  private func expectSameReport(
    _ inputs: [CaptureInput], _ selection: PacketSelection, key: [UInt8]? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> AnalysisReport {
    let analyzer = try analyzer(selection, key: key)
    let whole = analyzer.analyze(inputs)
    let staged = try analyzer.analyzeInStages(inputs)
    #expect(staged.report.json == whole.report.json, "\(selection)", sourceLocation: sourceLocation)
    #expect(
      staged.report.text() == whole.report.text(), "\(selection)", sourceLocation: sourceLocation)
    #expect(staged.failures == whole.failures, "\(selection)", sourceLocation: sourceLocation)
    return staged.report
  }

  private func sides(
    _ scenario: String = "l4-collide", of balancer: String? = nil
  ) -> [CaptureInput] {
    let folder = Fixtures.captures.appending(path: scenario)
    return [("server.pcap", CaptureRole.server), ("client-any.pcap", .client)].map { name, role in
      CaptureInput(path: folder.appending(path: name).path, role: role, balancer: balancer)
    }
  }

  private func server(_ capture: CaptureBuilder, as name: String = "server.pcap") throws
    -> CaptureInput
  {
    CaptureInput(path: try directory.write(capture, as: name), role: .server)
  }

  // MARK: - Times

  /// Cut before, at and behind every packet: among connections, in their handshakes and their ends.
  @Test(arguments: [
    """
    0.000 > S  1000          ts 100
    0.001 < S. 5000 ack 1001 ts 900 ecr 100
    0.002 > .  1001 ack 5001 ts 102 ecr 900
    0.003 > P. 1001 ack 5001 ts 103 ecr 900 say GET / HTTP/1.1|Host: a|X-Forwarded-For: 203.0.113.9||
    0.004 < P. 5001 ack 1073 ts 904 ecr 103 say GET /answers/nobody/reads HTTP/1.1|Host: a||
    1.000 < F. 5048 ack 1073 ts 950 ecr 103
    1.001 > F. 1073 ack 5049 ts 300 ecr 950
    1.001 < .  5049 ack 1074 ts 951 ecr 300
    1.500 > S  9000          ts 299
    1.501 < .  5049 ack 1074 ts 952 ecr 300
    1.502 > R  1074
    2.500 > S  9000          ts 299 port 4004
    2.501 < S. 7000 ack 9001 ts 990 ecr 299 port 4004
    2.502 > .  9001 ack 7001 ts 301 ecr 990 port 4004
    3.900 end
    """
  ])
  func `a time that begins or ends at any packet of a collision`(_ script: String) throws {
    var capture = CaptureBuilder(Conversation(script))
    capture.insert(CaptureBuilder.arp, at: -0.5)
    // The capture goes on, by packets of others alone, while the SYN has no answer.
    for second in [0.9, 1.5005, 1.7, 2.2, 2.6, 3.4, 5] {
      capture.insert(CaptureBuilder.udp, at: second)
    }
    let input = try server(capture)
    let times = Set(capture.packets.map(\.time))
    for time in times.flatMap({ [$0, $0 + 1000] }) {
      let instant = TimeBound.instant(Timestamp(nanoseconds: time))
      try expectSameReport([input], PacketSelection(since: instant))
      try expectSameReport([input], PacketSelection(until: instant))
      try expectSameReport([input], PacketSelection(filter: "not arp", until: instant))
    }
  }

  /// Which segment a fragment completes hangs on whether the others of its datagram are asked for.
  @Test func `a SYN in fragments, cut by a time`() throws {
    let conversation = Conversation(
      Scene.timeWait + "30.0 > S 90000\n30.1 < . 5002 ack 1002\n31.2 > R 1002\n33.0 end")
    var capture = CaptureBuilder(conversation)
    let place = try #require(
      capture.packets.firstIndex { $0.time == CaptureBuilder.start + 30_000_000_000 })
    let packet = capture.packets.remove(at: place)
    let fragments = Array(packet.bytes[14...]).ipFragments(7, size: 8)
    for (number, fragment) in fragments.enumerated() {
      capture.insert(TestPacket.ethernet(fragment), at: 30 + 0.01 * Double(number))
    }
    capture.insert(TestPacket.ethernet(fragments[0]), at: 32)
    let input = try server(capture)
    for milliseconds in stride(from: 29_995, through: 30_105, by: 10) {
      let bound = TimeBound.afterStart(Int64(milliseconds) * 1_000_000)
      let late = try expectSameReport([input], PacketSelection(since: bound))
      let early = try expectSameReport([input], PacketSelection(until: bound))
      #expect(late.captures[0].packets == UInt64(capture.packets.count))
      #expect(late.summary.syns.total + early.summary.syns.total <= 2)
    }
    try expectSameReport(
      [input], PacketSelection(filter: "tcp", since: .afterStart(30_005_000_000)))
  }

  /// The clock of all is known only where all captures are; one of them is ahead, and drifts.
  @Test(arguments: [
    (TimeBound.afterStart(5_000_000_000), TimeBound.afterStart(60_000_000_000)),
    (.afterStart(0), .afterStart(20_000_000_000)), (.timeOfDay(0), .timeOfDay(86_399_000_000_000)),
  ])
  func `times are by the clock of all captures`(since: TimeBound, until: TimeBound) throws {
    let client = try CaptureBuilder(reading: sides()[1].path)
    for drift in [0, 40] as [Double] {
      let ahead = client.delayed(by: 37_500_000_000, driftPpm: drift)
      let path = try directory.write(ahead, as: "client-\(drift).pcap")
      let inputs = [sides()[0], CaptureInput(path: path, role: .client)]
      let report = try expectSameReport(inputs, PacketSelection(since: since, until: until))
      #expect(report.clock.contains { ($0.offsetSeconds?.nanoseconds ?? 0) > 37_000_000_000 })
      try expectSameReport(inputs, PacketSelection(since: since))
      try expectSameReport(
        inputs.map { CaptureInput(path: $0.path) },
        PacketSelection(filter: "tcp port 80", until: until))
    }
  }

  /// By its ports the server seems to be the client, and what it answers is read as a request.
  private static let client = CaptureBuilder(
    Conversation(
      """
      0.000 > S  1000          port 50 from 7 to 9
      0.001 < S. 5000 ack 1001 port 50 from 7 to 9
      0.002 > .  1001 ack 5001 port 50 from 7 to 9
      5.000 < P. 5001 ack 1001 port 50 from 7 to 9 say GET /a HTTP/1.1|Host: a||
      9.000 end
      """))

  /// The other side of that request.
  private static let server = CaptureBuilder(
    Conversation(
      """
      5.001 > S  70000
      5.002 < S. 80000 ack 70001
      5.003 > .  70001 ack 80001
      5.004 > P. 70001 ack 80001 say GET /a HTTP/1.1|Host: a||
      5.100 < P. 80001 ack 70030 say HTTP/1.1 200 OK||
      9.000 end
      """))

  private func expectPair(_ client: CaptureBuilder, _ selection: PacketSelection) throws {
    let inputs = [
      try server(Self.server),
      CaptureInput(path: try directory.write(client, as: "client.pcap"), role: .client),
    ]
    let report = try expectSameReport(inputs, selection)
    #expect(report.summary.pairs?.paired == 1)
  }

  @Test func `who answers is not known where the handshake was before`() throws {
    try expectPair(Self.client, PacketSelection(since: .afterStart(3_000_000_000)))
  }

  @Test func `who answers is not known where a clock was set back behind the handshake`() throws {
    var client = Self.client
    let handshake = client.packets.indices.filter {
      client.packets[$0].time < CaptureBuilder.start + 4_000_000_000
    }
    for index in handshake { client.packets[index].time += 20_000_000_000 }
    try expectPair(client, PacketSelection(until: .afterStart(10_000_000_000)))
  }

  @Test func `each load balancer has a beginning of its own`() throws {
    let inputs = sides(of: "a") + sides("l4-v6", of: "b")
    let selection = PacketSelection(
      since: .afterStart(3_000_000_000), until: .afterStart(30_000_000_000))
    let report = try expectSameReport(inputs, selection)
    #expect(report.captures.allSatisfy { ($0.skipped["outside-time"] ?? 0) > 0 })
  }

  @Test func `captures that are damaged, empty or not there, at any time`() throws {
    let bytes = try Data(contentsOf: URL(filePath: KernelTruth.capture("l4-collide").path))
    var damaged = [UInt8](bytes)
    for place in 60_000..<60_040 { damaged[place] = 0xff }
    let paths = [
      try directory.write([UInt8](bytes.prefix(30_001)), as: "cut.pcap"),
      try directory.write(damaged, as: "broken.pcap"),
      try directory.write([UInt8](bytes.prefix(24)), as: "empty.pcap"), directory.path + "/no.pcap",
    ]
    let inputs = paths.map { CaptureInput(path: $0, role: .server) }
    for since in [0, 2, 900] as [Int64] {
      let bound = TimeBound.afterStart(since * 1_000_000_000)
      try expectSameReport(inputs, PacketSelection(since: bound))
      try expectSameReport(inputs, PacketSelection(filter: "tcp", since: bound))
    }
    try expectSameReport(inputs, PacketSelection(filter: "tcp dst port 80"))
  }

  @Test(arguments: Rearrangement.all)
  func `a part of a real capture in any files`(_ rearrangement: Rearrangement) throws {
    let capture = try CaptureBuilder(reading: KernelTruth.capture("l4-collide").path)
    let inputs = try rearrangement.files(capture).enumerated().map { index, contents in
      CaptureInput(path: try directory.write(contents, as: "part-\(index).pcap"), role: .server)
    }
    try expectSameReport(
      inputs, PacketSelection(since: .afterStart(1_500_000_000), until: .afterStart(9_000_000_000)))
    try expectSameReport(inputs, PacketSelection(filter: "not tcp portrange 4000-4010"))
  }

  // MARK: - Filters

  @Test(arguments: [
    "tcp port 80", "src host 192.168.1.1", "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0", "udp",
    "len > 70", "tcp and portrange 4000-4015", "",
  ])
  func `what a filter keeps out is counted, and nothing else`(_ filter: String) throws {
    let report = try expectSameReport(sides(), PacketSelection(filter: filter))
    #expect(report.selection?.filter == filter)
    try expectSameReport(sides("l7-http"), PacketSelection(filter: filter))
    try expectSameReport(
      sides().map { CaptureInput(path: $0.path) }, PacketSelection(filter: filter))
  }

  /// Its file begins and ends with packets that are kept out, and some stand where the clock was set back.
  @Test func `what is kept out still says in which order others came`() throws {
    var first = CaptureBuilder(
      Conversation(Scene.timeWait + "30.0 > S 90000\n30.1 < . 5002 ack 1002"))
    first.insert(CaptureBuilder.udp, at: -2)
    first.insert(CaptureBuilder.arp, at: 30.9)
    first.insert(CaptureBuilder.udp, at: 31.5)
    first.insert(CaptureBuilder.arp, at: 31.6)
    first.insert(CaptureBuilder.udp, at: 33)
    // Twenty seconds ahead, in the middle.
    first.packets.insert(
      .init(time: CaptureBuilder.start + 25_000_000_000, bytes: CaptureBuilder.udp), at: 4)
    var second = CaptureBuilder(
      Conversation("32.0 > S 90000 port 4004\n32.1 < S. 7 ack 90001 port 4004"))
    second.insert(CaptureBuilder.udp, at: 32.5)
    let inputs = [try server(first, as: "a-1.pcap"), try server(second, as: "a-2.pcap")]
    for filter in ["tcp", "tcp or arp", "not arp", "udp", "arp"] {
      let report = try expectSameReport(inputs, PacketSelection(filter: filter))
      // The first file is not over before the second begins, if only by what is kept out.
      #expect(report.captures.map(\.point) == ["server-1", "server-2"])
      try expectSameReport(
        inputs, PacketSelection(filter: filter, until: .afterStart(33_800_000_000)))
    }
  }

  /// A TIME_WAIT does not keep silent: without an answer for a second it is gone. That second must be asked for.
  @Test(arguments: [("tcp or arp", 0), ("tcp", 1), ("tcp or udp", 0), ("", 0)])
  func `a capture ends with the last packet that is asked for`(
    filter: String, hits: Int
  ) throws {
    var capture = CaptureBuilder(Conversation(Scene.timeWait + "30.0 > S 90000"))
    capture.insert(CaptureBuilder.arp, at: 31.5)
    capture.insert(CaptureBuilder.udp, at: 31.6)
    let report = try expectSameReport([try server(capture)], PacketSelection(filter: filter))
    #expect(report.summary.syns.timeWait.total == hits)
  }

  /// Of interfaces with several link layers one may have no Ethernet.
  @Test func `where the filter does not suit the link layer, the capture ends as in one process`()
    throws
  {
    var file = PcapngBuilder()
    file.section()
    file.interface(linkType: 1)
    file.interface(linkType: 101)
    let ethernet = TestPacket.ethernet(TestPacket(flags: 2).ipv4)
    for time in 1...9 as ClosedRange<UInt64> {
      let isRaw = time == 5 || time == 7
      file.packet(
        isRaw ? TestPacket().ipv4 : ethernet, at: time * 1_000_000, interface: isRaw ? 1 : 0)
    }
    let raw = CaptureBuilder(linkType: 101, frames: [TestPacket().ipv4, TestPacket().ipv4])
    let inputs = [
      CaptureInput(path: try directory.write(file.contents, as: "both.pcapng"), role: .server),
      try server(raw, as: "raw.pcap"), sides()[0],
    ]
    let filter = "ether host 02:00:00:00:00:01 or tcp"
    let report = try expectSameReport(inputs, PacketSelection(filter: filter))
    #expect(report.captures.map { $0.error != nil } == [true, true, false])
    // Nobody has asked for a packet of that kind.
    let early = PacketSelection(
      filter: filter, until: .instant(Timestamp(nanoseconds: 4_500_000_000)))
    try expectSameReport([inputs[0]], early)
    try expectSameReport(
      inputs,
      PacketSelection(filter: filter, since: .instant(Timestamp(nanoseconds: 8_000_000_000))))
  }

  // MARK: - Encryption

  @Test(arguments: ["l4-collide", "l7-http", "l7-proxyv2", "l4-v6"])
  func `addresses are encrypted by the judge, and who merges needs no key`(_ scenario: String)
    throws
  {
    let inputs =
      sides(scenario, of: "secret") + [
        CaptureInput(
          path: KernelTruth.capture("half-open").path, role: .server, pointName: "name",
          balancer: "other"),
        CaptureInput(path: directory.path + "/no.pcap", role: .server, balancer: "secret"),
      ]
    let report = try expectSameReport(inputs, PacketSelection(), key: Array(1...32))
    #expect(report.anonymization != nil)
    #expect(report.captures[0].path == "capture-1")
    let other = PacketSelection(filter: "tcp port 80", until: .afterStart(9_000_000_000))
    #expect(try expectSameReport(inputs, other, key: Array(1...32)).selection?.filter == "withheld")
  }

  // MARK: - What does not belong together

  @Test func `records of different selections are not judged together`() throws {
    let spool = try RecordSpool(in: directory.path)
    func add(_ number: Int, _ selection: PacketSelection) throws {
      _ = try RecordExtraction(of: sides()[number], number: number, selection: selection).run {
        try spool.add($0)
      }
    }
    try add(0, PacketSelection(filter: "tcp"))
    #expect(throws: RecordSpoolError.otherSelection) { try add(1, PacketSelection()) }
  }

  @Test func `summaries of different selections or keys make no report`() throws {
    func summary(_ number: Int, _ selection: PacketSelection, key: [UInt8]?) throws
      -> PartialSummary
    {
      let spool = try RecordSpool(in: directory.path)
      let extraction = RecordExtraction(of: sides()[0], number: number, selection: selection)
      _ = try extraction.run { try spool.add($0) }
      return try analyzer(key: key).judge(spool)
    }
    let all = PacketSelection()
    let one = try summary(0, all, key: nil)
    for other in [
      try summary(1, PacketSelection(filter: "tcp"), key: nil),
      try summary(1, PacketSelection(since: .afterStart(1)), key: nil),
      try summary(1, all, key: Array(1...32)),
    ] {
      #expect(throws: SummaryError.otherRules) { _ = try Analyzer().merge([one, other]) }
    }
  }

  /// What is kept out leaves nothing behind, unless others pass by it.
  @Test func `a filter makes records smaller`() throws {
    func bytes(_ selection: PacketSelection) -> Int {
      var count = 0
      let extraction = RecordExtraction(of: sides()[0], number: 0, selection: selection)
      _ = extraction.run { if case .block(let bytes) = $0 { count += bytes.count } }
      return count
    }
    let (all, few) = (bytes(PacketSelection()), bytes(PacketSelection(filter: "tcp port 4003")))
    #expect(few * 10 < all)
    // Whose answers are not read is known where the handshake counts, which a time leaves open.
    #expect(bytes(PacketSelection(until: .afterStart(0))) > all)
  }
}
