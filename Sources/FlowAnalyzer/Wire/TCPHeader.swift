/// The header of a TCP segment (RFC 9293, section 3.1).
///
///      0          2          4          8      12     13      14       16       18       20
///     +----------+----------+----------+------+------+-------+--------+--------+--------+---------
///     | src port | dst port | sequence | ack  | n|00 | flags | window | chksum | urgent | options
///     +----------+----------+----------+------+------+-------+--------+--------+--------+---------
struct TCPHeader {
  static let minimumLength = 20

  var sourcePort: UInt16
  var destinationPort: UInt16
  var sequence: SequenceNumber
  var acknowledgment: SequenceNumber
  var flags: TCPFlags
  var window: UInt16
  var options: TCPOptions
  /// Bytes of the header with its options by its own field, captured or not: 20…60.
  var length: Int

  /// - Parameters:
  ///   - bytes: the captured bytes from the header's first on.
  ///   - wireLength: how many bytes of the segment the frame had on the wire.
  ///   - segmentLength: how many bytes the segment has by the IP length.
  init(_ bytes: RawSpan, wireLength: Int, segmentLength: Int) throws(DecodeError) {
    guard segmentLength >= Self.minimumLength else { throw .malformedTCP }
    try bytes.require(
      Self.minimumLength, wireLength: wireLength, cut: .cutTCPHeader, malformed: .malformedTCP)
    length = Int(bytes.uint8(at: 12) >> 4) * 4
    guard length >= Self.minimumLength, length <= segmentLength else { throw .malformedTCP }
    sourcePort = bytes.uint16(at: 0)
    destinationPort = bytes.uint16(at: 2)
    sequence = SequenceNumber(bytes.uint32(at: 4))
    acknowledgment = SequenceNumber(bytes.uint32(at: 8))
    flags = TCPFlags(rawValue: bytes.uint8(at: 13))
    window = bytes.uint16(at: 14)
    let captured = min(length, bytes.byteCount)
    options = TCPOptions(bytes.extracting(Self.minimumLength..<captured))
    options.isTruncated = captured < length
  }

  /// The header's captured bytes, checksum and options included.
  func digest(of bytes: RawSpan, startingWith digest: PacketDigest) -> UInt64 {
    var digest = digest
    digest.combine(bytes.extracting(0..<min(length, bytes.byteCount)))
    return digest.value
  }
}
