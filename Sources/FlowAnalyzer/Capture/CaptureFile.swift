import Glibc

/// A file that may be a capture, opened, with its first bytes.
///
/// The first bytes are taken off the descriptor, so that the format of a pipe can be told, too.
/// Whoever reads on begins with them.
struct CaptureFile: ~Copyable {
  let path: String
  let descriptor: FileDescriptor
  /// At most `FileSignature.length`; fewer if the file is shorter.
  let firstBytes: [UInt8]
  /// Where in the file the first byte lies; nil for what cannot be sought in: pipes, terminals.
  let origin: UInt64?

  /// - Parameter path: a file, or `-` for standard input.
  init(path: String) throws(CaptureError) {
    let descriptor = try FileDescriptor(path: path)
    let origin = UInt64(exactly: lseek(descriptor.number, 0, SEEK_CUR))
    var first = [UInt8](repeating: 0, count: FileSignature.length)
    var count = 0
    while count < first.count {
      // SAFETY: the buffer is the array's own and has room for what is asked for.
      let got = unsafe first.withUnsafeMutableBytes {
        unsafe read(descriptor.number, $0.baseAddress?.advanced(by: count), $0.count - count)
      }
      guard got >= 0 else { throw .readFailed(path: path, packets: 0, code: errno) }
      if got == 0 { break }
      count += got
    }
    self.path = path
    self.origin = origin
    firstBytes = Array(first.prefix(count))
    self.descriptor = descriptor
  }

  var signature: FileSignature { FileSignature(firstBytes: firstBytes) }

  var status: FileStatus? { FileStatus(descriptor: descriptor.number) }

  /// Throws unless the first bytes are those of a capture.
  func requireCapture() throws(CaptureError) {
    switch signature {
    case .pcap, .pcapng: return
    case .empty: throw .empty(path: path)
    case let other: throw .notACapture(path: path, looksLike: other)
    }
  }
}

/// The sole owner of an open file.
struct FileDescriptor: ~Copyable {
  let number: Int32

  /// - Parameter path: a file, or `-` for standard input.
  init(path: String) throws(CaptureError) {
    // A copy of the descriptor, so that closing it leaves the process's own alone.
    let number =
      unsafe path == CaptureInput.standardInputPath
      ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { throw CaptureError(openingFailedWith: errno, path: path) }
    self.number = number
  }

  deinit { close(number) }

  /// Hands over what this value owned.
  consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }
}
