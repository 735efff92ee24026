import CZlib

/// gzip, by zlib, which checks CRC and length of every member.
@safe
final class GzipDecompressor: Decompressor {
  /// On the heap: zlib remembers where it is.
  private let stream: UnsafeMutablePointer<z_stream>
  private var isAtMemberEnd = false
  /// What is wrong behind the bytes that were given out last.
  private var fault: CompressionFault?

  /// The largest window, which gzip always has, and zlib's sign that there is a gzip header.
  private static let windowBits: Int32 = 15 + 16

  init() throws(CompressionFault) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let code = unsafe inflateInit2_(
      stream, Self.windowBits, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else {
      unsafe stream.deallocate()
      throw .outOfMemory
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CompressionFault) -> DecompressionStep {
    if let fault { throw fault }
    if isAtMemberEnd {
      if let padding = try unsafe beginMember(input) { return padding }
      isAtMemberEnd = false
    }
    // SAFETY: zlib reads and writes only as far as the counts say, and keeps no address after a call.
    unsafe stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.bindMemory(to: UInt8.self).baseAddress)
    unsafe stream.pointee.avail_in = UInt32(input.count)
    unsafe stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
    unsafe stream.pointee.avail_out = UInt32(output.count)
    let code = unsafe inflate(stream, Z_NO_FLUSH)
    switch code {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: isAtMemberEnd = true
    case Z_NEED_DICT: fault = .needsDictionary
    case Z_MEM_ERROR: fault = .outOfMemory
    default: fault = .damaged
    }
    let produced = unsafe output.count - Int(stream.pointee.avail_out)
    // What was decoded in front of the damage is good.
    if produced == 0, let fault { throw fault }
    return unsafe DecompressionStep(
      consumed: input.count - Int(stream.pointee.avail_in), produced: produced,
      isAtFrameEnd: isAtMemberEnd)
  }

  /// Between members there may be zeros, as tapes have them. Nil where the next member begins.
  private func beginMember(
    _ input: UnsafeRawBufferPointer
  ) throws(CompressionFault) -> DecompressionStep? {
    let zeros = unsafe input.prefix { $0 == 0 }.count
    if zeros > 0 { return DecompressionStep(consumed: zeros, produced: 0, isAtFrameEnd: true) }
    guard unsafe input[0] == 0x1f else { throw .trailingBytes }
    unsafe inflateReset(stream)
    return nil
  }
}
