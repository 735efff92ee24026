import Foundation

@testable import FlowAnalyzer

extension CaptureBuilder {
  /// Reads a pcap file of little-endian byte order and microseconds, such as the fixtures are.
  init(reading path: String) throws {
    self.init()
    let file = [UInt8](try Data(contentsOf: URL(filePath: path)))
    func field(at offset: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) }
    }
    linkType = UInt32(field(at: 20))
    var header = 24
    while header + 16 <= file.count {
      let captured = field(at: header + 8)
      let bytes = Array(file[header + 16..<header + 16 + captured])
      let time = Int64(field(at: header)) * 1_000_000_000 + Int64(field(at: header + 4)) * 1000
      packets.append(Packet(time: time, bytes: bytes, originalLength: field(at: header + 12)))
      header += 16 + captured
    }
  }

  /// Where the TCP header of a frame begins: Ethernet or SLL2, IPv4 without options or IPv6.
  func tcpOffset(of packet: Packet) -> Int {
    let link = linkType == 1 ? 14 : 20
    return link + (packet.bytes[link] >> 4 == 4 ? 20 : 40)
  }

  /// The same packets under a clock that is ahead and runs fast.
  func delayed(by nanoseconds: Int64, driftPpm: Double = 0) -> CaptureBuilder {
    var shifted = self
    let start = packets.first?.time ?? 0
    for index in packets.indices {
      let drift = Double(packets[index].time - start) * driftPpm / 1_000_000
      shifted.packets[index].time += nanoseconds + Int64(drift)
    }
    return shifted
  }
}

extension CaptureBuilder {
  /// The same packets of IPv4 with payloads of the same length that nobody can read, as TLS makes them.
  ///
  /// - Parameter seed: the key: two sides with different ones have nothing in common.
  func enciphered(seed: UInt64) -> CaptureBuilder {
    var result = self
    var random = SeededGenerator(seed: seed)
    for index in packets.indices {
      var bytes = packets[index].bytes
      let tcp = tcpOffset(of: packets[index])
      let start = tcp + Int(bytes[tcp + 12] >> 4) * 4
      let end = tcp - 20 + Int(bytes.number(at: tcp - 20) & 0xffff)
      for place in start..<max(start, end) {
        bytes[place] = UInt8.random(in: 0...255, using: &random)
      }
      if end >= start + 5 { bytes.replaceSubrange(start..<start + 3, with: [23, 3, 3]) }
      result.packets[index].bytes = bytes
    }
    return result
  }
}

extension [UInt8] {
  /// A number in network byte order.
  func number(at offset: Int) -> UInt32 {
    self[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }

  mutating func set(_ number: UInt32, at offset: Int) {
    replaceSubrange(offset..<offset + 4, with: bytes(number))
  }
}

extension CaptureBuilder {
  /// The capture over and over, each time with other sequence numbers: `copies` of it, a new one every
  /// `period` nanoseconds.
  func repeated(_ copies: Int, every period: Int64) -> CaptureBuilder {
    var result = self
    result.packets = []
    for copy in 0..<copies {
      let shift = UInt32(truncatingIfNeeded: mixed(UInt64(copy)))
      for var packet in packets {
        let tcp = tcpOffset(of: packet)
        let flags = packet.bytes[tcp + 13]
        let sequence = packet.bytes.number(at: tcp + 4)
        // A RST that refuses a SYN has no number of its own.
        if flags != 0x14 || sequence != 0 { packet.bytes.set(sequence &+ shift, at: tcp + 4) }
        if flags & 0x10 != 0 {
          packet.bytes.set(packet.bytes.number(at: tcp + 8) &+ shift, at: tcp + 8)
        }
        packet.time += Int64(copy) * period
        result.packets.append(packet)
      }
    }
    return result
  }
}
