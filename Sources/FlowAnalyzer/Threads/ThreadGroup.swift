import Glibc

/// Threads of the system that are waited for together.
///
/// libdispatch would start them, too; but it opens files to watch over its own, and traps where the process
/// may have no more of them open.
@safe
final class ThreadGroup {
  private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private var threads: [pthread_t] = []

  /// Has another thread do `body`.
  ///
  /// - Returns: false where the system gives no more threads; then nobody does it.
  @discardableResult
  func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    // SAFETY: the reference is handed to the thread, which takes it back once; where there is no thread,
    // it is taken back here.
    let work = unsafe Unmanaged.passRetained(Work(body))
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    guard status == 0 else {
      unsafe work.release()
      return false
    }
    threads.append(thread)
    return true
  }

  /// Waits until all that were started have ended.
  func wait() {
    for thread in threads { unsafe pthread_join(thread, nil) }
    threads.removeAll()
  }
}
