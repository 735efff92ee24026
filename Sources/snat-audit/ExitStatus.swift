import Glibc

/// How the program can end; scripts rely on these numbers.
enum ExitStatus: Int32, Error {
  /// Also when the reader of standard output closed the pipe.
  case done = 0
  /// `check` only: the policy is broken.
  case broken = 1
  /// A usage error, an input that could not be read, a report that could not be written.
  case failed = 2
  /// `check` only: the evidence does not allow a verdict.
  case inconclusive = 3
  /// Interrupted; what was analysed until then has been reported. As shells count: 128 + SIGINT.
  case interrupted = 130

  func exit() -> Never { Glibc.exit(rawValue) }
}
