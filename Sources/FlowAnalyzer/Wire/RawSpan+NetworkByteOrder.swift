/// Integers at any offset, in network byte order as a rule: the only raw loads of headers.
///
/// Every load is checked against the span's bounds and traps outside of them. Parsers check a
/// header's length once, so that no load of theirs can trap, whatever the bytes say.
extension RawSpan {
  func uint8(at offset: Int) -> UInt8 {
    // SAFETY: the load checks its bounds, and every bit pattern is an integer.
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  func uint16(at offset: Int) -> UInt16 {
    // SAFETY: as for `uint8`; the load needs no alignment.
    unsafe UInt16(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  func uint32(at offset: Int) -> UInt32 {
    // SAFETY: as for `uint16`.
    unsafe UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  func uint64(at offset: Int) -> UInt64 {
    // SAFETY: as for `uint16`.
    unsafe UInt64(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// Four integers in a row, with one check of the bounds.
  @inline(__always)
  func fourUInt32(at offset: Int, _ order: ByteOrder) -> (UInt32, UInt32, UInt32, UInt32) {
    // SAFETY: as for `uint16`.
    let raw = unsafe unsafeLoadUnaligned(
      fromByteOffset: offset, as: (UInt32, UInt32, UInt32, UInt32).self)
    guard order == .big else { return raw }
    return (raw.0.byteSwapped, raw.1.byteSwapped, raw.2.byteSwapped, raw.3.byteSwapped)
  }
}

extension RawSpan {
  /// Throws unless the first `end` bytes were captured.
  ///
  /// - Parameters:
  ///   - wireLength: how many bytes the frame had on the wire, counted from the span's start.
  ///   - cut: the error if the frame had the bytes and the snap length took them.
  ///   - malformed: the error if the frame itself was too short.
  func require(
    _ end: Int, wireLength: Int, cut: DecodeError, malformed: DecodeError
  ) throws(DecodeError) {
    guard byteCount >= end else { throw end <= wireLength ? cut : malformed }
  }

  func requireLinkHeader(upTo end: Int, wireLength: Int) throws(DecodeError) {
    try require(
      end, wireLength: wireLength, cut: .cutLinkHeader, malformed: .malformedLinkHeader)
  }
}
