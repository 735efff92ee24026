import Glibc

/// The sole owner of an open stdio stream and of the memory it reads ahead into, for libpcap.
@safe
struct ByteStream: ~Copyable {
  private let file: UnsafeMutablePointer<FILE>
  private let readAhead: UnsafeMutableRawBufferPointer

  /// - Parameter readAhead: how many bytes to read at once.
  init(_ opened: consuming CaptureFile, readAhead size: Int) throws(CaptureError) {
    guard let file = unsafe fdopen(opened.descriptor.number, "rb") else {
      throw .cannotOpen(path: opened.path, code: errno)
    }
    // SAFETY: the memory is given back after the stream was closed, by `deinit` or by whoever
    // called `release()`.
    unsafe readAhead = .allocate(byteCount: size, alignment: 16)
    unsafe setvbuf(file, readAhead.baseAddress?.assumingMemoryBound(to: CChar.self), _IOFBF, size)
    unsafe self.file = file
    if let origin = opened.origin {
      unsafe fseeko(file, off_t(origin), SEEK_SET)
    } else {
      // A pipe takes nothing back, but its stream does. POSIX promises a single byte only; both
      // glibc and musl take eight.
      for byte in opened.firstBytes.reversed() { unsafe ungetc(Int32(byte), file) }
    }
    _ = opened.descriptor.release()
  }

  deinit {
    unsafe fclose(file)
    unsafe readAhead.deallocate()
  }

  /// True if reading ran into the end of the file.
  var isAtEnd: Bool { unsafe feof(file) != 0 }

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
