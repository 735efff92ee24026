/// The SNAT pool of the load balancer toward one server: hands out tuples, and holds each for a
/// while after its connection ended. A tuple is a number: SNAT address times ports, plus port.
struct LoadBalancer {
  enum Choice: String, CaseIterable {
    /// Any free one, as nf_nat with a random flag, or Azure.
    case random
    /// The one that was free for longest, as dpvs and HAProxy's port ranges.
    case leastRecentlyUsed = "lru"
  }

  private let choice: Choice
  private let hold: UInt64
  private var free: Queue<UInt32>
  private var held = Queue<(tuple: UInt32, until: UInt64)>()

  init(tuples: Int, choice: Choice, hold: UInt64) {
    self.choice = choice
    self.hold = hold
    free = Queue((0..<UInt32(tuples)).map { $0 })
  }

  /// A free tuple; nil when the pool is exhausted.
  mutating func take(at now: UInt64, _ random: inout Random) -> UInt32? {
    while let next = held.first, next.until <= now {
      free.append(next.tuple)
      held.removeFirst()
    }
    guard !free.isEmpty else { return nil }
    if choice == .random { free.swapFirst(with: random.below(free.count)) }
    return free.removeFirst()
  }

  mutating func release(_ tuple: UInt32, at now: UInt64) {
    held.append((tuple, now + hold))
  }
}

/// First in, first out, in one array whose used-up front is dropped now and then.
struct Queue<Element> {
  private var elements: [Element]
  private var head = 0

  init(_ elements: [Element] = []) { self.elements = elements }

  var count: Int { elements.count - head }
  var isEmpty: Bool { count == 0 }
  var first: Element? { isEmpty ? nil : elements[head] }

  mutating func append(_ element: Element) {
    if head > 65_536, head > elements.count / 2 {
      elements.removeFirst(head)
      head = 0
    }
    elements.append(element)
  }

  @discardableResult
  mutating func removeFirst() -> Element {
    head += 1
    return elements[head - 1]
  }

  mutating func swapFirst(with index: Int) { elements.swapAt(head, head + index) }
}
