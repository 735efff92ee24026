/// Writes pcapng (draft-ietf-opsawg-pcapng): one section in little-endian order, interfaces with times in
/// nanoseconds, and packets with comments.
///
/// It knows no clock and no machine: the same calls give the same bytes.
struct PcapngWriter {
  private enum Option {
    static let end: UInt16 = 0
    static let comment: UInt16 = 1
    static let interfaceName: UInt16 = 2
    static let interfaceDescription: UInt16 = 3
    static let application: UInt16 = 4
    static let timeResolution: UInt16 = 9
  }

  /// Text of an option has at most so many bytes; its length is a field of 16 bits.
  private static let longestText = 65_000

  /// What was written and not yet taken.
  private(set) var bytes: [UInt8] = []

  /// Begins the file: the section's header.
  init(application: String, comment: String) {
    writeBlock(PcapngFile.BlockType.section) { block in
      block.append(0x1a2b_3c4d as UInt32)
      block.append(1 as UInt16)
      block.append(0 as UInt16)
      // The section's length is not said.
      block.append(UInt64.max)
      block.append(Option.comment, comment)
      block.append(Option.application, application)
      block.appendEnd()
    }
  }

  /// Describes the next interface; they count from zero.
  mutating func writeInterface(linkType: UInt16, name: String, description: String) {
    writeBlock(PcapngFile.BlockType.interface) { block in
      block.append(linkType)
      block.append(0 as UInt16)
      // No limit: packets are as they were captured.
      block.append(0 as UInt32)
      block.append(Option.interfaceName, name)
      block.append(Option.interfaceDescription, description)
      block.append(Option.timeResolution)
      block.append(1 as UInt16)
      block.append([9], padded: true)
      block.appendEnd()
    }
  }

  /// - Parameter originalLength: how many bytes it had on the wire.
  mutating func writePacket(
    interface: Int, time: Timestamp, bytes: [UInt8], originalLength: Int, comment: String
  ) {
    writeBlock(PcapngFile.BlockType.enhancedPacket) { block in
      let units = UInt64(bitPattern: time.nanoseconds)
      block.append(UInt32(truncatingIfNeeded: interface))
      block.append(UInt32(truncatingIfNeeded: units >> 32))
      block.append(UInt32(truncatingIfNeeded: units))
      block.append(UInt32(truncatingIfNeeded: bytes.count))
      block.append(UInt32(truncatingIfNeeded: originalLength))
      block.append(bytes, padded: true)
      block.append(Option.comment, comment)
      block.appendEnd()
    }
  }

  /// Hands over what was written since the last call.
  mutating func take() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }

  private mutating func writeBlock(_ type: UInt32, _ write: (inout Block) -> Void) {
    var block = Block()
    write(&block)
    let length = UInt32(block.bytes.count + 12)
    var framed = Block()
    framed.append(type)
    framed.append(length)
    framed.bytes += block.bytes
    framed.append(length)
    bytes += framed.bytes
  }

  /// Bytes in the writer's order.
  private struct Block {
    var bytes: [UInt8] = []

    mutating func append(_ value: some FixedWidthInteger) {
      for shift in stride(from: 0, to: value.bitWidth, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: value >> shift))
      }
    }

    /// Filled up to whole words of four bytes.
    mutating func append(_ value: [UInt8], padded: Bool) {
      bytes += value
      while bytes.count % 4 != 0 { bytes.append(0) }
    }

    mutating func append(_ option: UInt16, _ text: String) {
      guard !text.isEmpty else { return }
      var value = Array(text.utf8.prefix(PcapngWriter.longestText))
      // No character is cut in two.
      while let last = value.last, text.utf8.count > value.count, last & 0x80 != 0 {
        value.removeLast()
      }
      append(option)
      append(UInt16(truncatingIfNeeded: value.count))
      append(value, padded: true)
    }

    mutating func appendEnd() {
      append(Option.end)
      append(0 as UInt16)
    }
  }
}
