@testable import FlowAnalyzer

extension CaptureBuilder {
  /// A conversation as a capture of Ethernet frames, an hour after 1970 began.
  init(_ conversation: Conversation) {
    self.init()
    packets = conversation.segments.map { segment in
      Packet(
        time: segment.time.nanoseconds + Self.start,
        bytes: TestPacket.ethernet(segment.packet(conversation.payloads[segment.frame])))
    }
  }

  /// When conversations begin, in nanoseconds.
  static let start: Int64 = 3_600_000_000_000

  /// Adds a frame where it belongs by its time.
  ///
  /// - Parameter seconds: since the conversation began.
  mutating func insert(_ frame: [UInt8], at seconds: Double) {
    let time = Self.start + Int64((seconds * 1_000_000_000).rounded())
    let place = packets.firstIndex { $0.time > time } ?? packets.count
    packets.insert(Packet(time: time, bytes: frame), at: place)
  }

  /// ARP, as it stands between the packets of any network.
  static let arp = TestPacket.ethernet([UInt8](repeating: 0, count: 46), type: 0x0806)

  /// A query for a name.
  static let udp = TestPacket.ethernet(
    TestPacket().ipv4([0, 53, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4], transport: 17))
}

extension Segment {
  /// As an IPv4 packet.
  fileprivate func packet(_ payload: [UInt8]?) -> [UInt8] {
    var options: [UInt8] = []
    if self.options.hasTimestamps {
      options = [1, 1, 8, 10] + bytes(self.options.timestampValue)
      options += bytes(self.options.timestampEchoReply)
    }
    let payload = payload ?? [UInt8](repeating: 0x5a, count: Int(payloadLength))
    var tcp = bytes(source.port) + bytes(destination.port) + bytes(sequence.value)
    tcp += bytes(acknowledgment.value) + [UInt8((20 + options.count) / 4) << 4, flags.rawValue]
    tcp += bytes(window) + [0, 0, 0, 0] + options + payload
    var ip: [UInt8] = [0x45, 0] + bytes(UInt16(20 + tcp.count)) + bytes(ipIdentification)
    ip += bytes(UInt16(dontFragment ? 0x4000 : 0)) + [64, 6, 0, 0]
    ip += bytes(UInt32(truncatingIfNeeded: source.address.low))
    ip += bytes(UInt32(truncatingIfNeeded: destination.address.low))
    return ip + tcp
  }
}
