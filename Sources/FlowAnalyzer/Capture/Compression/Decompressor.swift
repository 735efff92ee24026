/// Decodes compressed data piece by piece, in memory that does not grow with it.
///
/// A class, as the libraries behind it keep addresses of their own state.
protocol Decompressor: AnyObject {
  /// Decodes as much of `input` as fits in `output`. Neither is empty.
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

extension CompressionFormat {
  func makeDecompressor() throws(CompressionFault) -> any Decompressor {
    switch self {
    case .gzip: try GzipDecompressor()
    case .zstd: try ZstdDecompressor()
    case .lz4: try LZ4Decompressor()
    }
  }
}
