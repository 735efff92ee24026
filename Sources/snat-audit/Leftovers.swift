import Glibc
import Synchronization

/// A file that is being written aside goes when a signal ends the program in the middle of it.
enum Leftovers {
  /// Where its path is in memory, in bytes that end in a zero; zero where there is none.
  private static let path = Atomic<UInt>(0)
  private static let signals = [SIGINT, SIGTERM, SIGHUP]

  /// Writes the file at `path` by `body`, and sees to it that no half of it is left behind.
  static func guarding<Result>(_ path: String, _ body: () throws -> Result) rethrows -> Result {
    let bytes = unsafe strdup(path)
    Self.path.store(UInt(bitPattern: bytes), ordering: .releasing)
    var former: [sigaction] = []
    for signal in signals {
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { Leftovers.leave(by: $0) }
      var old = sigaction()
      unsafe sigaction(signal, &action, &old)
      former.append(old)
    }
    defer {
      for (signal, action) in zip(signals, former) {
        var action = action
        unsafe sigaction(signal, &action, nil)
      }
      Self.path.store(0, ordering: .releasing)
      unsafe free(bytes)
    }
    return try body()
  }

  /// In a signal handler: nothing here but what is safe there (POSIX.1, 2.4.3).
  private static func leave(by signal: Int32) {
    if let path = unsafe UnsafePointer<CChar>(bitPattern: path.load(ordering: .acquiring)) {
      unsafe unlink(path)
    }
    Glibc.signal(signal, SIG_DFL)
    raise(signal)
  }
}
