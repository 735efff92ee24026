@testable import FlowAnalyzer

/// Inputs to begin with, made of a real capture.
public enum Seeds {
  /// - Parameter capture: a pcap file.
  public static func inputs(for target: FuzzTarget, from capture: [UInt8]) throws -> [[UInt8]] {
    let start = Array(capture.prefix(target.longestInput - 8))
    switch target {
    case .reader:
      let packets = try packets(of: capture, count: 24)
      return [start, Array(start.prefix(1000)), pcapng(packets)]
    case .frames:
      var input: [UInt8] = [try packets(of: capture, count: 1).first?.linkIndex ?? 0]
      for packet in try packets(of: capture, count: 40) {
        input +=
          [UInt8(packet.bytes.count >> 8), UInt8(packet.bytes.count & 0xff), 0] + packet.bytes
      }
      return [input]
    case .flows, .streams: return [try operations(of: capture, hasPayload: target == .streams)]
    case .headers: return headers
    case .records: return try blocks(of: start)
    case .summaries: return try SummariesTarget.seeds(summary(of: capture))
    case .analysis: return [[2, 0, 0] + start, [0, 0, 0] + start, [0x15, 0x20, 0] + start]
    }
  }

  private static func blocks(of capture: [UInt8]) throws -> [[UInt8]] {
    let file = try MemoryFile(capture)
    var blocks: [[UInt8]] = []
    // With a time records have packets without segments, and frames.
    for selection in [PacketSelection(), PacketSelection(filter: "tcp", since: .afterStart(0))] {
      let input = CaptureInput(path: file.path, role: .server)
      _ = RecordExtraction(of: input, number: 0, selection: selection).run { frame in
        if case .block(let bytes) = frame { blocks.append(bytes) }
      }
    }
    return blocks
  }

  private static func summary(of capture: [UInt8]) throws -> PartialSummary {
    let file = try MemoryFile(capture)
    let spool = try RecordSpool(in: "/tmp")
    _ = try RecordExtraction(of: CaptureInput(path: file.path, role: .server), number: 0).run {
      try spool.add($0)
    }
    var configuration = AnalyzerConfiguration()
    configuration.forecast = .brief
    return try Analyzer(configuration: configuration).judge(spool)
  }

  struct Packet {
    var bytes: [UInt8]
    var time: Timestamp
    var linkNumber: UInt16
    /// As `FramesTarget` counts them.
    var linkIndex: UInt8
  }

  private static func packets(of capture: [UInt8], count: Int) throws -> [Packet] {
    let file = try MemoryFile(capture)
    var reader = try CaptureReader(path: file.path)
    var packets: [Packet] = []
    while packets.count < count, try reader.advance() == .packet {
      var bytes: [UInt8] = []
      reader.withFrame { frame in
        for index in 0..<frame.byteCount { bytes.append(frame.uint8(at: index)) }
      }
      let index = reader.linkType.flatMap { FramesTarget.types.firstIndex(of: $0) } ?? 0
      packets.append(
        Packet(
          bytes: bytes, time: reader.time, linkNumber: reader.linkNumber,
          linkIndex: UInt8(index)))
    }
    return packets
  }

  /// A section, an interface, packets with a comment, statistics.
  private static func pcapng(_ packets: [Packet]) -> [UInt8] {
    func field<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
      (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
      let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
      let length = field(UInt32(padded.count + 12))
      return field(type) + length + padded + length
    }
    var file = block(
      PcapngFile.BlockType.section,
      field(UInt32(0x1a2b_3c4d)) + field(UInt16(1)) + field(UInt16(0)) + field(UInt64.max))
    let link = packets.first?.linkNumber ?? 1
    file += block(
      PcapngFile.BlockType.interface,
      field(link) + [0, 0] + field(UInt32(262_144)) + [9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0])
    for packet in packets {
      let time = UInt64(bitPattern: packet.time.nanoseconds)
      file += block(
        PcapngFile.BlockType.enhancedPacket,
        field(UInt32(0)) + field(UInt32(time >> 32)) + field(UInt32(truncatingIfNeeded: time))
          + field(UInt32(packet.bytes.count)) + field(UInt32(packet.bytes.count)) + packet.bytes)
    }
    file += block(PcapngFile.BlockType.simplePacket, field(UInt32(4)) + [1, 2, 3, 4])
    file += block(
      PcapngFile.BlockType.interfaceStatistics,
      field(UInt32(0)) + field(UInt64(0)) + [5, 0, 8, 0] + field(UInt64(3)))
    return file
  }

  /// The capture's segments in the bytes that `SegmentMaker` takes apart.
  private static func operations(of capture: [UInt8], hasPayload: Bool) throws -> [UInt8] {
    let file = try MemoryFile(capture)
    var source = SegmentSource(inputs: [CaptureInput(path: file.path, role: .server)])
    var input: [UInt8] = []
    while let segment = source.next(), input.count < 3500 {
      let isReply = segment.source.port < segment.destination.port
      let port = isReply ? segment.destination.port : segment.source.port
      var who = UInt8(port & 3) | (isReply ? 4 : 0)
      if segment.options.hasTimestamps { who |= 0x20 }
      let kind: UInt8 =
        if segment.flags.contains([.syn, .ack]) {
          1
        } else if segment.flags.contains(.syn) {
          0
        } else if segment.flags.contains(.fin) {
          4
        } else if segment.flags.contains(.rst) {
          5
        } else {
          2
        }
      input += [who, kind, 1 << 4 | 4]
      func number(_ value: UInt32) -> [UInt8] {
        [255] + (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - $0 * 8)) }
      }
      if segment.options.hasTimestamps {
        // The byte that says so comes first for both, then their values.
        input += number(segment.options.timestampValue) + number(segment.options.timestampEchoReply)
      }
      input += number(segment.sequence.value) + number(segment.acknowledgment.value)
      input += [UInt8(truncatingIfNeeded: segment.payloadLength >> 8)]
      input += [UInt8(truncatingIfNeeded: segment.payloadLength)]
    }
    return input
  }

  private static var headers: [[UInt8]] {
    let texts = [
      "PROXY TCP4 192.0.2.1 198.51.100.7 40000 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "PROXY TCP6 2001:db8::1 2001:db8::2 40000 443\r\n", "PROXY UNKNOWN\r\n",
      "GET /x HTTP/1.1\r\nX-Forwarded-For: 10.0.0.1, 192.0.2.1\r\nX-Real-IP: 192.0.2.9\r\n\r\n",
      "POST /y HTTP/1.1\r\nForwarded: for=\"[2001:db8::17]:4711\";proto=http, for=192.0.2.60\r\n\r\n",
      "OPTIONS * HTTP/1.1\nx-forwarded-for: [::ffff:192.0.2.1]:99\n\n",
    ]
    let binary: [[UInt8]] = [
      [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11, 0, 12]
        + [192, 0, 2, 1, 198, 51, 100, 7, 0x9c, 0x40, 0, 80] + Array("GET / HTTP/1.0\r\n\r\n".utf8),
      [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x20, 0, 0, 0],
      [22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3] + [UInt8](0..<64),
      [0, 80, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 0x80, 0x10, 0, 1, 0, 0, 0, 0]
        + [254, 8, 0x9c, 0x40, 192, 0, 2, 1, 1, 1, 1, 0],
    ]
    let pieces: [UInt8] = [3, 0, 20, 60, 0, 0, 30, 0, 60, 200]
    return (texts.map { Array($0.utf8) } + binary).map { pieces + $0 }
  }
}
