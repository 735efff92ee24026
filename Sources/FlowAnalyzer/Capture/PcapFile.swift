/// The classic format of pcap files (draft-ietf-opsawg-pcap): a header, then packet records.
///
///      0         4         8             12         16
///     +---------+---------+-------------+----------+-------
///     | seconds | µs, ns  |  captured   | original |  data   a record
///     +---------+---------+-------------+----------+-------
///
/// The "modified" format of Linux 2.2 times has eight more bytes in front of the data: interface,
/// protocol and direction.
///
/// It reads what libpcap reads, packet for packet, but for one detail: fractions of a second are
/// unsigned here, as the draft has them. libpcap extends their sign, in files of the machine's own
/// byte order only.
struct PcapFile: BitwiseCopyable {
  /// Which way round a record has its two lengths.
  private enum LengthOrder { case capturedFirst, originalFirst, unknown }

  private static let headerLength = 24
  private static let recordHeaderLength = 16
  private static let modifiedRecordHeaderLength = 24
  /// libpcap's MAXIMUM_SNAPLEN for the supported link types: more is damage, not a packet.
  static let largestPacket: UInt32 = 262_144

  let linkType: UInt32
  private let supported: LinkType?
  /// Whether records have the longer header.
  let isModified: Bool
  let order: ByteOrder
  private let nanosecondsPerUnit: Int64
  private let lengthOrder: LengthOrder
  /// Packets beyond it lose their ends.
  private let snapLength: UInt32

  /// Reads the header.
  ///
  ///      0       4       6       8      12     16        20      24
  ///     +-------+-------+-------+------+------+---------+-------+
  ///     | magic | major | minor | zone | sigs | snaplen | link  |
  ///     +-------+-------+-------+------+------+---------+-------+
  init(_ source: inout ReadBuffer) throws(CaptureFault) {
    guard try source.fill(to: Self.headerLength) else { throw .cut }
    let magic = source.uint32(at: 0, .big)
    order = [0xa1b2_c3d4, 0xa1b2_3c4d, 0xa1b2_cd34].contains(magic) ? .big : .little
    nanosecondsPerUnit = source.uint32(at: 0, order) == 0xa1b2_3c4d ? 1 : 1000
    isModified = source.uint32(at: 0, order) == 0xa1b2_cd34
    let major = source.uint16(at: 4, order)
    let minor = source.uint16(at: 6, order)
    switch (major, minor) {
    // Version 2.3 put the captured length first, but not all writers of that version did. DG/UX
    // called 543.0 what has the old order.
    case (2, 0...2), (543, 0): lengthOrder = .originalFirst
    case (2, 3): lengthOrder = .unknown
    case (2, 4): lengthOrder = .capturedFirst
    default: throw .version(major: major, minor: minor)
    }
    // The upper bits tell about the frame check sequence. The draft leaves 16 bits to the link
    // type, libpcap 26: it does not know those that use more, and neither do we.
    linkType = source.uint32(at: 20, order) & 0x03ff_ffff
    supported = LinkType(dataLink: Int32(bitPattern: linkType))
    // Such a capture may have been made in cooked mode, with an Ethernet header put in front of what the
    // snap length had left.
    snapLength =
      Self.snapLength(source.uint32(at: 16, order))
      + (isModified && supported == .ethernet ? UInt32(Ethernet.headerLength) : 0)
    source.consume(Self.headerLength)
  }

  var isSupported: Bool { supported != nil }

  /// What libpcap makes of a snap length: zero, and what would be negative, is none.
  static func snapLength(_ field: UInt32) -> UInt32 {
    (1...UInt32(Int32.max)).contains(field) ? field : largestPacket
  }

  /// What a record says of its packet.
  private struct Record {
    var captured: UInt32
    var original: UInt32
    var time: Timestamp
    /// How many bytes the packet had on the wire.
    var originalLength: Int { Int(original) }
    /// Of the record, unless it is of a modified file.
    var length: Int { PcapFile.recordHeaderLength &+ Int(captured) }
  }

  @inline(__always)
  private func parse(_ bytes: RawSpan, at offset: Int, lengths lengthOrder: LengthOrder) -> Record {
    let (seconds, fraction, one, other) = bytes.fourUInt32(at: offset, order)
    let time = Timestamp(
      nanoseconds: Int64(seconds) &* 1_000_000_000 &+ Int64(fraction) &* nanosecondsPerUnit)
    let isSwapped =
      lengthOrder != .capturedFirst && (lengthOrder == .originalFirst || one > other)
    return isSwapped
      ? Record(captured: other, original: one, time: time)
      : Record(captured: one, original: other, time: time)
  }

  /// How many bytes of a packet are given out.
  @inline(__always)
  private func lentLength(_ record: Record) -> Int { Int(min(record.captured, snapLength)) }

  /// Reads the next packet, whose record begins at the first of the source's bytes.
  ///
  /// - Returns: false at the end of the file.
  func next(in source: inout ReadBuffer, _ packet: inout CapturedPacket) throws(CaptureFault)
    -> Bool
  {
    let header = isModified ? Self.modifiedRecordHeaderLength : Self.recordHeaderLength
    guard try source.fill(to: header) else {
      guard source.count == 0 else { throw .cut }
      return false
    }
    let record = source.withBytes { parse($0, at: 0, lengths: lengthOrder) }
    guard record.captured <= Self.largestPacket else {
      throw .capturedLength(record.captured, limit: Self.largestPacket)
    }
    guard try source.fill(to: header &+ Int(record.captured)) else { throw .cut }
    give(record, header: header, from: &source, to: &packet)
    return true
  }

  private func give(
    _ record: Record, header: Int, from source: inout ReadBuffer, to packet: inout CapturedPacket
  ) {
    packet.time = record.time
    packet.originalLength = record.originalLength
    packet.linkType = supported
    // SAFETY: they are asked for only while the packet is the current one.
    unsafe packet.bytes = source.consume(
      header &+ Int(record.captured), lending: header, count: lentLength(record))
  }

  /// Finds the packets that are at hand, of a file in the usual format, and passes over them. Where it
  /// stops, at whatever it may be, `next` goes on.
  @inline(never)
  func find(in source: inout ReadBuffer, into found: inout FoundPackets) {
    guard !isModified, lengthOrder == .capturedFirst, let supported else {
      found.removeAll()
      return
    }
    let front = source.offset
    var offset = 0
    found.replace(linkType: supported) { write in
      var count = 0
      source.withBytes { bytes in
        while count < FoundPackets.capacity, bytes.byteCount &- offset >= Self.recordHeaderLength {
          let record = parse(bytes, at: offset, lengths: .capturedFirst)
          guard record.captured <= Self.largestPacket,
            bytes.byteCount &- offset >= record.length
          else { break }
          let start = front &+ offset &+ Self.recordHeaderLength
          write(
            FoundPackets.Packet(time: record.time, start: start, count: lentLength(record)), count)
          count &+= 1
          offset &+= record.length
        }
      }
      return count
    }
    source.consume(offset)
  }
}
