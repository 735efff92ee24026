import Foundation
import Testing

@testable import FlowAnalyzer

/// A way to write the packets of a capture to files that changes nothing about what they say.
struct Rearrangement: Sendable {
  let name: String
  /// How many nanoseconds later everything happens.
  var shift: Int64 = 0
  /// What else is different in the report.
  var change: ReportContent.Change = []
  /// The files, in the order of the command line.
  let files: @Sendable (CaptureBuilder) throws -> [[UInt8]]

  init(
    _ name: String, shift: Int64 = 0, _ change: ReportContent.Change = [],
    _ files: @escaping @Sendable (CaptureBuilder) throws -> [[UInt8]]
  ) {
    self.name = name
    self.shift = shift
    self.change = change
    self.files = files
  }
}

extension Rearrangement: CustomTestStringConvertible {
  var testDescription: String { name }
}

extension Rearrangement {
  /// All of them: a new one is a line.
  static let all: [Rearrangement] = formats + blocks + times + files + copies + payloads

  private static let formats: [Rearrangement] = [
    Rearrangement("big-endian pcap") { [$0.with(isBigEndian: true).contents] },
    Rearrangement("pcap with nanoseconds") { [$0.with(.nanosecondPcap).contents] },
    Rearrangement("big-endian pcap with nanoseconds") {
      [$0.with(.nanosecondPcap, isBigEndian: true).contents]
    },
    Rearrangement("modified pcap") { [$0.modifiedPcap(isBigEndian: false)] },
    Rearrangement("big-endian modified pcap") { [$0.modifiedPcap(isBigEndian: true)] },
    Rearrangement("pcapng") { [$0.with(.pcapng).contents] },
    Rearrangement("big-endian pcapng") { [$0.with(.pcapng, isBigEndian: true).contents] },
  ]

  private static let blocks: [Rearrangement] = [
    Rearrangement("sections of either byte order") { capture in
      var file = PcapngBuilder()
      for (index, packet) in capture.packets.enumerated() {
        if index.isMultiple(of: 500) {
          file.isBigEndian.toggle()
          file.section([.comment("part \(index)"), .end])
          file.interface()
        }
        file.packet(packet.bytes, at: UInt64(packet.time / 1000))
      }
      return [file.contents]
    },
    Rearrangement("interfaces of other resolutions and offsets") { capture in
      let second: Int64 = 1_000_000_000
      let start = (capture.packets.first?.time ?? 0) / second - 10
      var file = PcapngBuilder()
      file.section()
      file.interface([.resolution(9), file.offset(-1000)])
      file.interface([.resolution(6), file.offset(start)])
      file.interface([.resolution(7)])
      file.interface([.resolution(12), file.offset(start)])
      for (index, packet) in capture.packets.enumerated() {
        let time = packet.time
        let units =
          switch index % 4 {
          case 0: time + 1000 * second
          case 1: (time - start * second) / 1000
          case 2: time / 100
          default: (time - start * second) * 1000
          }
        file.packet(packet.bytes, at: UInt64(units), interface: UInt32(index % 4))
      }
      return [file.contents]
    },
    Rearrangement("blocks that are no packets in between, and obsolete ones") { capture in
      var file = PcapngBuilder()
      file.section()
      file.interface([Option.name("eth0"), .resolution(9), Option(code: 0x8001, value: [1]), .end])
      for (index, packet) in capture.packets.enumerated() {
        switch index % 7 {
        case 0: file.block(0x0000_0bad, [0, 0, 0x7e, 0xd9, 1, 2, 3, 4])
        case 1: file.block(0x4000_0bad, [0, 0, 0x7e, 0xd9])
        case 2: file.block(4, [0, 0, 0, 0])
        case 3: file.block(0x7777, [])
        case 4: file.statistics(interface: 0, [(4, 9)])
        default: break
        }
        if index.isMultiple(of: 3) {
          file.obsoletePacket(packet.bytes, at: UInt64(packet.time))
        } else {
          file.packet(
            packet.bytes, at: UInt64(packet.time), [.comment("n. \(index)"), .end])
        }
      }
      return [file.contents]
    },
  ]

  private static let hour: Int64 = 3_600_000_000_000

  private static let times: [Rearrangement] = [
    Rearrangement("times beyond 2038", shift: 200_000 * hour) {
      [$0.delayed(by: 200_000 * hour).contents]
    },
    Rearrangement("times beyond 2038 in pcapng", shift: 200_000 * hour) {
      [$0.delayed(by: 200_000 * hour).with(.pcapng).contents]
    },
    Rearrangement("times around 1970", shift: -1_700_000_000_000_000_000 / hour * hour) {
      [$0.delayed(by: -1_700_000_000_000_000_000 / hour * hour).contents]
    },
    Rearrangement("over midnight", shift: 10 * hour) { [$0.delayed(by: 10 * hour).contents] },
  ]

  private static let files: [Rearrangement] = [
    Rearrangement("seven files in another order", .frames) { capture in
      let parts = capture.parts(7).map(\.contents)
      return [3, 0, 6, 1, 5, 2, 4].map { parts[$0] }
    },
    Rearrangement("files of different formats", .frames) { capture in
      let formats = CaptureBuilder.Format.allCases
      return capture.parts(6).enumerated().map { index, part in
        part.with(formats[index % 3], isBigEndian: index >= 3).contents
      }
    },
    Rearrangement("packets by turns in three files, which overlap", .frames) { capture in
      (0..<3).map { turn in
        var part = capture
        part.packets = capture.packets.enumerated().filter { $0.offset % 3 == turn }.map(\.element)
        return part.contents
      }
    },
    Rearrangement("headers only") { capture in
      var cut = capture
      for index in cut.packets.indices {
        let packet = cut.packets[index]
        cut.packets[index].originalLength = packet.bytes.count
        cut.packets[index].bytes = Array(packet.bytes.prefix(96))
      }
      return [cut.contents]
    },
    Rearrangement("other addresses and ports", .tuples) { [$0.relabelled.contents] },
  ]

