import Glibc

/// The sole owner of an open stdio stream and of the memory it reads ahead into.
@safe
struct ByteStream: ~Copyable {
  private let file: UnsafeMutablePointer<FILE>
  private let readAhead: UnsafeMutableRawBufferPointer

  /// - Parameters:
  ///   - path: a file, or `-` for standard input.
  ///   - readAhead: how many bytes to read at once.
  init(path: String, readAhead size: Int) throws(CaptureError) {
    // A copy of the descriptor, so that closing the stream leaves the process's own alone.
    let opened =
      unsafe path == CaptureInput.standardInputPath
      ? fdopen(dup(STDIN_FILENO), "rb") : fopen(path, "rbe")
    guard let opened = unsafe opened else {
      throw CaptureError(openingFailedWith: errno, path: path)
    }
    unsafe file = opened
    // SAFETY: the memory is given back after the stream was closed, by `deinit` or by whoever
    // called `release()`.
    unsafe readAhead = .allocate(byteCount: size, alignment: 16)
    unsafe setvbuf(file, readAhead.baseAddress?.assumingMemoryBound(to: CChar.self), _IOFBF, size)
  }

  deinit {
    unsafe fclose(file)
    unsafe readAhead.deallocate()
  }

  var status: FileStatus? { unsafe FileStatus(descriptor: fileno(file)) }

  /// True if reading ran into the end of the file.
  var isAtEnd: Bool { unsafe feof(file) != 0 }

  /// Reads the first bytes, at most `FileSignature.length`, and puts them back.
  ///
  /// Must come before anything else is read. POSIX promises to take back one byte only, but
  /// reports a refusal; both glibc and musl take eight.
  ///
  /// - Parameter path: what errors call the stream.
  func firstBytes(path: String) throws(CaptureError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < FileSignature.length {
      let byte = unsafe getc(file)
      if byte == EOF { break }
      bytes.append(UInt8(truncatingIfNeeded: byte))
    }
    guard unsafe ferror(file) == 0 else { throw .readFailed(path: path, packets: 0, code: errno) }
    for byte in bytes.reversed() {
      guard unsafe ungetc(Int32(byte), file) != EOF else {
        throw .readFailed(path: path, packets: 0, code: EIO)
      }
    }
    return bytes
  }

  /// Lends the stream to C, which must neither close nor keep it.
  func withFile<Result>(_ body: (UnsafeMutablePointer<FILE>) -> Result) -> Result {
    unsafe body(file)
  }

  /// Hands over what this value owned.
  consuming func release() -> (
    file: UnsafeMutablePointer<FILE>, readAhead: UnsafeMutableRawBufferPointer
  ) {
    let parts = unsafe (file, readAhead)
    discard self
    return unsafe parts
  }
}
