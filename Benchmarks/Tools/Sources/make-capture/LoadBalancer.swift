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
  private let hotShare: Double
  /// How many tuples are those of the hot address: the first ones.
  private let hotTuples: UInt32
  private var hot: Queue<UInt32>
  private var others: Queue<UInt32>
  private var held = Queue<(tuple: UInt32, until: UInt64)>()

  init(_ scenario: Scenario) {
    choice = scenario.choice
    hold = scenario.hold
    hotShare = scenario.hotAddress
    hotTuples = hotShare > 0 ? UInt32(scenario.ports) : 0
    hot = Queue((0..<hotTuples).map { $0 })
    others = Queue((hotTuples..<UInt32(scenario.tuples)).map { $0 })
  }

  /// A free tuple; nil when the pool, or the hot address, is exhausted.
  mutating func take(at now: UInt64, _ random: inout Random) -> UInt32? {
    while let next = held.first, next.until <= now {
      if next.tuple < hotTuples { hot.append(next.tuple) } else { others.append(next.tuple) }
      held.removeFirst()
    }
    let isHot = hotShare > 0 && random.chance(hotShare)
    return isHot ? choice.take(from: &hot, &random) : choice.take(from: &others, &random)
  }

  mutating func release(_ tuple: UInt32, at now: UInt64) {
    held.append((tuple, now + hold))
  }
}

extension LoadBalancer.Choice {
  fileprivate func take(from free: inout Queue<UInt32>, _ random: inout Random) -> UInt32? {
    guard !free.isEmpty else { return nil }
    if self == .random { free.swapFirst(with: random.below(free.count)) }
    return free.removeFirst()
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