  private static let copies: [Rearrangement] = [
    Rearrangement("every frame twice", .frames) { [$0.repeated(copies: 2, apart: 1000).contents] },
    Rearrangement("every frame four times, in a VLAN and out of it", .frames) { capture in
      var copies = capture
      copies.packets = capture.packets.flatMap { packet in
        (0..<4).map { copy in
          var again = packet
          again.time += Int64(copy) * 1000
          if copy.isMultiple(of: 2) {
            again.bytes.insert(contentsOf: [0x81, 0, 0, 42], at: 12)
          }
          return again
        }
      }
      return [copies.contents]
    },
    Rearrangement("three points that saw the same", .frames) { capture in
      [capture.contents, capture.delayed(by: 20_000).contents, capture.delayed(by: 1000).contents]
    },
    Rearrangement("frames a little out of order", .frames) { capture in
      var random = SeededGenerator(seed: 7)
      return [capture.disordered(within: 3_000_000, using: &random).contents]
    },
    Rearrangement("frames of two queues, one of them written late", .frames) { capture in
      [capture.withLateQueue(by: 2_000_000).contents]
    },
  ]

  private static let payloads: [Rearrangement] = [
    Rearrangement("payload in pieces", .frames) { [$0.inPieces(of: 50).contents] },
    Rearrangement("frames of 60 KB, for the adapter to cut") {
      [$0.withLargeFrames(of: 60_000).contents]
    },
  ]
}

private typealias Option = PcapngBuilder.Option

extension PcapngBuilder.Option {
  fileprivate static func name(_ text: String) -> Self { Self(code: 2, value: Array(text.utf8)) }
}

extension CaptureBuilder {
  func with(_ format: Format = .pcap, isBigEndian: Bool = false) -> CaptureBuilder {
    var result = self
    result.format = format
    result.isBigEndian = isBigEndian
    return result
  }

  /// The format of Linux 2.2 times, with eight more bytes in each record's header.
  func modifiedPcap(isBigEndian: Bool) -> [UInt8] {
    func field<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
      isBigEndian ? bytes(value) : bytes(value).reversed()
    }
    var file = field(UInt32(0xa1b2_cd34)) + field(UInt16(2)) + field(UInt16(4)) + field(UInt64(0))
    file += field(UInt32(65_535)) + field(linkType)
    for packet in packets {
      file += field(UInt32(packet.time / 1_000_000_000))
      file += field(UInt32(packet.time % 1_000_000_000 / 1000))
      file += field(UInt32(packet.bytes.count))
      file += field(UInt32(packet.originalLength ?? packet.bytes.count))
      file += field(UInt32(2)) + field(UInt16(0x0800)) + [0, 0] + packet.bytes
    }
    return file
  }

  /// As a rotation cuts it.
  func parts(_ number: Int) -> [CaptureBuilder] {
    (0..<number).map { part in
      var result = self
      let range =
        packets.count * part / number..<packets.count * (part + 1) / number
      result.packets = Array(packets[range])
      return result
    }
  }

  func repeated(copies: Int, apart nanoseconds: Int64) -> CaptureBuilder {
    var result = self
    result.packets = packets.flatMap { packet in
      (0..<copies).map { copy in
        var again = packet
        again.time += Int64(copy) * nanoseconds
        return again
      }
    }
    return result
  }

  /// Frames that lie no further apart change places, with their times.
  func disordered(
    within nanoseconds: Int64, using random: inout SeededGenerator
  ) -> CaptureBuilder {
    var result = self
    let late = packets.map { $0.time + Int64.random(in: 0...nanoseconds, using: &random) }
    result.packets = packets.indices.sorted { (late[$0], $0) < (late[$1], $1) }.map { packets[$0] }
    return result
  }

  /// The frames of the server come from a queue that is emptied late.
  func withLateQueue(by nanoseconds: Int64) -> CaptureBuilder {
    var result = self
    let late = packets.map { packet in
      let tcp = tcpOffset(of: packet)
      let isFromServer = packet.bytes[tcp] == 0 && packet.bytes[tcp + 1] == 80
      return packet.time + (isFromServer ? nanoseconds : 0)
    }
    result.packets = packets.indices.sorted { (late[$0], $0) < (late[$1], $1) }.map { packets[$0] }
    return result
  }

  /// Where the TCP header of a frame ends, captured or not.
  func tcpEnd(of packet: Packet) -> Int {
    let tcp = tcpOffset(of: packet)
    return tcp + Int(packet.bytes[tcp + 12] >> 4) * 4
  }

  /// Every address and port another one, alike for all packets.
  var relabelled: CaptureBuilder {
    var result = self
    for index in packets.indices {
      let tcp = tcpOffset(of: packets[index])
      let isIPv4 = tcp == (linkType == 1 ? 34 : 40)
      let addresses = isIPv4 ? tcp - 8..<tcp : tcp - 32..<tcp
      for place in addresses { result.packets[index].bytes[place] ^= 0x11 }
      for place in [tcp, tcp + 2] { result.packets[index].bytes[place] ^= 0x20 }
    }
    return result
  }
}
