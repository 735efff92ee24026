/// What a pcapng file says of packets that never got into it.
///
///      0      4        8           12     16    20
///     +------+--------+-----------+------+-----+---------
///     | type | length | interface | high | low | options    an Interface Statistics Block
///     +------+--------+-----------+------+-----+---------
///
/// The counts are those since the capture began: of several blocks of one interface the last is right.
/// What is malformed here costs no packet, so it is passed over, as libpcap does.
struct PcapngDrops {
  private enum Option {
    static let end: UInt16 = 0
    /// Dropped by the interface, for lack of room.
    static let droppedByInterface: UInt16 = 5
    /// Dropped by the operating system after the filter had let them pass.
    static let droppedBySystem: UInt16 = 7
  }

  /// More interfaces than that of one section are none of a real capture.
  private static let capacity = 4096

  /// Of earlier sections.
  private var former: UInt64?
  private var ofInterfaces: [UInt32: UInt64] = [:]

  /// Nil where no interface has said anything.
  var total: UInt64? {
    guard former != nil || !ofInterfaces.isEmpty else { return nil }
    return ofInterfaces.values.reduce(former ?? 0) { $0 &+ $1 }
  }

  /// Interfaces belong to their section.
  mutating func beginSection() {
    former = total
    ofInterfaces.removeAll()
  }

  mutating func read(_ block: PcapngFile.Block, in source: borrowing ReadBuffer, _ order: ByteOrder)
  {
    guard block.end >= 20 else { return }
    let interface = source.uint32(at: 8, order)
    guard ofInterfaces[interface] != nil || ofInterfaces.count < Self.capacity else { return }
    var sum: UInt64?
    var position = 20
    while position + 4 <= block.end {
      let code = source.uint16(at: position, order)
      let length = Int(source.uint16(at: position + 2, order))
      let value = position + 4
      position = value + (length + 3) & ~3
      guard code != Option.end, position <= block.end else { break }
      guard code == Option.droppedByInterface || code == Option.droppedBySystem, length == 8 else {
        continue
      }
      sum = (sum ?? 0) &+ source.uint64(at: value, order)
    }
    if let sum { ofInterfaces[interface] = sum }
  }
}
