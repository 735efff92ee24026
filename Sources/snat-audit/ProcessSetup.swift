import Glibc

/// What the program's surroundings may have left undone.
enum ProcessSetup {
  static func run() {
    claimStandardDescriptors()
    raiseFileLimit()
  }

  /// Where one of the three is closed, the next file to be opened would take its place, and a report
  /// could end up in it. What stands there instead can neither be written nor read.
  private static func claimStandardDescriptors() {
    for (descriptor, flags) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ] where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
      // The lowest free number is taken, which is this one.
      _ = unsafe open("/dev/null", flags)
    }
  }

  /// Captures that overlap are open at the same time; a thousand of them are more than the usual limit,
  /// which every program may raise by itself.
  private static func raiseFileLimit() {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
