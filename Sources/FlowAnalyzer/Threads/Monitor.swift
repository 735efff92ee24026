import Glibc

/// A lock with a condition to wait for.
///
/// Used in place of `Mutex` also where nobody waits: with several threads at it, Swift 6.3's on Linux is handed
/// on by the kernel, which the thread sanitizer does not see and takes for a race.
@safe
final class Monitor: @unchecked Sendable {
  // SAFETY: initialised by `init` and given back by `deinit`; what happens between is the system's part.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  func withLock<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Lets go of the lock until somebody calls `wakeAll`. Only within `withLock`.
  func wait() { unsafe pthread_cond_wait(condition, mutex) }

  func wakeAll() { unsafe pthread_cond_broadcast(condition) }
}
