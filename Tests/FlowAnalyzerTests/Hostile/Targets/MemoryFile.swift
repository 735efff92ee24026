import Glibc

/// A regular file that is nowhere but in memory, and goes with its owner.
struct MemoryFile: ~Copyable {
  private let descriptor: Int32

  init(_ contents: [UInt8]) throws {
    var name = Array("/dev/shm/snat-audit-XXXXXX".utf8CString)
    descriptor = unsafe mkstemp(&name)
    try require(descriptor >= 0, "no file in memory: errno \(errno)")
    // It stays for as long as it is open.
    unsafe unlink(name)
    let written = unsafe contents.withUnsafeBytes {
      unsafe write(descriptor, $0.baseAddress, $0.count)
    }
    try require(written == contents.count, "a file in memory is full: errno \(errno)")
  }

  deinit { close(descriptor) }

  /// Whoever opens it begins at its first byte.
  var path: String { "/proc/self/fd/\(descriptor)" }
}
