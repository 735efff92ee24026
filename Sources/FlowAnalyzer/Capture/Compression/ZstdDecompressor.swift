import CZstd

/// Zstandard, by libzstd, which skips skippable frames and goes from frame to frame by itself.
@safe
final class ZstdDecompressor: Decompressor {
  private let context: OpaquePointer
  private var pace = BlockPace()

  /// Bytes that a frame may look back, as a power of two: the default of `zstd -d`. It bounds memory.
  static let largestWindow: Int32 = 27

  init() throws(CompressionFault) {
    guard let context = unsafe ZSTD_createDStream() else { throw .outOfMemory }
    unsafe self.context = context
    unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.largestWindow)
  }

  deinit { unsafe ZSTD_freeDStream(context) }

  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CompressionFault) -> DecompressionStep {
    // SAFETY: both are used during the call only, within their sizes.
    var source = unsafe ZSTD_inBuffer(
      src: input.baseAddress, size: pace.inputLength(of: input.count), pos: 0)
    var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let result = unsafe ZSTD_decompressStream(context, &target, &source)
    if ZSTD_isError(result) != 0 { throw Self.fault(ZSTD_getErrorCode(result)) }
    pace.note(hint: result, outputIsFull: target.pos == target.size)
    return unsafe DecompressionStep(
      consumed: source.pos, produced: target.pos, isAtFrameEnd: result == 0)
  }

  private static func fault(_ code: ZSTD_ErrorCode) -> CompressionFault {
    switch code {
    case ZSTD_error_frameParameter_windowTooLarge: .windowTooLarge
    case ZSTD_error_dictionary_wrong: .needsDictionary
    case ZSTD_error_memory_allocation: .outOfMemory
    case ZSTD_error_prefix_unknown: .trailingBytes
    default: .damaged
    }
  }
}
