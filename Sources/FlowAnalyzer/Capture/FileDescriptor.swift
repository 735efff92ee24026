import Glibc

/// The sole owner of an open file.
///
/// Where descriptors are scarce, a regular file may be open only while it is read from.
struct FileDescriptor: ~Copyable {
  /// Negative while the file is not open.
  private(set) var number: Int32
  private let path: String
  /// Where to read on once it is open again; nil for a file that stays open.
  private var place: Place?

  private struct Place {
    /// In bytes from the file's beginning.
    var offset: off_t
    /// Another file may have the path by then.
    let identity: FileStatus.Identity
  }

  /// - Parameter path: a file, or `-` for standard input.
  init(path: String) throws(CaptureError) {
    number = Self.open(path)
    guard number >= 0 else { throw CaptureError(openingFailedWith: errno, path: path) }
    self.path = path
  }

  deinit { if number >= 0 { close(number) } }

  private static func open(_ path: String) -> Int32 {
    // A copy of the descriptor, so that closing it leaves the process's own alone.
    unsafe path == CaptureInput.standardInputPath
      ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : Glibc.open(path, O_RDONLY | O_CLOEXEC)
  }

  /// Closes a regular file until it is read from, and from now on after each time. Standard input is not
  /// there to be opened again.
  ///
  /// - Parameter status: the file's.
  mutating func closeBetweenReads(_ status: FileStatus) {
    guard place == nil, path != CaptureInput.standardInputPath else { return }
    place = Place(offset: lseek(number, 0, SEEK_CUR), identity: status.identity)
    close(number)
    number = -1
  }

  /// - Returns: how many bytes were read, zero at the end of the file.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureFault) -> Int {
    if let place { return try unsafe read(into: buffer, at: place) }
    // SAFETY: no more is asked for than there is room.
    let count = unsafe Glibc.read(number, buffer.baseAddress, buffer.count)
    guard count >= 0 else { throw .readFailed(code: errno) }
    return count
  }

  private mutating func read(
    into buffer: UnsafeMutableRawBufferPointer, at place: Place
  ) throws(CaptureFault) -> Int {
    let number = Self.open(path)
    guard number >= 0 else { throw .readFailed(code: errno) }
    defer { close(number) }
    guard FileStatus(descriptor: number)?.identity == place.identity else {
      throw .readFailed(code: ESTALE)
    }
    // SAFETY: no more is asked for than there is room.
    let count = unsafe pread(number, buffer.baseAddress, buffer.count, place.offset)
    guard count >= 0 else { throw .readFailed(code: errno) }
    self.place?.offset += off_t(count)
    return count
  }
}
