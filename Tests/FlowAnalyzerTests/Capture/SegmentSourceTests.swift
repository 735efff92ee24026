import Foundation
import Testing

@testable import FlowAnalyzer

@Suite struct SegmentSourceTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func write(
    _ name: String, _ microseconds: [Int64], sequence: UInt32, port: UInt16 = 4003
  ) throws -> String {
    let capture = CaptureBuilder(microseconds: microseconds, sequence: sequence, port: port)
    return try directory.write(capture, as: name)
  }

  @Test func `captures merge in order of time, equal times in the order given`() throws {
    let one = try write("one.pcap", [10, 30, 50, 50], sequence: 100)
    let two = try write("two.pcap", [10, 20, 50], sequence: 200)
    let read = ReadOut(one, two)
    #expect(read.sequences == [100, 200, 201, 101, 102, 103, 202])
    #expect(read.segments.map(\.capture) == [0, 1, 1, 0, 0, 0, 1])
    #expect(read.segments.map(\.frame) == [1, 1, 2, 2, 3, 4, 3])
    #expect(read.isAccountedFor)
  }

  @Test func `packets of one file keep the order of the file`() throws {
    let read = ReadOut(try write("a.pcap", [30, 10, 20], sequence: 1))
    #expect(read.sequences == [1, 2, 3])
    #expect(read.captures[0].firstPacket == Timestamp(nanoseconds: 10_000))
    #expect(read.captures[0].lastPacket == Timestamp(nanoseconds: 30_000))
  }

  @Test(arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
  func `the files of a rotation are one point in any order`(order: [Int]) throws {
    // The second begins in the microsecond in which the first ends.
    let times: [[Int64]] = [[10, 20], [20, 30], [1_000_000, 1_000_010]]
    let paths = try times.enumerated().map { index, times in
      try write("a\(index).pcap", times, sequence: UInt32(index * 10))
    }
    let read = ReadOut(order.map { CaptureInput(path: paths[$0], role: .server) })
    #expect(read.sequences == [0, 1, 10, 11, 20, 21])
    #expect(read.captures.allSatisfy { $0.point == 0 })
    #expect(read.points.count == 1)
  }

  @Test func `captures that overlap are points of their own, and rotations find their own`() throws
  {
    let a1 = try write("a1.pcap", [10, 100], sequence: 10)
    let b1 = try write("b1.pcap", [20, 110], sequence: 20)
    let b2 = try write("b2.pcap", [200, 300], sequence: 30)
    let a2 = try write("a2.pcap", [210, 310], sequence: 40)
    let read = ReadOut(a1, b1, b2, a2)
    #expect(read.captures.map(\.point) == [0, 1, 1, 0])
    #expect(read.points.count == 2)
  }

  @Test func `sides do not share points`() throws {
    let one = try write("one.pcap", [10, 20], sequence: 1)
    let two = try write("two.pcap", [30, 40], sequence: 10)
    let read = ReadOut([
      CaptureInput(path: one, role: .client), CaptureInput(path: two, role: .server),
    ])
    #expect(read.captures.map(\.point) == [0, 1])
    #expect(read.points.map(\.role) == [.client, .server])
  }

  @Test func `a named input keeps its own point`() throws {
    let paths = try (0..<4).map { index in
      let start = Int64(index * 100)
      return try write("\(index).pcap", [start, start + 150], sequence: UInt32(index * 10))
    }
    let names = ["web1", nil, "web1", nil]
    let read = ReadOut(
      zip(paths, names).map { CaptureInput(path: $0, role: .server, pointName: $1) })
    #expect(read.captures.map(\.point) == [0, 1, 0, 1])
    #expect(read.points.map(\.name) == ["web1", nil])
  }

  @Test func `a directory stands for its captures by name`() throws {
    _ = try write("b.pcap", [20], sequence: 2)
    _ = try write("a.dump", [30], sequence: 3)
    _ = try directory.write(Array("# notes".utf8), as: "README.md")
    _ = try directory.write([0x1f, 0x8b, 8], as: "logs.gz")
    _ = try directory.write([0x1f, 0x8b, 8], as: "c.pcap.gz")
    try FileManager.default.createDirectory(
      atPath: directory.path + "/d.pcap", withIntermediateDirectories: false)
    let read = ReadOut(directory.path + "/")
    #expect(
      read.captures.map(\.path)
        == ["a.dump", "b.pcap", "c.pcap.gz"].map { directory.path + "/" + $0 })
    #expect(read.sequences == [2, 3])
    #expect(
      read.failures == [.cutInFileHeader(path: directory.path + "/c.pcap.gz")])
  }

  @Test func `more files than descriptors are no problem`() throws {
    for index in 0..<1200 {
      let start = Int64(index) * 1_000_000
      _ = try write(
        "r\(index).pcap", [start, start + 1000], sequence: UInt32(index * 2))
    }
    let read = ReadOut(directory.path)
    #expect(read.sequences == Array(0..<2400))
    #expect(read.points.count == 1)
    #expect(read.failures.isEmpty)
  }

  @Test func `a pipe is read once and not opened again`() throws {
    let path = directory.path + "/pipe"
    let created = unsafe mkfifo(path, 0o600)
    #expect(created == 0)
    let contents = CaptureBuilder(microseconds: [15, 25], sequence: 50).contents
    let writer = Thread { try? Data(contents).write(to: URL(filePath: path), options: []) }
    writer.start()
    let file = try write("a.pcap", [10, 20, 30], sequence: 1)
    let read = ReadOut(file, path)
    #expect(read.sequences == [1, 50, 2, 51, 3])
  }

  @Test func `progress ends at the size of all files, and a pipe has no size`() throws {
    let one = try write("one.pcap", [10, 30], sequence: 1)
    let two = try write("two.pcap", [20, 40], sequence: 10)
    var source = SegmentSource(inputs: [CaptureInput(path: one), CaptureInput(path: two)])
    let size = source.bytesTotal
    let total = try #require(size)
    var last: UInt64 = 0
    while source.next() != nil {
      let now = source.bytesRead
      #expect(now >= last && now <= total)
      last = now
    }
    let end = source.bytesRead
    #expect(end == total)
  }

  @Test func `a duplicate that the analyzer finds moves from segments to duplicates`() throws {
    var source = SegmentSource(inputs: [
      CaptureInput(path: try write("a.pcap", [10, 20], sequence: 1))
    ])
    while let segment = source.next() {
      if segment.frame == 2 { source.countDuplicates([1]) }
    }
    let capture = source.captures[0]
    #expect(capture.packets == 2)
    #expect(capture.tcpSegments == 1)
    #expect(capture.duplicates == 1)
  }
}
