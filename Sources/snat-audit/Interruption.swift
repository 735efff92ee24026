import Glibc
import Synchronization

/// The first SIGINT asks for the report of what was read so far; the second ends the program.
enum Interruption {
  private static let isRequested = Atomic(false)

  static var happened: Bool { isRequested.load(ordering: .relaxed) }

  /// Without SA_RESTART, so that a read which waits for a pipe returns; with SA_RESETHAND, so that
  /// the second signal is no longer caught.
  static func watch() {
    // The handler must find the flag made.
    _ = happened
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = { _ in
      Interruption.isRequested.store(true, ordering: .relaxed)
    }
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
    unsafe sigaction(SIGINT, &action, nil)
    // Who starts this program from a thread that blocks signals hands its mask down.
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGINT)
    unsafe sigprocmask(SIG_UNBLOCK, &signals, nil)
  }

  /// From here on SIGINT ends the program at once, as is usual.
  static func stopWatching() { signal(SIGINT, SIG_DFL) }
}
