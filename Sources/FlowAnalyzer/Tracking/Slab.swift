import BasicContainers

/// Storage for records that come and go: positions stay valid while a record lives, and the places
/// of freed ones are used again, so that memory follows the number alive.
struct Slab<Element: BitwiseCopyable>: ~Copyable {
  private var elements = UniqueArray<Element>()
  private var free = UniqueArray<UInt32>()

  /// One more than the highest position ever used.
  var endPosition: Int { elements.count }
  /// How many positions are taken.
  var count: Int { elements.count &- free.count }

  subscript(position: Int) -> Element {
    @inline(__always) _read { yield elements[position] }
    @inline(__always) _modify { yield &elements[position] }
  }

  mutating func insert(_ element: Element) -> Int {
    if let position = free.popLast() {
      elements[Int(position)] = element
      return Int(position)
    }
    elements.append(element)
    return elements.count &- 1
  }

  mutating func remove(_ position: Int) {
    free.append(UInt32(truncatingIfNeeded: position))
  }
}
