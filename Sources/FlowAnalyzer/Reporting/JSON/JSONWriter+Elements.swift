extension JSONWriter {
  /// Writes many elements of an array, or lines, on several threads, and hands out what is done on the way.
  ///
  /// Each thread takes the next stretch of elements and writes it by itself. Stretches are handed out in their
  /// order by the caller's thread, which writes, too, so that the text does not depend on how many threads there are;
  /// none is begun that lies too far ahead of what was handed out, so that no more than sixteen are in memory.
  ///
  /// - Parameters:
  ///   - workers: how many threads write, the caller's own among them.
  ///   - write: takes the text piece by piece.
  ///   - element: writes the element at a position.
  package mutating func elements<Failure: Error>(
    _ count: Int, workers: Int, to write: (Span<UInt8>) throws(Failure) -> Void,
    _ element: @escaping @Sendable (Int, inout JSONWriter) -> Void
  ) throws(Failure) {
    let stretches = (count + Stretches.length - 1) / Stretches.length
    guard workers > 1, stretches > 1 else {
      for position in 0..<count {
        element(position, &self)
        try handOut(to: write)
      }
      return
    }
    try handOut(isLast: true, to: write)
    let workers = min(workers, stretches, Stretches.mostSlots / 2)
    let work = Stretches(of: count, like: self, slots: 2 * workers, element)
    let helpers = ThreadGroup()
    for _ in 1..<workers { helpers.start { work.help() } }
    defer {
      work.stop()
      helpers.wait()
    }
    for number in 0..<stretches { try work.handOut(number, to: write) }
    noteElement()
  }
}

/// Stretches of elements that several threads write, each into a slot of its own.
///
/// All that threads share is looked at and changed under `monitor`; a slot is its writer's until the stretch is in `done`,
/// and the caller's from then on until the stretch was handed out.
private final class Stretches: @unchecked Sendable {
  /// In elements: long enough that changing threads costs nothing beside writing them.
  static let length = 64
  static let mostSlots = 16

  private final class Slot {
    var json: JSONWriter
    init(_ json: consuming JSONWriter) { self.json = json }
  }

  private let count: Int
  private let slots: [Slot]
  private let element: @Sendable (Int, inout JSONWriter) -> Void
  private let monitor = Monitor()
  /// How many stretches were begun, and handed out; each is in the slot of its number, modulo theirs.
  private var begun = 0
  private var handedOut = 0
  private var isDone: [Bool]
  private var isStopped = false

  init(
    of count: Int, like json: borrowing JSONWriter, slots: Int,
    _ element: @escaping @Sendable (Int, inout JSONWriter) -> Void
  ) {
    self.count = count
    self.element = element
    var all: [Slot] = []
    for _ in 0..<slots { all.append(Slot(json.emptyCopy())) }
    self.slots = all
    isDone = Array(repeating: false, count: slots)
  }

  /// Writes stretches until there are no more.
  func help() {
    while let number = next(for: nil) { write(number) }
  }

  /// Hands out a stretch, and writes others while it is not done. Only for the caller's thread, in order.
  func handOut<Failure: Error>(
    _ number: Int, to write: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    while let own = next(for: number) { self.write(own) }
    let slot = number % slots.count
    try slots[slot].json.handOut(isLast: true, to: write)
    monitor.withLock {
      isDone[slot] = false
      handedOut += 1
      monitor.wakeAll()
    }
  }

  func stop() {
    monitor.withLock {
      isStopped = true
      monitor.wakeAll()
    }
  }

  /// Waits for a stretch that can be begun, and begins it.
  ///
  /// - Parameter awaited: nil is returned as soon as this one is done; without one, when there is nothing left.
  private func next(for awaited: Int?) -> Int? {
    monitor.withLock {
      while !isStopped {
        if let awaited, isDone[awaited % slots.count] { return nil }
        let isLast = begun * Self.length >= count
        if !isLast, begun - handedOut < slots.count {
          begun += 1
          return begun - 1
        }
        if isLast, awaited == nil { return nil }
        monitor.wait()
      }
      return nil
    }
  }

  private func write(_ number: Int) {
    let slot = slots[number % slots.count]
    for position in number * Self.length..<min(count, (number + 1) * Self.length) {
      if position > 0 { slot.json.noteElement() }
      element(position, &slot.json)
    }
    monitor.withLock {
      isDone[number % slots.count] = true
      monitor.wakeAll()
    }
  }
}
