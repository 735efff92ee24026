/// What a pcapng section says of one of its interfaces.
///
///      0      4        8      10         12        16
///     +------+--------+------+----------+---------+---------
///     | type | length | link | reserved | snaplen | options
///     +------+--------+------+----------+---------+---------
struct PcapngInterface: BitwiseCopyable {
  private enum Option {
    static let end: UInt16 = 0
    static let timeResolution: UInt16 = 9
    static let timeOffset: UInt16 = 14
  }

  /// Nil if it is not supported.
  let linkType: LinkType?
  /// As the file has it.
  let linkNumber: UInt16
  /// Packets are not longer than this.
  let snapLength: UInt32
  /// How many of its units of time make a second; as a rule a million or a billion.
  private var unitsPerSecond: UInt64 = 1_000_000
  /// How many nanoseconds make a unit; zero if that is no whole number.
  private var nanosecondsPerUnit: UInt64 = 1000
  /// What is added to all its times, in nanoseconds.
  private var offset: Int64 = 0

  init(
    _ block: PcapngFile.Block, in source: borrowing ReadBuffer, _ order: ByteOrder
  ) throws(CaptureFault) {
    linkNumber = source.uint16(at: 8, order)
    linkType = LinkType(dataLink: Int32(linkNumber))
    snapLength = PcapFile.snapLength(source.uint32(at: 12, order))
    try readOptions(in: source, 16..<block.end, order)
  }

  /// The instant of a packet's time in the interface's units. Wraps instead of trapping.
  func time(_ units: UInt64) -> Timestamp {
    if nanosecondsPerUnit != 0 {
      return Timestamp(
        nanoseconds: Int64(truncatingIfNeeded: units &* nanosecondsPerUnit) &+ offset)
    }
    // In full width, where libpcap loses the upper bits: it is wrong for units below 2^-34 s.
    let (seconds, fraction) = units.quotientAndRemainder(dividingBy: unitsPerSecond)
    let nanoseconds = unitsPerSecond.dividingFullWidth(
      fraction.multipliedFullWidth(by: 1_000_000_000)
    ).quotient
    return Timestamp(
      nanoseconds: Int64(truncatingIfNeeded: seconds &* 1_000_000_000 &+ nanoseconds) &+ offset)
  }

  ///      0      2        4
  ///     +------+--------+-------------------------------+
  ///     | code | length | value, filled up to whole words
  ///     +------+--------+-------------------------------+
  private mutating func readOptions(
    in source: borrowing ReadBuffer, _ range: Range<Int>, _ order: ByteOrder
  ) throws(CaptureFault) {
    var position = range.lowerBound
    var hasResolution = false
    var hasOffset = false
    while position < range.upperBound {
      // Blocks are of whole words, so that a code and its length are always there.
      let code = source.uint16(at: position, order)
      let length = Int(source.uint16(at: position + 2, order))
      let value = position + 4
      position = value + (length + 3) & ~3
      guard position <= range.upperBound else { throw .interfaceOption(code: code) }
      switch code {
      case Option.end:
        guard length == 0 else { throw .interfaceOption(code: code) }
        return
      case Option.timeResolution:
        guard length == 1, !hasResolution else { throw .interfaceOption(code: code) }
        hasResolution = true
        try setResolution(source.uint8(at: value))
      case Option.timeOffset:
        guard length == 8, !hasOffset else { throw .interfaceOption(code: code) }
        hasOffset = true
        offset = Int64(bitPattern: source.uint64(at: value, order)) &* 1_000_000_000
      default: break
      }
    }
  }

  /// - Parameter field: the negative exponent of 10, or with the highest bit of 2.
  private mutating func setResolution(_ field: UInt8) throws(CaptureFault) {
    let exponent = field & 0x7f
    let isBinary = field & 0x80 != 0
    // What fits in 64 bits.
    guard exponent <= (isBinary ? 63 : 19) else {
      throw .interfaceOption(code: Option.timeResolution)
    }
    unitsPerSecond =
      isBinary ? 1 << UInt64(exponent) : (0..<exponent).reduce(1) { power, _ in power * 10 }
    let (quotient, remainder) = UInt64(1_000_000_000).quotientAndRemainder(
      dividingBy: unitsPerSecond)
    nanosecondsPerUnit = remainder == 0 ? quotient : 0
  }
}
