/// Decodes compressed data piece by piece, in memory that does not grow with it.
///
/// A class, as the libraries behind it keep addresses of their own state.
protocol Decompressor: AnyObject {
  /// Decodes as much of `input` as fits in `output`, which is not empty. The input is empty where the
  /// file has ended inside of a frame: the decoder may still hold some output.
  ///
  /// After the end of a frame (a member, in gzip) the next call begins another one.
  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CompressionFault) -> DecompressionStep
}

/// How far one call of a `Decompressor` came.
struct DecompressionStep: BitwiseCopyable {
  /// Bytes of input.
  var consumed: Int
  /// Bytes of output.
  var produced: Int
  /// A frame has ended: the data may end here, too.
  var isAtFrameEnd: Bool
}

/// Feeds a decoder block by block.
///
/// libzstd and liblz4 do not say what they had decoded when they come upon damage: so no more is asked of
/// them at once than one block, and nothing at all while they may still hold some of the last.
struct BlockPace: BitwiseCopyable {
  /// How many bytes the decoder would have next; zero where it does not say.
  private var hint = 0
  private var mayHoldOutput = false

  /// - Parameter available: how many bytes of input there are.
  func inputLength(of available: Int) -> Int {
    if mayHoldOutput { return 0 }
    return hint > 0 ? min(hint, available) : min(available, Self.firstLength)
  }

  /// - Parameter hint: what the decoder has returned, zero at the end of a frame.
  mutating func note(hint: Int, outputIsFull: Bool) {
    self.hint = hint
    mayHoldOutput = outputIsFull && hint > 0
  }

  /// Enough for the longest header of a frame; it asks for more if it needs it.
  private static let firstLength = 18
}

extension CompressionFormat {
  func makeDecompressor() throws(CompressionFault) -> any Decompressor {
    switch self {
    case .gzip: try GzipDecompressor()
    case .zstd: try ZstdDecompressor()
    case .lz4: try LZ4Decompressor()
    }
  }
}
