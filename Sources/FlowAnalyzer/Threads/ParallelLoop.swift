/// Does the same for each of several things, on several threads: each takes the next that nobody has begun.
///
/// - Parameters:
///   - count: of the things, which `body` is called with by their numbers, from zero.
///   - workers: how many threads work, the caller's own among them.
func forEach(
  below count: Int, workers: Int, _ body: @escaping @Sendable (Int) -> Void
) {
  let turns = Turns(count)
  let work: @Sendable () -> Void = { while let number = turns.next() { body(number) } }
  let helpers = ThreadGroup()
  for _ in 1..<max(1, min(workers, count)) { helpers.start(work) }
  work()
  helpers.wait()
}

private final class Turns: @unchecked Sendable {
  private let count: Int
  /// Looked at and changed under `monitor`.
  private var begun = 0
  private let monitor = Monitor()

  init(_ count: Int) { self.count = count }

  func next() -> Int? {
    monitor.withLock {
      guard begun < count else { return nil }
      begun += 1
      return begun - 1
    }
  }
}
