/// What is to happen next: a heap of connections by time, four children to a node so that a
/// million of them stay a few cache lines deep.
struct EventQueue {
  struct Event {
    var time: UInt64
    var connection: UInt32
  }

  private var heap: [Event] = []

  var nextTime: UInt64? { heap.first?.time }

  mutating func add(_ connection: UInt32, at time: UInt64) {
    heap.append(Event(time: time, connection: connection))
    var child = heap.count - 1
    let event = heap[child]
    while child > 0 {
      let parent = (child - 1) / 4
      guard event.time < heap[parent].time else { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = event
  }

  /// Takes the earliest; the queue must not be empty.
  mutating func removeFirst() -> Event {
    let first = heap[0]
    let last = heap.removeLast()
    if !heap.isEmpty { sink(last) }
    return first
  }

  private mutating func sink(_ event: Event) {
    let count = heap.count
    var parent = 0
    while true {
      let firstChild = 4 * parent + 1
      guard firstChild < count else { break }
      var least = firstChild
      for child in firstChild + 1..<max(firstChild + 1, min(firstChild + 4, count))
      where heap[child].time < heap[least].time {
        least = child
      }
      guard heap[least].time < event.time else { break }
      heap[parent] = heap[least]
      parent = least
    }
    heap[parent] = event
  }
}
