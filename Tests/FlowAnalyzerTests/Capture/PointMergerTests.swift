import Testing

@testable import FlowAnalyzer

@Suite struct PointMergerTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func inputs(
    _ points: [Int64]..., role: CaptureRole = .server, sequence: UInt32 = 7
  ) throws -> [CaptureInput] {
    try points.enumerated().map { index, microseconds in
      var capture = CaptureBuilder(microseconds: microseconds)
      for packet in capture.packets.indices {
        // One more router on the way, and bit-identical otherwise.
        let content = TestPacket(sequence: sequence, timeToLive: UInt8(64 - index))
        capture.packets[packet].bytes = TestPacket.ethernet(content.ipv4)
      }
      let name = "\(role.rawValue)\(index).pcap"
      return CaptureInput(path: try directory.write(capture, as: name), role: role)
    }
  }

  @Test func `a packet seen at two points of a side is one segment`() throws {
    let read = ReadOut(try inputs([1000, 900_000], [1500, 800_000]))
    #expect(read.segments.map(\.capture) == [0, 1, 0])
    #expect(read.captures.map(\.tcpSegments) == [2, 1])
    #expect(read.captures.map(\.duplicates) == [0, 1])
    #expect(read.isAccountedFor)
  }

  @Test func `a packet seen at three points is one segment`() throws {
    let read = ReadOut(try inputs([1000, 400_000], [1500, 500_000], [1700, 600_000]))
    #expect(read.segments.map(\.capture) == [0, 0, 1, 2])
  }

  @Test func `copies at one point are left to the analyzer`() throws {
    #expect(ReadOut(try inputs([1000, 1100])).segments.count == 2)
  }

  @Test func `each copy is matched once`() throws {
    let read = ReadOut(try inputs([1000, 20_000], [1500, 20_500, 30_000]))
    #expect(read.segments.map(\.time.nanoseconds) == [1_000_000, 20_000_000, 30_000_000])
    #expect(read.captures.map(\.duplicates) == [0, 2])
  }

  @Test func `a copy of a copy within a millisecond is none of its own`() throws {
    let read = ReadOut(try inputs([1000, 40_000], [1500, 1600, 40_500]))
    #expect(read.segments.count == 2)
    #expect(read.captures.map(\.duplicates) == [0, 3])
  }

  @Test func `what comes later than the window is another packet`() throws {
    let late = 1000 + PointMerger.window / 1000
    #expect(ReadOut(try inputs([1000, 400_000], [late, 300_000])).segments.count == 3)
    #expect(ReadOut(try inputs([1000, 400_000], [late + 1, 300_000])).segments.count == 4)
  }

  /// Whatever the captures are numbered in, the window ends where it does.
  @Test func `the window ends to the nanosecond`() {
    func copies(_ late: Int64) -> [Bool] {
      var merger = PointMerger()
      return [(UInt32(0), Int64(0)), (1, late)].map { point, nanoseconds in
        var segment = Segment.none
        segment.time = Timestamp(nanoseconds: 3_600_000_000_000 + nanoseconds)
        segment.digest = 7
        segment.point = point
        return merger.isCopy(segment)
      }
    }
    #expect(copies(PointMerger.window) == [false, true])
    #expect(copies(PointMerger.window + 1) == [false, false])
  }

  @Test func `the two sides are not merged`() throws {
    let client = try inputs([1000, 3000], role: .client)
    let server = try inputs([1500, 3500], role: .server)
    #expect(ReadOut(client + server).segments.count == 4)
  }

  @Test func `a capture of no named side counts as one of the server side`() throws {
    var inputs = try inputs([1000, 3000], [1000, 3000])
    inputs[0].role = nil
    let read = ReadOut(inputs)
    #expect(read.segments.count == 2)
    #expect(read.captures.map(\.duplicates) == [0, 2])
  }

  @Test func `files of a rotation are one point, whether or not all of them name the side`() throws
  {
    var inputs = try inputs([1000, 3000], [700_000, 900_000])
    inputs[1].role = nil
    let read = ReadOut(inputs)
    #expect(read.points.count == 1)
    #expect(read.isAccountedFor)
  }

  @Test func `the first and the last packet of a capture have their copies, too`() throws {
    let read = ReadOut(try inputs([1000, 60_000], [1000, 60_900]))
    #expect(read.segments.map(\.capture) == [0, 0])
  }

  @Test func `a full table forgets the oldest`() {
    var merger = PointMerger()
    var segment = Segment(
      time: Timestamp(nanoseconds: 0), source: Endpoint(address: IPAddress(v4: 1), port: 1),
      destination: Endpoint(address: IPAddress(v4: 2), port: 2), sequence: SequenceNumber(0),
      acknowledgment: SequenceNumber(0), flags: .ack, window: 0, payloadLength: 0,
      options: TCPOptions(), ipIdentification: 0, dontFragment: false, digest: 0, frame: 1,
      capture: 0, point: 0)
    for digest in 0...UInt64(PointMerger.capacity) {
      segment.digest = digest
      let isCopy = merger.isCopy(segment)
      #expect(!isCopy)
    }
    segment.point = 1
    segment.digest = UInt64(PointMerger.capacity)
    let isLatestKnown = merger.isCopy(segment)
    #expect(isLatestKnown)
    segment.digest = 0
    let isOldestKnown = merger.isCopy(segment)
    #expect(!isOldestKnown)
  }
}
