import CLZ4

/// LZ4 frames, by liblz4, which skips skippable frames and goes from frame to frame by itself.
@safe
final class LZ4Decompressor: Decompressor {
  private let context: OpaquePointer
  private var pace = BlockPace()

  init() throws(CompressionFault) {
    var context: OpaquePointer?
    let result = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(result) == 0, let context = unsafe context else { throw .outOfMemory }
    unsafe self.context = context
  }

  deinit { unsafe LZ4F_freeDecompressionContext(context) }

  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CompressionFault) -> DecompressionStep {
    var consumed = pace.inputLength(of: input.count)
    var produced = output.count
    // SAFETY: both are used during the call only, within the sizes, which it sets to what was used.
    let result = unsafe LZ4F_decompress(
      context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
    guard LZ4F_isError(result) == 0 else { throw .damaged }
    pace.note(hint: result, outputIsFull: produced == output.count)
    return DecompressionStep(consumed: consumed, produced: produced, isAtFrameEnd: result == 0)
  }
}
