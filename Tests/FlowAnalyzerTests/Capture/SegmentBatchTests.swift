import Testing

@testable import FlowAnalyzer

/// Batches take packets on a lane of their own; one segment at a time goes the ordinary way.
@Suite struct SegmentBatchTests {
  /// All that a source gives, as text.
  private struct Output: Equatable {
    var segments: [String] = []
    var captures: [String] = []
    var latest: Timestamp?

    mutating func end(_ source: borrowing SegmentSource) {
      captures = source.captures.map { "\($0)" }
      latest = source.latestPacket
    }
  }

  private func oneByOne(_ inputs: [CaptureInput]) -> Output {
    var source = SegmentSource(inputs: inputs)
    var output = Output()
    while let segment = source.next() { output.segments.append("\(segment) \(source.side)") }
    output.end(source)
    return output
  }

  private func batches(of capacity: Int, _ inputs: [CaptureInput]) -> Output {
    var source = SegmentSource(inputs: inputs)
    var batch = SegmentBatch(capacity: capacity)
    var output = Output()
    repeat {
      batch.removeAll()
      source.fill(&batch)
      for position in 0..<batch.count {
        output.segments.append("\(batch[position].segment) \(batch[position].side)")
      }
    } while !source.isFinished
    output.end(source)
    return output
  }

  @Test(arguments: ["l4-collide", "half-open-v6", "l7-http", "loss-lb"])
  func `a batch holds what comes one by one`(scenario: String) {
    let path = KernelTruth.capture(scenario).path
    let one = [CaptureInput(path: path, role: .server)]
    // Side by side with itself as the other side, and as a further point of the same.
    let two = one + [CaptureInput(path: path, role: .client)]
    let copies = one + [CaptureInput(path: path, role: .server, pointName: "other")]
    let both = [CaptureInput(path: path, role: .both)]
    for inputs in [one, two, copies, both] {
      let expected = oneByOne(inputs)
      for capacity in [2, 7, SegmentBatch.standardCapacity] {
        #expect(batches(of: capacity, inputs) == expected, "capacity \(capacity)")
      }
    }
  }

  /// Packets that go the short way among such that do not.
  private static func mixed(_ number: Int) -> [UInt8] {
    // The fragments of 4 and 5 belong together.
    let datagram = number % 9 == 5 ? number - 1 : number
    let packet = TestPacket(sequence: UInt32(datagram), identification: UInt16(datagram))
    return switch number % 9 {
    case 1: TestPacket.ethernet(packet.ipv6, type: 0x86dd)
    case 2: TestPacket.ethernet(packet.ipv4, tags: [0x8100])
    case 3: TestPacket.ethernet([UInt8](repeating: 0, count: 46), type: 0x0806)
    case 4: TestPacket.ethernet(packet.ipv4Fragment(0..<40))
    case 5: TestPacket.ethernet(packet.ipv4Fragment(40..<61))
    case 6: Array(TestPacket.ethernet(packet.ipv4).prefix(47))
    default: TestPacket.ethernet(packet.ipv4)
    }
  }

  @Test(arguments: CaptureBuilder.Format.allCases, [false, true])
  func `short and long ways mixed`(format: CaptureBuilder.Format, isBigEndian: Bool) throws {
    let directory = try TemporaryDirectory()
    var capture = CaptureBuilder(linkType: 1, frames: (1...300).map(Self.mixed))
    capture.format = format
    capture.isBigEndian = isBigEndian
    for index in capture.packets.indices {
      capture.packets[index].originalLength = 100 + index
      capture.packets[index].time += 100_000_000_000
    }
    // Not in order of time: a little late, and by a clock that was set back.
    capture.packets[24].time -= 3_500_000
    capture.packets[204].time -= 7_000_000_000
    let path = try directory.write(capture, as: "mixed")
    let one = [CaptureInput(path: path, role: .server)]
    let both = one + [CaptureInput(path: path, role: .client)]
    for inputs in [one, both] {
      let expected = oneByOne(inputs)
      #expect(expected.segments.count == inputs.count * 200)
      for capacity in [2, 7, SegmentBatch.standardCapacity] {
        let found = batches(of: capacity, inputs)
        #expect(found.captures == expected.captures, "capacity \(capacity)")
        #expect(found.segments.sorted() == expected.segments.sorted(), "capacity \(capacity)")
        #expect(found.latest == expected.latest, "capacity \(capacity)")
      }
    }
  }

  @Test func `interfaces of one file that differ in link type and clock`() throws {
    let directory = try TemporaryDirectory()
    var builder = PcapngBuilder()
    builder.section()
    builder.interface()
    builder.interface(linkType: 101, [PcapngBuilder.Option.resolution(9)])
    builder.interface(linkType: 147)
    for sequence in 1...40 as ClosedRange<UInt32> {
      let packet = TestPacket(sequence: sequence)
      switch sequence / 3 % 4 {
      case 0: builder.packet(packet.ipv4, at: UInt64(sequence) * 1_000_000, interface: 1)
      case 1: builder.packet(packet.ipv4, at: UInt64(sequence) * 1000, interface: 2)
      case 2: builder.simplePacket(TestPacket.ethernet(packet.ipv4))
      default: builder.packet(TestPacket.ethernet(packet.ipv4), at: UInt64(sequence) * 1000)
      }
    }
    let path = try directory.write(builder.contents, as: "interfaces.pcapng")
    let inputs = [CaptureInput(path: path, role: .server)]
    let expected = oneByOne(inputs)
    #expect(expected.segments.count > 20)
    for capacity in [2, 7, SegmentBatch.standardCapacity] {
      let found = batches(of: capacity, inputs)
      #expect(found.captures == expected.captures, "capacity \(capacity)")
      #expect(found.segments.sorted() == expected.segments.sorted(), "capacity \(capacity)")
    }
  }
}
