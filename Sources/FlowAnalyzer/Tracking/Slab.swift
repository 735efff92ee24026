import BasicContainers
import CPrefetch

/// Storage for records that come and go: positions stay valid while a record lives, and the places
/// of freed ones are used again, so that memory follows the number alive.
///
/// It grows by blocks that never move: nothing is copied, and no more is taken than one block beyond
/// what is used.
@safe
struct Slab<Element: BitwiseCopyable>: ~Copyable {
  /// Elements of a block: 2 to the power of this.
  private static var shift: Int { 12 }

  /// The blocks that there are, and room for some more.
  private var blocks: UnsafeMutablePointer<UnsafeMutablePointer<Element>>
  private var blockCount = 0
  private var blockCapacity = 64
  private var free = UniqueArray<UInt32>()
  /// One more than the highest position ever used.
  private(set) var endPosition = 0

  init() { unsafe blocks = .allocate(capacity: blockCapacity) }

  deinit {
    for index in 0..<blockCount { unsafe blocks[index].deallocate() }
    unsafe blocks.deallocate()
  }

  /// How many positions are taken.
  var count: Int { endPosition &- free.count }

  subscript(position: Int) -> Element {
    // Addresses, not values: records are large, and most looks at them are for a single field.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(element(position)) }
    @inline(__always) unsafeMutableAddress { unsafe element(position) }
  }

  @inline(__always)
  private func element(_ position: Int) -> UnsafeMutablePointer<Element> {
    precondition(position >= 0 && position < endPosition)
    // SAFETY: positions below `endPosition` lie in blocks that were allocated and initialised.
    return unsafe blocks[position &>> Self.shift] + (position & (1 &<< Self.shift &- 1))
  }

  mutating func insert(_ element: Element) -> Int {
    if let position = free.popLast() {
      self[Int(position)] = element
      return Int(position)
    }
    if endPosition &>> Self.shift == blockCount { addBlock() }
    let position = endPosition
    endPosition &+= 1
    // SAFETY: the place was allocated just now or with its block, and was never initialised.
    unsafe self.element(position).initialize(to: element)
    return position
  }

  private mutating func addBlock() {
    if blockCount == blockCapacity {
      let larger = UnsafeMutablePointer<UnsafeMutablePointer<Element>>.allocate(
        capacity: 2 * blockCapacity)
      unsafe larger.moveInitialize(from: blocks, count: blockCount)
      unsafe blocks.deallocate()
      unsafe blocks = larger
      blockCapacity *= 2
    }
    // Aligned to cache lines: a record of three lines shall not lie in four.
    let bytes = UnsafeMutableRawPointer.allocate(
      byteCount: MemoryLayout<Element>.stride &<< Self.shift, alignment: 64)
    let block = unsafe bytes.bindMemory(to: Element.self, capacity: 1 &<< Self.shift)
    unsafe (blocks + blockCount).initialize(to: block)
    blockCount += 1
  }

  mutating func remove(_ position: Int) {
    free.append(UInt32(truncatingIfNeeded: position))
  }

  /// Has the processor fetch a record that will be needed soon.
  @inline(__always)
  func prefetch(_ position: Int) {
    let start = unsafe UnsafeRawPointer(element(position))
    for offset in stride(from: 0, to: MemoryLayout<Element>.size, by: 64) {
      unsafe prefetch_line(start + offset)
    }
  }
}
