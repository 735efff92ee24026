/// The content of a compressed file, decompressed piece by piece as it is read.
@safe
struct CompressedContent: ~Copyable {
  private(set) var format: CompressionFormat
  private var decompressor: any Decompressor
  /// Only frames that decoders skip were seen so far, and they have no format of their own.
  private var isFormatOpen: Bool
  private var input: UnsafeMutableRawBufferPointer
  /// The bytes in `start..<end` of `input` are still to be decoded.
  private var start = 0
  private var end: Int
  /// Whether the file may end here.
  private var isAtFrameEnd = false
  /// How many bytes were taken from the file.
  private(set) var bytesRead: UInt64

  private static let capacity = 128 * 1024

  /// - Parameters:
  ///   - firstBytes: those of the file, which were read already.
  ///   - format: by the first bytes; nil where they begin a frame that is to be skipped.
  init(firstBytes: [UInt8], format: CompressionFormat?) throws(CaptureFault) {
    // Either of the two skips such frames.
    self.format = format ?? .zstd
    isFormatOpen = format == nil
    decompressor = try Self.decompressor(self.format)
    // SAFETY: given back by `deinit`.
    unsafe input = .allocate(byteCount: Self.capacity, alignment: 64)
    unsafe input.copyBytes(from: firstBytes)
    end = firstBytes.count
    bytesRead = UInt64(end)
  }

  deinit { unsafe input.deallocate() }

  private static func decompressor(
    _ format: CompressionFormat
  ) throws(CaptureFault) -> any Decompressor {
    do throws(CompressionFault) {
      return try format.makeDecompressor()
    } catch {
      throw .compression(format, error)
    }
  }

  /// Decompresses as much as is at hand: one byte at least.
  ///
  /// - Returns: how many bytes, zero at the end of the file.
  /// - Throws: `.cut` where the file ends inside of a frame.
  mutating func read(
    into output: UnsafeMutableRawBufferPointer, from file: inout FileDescriptor
  ) throws(CaptureFault) -> Int {
    while true {
      let isAtEnd = start == end ? try refill(from: &file) == 0 : false
      if isAtEnd, isAtFrameEnd { return 0 }
      if isFormatOpen, isAtFrameEnd { try settleFormat(from: &file) }
      let step = try unsafe decode(into: output)
      start += step.consumed
      isAtFrameEnd = step.isAtFrameEnd
      if step.produced > 0 { return step.produced }
      // The decoder had nothing left, either.
      if isAtEnd, !isAtFrameEnd { throw .cut }
    }
  }

  private func decode(
    into output: UnsafeMutableRawBufferPointer
  ) throws(CaptureFault) -> DecompressionStep {
    do throws(CompressionFault) {
      return try unsafe decompressor.decode(
        UnsafeRawBufferPointer(rebasing: input[start..<end]), into: output)
    } catch {
      throw .compression(format, error)
    }
  }

  /// Chooses the format by the frame that begins.
  private mutating func settleFormat(from file: inout FileDescriptor) throws(CaptureFault) {
    while end - start < CompressionFormat.magicLength {
      guard try refill(from: &file) > 0 else { throw .cut }
    }
    let magic = unsafe Array(input[start..<start + CompressionFormat.magicLength])
    guard !CompressionFormat.isSkippable(magic) else { return }
    isFormatOpen = false
    guard let found = CompressionFormat(firstBytes: magic), found != format else { return }
    format = found
    decompressor = try Self.decompressor(found)
  }

  /// Reads on, behind what is still to be decoded. Zero at the end of the file.
  private mutating func refill(from file: inout FileDescriptor) throws(CaptureFault) -> Int {
    // The two may overlap.
    unsafe input.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[start..<end]))
    end -= start
    start = 0
    let got = try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: input[end...]))
    end += got
    bytesRead += UInt64(got)
    return got
  }
}
