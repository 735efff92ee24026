/// Writes pcapng files block by block, as strange as a test wants them.
struct PcapngBuilder {
  struct Option {
    var code: UInt16
    var value: [UInt8]

    static let end = Option(code: 0, value: [])

    static func comment(_ text: String) -> Option { Option(code: 1, value: Array(text.utf8)) }

    /// if_tsresol.
    static func resolution(_ field: UInt8) -> Option { Option(code: 9, value: [field]) }
  }

  var isBigEndian = false
  private(set) var contents: [UInt8] = []

  /// if_tsoffset.
  func offset(_ seconds: Int64) -> Option { Option(code: 14, value: field(seconds)) }

  mutating func section(minor: UInt16 = 0, _ options: [Option] = []) {
    block(
      0x0a0d_0d0a,
      field(UInt32(0x1a2b_3c4d)) + field(UInt16(1)) + field(minor) + field(UInt64.max)
        + fields(options))
  }

  mutating func interface(
    linkType: UInt16 = 1, snapLength: UInt32 = 262_144, _ options: [Option] = []
  ) {
    block(
      1, field(linkType) + field(UInt16(0)) + field(snapLength) + fields(options))
  }

  mutating func packet(
    _ bytes: [UInt8], at units: UInt64, interface: UInt32 = 0, originalLength: Int? = nil,
    _ options: [Option] = []
  ) {
    block(
      6,
      field(interface) + timeAndLengths(bytes, units, originalLength) + padded(bytes)
        + fields(options))
  }

  /// The packet block from before the enhanced one.
  mutating func obsoletePacket(_ bytes: [UInt8], at units: UInt64, interface: UInt16 = 0) {
    block(
      2,
      field(interface) + field(UInt16(7)) + timeAndLengths(bytes, units, nil) + padded(bytes))
  }

  mutating func simplePacket(_ bytes: [UInt8], originalLength: Int? = nil) {
    block(3, field(UInt32(originalLength ?? bytes.count)) + padded(bytes))
  }

  /// An Interface Statistics Block with counters of eight bytes.
  mutating func statistics(interface: UInt32, _ counters: [(code: UInt16, value: UInt64)]) {
    block(
      5,
      field(interface) + field(UInt64(0))
        + fields(counters.map { Option(code: $0.code, value: field($0.value)) } + [.end]))
  }

  mutating func block(_ type: UInt32, _ body: [UInt8]) {
    let length = field(UInt32(body.count + 12))
    contents += field(type) + length + body + length
  }

  private func timeAndLengths(
    _ bytes: [UInt8], _ units: UInt64, _ originalLength: Int?
  ) -> [UInt8] {
    field(UInt32(units >> 32)) + field(UInt32(truncatingIfNeeded: units))
      + field(UInt32(bytes.count)) + field(UInt32(originalLength ?? bytes.count))
  }

  private func fields(_ options: [Option]) -> [UInt8] {
    options.flatMap { field($0.code) + field(UInt16($0.value.count)) + padded($0.value) }
  }

  private func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: -bytes.count & 3)
  }

  private func field<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    isBigEndian ? bytes(value) : bytes(value).reversed()
  }
}

extension PcapngBuilder {
  /// The packets of a capture, with everything that libpcap reads: two interfaces of different
  /// resolutions, options, blocks that are no packets, and a second section.
  init(_ capture: CaptureBuilder, isBigEndian: Bool) {
    self.isBigEndian = isBigEndian
    let linkType = UInt16(truncatingIfNeeded: capture.linkType)
    for part in 0..<2 {
      section([.comment("part \(part)"), .end])
      block(0x0bad, [1, 2, 3, 4])
      interface(linkType: linkType, [Option(code: 2, value: Array("eth0".utf8)), .resolution(9)])
      interface(linkType: linkType)
      block(5, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
      for (index, packet) in capture.packets.enumerated() where index & 1 == part {
        switch index % 6 {
        case 0, 1:
          self.packet(
            packet.bytes, at: UInt64(packet.time), originalLength: packet.originalLength,
            index < 3 ? [.comment("a"), .end] : [])
        case 2, 3:
          self.packet(
            packet.bytes, at: UInt64(packet.time / 1000), interface: 1,
            originalLength: packet.originalLength)
        case 4: obsoletePacket(packet.bytes, at: UInt64(packet.time))
        default: simplePacket(packet.bytes)
        }
      }
    }
  }
}
