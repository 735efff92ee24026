import CAffinity
import Glibc

/// The processors of the machine.
enum Processors {
  /// How many of them this process may use (`sched_getaffinity`): fewer than there are, where
  /// `taskset` or a container's set of processors says so. What a container limits by time does not count.
  ///
  /// Foundation's `ProcessInfo` says the same, and takes 2 MB of memory for it (measured).
  static var available: Int {
    let allowed = Int(available_processors())
    return max(1, allowed > 0 ? allowed : sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }
}
