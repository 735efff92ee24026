import BasicContainers

/// Open captures as a binary heap: the one whose packet comes next is at the root.
struct MergeQueue: ~Copyable {
  /// In no order. They are large, so it is their places that move in the heap.
  private var captures = UniqueArray<OpenCapture>()
  /// Positions in `captures`.
  private var heap = UniqueArray<Int>()

  var isEmpty: Bool { heap.isEmpty }
  var count: Int { heap.count }

  /// The capture whose packet comes next is at index 0; the others follow in no order.
  subscript(position: Int) -> OpenCapture {
    @inline(__always) _read { yield captures[heap[position]] }
    @inline(__always) _modify { yield &captures[heap[position]] }
  }

  /// - Complexity: O(log `count`)
  mutating func insert(_ capture: consuming OpenCapture) {
    heap.append(captures.count)
    captures.append(capture)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard precedes(child, parent) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Closes the capture at the root.
  ///
  /// - Complexity: O(`count`)
  mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    let place = heap.removeLast()
    let last = captures.count - 1
    captures.swapAt(place, last)
    _ = captures.removeLast()
    for position in heap.indices where heap[position] == last { heap[position] = place }
    restoreOrder()
  }

  /// Moves the root to its place after its packet changed.
  ///
  /// - Complexity: O(log `count`)
  mutating func restoreOrder() { restoreOrder(from: 0) }

  /// Restores the order after several captures changed.
  ///
  /// - Complexity: O(`count`)
  mutating func restoreAllOrder() {
    for parent in (0..<heap.count / 2).reversed() { restoreOrder(from: parent) }
  }

  private mutating func restoreOrder(from start: Int) {
    var parent = start
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, precedes(child + 1, child) { child += 1 }
      guard precedes(child, parent) else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }

  private func precedes(_ one: Int, _ other: Int) -> Bool { self[one].precedes(self[other]) }
}

extension MergeQueue {
  /// Up to when packets of the capture at the root, which must have begun, come before those of all
  /// others.
  var firstsTurn: Turn {
    // A child of the root is the next in order.
    guard count > 1 else { return .endless }
    let rival = count > 2 && precedes(2, 1) ? 2 : 1
    return Turn(
      rival: self[rival].time,
      winsTies: self[rival].point == nil || self[0].index < self[rival].index)
  }
}
