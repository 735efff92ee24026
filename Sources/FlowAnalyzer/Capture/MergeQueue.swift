import BasicContainers

/// Open captures as a binary heap: the one whose packet comes next is at the root.
struct MergeQueue: ~Copyable {
  private var heap = UniqueArray<OpenCapture>()

  var isEmpty: Bool { heap.isEmpty }
  var count: Int { heap.count }

  /// The capture whose packet comes next is at index 0; the others follow in no order.
  subscript(position: Int) -> OpenCapture {
    _read { yield heap[position] }
    _modify { yield &heap[position] }
  }

  /// - Complexity: O(log `count`)
  mutating func insert(_ capture: consuming OpenCapture) {
    heap.append(capture)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Closes the capture at the root.
  mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    _ = heap.removeLast()
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
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(heap[parent]) else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
