/// The pcapng format (draft-ietf-opsawg-pcapng): sections of interfaces and packets, in blocks.
///
///      0      4        8            length - 4   length
///     +------+--------+------------+------------+
///     | type | length |    body    |   length   |   a block, of whole words of four bytes
///     +------+--------+------------+------------+
///
/// It reads what libpcap reads, packet for packet, and some that libpcap refuses: interfaces of
/// different link types or snap lengths, sections of different byte orders. Blocks of other types
/// are passed over.
struct PcapngFile {
  enum BlockType {
    static let section: UInt32 = 0x0a0d_0d0a
    static let interface: UInt32 = 1
    /// Obsolete.
    static let packet: UInt32 = 2
    static let simplePacket: UInt32 = 3
    static let interfaceStatistics: UInt32 = 5
    static let enhancedPacket: UInt32 = 6
  }

  /// A whole block at the first of the source's bytes.
  struct Block {
    /// Type and length.
    static let headerLength = 8

    var type: UInt32
    var length: Int
    /// Where the body ends.
    var end: Int { length &- 4 }
  }

  private static let byteOrderMagic: UInt32 = 0x1a2b_3c4d
  /// A block without body.
  private static let smallestBlock: UInt32 = 12
  /// The limits of libpcap; they bound the buffer.
  static let largestBlock: UInt32 = 16 * 1024 * 1024
  private static let largestFirstSectionHeader: UInt32 = 1024 * 1024
  /// Of a section. A capture of every port of the largest switch has fewer.
  static let mostInterfaces = 1 << 18

  /// The byte order of the current section.
  private(set) var order = ByteOrder.little
  /// Those of the current section.
  private(set) var interfaces: [PcapngInterface] = []
  private var drops = PcapngDrops()
  /// Packets that were dropped while the file was written; nil where it does not say.
  var dropped: UInt64? { drops.total }
  /// Whether some interface was described so far whose packets can be decoded.
  private(set) var hasSupportedInterface = false
  /// That of the file's first interface.
  private(set) var linkType: UInt32 = 0
  /// The link type of the current packet's interface, as the file has it.
  var currentLinkNumber: UInt16 = 0

  /// Reads up to the first interface.
  init(_ source: inout ReadBuffer) throws(CaptureFault) {
    try readFirstSectionHeader(in: &source)
    while interfaces.isEmpty {
      guard let block = try block(in: &source) else { throw .cut }
      switch block.type {
      case BlockType.packet, BlockType.simplePacket, BlockType.enhancedPacket:
        throw .packetBeforeInterface
      default: try readDescription(block, in: &source)
      }
      if block.type == BlockType.interface {
        linkType = UInt32(source.uint16(at: Block.headerLength, order))
      }
      source.consume(block.length)
    }
  }

  /// Finds the next packet, whose block begins at the first of the source's bytes or after blocks
  /// that are no packets.
  ///
  /// - Returns: false at the end of the file.
  mutating func next(
    in source: inout ReadBuffer, _ packet: inout CapturedPacket
  ) throws(CaptureFault) -> Bool {
    while let block = try block(in: &source) {
      switch block.type {
      case BlockType.enhancedPacket: try readEnhancedPacket(block, in: source, &packet)
      case BlockType.simplePacket: try readSimplePacket(block, in: source, &packet)
      case BlockType.packet: try readObsoletePacket(block, in: source, &packet)
      default:
        try readDescription(block, in: &source)
        source.consume(block.length)
        continue
      }
      source.consume(block.length)
      return true
    }
    return false
  }

  /// Nil at the end of the file.
  private func block(in source: inout ReadBuffer) throws(CaptureFault) -> Block? {
    guard try source.fill(to: Block.headerLength) else {
      guard source.count == 0 else { throw .cut }
      return nil
    }
    let type = source.uint32(at: 0, order)
    // A section may have an order of its own, and its header has its length in that order.
    let order = type == BlockType.section ? try sectionOrder(in: &source) ?? order : order
    let field = source.uint32(at: 4, order)
    guard field >= Self.smallestBlock, field <= Self.largestBlock, field & 3 == 0 else {
      throw .blockLength(field)
    }
    let length = Int(field)
    guard try source.fill(to: length) else { throw .cut }
    let last = source.uint32(at: length &- 4, order)
    guard field == last else { throw .blockLengthsDiffer(field, last) }
    return Block(type: type, length: length)
  }

  /// Throws unless the body of a block has so many bytes at least.
  func require(_ length: Int, _ block: Block) throws(CaptureFault) {
    guard Block.headerLength &+ length <= block.end else {
      throw .blockTooShort(type: block.type)
    }
  }
}

// MARK: - Sections and interfaces

extension PcapngFile {
  /// libpcap is lenient with the first header of a file: it may have any length that can hold its
  /// fields, and does not repeat it at its end.
  private mutating func readFirstSectionHeader(
    in source: inout ReadBuffer
  ) throws(CaptureFault) {
    guard let order = try sectionOrder(in: &source) else {
      guard source.count >= 12 else { throw .cut }
      throw .byteOrderMagic(source.uint32(at: 8, .big))
    }
    self.order = order
    let length = source.uint32(at: 4, order)
    guard (28...Self.largestFirstSectionHeader).contains(length) else {
      throw .blockLength(length)
    }
    guard try source.fill(to: Int(length)) else { throw .cut }
    let minor = source.uint16(at: 14, order)
    let major = try majorVersion(in: source)
    guard minor == 0 || minor == 2 else { throw .version(major: major, minor: minor) }
    source.consume(Int(length))
  }

  /// Reads a block that may say what the packets behind it mean.
  private mutating func readDescription(
    _ block: Block, in source: inout ReadBuffer
  ) throws(CaptureFault) {
    switch block.type {
    case BlockType.section:
      try require(16, block)
      guard let order = try sectionOrder(in: &source) else {
        throw .byteOrderMagic(source.uint32(at: 8, .big))
      }
      self.order = order
      _ = try majorVersion(in: source)
      // Interfaces belong to their section.
      interfaces.removeAll()
      drops.beginSection()
    case BlockType.interface:
      try require(8, block)
      guard interfaces.count < Self.mostInterfaces else { throw .tooManyInterfaces }
      let interface = try PcapngInterface(block, in: source, order)
      if interface.linkType != nil { hasSupportedInterface = true }
      interfaces.append(interface)
    case BlockType.interfaceStatistics: drops.read(block, in: source, order)
    default: break
    }
  }

  ///      0      4        8       12      14      16         24
  ///     +------+--------+-------+-------+-------+----------+---------
  ///     | type | length | magic | major | minor | section  | options   the header of a section
  ///     +------+--------+-------+-------+-------+----------+---------
  ///
  /// Nil if the magic is none, or cut.
  private func sectionOrder(in source: inout ReadBuffer) throws(CaptureFault) -> ByteOrder? {
    guard try source.fill(to: 12) else { return nil }
    if source.uint32(at: 8, .little) == Self.byteOrderMagic { return .little }
    return source.uint32(at: 8, .big) == Self.byteOrderMagic ? .big : nil
  }

  /// Throws if it is not known. That of later sections may have any minor version.
  private func majorVersion(in source: borrowing ReadBuffer) throws(CaptureFault) -> UInt16 {
    let major = source.uint16(at: 12, order)
    guard major == 1 else {
      throw .version(major: major, minor: source.uint16(at: 14, order))
    }
    return major
  }
}
