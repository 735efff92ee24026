import BasicContainers

/// Open captures as a binary heap: the one whose packet comes next is at the root.
struct MergeQueue: ~Copyable {
  /// A capture's place in the heap, with all that decides on it: captures are large and do not move.
  /// Not private, although nobody else needs it: the compiler (6.3.1) then breaks in debug builds.
  struct Entry {
    var time: Timestamp
    /// Of equals comes first the capture that has begun, so that a rotation's next file finds the last
    /// one ended; then it is the order of the command line.
    var hasBegun: Bool
    var index: Int
    /// In `captures`.
    var place: Int

    init(_ capture: borrowing OpenCapture, place: Int) {
      time = capture.time
      hasBegun = capture.point != nil
      index = capture.index
      self.place = place
    }

    @inline(__always)
    func precedes(_ other: Entry) -> Bool {
      if time != other.time { return time < other.time }
      if hasBegun != other.hasBegun { return hasBegun }
      return index < other.index
    }
  }

  /// In no order.
  private var captures = UniqueArray<OpenCapture>()
  private var heap = UniqueArray<Entry>()

  var isEmpty: Bool { heap.isEmpty }
  var count: Int { heap.count }

  /// The capture whose packet comes next is at index 0; the others follow in no order.
  ///
  /// What changes the order must be followed by a call that restores it.
  subscript(position: Int) -> OpenCapture {
    @inline(__always) _read { yield captures[heap[position].place] }
    @inline(__always) _modify { yield &captures[heap[position].place] }
  }

  /// - Complexity: O(log `count`)
  mutating func insert(_ capture: consuming OpenCapture) {
    heap.append(Entry(capture, place: captures.count))
    captures.append(capture)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Closes the capture at the root.
  ///
  /// - Complexity: O(`count`)
  mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    let place = heap.removeLast().place
    let last = captures.count - 1
    captures.swapAt(place, last)
    _ = captures.removeLast()
    for position in heap.indices where heap[position].place == last {
      heap[position].place = place
    }
    sink(from: 0)
  }

  /// Moves the root to its place after its packet changed.
  ///
  /// - Complexity: O(log `count`)
  mutating func restoreOrder() {
    heap[0] = Entry(self[0], place: heap[0].place)
    sink(from: 0)
  }

  /// Restores the order after several captures changed.
  ///
  /// - Complexity: O(`count`)
  mutating func restoreAllOrder() {
    for position in heap.indices {
      heap[position] = Entry(self[position], place: heap[position].place)
    }
    for parent in (0..<heap.count / 2).reversed() { sink(from: parent) }
  }

  private mutating func sink(from start: Int) {
    var parent = start
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(heap[parent]) else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}

extension MergeQueue {
  /// For how long packets of the capture at the root, which must have begun, come before those of all
  /// others.
  var turnOfFirst: Turn {
    guard count > 1 else { return .endless }
    // The next in order is a child of the root.
    let next = count > 2 && heap[2].precedes(heap[1]) ? heap[2] : heap[1]
    return Turn(rival: next.time, winsTies: !next.hasBegun || heap[0].index < next.index)
  }
}
