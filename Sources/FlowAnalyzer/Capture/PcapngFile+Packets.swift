/// The three kinds of blocks that hold packets.
extension PcapngFile {
  ///      0      4        8           12     16    20         24         28
  ///     +------+--------+-----------+------+-----+----------+----------+------+---------
  ///     | type | length | interface | high | low | captured | original | data | options
  ///     +------+--------+-----------+------+-----+----------+----------+------+---------
  ///
  /// High and low are the halves of the time, in the interface's units.
  mutating func readEnhancedPacket(
    _ block: Block, in source: borrowing ReadBuffer, _ packet: inout CapturedPacket
  ) throws(CaptureFault) {
    try require(20, block)
    try readTimedPacket(
      block, of: source.uint32(at: 8, order), in: source, &packet)
  }

  /// The obsolete packet block differs in its first word: 16 bits of interface, 16 of drops.
  mutating func readObsoletePacket(
    _ block: Block, in source: borrowing ReadBuffer, _ packet: inout CapturedPacket
  ) throws(CaptureFault) {
    try require(20, block)
    try readTimedPacket(
      block, of: UInt32(source.uint16(at: 8, order)), in: source, &packet)
  }

  ///      0      4        8          12
  ///     +------+--------+----------+------
  ///     | type | length | original | data
  ///     +------+--------+----------+------
  ///
  /// It has neither time nor interface: it is of the first, and began with its time offset.
  mutating func readSimplePacket(
    _ block: Block, in source: borrowing ReadBuffer, _ packet: inout CapturedPacket
  ) throws(CaptureFault) {
    try require(4, block)
    let interface = try interface(0)
    let original = source.uint32(at: 8, order)
    let captured = min(original, interface.snapLength)
    try require(4 &+ Int(captured), block)
    packet.time = interface.time(0)
    packet.originalLength = Int(original)
    packet.linkType = interface.linkType
    currentLinkNumber = interface.linkNumber
    // SAFETY: they are asked for only while the packet is the current one.
    unsafe packet.bytes = source.bytes(at: 12, count: Int(captured))
  }

  /// Finds the packets that are at hand, one interface's in the usual blocks, and passes over them. Where it
  /// stops, at whatever it may be, `next` goes on.
  @inline(never)
  mutating func find(in source: inout ReadBuffer, into found: inout FoundPackets) {
    // Of a packet block without packet: with the interface's number, and the length at its end.
    let shortest = 32
    let number = source.count >= shortest ? source.uint32(at: 8, order) : .max
    guard number < interfaces.count, let linkType = interfaces[Int(number)].linkType else {
      found.removeAll()
      return
    }
    let interface = interfaces[Int(number)]
    currentLinkNumber = interface.linkNumber
    let (order, front) = (order, source.offset)
    var offset = 0
    found.replace(linkType: linkType) { write in
      var count = 0
      source.withBytes { bytes in
        while count < FoundPackets.capacity, bytes.byteCount &- offset >= shortest {
          let (type, field, packetInterface, high) = bytes.fourUInt32(at: offset, order)
          let length = Int(field)
          guard type == BlockType.enhancedPacket, packetInterface == number, length >= shortest,
            length & 3 == 0, length <= Int(Self.largestBlock),
            bytes.byteCount &- offset >= length
          else { break }
          let (low, captured, _, _) = bytes.fourUInt32(at: offset &+ 16, order)
          let (_, _, _, last) = bytes.fourUInt32(at: offset &+ length &- 16, order)
          let time = interface.time(UInt64(high) << 32 | UInt64(low))
          guard last == field, captured <= interface.snapLength,
            shortest &+ Int(captured) <= length
          else { break }
          write(
            FoundPackets.Packet(
              time: time, start: front &+ offset &+ 28, count: Int(captured)), count)
          count &+= 1
          offset &+= length
        }
      }
      return count
    }
    source.consume(offset)
  }

  private mutating func readTimedPacket(
    _ block: Block, of number: UInt32, in source: borrowing ReadBuffer,
    _ packet: inout CapturedPacket
  ) throws(CaptureFault) {
    let interface = try interface(number)
    let captured = source.uint32(at: 20, order)
    guard captured <= interface.snapLength else {
      throw .capturedLength(captured, limit: interface.snapLength)
    }
    try require(20 &+ Int(captured), block)
    let high = source.uint32(at: 12, order)
    let low = source.uint32(at: 16, order)
    packet.time = interface.time(UInt64(high) << 32 | UInt64(low))
    packet.originalLength = Int(source.uint32(at: 24, order))
    packet.linkType = interface.linkType
    currentLinkNumber = interface.linkNumber
    // SAFETY: they are asked for only while the packet is the current one.
    unsafe packet.bytes = source.bytes(at: 28, count: Int(captured))
  }

  private func interface(_ number: UInt32) throws(CaptureFault) -> PcapngInterface {
    guard number < interfaces.count else { throw .unknownInterface(number) }
    return interfaces[Int(number)]
  }
}
