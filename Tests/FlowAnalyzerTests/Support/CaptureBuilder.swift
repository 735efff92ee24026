import Foundation

/// Writes pcap and pcapng files, whole or damaged.
struct CaptureBuilder {
  enum Format: CaseIterable { case pcap, nanosecondPcap, pcapng }

  struct Packet {
    /// Nanoseconds since the epoch.
    var time: Int64
    var bytes: [UInt8]
    /// The length on the wire; that of `bytes` if nil.
    var originalLength: Int?
  }

  var format = Format.pcap
  var isBigEndian = false
  var linkType: UInt32 = 1
  var packets: [Packet] = []

  /// Packets of the given times, in µs, all alike but for the sequence number, which counts from
  /// `sequence` on.
  init(microseconds times: [Int64] = [], sequence: UInt32 = 1, port: UInt16 = 4003) {
    for (index, time) in times.enumerated() {
      let packet = TestPacket(sourcePort: port, sequence: sequence + UInt32(index))
      packets.append(
        Packet(time: time * 1000, bytes: TestPacket.ethernet(packet.ipv4)))
    }
  }

  /// Frames of one link type, a millisecond apart.
  init(linkType: UInt32, frames: [[UInt8]]) {
    self.linkType = linkType
    for (index, frame) in frames.enumerated() {
      packets.append(Packet(time: Int64(index + 1) * 1_000_000, bytes: frame))
    }
  }

  var contents: [UInt8] {
    switch format {
    case .pcap: pcap(magic: 0xa1b2_c3d4, unit: 1000)
    case .nanosecondPcap: pcap(magic: 0xa1b2_3c4d, unit: 1)
    case .pcapng: pcapng
    }
  }

  private func pcap(magic: UInt32, unit: Int64) -> [UInt8] {
    var file = field(magic) + field(UInt16(2)) + field(UInt16(4)) + field(UInt64(0))
    file += field(UInt32(262_144)) + field(linkType)
    for packet in packets {
      file += field(UInt32(packet.time / 1_000_000_000))
      file += field(UInt32(packet.time % 1_000_000_000 / unit))
      file += field(UInt32(packet.bytes.count))
      file += field(UInt32(packet.originalLength ?? packet.bytes.count)) + packet.bytes
    }
    return file
  }

  private var pcapng: [UInt8] {
    // Section header, then one interface with if_tsresol = 10^-9.
    var file = block(
      0x0a0d_0d0a,
      field(UInt32(0x1a2b_3c4d)) + field(UInt16(1)) + field(UInt16(0)) + field(UInt64.max))
    file += block(
      1,
      field(UInt16(linkType)) + field(UInt16(0)) + field(UInt32(262_144)) + field(UInt16(9))
        + field(UInt16(1)) + [9, 0, 0, 0] + field(UInt32(0)))
    for packet in packets {
      let time = UInt64(packet.time)
      let padding = [UInt8](repeating: 0, count: -packet.bytes.count & 3)
      file += block(
        6,
        field(UInt32(0)) + field(UInt32(time >> 32)) + field(UInt32(truncatingIfNeeded: time))
          + field(UInt32(packet.bytes.count))
          + field(UInt32(packet.originalLength ?? packet.bytes.count)) + packet.bytes + padding)
    }
    return file
  }

  private func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
    let length = field(UInt32(body.count + 12))
    return field(type) + length + body + length
  }

  private func field<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    isBigEndian ? bytes(value) : bytes(value).reversed()
  }
}

extension CaptureBuilder {
  /// A pcap file of little-endian byte order and microseconds, as another clock would have it.
  static func shifted(_ file: [UInt8], milliseconds: Int) -> [UInt8] {
    func field(at offset: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) }
    }
    var shifted = file
    var header = 24
    while header + 16 <= file.count {
      let time =
        field(at: header) * 1_000_000 + field(at: header + 4) + milliseconds * 1000
      for (index, value) in [time / 1_000_000, time % 1_000_000].enumerated() {
        for byte in 0..<4 {
          shifted[header + 4 * index + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
        }
      }
      header += 16 + field(at: header + 8)
    }
    return shifted
  }
}

/// A directory that is gone with the last reference to it.
final class TemporaryDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "snat-audit-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  func write(_ contents: [UInt8], as name: String) throws -> String {
    let file = path + "/" + name
    try Data(contents).write(to: URL(filePath: file))
    return file
  }

  func write(_ capture: CaptureBuilder, as name: String) throws -> String {
    try write(capture.contents, as: name)
  }
}
